"""Which endpoints of a scope are open, found by connecting to them: needs no privilege and no other program.

A connection is begun, and closed at once when it stands; no octet is sent. The pace, the gap between two connections to a
host and the exclusions are those of a survey, and a host never has two connections at once. It is much slower than a SYN
scan over large empty networks, since each silent address keeps a socket until its deadline.
"""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from openletter.dialogue.observation import Endpoint, Tcp
from openletter.discovery.found import Found
from openletter.engine.connecting import TCP_ERRORS, Connector, Socket
from openletter.engine.pace import Pace
from openletter.engine.poller import Poller, new_poller
from openletter.engine.schedule import Schedule, Target

CONNECT_SECONDS = 3.5
"""Linux sends a second SYN after one second, and a third after three: two answers that are lost are made up for."""
_MAX_SLEEP = 0.5
_HELD_FOR_EACH = 4
_REFUSALS = (Tcp.REFUSED, Tcp.RESET)


class _Attempt:
    __slots__ = ("deadline", "sock", "target")

    def __init__(self, target: Target, sock: Socket, deadline: float) -> None:
        self.target = target
        self.sock = sock
        self.deadline = deadline


class ConnectScan:
    """Looks for open endpoints, in this process.

    Args:
        pace: connections a second, overall and for each network.
        concurrency: connections under way at once.
        timeout: seconds that an address may take to answer.
        host_gap: seconds between two connections to a host.
        excluded: whether an address must not be asked; looked at right before a connect.
        sources: local addresses to connect from, at most one of each family; the system chooses for the other.
        pause: seconds until anybody may be asked, 0 for now; what is under way goes on.
    """

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        concurrency: int = 1_000,
        timeout: float = CONNECT_SECONDS,
        host_gap: float = 0.0,
        excluded: Callable[[str], bool] = lambda _: False,
        sources: Sequence[str] = (),
        pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._pace = pace or Pace()
        self._concurrency = concurrency
        self._timeout = timeout
        self._host_gap = host_gap
        self._excluded = excluded
        self._connector = Connector(sources)
        self._pause = pause
        self._open: dict[int, _Attempt] = {}
        self._due: deque[tuple[float, int, _Attempt]] = deque()
        self._stopped = False
        self.tried = 0
        self.found = 0
        self.excluded = 0

    def stop(self) -> None:
        """Begin nothing more: ``scan`` ends soon. Safe to call from a signal handler."""
        self._stopped = True

    def scan(self, endpoints: Iterable[Endpoint]) -> Iterator[Found]:
        """The open ones among some endpoints, in the order in which they answer. To be run by one loop at a time.

        Raises OutOfResourcesError where this machine can open no more sockets.
        """
        self._stopped = False
        poller = new_poller()
        schedule = Schedule(
            map(Target, endpoints),
            self._pace,
            host_gap=self._host_gap,
            max_held=self._concurrency * _HELD_FOR_EACH,
        )
        try:
            while not self._stopped:
                wait = self._begin_some(schedule, poller, time.monotonic())
                for fd, _ in poller.poll(wait):
                    attempt = self._open.get(fd)
                    if attempt is None:
                        continue
                    error = attempt.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    self._pace.outcome(attempt.target.endpoint.ip, refused=TCP_ERRORS.get(error) in _REFUSALS)
                    self._end(attempt, schedule, poller)
                    if not error:
                        yield self._told(attempt.target.endpoint)
                self._expire(schedule, poller)
                if not self._open and schedule.finished:
                    return
        finally:
            for attempt in list(self._open.values()):
                self._end(attempt, None, poller)
            self._due.clear()
            poller.close()

    def _told(self, endpoint: Endpoint) -> Found:
        self.found += 1
        return Found(
            ip=endpoint.ip,
            port=endpoint.port,
            protocol=endpoint.protocol,
            mode=endpoint.mode,
            name=endpoint.host,
            country=endpoint.country,
            seen_at=time.time(),
        )

    def _begin_some(self, schedule: Schedule, poller: Poller, now: float) -> float:
        """Begin as many as may be; seconds to wait for the first answer."""
        patience = _MAX_SLEEP if not self._due else max(0.0, min(_MAX_SLEEP, self._due[0][0] - now))
        closed = self._pause()
        if closed > 0:
            return min(closed, patience)
        while len(self._open) < self._concurrency:
            wait = self._pace.ready_in(now)
            if wait > 0:
                return min(wait, patience)
            target = schedule.next(now)
            if target is None:
                at = schedule.next_at()
                if schedule.finished and not self._open:
                    return 0.0
                return patience if at is None else min(patience, max(0.0, at - now))
            if self._excluded(target.endpoint.ip):
                self.excluded += 1
                schedule.done(target, now)
            elif not self._begin(target, poller, now):
                schedule.done(target, now)
        return patience

    def _begin(self, target: Target, poller: Poller, now: float) -> bool:
        """Whether a connection is under way; ``False`` where it failed at once."""
        endpoint = target.endpoint
        self._pace.spend()
        self.tried += 1
        sock = self._connector.connect(endpoint.ip, endpoint.port)
        if isinstance(sock, Tcp):
            return False
        attempt = _Attempt(target, sock, now + self._timeout)
        self._open[sock.fileno()] = attempt
        self._due.append((attempt.deadline, sock.fileno(), attempt))
        poller.watch(sock.fileno(), write=True)
        return True

    def _end(self, attempt: _Attempt, schedule: Schedule | None, poller: Poller) -> None:
        fd = attempt.sock.fileno()
        poller.forget(fd)
        del self._open[fd]
        attempt.sock.close()
        if schedule is not None:
            schedule.done(attempt.target, time.monotonic())

    def _expire(self, schedule: Schedule, poller: Poller) -> None:
        now = time.monotonic()
        while self._due:
            deadline, fd, attempt = self._due[0]
            over = self._open.get(fd) is not attempt
            if not over and deadline > now:
                return
            self._due.popleft()
            if not over:
                self._pace.outcome(attempt.target.endpoint.ip, refused=False)
                self._end(attempt, schedule, poller)
