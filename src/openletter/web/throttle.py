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
    told: bool = False
    """Whether somebody was told that this wait was not kept."""


class Throttle:
    """By account or by client. For one event loop: it holds no lock."""

    def __init__(self, max_wait: float = MAX_WAIT, clock: Callable[[], float] = monotonic) -> None:
        """``max_wait``: seconds; by account a short one, since anybody can make an account wait."""
        self._max_wait = max_wait
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
        found.wait = self._wait_after(found.count)
        found.told = False
        self._failures[who] = found
        if len(self._failures) > MAX_KEPT:
            self._failures.popitem(last=False)

    def _wait_after(self, count: int) -> float:
        # Two to the power of what may be many failures is no number any more.
        return 0.0 if count <= FREE else min(self._max_wait, 2.0 ** min(count - FREE, 20))

    def is_news(self, who: str) -> bool:
        """Whether this one does not keep its wait for the first time: true once a wait, so that what is written of it does not
        grow with every try."""
        found = self._failures.get(who)
        if found is None or found.told or not self.wait(who):
            return False
        found.told = True
        return True

    def forget(self, who: str) -> None:
        self._failures.pop(who, None)

    def take_back(self, who: str) -> None:
        """The last failure was none; those before it stay."""
        found = self._failures.get(who)
        if found is not None:
            found.count -= 1
            found.wait = self._wait_after(found.count)
