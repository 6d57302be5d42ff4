"""Which target is next: never two connections to a host at once, a gap between them, and each network at its pace."""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from openletter.dialogue.observation import Endpoint
from openletter.engine.pace import Pace, network_of


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
        self._ready: deque[Target] = deque()
        """Their host and their network wait for them."""
        self._lines: dict[str, deque[Target]] = {}
        """Those who wait for their network, by network. Each line's network stands in ``_turns`` once."""
        self._turns: list[tuple[float, str]] = []
        self._resting: deque[tuple[float, str]] = deque()
        """Hosts whose gap is not over, with its end. They are busy until then, also for a target that comes later."""
        self._held = 0

    @property
    def finished(self) -> bool:
        """Whether all targets were given out."""
        return self._exhausted and not self._held

    def next(self, now: float) -> Target | None:
        """A target to connect to now, or ``None`` where each one must wait. Its host is busy until ``done``."""
        while self._resting and self._resting[0][0] <= now:
            self._free(self._resting.popleft()[1], now)
        if self._ready:
            self._held -= 1
            return self._ready.popleft()
        if self._turns and self._turns[0][0] <= now and (target := self._next_in_line(now)) is not None:
            return target
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
            if not self._pace.by_network or self._may_go(target, now):
                return target
            self._held += 1
        return None

    def _may_go(self, target: Target, now: float) -> bool:
        """Whether it is the turn of its network, which then is taken; else it is put into the network's line."""
        network = network_of(target.endpoint.ip)
        at = now
        if network not in self._lines:
            at = self._pace.slot(network, now)
            if at <= now:
                return True
        self._line_up(network, target, at)
        return False

    def _line_up(self, network: str, target: Target, at: float) -> None:
        line = self._lines.get(network)
        if line is None:
            self._lines[network] = deque((target,))
            heappush(self._turns, (at, network))
        else:
            line.append(target)

    def _next_in_line(self, now: float) -> Target | None:
        while self._turns and self._turns[0][0] <= now:
            _, network = heappop(self._turns)
            at = self._pace.slot(network, now)
            if at > now:
                heappush(self._turns, (at, network))
                continue
            line = self._lines[network]
            target = line.popleft()
            if line:
                heappush(self._turns, (self._pace.free_at(network), network))
            else:
                del self._lines[network]
            self._held -= 1
            return target
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
        if not waiting:
            del self._busy[ip]
            return
        target = waiting.popleft()
        if self._pace.by_network:
            # The turn is taken in the moment in which it is used.
            self._line_up(network_of(ip), target, now)
        else:
            self._ready.append(target)

    def next_at(self) -> float | None:
        """When to ask again, if any waits: the first one may go then, or a host has rested."""
        if not self._held:
            return None
        if self._ready:
            return 0.0
        times = [queue[0][0] for queue in (self._turns, self._resting) if queue]
        return min(times) if times else None
