"""Log-ins that are tried again and again wait longer and longer."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

import msgspec

FREE = 4
"""Failures without a wait: people mistype."""
MAX_WAIT = 900.0
"""Seconds."""
FORGET_AFTER = 3_600.0
"""Seconds without a failure after which one begins anew."""
MAX_KEPT = 20_000
"""Who failed and is remembered, some 200 octets each; the longest ago are forgotten first."""


class _Failures(msgspec.Struct):
    count: int
    last: float
    wait: float


class Throttle:
    """By account or by client. For one event loop: it holds no lock."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, who: str) -> float:
        """Seconds until this one may try again; 0 where at once."""
        found = self._failures.get(who)
        return max(0.0, found.last + found.wait - self._clock()) if found else 0.0

    def failed(self, who: str) -> None:
        now = self._clock()
        found = self._failures.pop(who, None)
        if found is None or now - found.last > FORGET_AFTER:
            found = _Failures(0, now, 0.0)
        found.count += 1
        found.last = now
        # Two to the power of what may be many failures is no number any more.
        found.wait = 0.0 if found.count <= FREE else min(MAX_WAIT, 2.0 ** min(found.count - FREE, 20))
        self._failures[who] = found
        if len(self._failures) > MAX_KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, who: str) -> None:
        self._failures.pop(who, None)
