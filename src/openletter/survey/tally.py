"""How far a survey is, and how fast."""

from collections import deque

import msgspec

_WINDOW = 15.0
"""Seconds over which the rate is taken."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    endpoints: int
    """Of the pass that is under way."""
    probed: int
    """In this pass."""
    answered: int
    """In all passes, each endpoint once."""
    exposed: int
    """By the quick look; the verdicts come later."""
    left_out: int
    """Opted out before their turn came, in this pass."""
    shards: int
    shards_done: int
    rate: float
    """Endpoints a second, lately."""
    seconds_left: float | None
    """Of this pass; ``None`` while that cannot be said."""
    passing: int = 1
    """The pass, from 1; those from the second on ask again who kept silent."""
    pause: float = 0.0
    """Seconds until anybody may be asked: outside the hours, and between two passes."""


class Counter:
    """Counts what the workers tell."""

    def __init__(self, *, shards: int, endpoints: int = 0) -> None:
        self._endpoints = endpoints
        self._passing = 1
        self._shards = shards
        self.shards_done = 0
        self._probed = self._answered = self._exposed = self._left_out = 0
        self._lately: deque[tuple[float, int]] = deque()

    def begin_pass(self, which: int, endpoints: int) -> None:
        """Count the probed anew."""
        self._passing = which
        self._endpoints = endpoints
        self._probed = self._left_out = 0
        self._lately.clear()

    def add(self, probed: int, answered: int, exposed: int, left_out: int = 0) -> None:
        self._probed += probed
        self._answered += answered
        self._exposed += exposed
        self._left_out += left_out

    def tally(self, now: float, *, pause: float = 0.0) -> Tally:
        """``now`` is monotonic, in seconds; ``pause`` see :class:`Tally`."""
        lately = self._lately
        if not lately or now - lately[-1][0] >= 0.1:
            lately.append((now, self._probed))
        while len(lately) > 2 and now - lately[0][0] > _WINDOW:
            lately.popleft()
        since, before = lately[0]
        rate = (self._probed - before) / (now - since) if now > since else 0.0
        return Tally(
            endpoints=self._endpoints,
            probed=self._probed,
            answered=self._answered,
            exposed=self._exposed,
            left_out=self._left_out,
            shards=self._shards,
            shards_done=self.shards_done,
            rate=rate,
            seconds_left=max(0, self._endpoints - self._probed - self._left_out) / rate if rate else None,
            passing=self._passing,
            pause=pause,
        )
