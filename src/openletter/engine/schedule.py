"""Which target is next: never two connections to a host at once, a gap between them, and each network at its pace."""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from openletter.dialogue.observation import Endpoint
from openletter.engine.pace import Pace


class Target(NamedTuple):
    endpoint: Endpoint
    token: int = 0
    """The caller's own mark; it comes back with the observation."""


class Schedule:
    """Targets in the order in which they come, but for those whose host is busy or whose network must wait.

    ``max_held`` bounds the targets that were taken from the source and wait here.
    """

    def __init__(self, targets: Iterable[Target], pace: Pace, *, host_gap: float, max_held: int) -> None:
        self._source: Iterator[Target] = iter(targets)
        self._exhausted = False
        self._pace = pace
        self._gap = host_gap
        self._max_held = max_held
        self._busy: dict[str, deque[Target] | None] = {}
        self._later: list[tuple[float, int, Target]] = []
        self._resting: deque[tuple[float, str]] = deque()
        """Hosts whose gap is not over, with its end. They are busy until then, also for a target that comes later."""
        self._order = 0
        self._held = 0

    @property
    def finished(self) -> bool:
        """Whether all targets were given out."""
        return self._exhausted and not self._held

    def _wait_until(self, at: float, target: Target) -> None:
        self._order += 1
        heappush(self._later, (at, self._order, target))

    def next(self, now: float) -> Target | None:
        """A target to connect to now, or ``None`` where each one must wait. Its host is busy until ``done``."""
        while self._resting and self._resting[0][0] <= now:
            self._free(self._resting.popleft()[1], now)
        if self._later and self._later[0][0] <= now:
            self._held -= 1
            return heappop(self._later)[2]
        while not self._exhausted and self._held < self._max_held:
            target = next(self._source, None)
            if target is None:
                self._exhausted = True
                break
            ip = target.endpoint.ip
            if ip in self._busy:
                waiting = self._busy[ip]
                if waiting is None:
                    self._busy[ip] = deque((target,))
                else:
                    waiting.append(target)
                self._held += 1
                continue
            self._busy[ip] = None
            at = self._pace.slot(ip, now)
            if at <= now:
                return target
            self._wait_until(at, target)
            self._held += 1
        return None

    def done(self, target: Target, now: float) -> None:
        """The dialogue has ended, its last connection is closed."""
        ip = target.endpoint.ip
        if self._gap:
            self._resting.append((now + self._gap, ip))
        else:
            self._free(ip, now)

    def _free(self, ip: str, now: float) -> None:
        waiting = self._busy[ip]
        if waiting:
            self._wait_until(self._pace.slot(ip, now), waiting.popleft())
        else:
            del self._busy[ip]

    def next_at(self) -> float | None:
        """When to ask again, if any waits: the first one may go then, or a host has rested."""
        times = [queue[0][0] for queue in (self._later, self._resting) if queue]
        return min(times) if self._held and times else None
