"""The loop: raw non-blocking sockets, level-triggered epoll, one recv an event, one process a core.

How a connection goes:

- Where the server speaks first, only readability is watched: a connection that stands is not worth waking up for, and
  one that fails wakes us up anyway. Where we speak first, room to write says that it stands.
- Deadlines are looked at in a sweep over the open connections every few hundredths of the shortest one: it costs less
  than a queue that each reply moves an entry in, and holds nothing in memory for connections that have ended.
- Errors of sending are left to the next receive: the peer's last words may still lie in the buffer. So we receive
  before we send what waited for the connection: whoever asks first is told why it failed, and the other is told "end".
- Whatever happens, also a fault of ours, ends in an observation.
"""

import errno
import logging
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush

from openletter.dialogue.observation import Endpoint, Observation, Tcp
from openletter.dialogue.step import Lost
from openletter.engine.connecting import TCP_ERRORS, Connector, OutOfResourcesError, Socket
from openletter.engine.conversation import Conversation, Move
from openletter.engine.deadlines import Clock, Deadlines
from openletter.engine.pace import Pace, network_of
from openletter.engine.poller import Poller, new_poller
from openletter.engine.schedule import Schedule, Target
from openletter.tls.session import Client

Emit = Callable[[Target, Observation], None]
MayConnect = Callable[[Endpoint], bool]
"""Asked in the moment before each connect, so it must be cheap; it must not raise."""

RECEIVE = 16_384
"""Octets a receive: one TLS record."""

_HELD_FOR_EACH = 4
"""Targets that may wait for a busy host or network, for each connection that may be open: a host has four ports."""

_LATE_SWEEPS = 2
"""Sweeps after which a deadline that is found passed says more of us than of the peer."""

_REFUSALS = (Tcp.REFUSED, Tcp.RESET)

_log = logging.getLogger(__name__)


class _Connection:
    """One dialogue with whichever connection it has now."""

    __slots__ = (
        "began",
        "clock",
        "connect_began",
        "conversation",
        "deadline",
        "end_by",
        "fd",
        "left_out",
        "reset",
        "sock",
        "stands",
        "started",
        "target",
        "unsent",
    )

    def __init__(self, target: Target, conversation: Conversation, now: float, total: float) -> None:
        self.target = target
        self.conversation = conversation
        self.started = time.time()
        self.began = now
        self.end_by = now + total
        self.connect_began = now
        self.deadline = 0.0
        self.clock = Clock.GREETING
        self.stands = False
        self.reset = False
        self.left_out = False
        self.unsent = b""
        self.sock: Socket | None = None
        self.fd = -1


class Engine:
    """Runs dialogues in this process.

    Args:
        client: TLS.
        deadlines: seconds a peer may take.
        pace: connections a second, overall and for each network.
        concurrency: connections open at once.
        host_gap: seconds between two connections to a host.
        confirm: add the credential-free confirmation; only for hosts whose owner allows it.
        sources: local addresses to connect from, at most one of each family; the system chooses for the other.
        may_connect: the last word before every connect, also the second one of a dialogue.
        each_turn: called a few times a second, between two looks at the sockets; may call ``pause_until`` or ``stop``.
    """

    def __init__(
        self,
        client: Client,
        *,
        deadlines: Deadlines | None = None,
        pace: Pace | None = None,
        concurrency: int = 1_000,
        host_gap: float = 0.0,
        confirm: bool = False,
        sources: Sequence[str] = (),
        may_connect: MayConnect | None = None,
        each_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._deadlines = deadlines or Deadlines()
        self._seconds = self._deadlines.by_clock
        self._sweep_every = min(0.5, self._deadlines.shortest / 20)
        self._pace = pace or Pace()
        self._concurrency = concurrency
        self._host_gap = host_gap
        self._confirm = confirm
        self._connector = Connector(sources)
        self._may_connect = may_connect or (lambda _: True)
        self._mannered = host_gap > 0 or not self._pace.unlimited
        """Whether a dialogue's further connections wait for their turn, too."""
        self._each_turn = each_turn
        self._paused_until = 0.0
        self._poller: Poller
        self._schedule: Schedule
        self._open: dict[int, _Connection] = {}
        self._ended: list[_Connection] = []
        self._parked: list[tuple[float, int, _Connection]] = []
        """A heap of dialogues that want another connection: when it may be, and a number that tells equals apart."""
        self._parked_ever = 0
        self._stopped = False

    def pause_until(self, at: float) -> None:
        """Begin no dialogue before that time of the monotonic clock; those that are under way go on to their end."""
        self._paused_until = at

    def stop(self) -> None:
        """Begin nothing more and give up what is open: ``run`` returns soon. Safe to call from a signal handler."""
        self._stopped = True

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def run(
        self,
        targets: Iterable[Target],
        emit: Emit,
        leave_out: Callable[[Target], None] = lambda _: None,
    ) -> bool:
        """Give each target its dialogue and each dialogue's observation to ``emit``, in the order in which they end.

        A target whose connect ``may_connect`` forbids goes to ``leave_out`` instead, whatever was seen of it before.

        Returns:
            Whether all targets were done; ``False`` after ``stop``. Those that were given up have no observation.

        Raises:
            OutOfResourcesError: no more sockets on this machine.
            Exception: whatever ``targets``, ``emit`` or ``leave_out`` raise.
        """
        self._stopped = False
        self._ended = []
        self._poller = new_poller()
        self._schedule = Schedule(
            targets,
            self._pace,
            host_gap=self._host_gap,
            max_held=self._concurrency * _HELD_FOR_EACH,
        )
        try:
            self._loop(emit, leave_out)
            return not self._stopped
        finally:
            for connection in (*self._open.values(), *(parked for _, _, parked in self._parked)):
                connection.conversation.abandon()
                self._close(connection)
            self._parked.clear()
            self._poller.close()

    def _loop(self, emit: Emit, leave_out: Callable[[Target], None]) -> None:
        sweep_at = 0.0
        while not self._stopped:
            wait = self._begin_some(time.monotonic())
            for fd, writable in self._poller.poll(wait):
                connection = self._open.get(fd)
                if connection is None:
                    continue
                try:
                    self._ready(connection, writable)
                except Exception as fault:
                    self._blame_ourselves(connection, fault)
            now = time.monotonic()
            if now >= sweep_at:
                sweep_at = now + self._sweep_every
                self._sweep(now)
                self._each_turn()
            if self._ended:
                self._emit_ended(emit, leave_out, now)
            if not self._open and self._schedule.finished and not self._parked:
                return

    def _emit_ended(self, emit: Emit, leave_out: Callable[[Target], None], now: float) -> None:
        ended, self._ended = self._ended, []
        for connection in ended:
            self._schedule.done(connection.target, now)
            if connection.left_out:
                leave_out(connection.target)
                continue
            seen = connection.conversation.notes.observation(
                started=connection.started, duration=now - connection.began
            )
            if self._pace.by_network:
                self._pace.outcome(seen.ip, refused=seen.tcp in _REFUSALS)
            emit(connection.target, seen)

    def _begin_some(self, now: float) -> float:
        """Begin as many dialogues as may be; seconds to wait for the first event."""
        while True:
            wait = self._pace.ready_in(now)
            if wait > 0:
                return min(wait, self._patience())
            if self._parked and self._parked[0][0] <= now:
                self._unpark(now)
                continue
            if now < self._paused_until:
                return min(self._paused_until - now, self._patience())
            # Those that failed at once count, too: their observations are given away before more are begun.
            if len(self._open) + len(self._ended) + len(self._parked) >= self._concurrency:
                return self._patience()
            target = self._schedule.next(now)
            if target is None:
                at = self._schedule.next_at()
                return self._patience() if at is None else min(self._patience(), max(0.0, at - now))
            conversation = Conversation(target.endpoint, self._client, confirm=self._confirm)
            connection = _Connection(target, conversation, now, self._deadlines.total)
            try:
                self._do(connection, conversation.begin(), now, its_turn=True)
            except Exception as fault:
                self._blame_ourselves(connection, fault)

    def _park(self, connection: _Connection, until: float) -> None:
        self._parked_ever += 1
        heappush(self._parked, (until, self._parked_ever, connection))

    def _unpark(self, now: float) -> None:
        """The host of the first that is parked has had its gap: connect, unless its network must wait."""
        connection = heappop(self._parked)[2]
        if self._pace.by_network and now < connection.end_by:
            at = self._pace.slot(network_of(connection.target.endpoint.ip), now)
            if at > now:
                self._park(connection, at)
                return
        try:
            self._do(connection, Move.CONNECT, now, its_turn=True)
        except Exception as fault:
            self._blame_ourselves(connection, fault)

    def _patience(self) -> float:
        """Seconds that the loop may sleep at most; none where observations wait to be given away."""
        return 0.0 if self._ended else self._sweep_every

    def _sweep(self, now: float) -> None:
        for connection in [c for c in self._open.values() if c.deadline <= now]:
            try:
                self._expired(connection, now)
            except Exception as fault:
                self._blame_ourselves(connection, fault)

    def _blame_ourselves(self, connection: _Connection, fault: Exception) -> None:
        """A fault of ours costs one dialogue, not the survey. What the peer said is not logged: it is hostile."""
        if isinstance(fault, OutOfResourcesError):
            raise fault
        endpoint = connection.target.endpoint
        _log.error(
            "fault of ours in the dialogue with %s port %d", endpoint.ip, endpoint.port, exc_info=fault
        )
        connection.conversation.notes.violation = "internal_error"
        connection.conversation.abandon()
        self._finish(connection)

    def _finish(self, connection: _Connection) -> None:
        self._close(connection)
        self._ended.append(connection)

    def _close(self, connection: _Connection) -> None:
        sock = connection.sock
        if sock is not None:
            connection.sock = None
            self._poller.forget(connection.fd)
            del self._open[connection.fd]
            sock.close()

    def _do(self, connection: _Connection, move: Move, now: float, *, its_turn: bool = False) -> None:
        """Do what the conversation wants, until it waits or is done. ``its_turn``: it may connect at once."""
        conversation = connection.conversation
        while move is not Move.DONE:
            if move is Move.CONNECT or connection.sock is None:
                self._close(connection)
                if not its_turn and self._mannered:
                    self._park(connection, now + self._host_gap)
                    return
                its_turn = False
                if not self._may_connect(connection.target.endpoint):
                    connection.left_out = True
                    conversation.abandon()
                    break
                why = Tcp.TIMEOUT if now >= connection.end_by else self._connect(connection, now)
                if why is not None:
                    move = conversation.not_connected(why)
                    continue
            elif conversation.outgoing or connection.unsent:
                self._send(connection)
            if conversation.clock is not None:
                connection.clock = conversation.clock
                if connection.stands:
                    self._start_clock(connection, now)
            return
        self._finish(connection)

    def _connect(self, connection: _Connection, now: float) -> Tcp | None:
        """Open a connection, with what is to be sent kept until it stands; the reason where that failed at once."""
        endpoint = connection.target.endpoint
        self._pace.spend()
        sock = self._connector.connect(endpoint.ip, endpoint.port)
        if isinstance(sock, Tcp):
            return sock
        connection.sock = sock
        connection.fd = sock.fileno()
        connection.stands = False
        connection.reset = False
        connection.connect_began = now
        connection.deadline = min(connection.end_by, now + self._deadlines.connect)
        connection.unsent = connection.conversation.outgoing
        connection.conversation.outgoing = b""
        self._open[connection.fd] = connection
        self._poller.watch(connection.fd, write=bool(connection.unsent))
        return None

    def _start_clock(self, connection: _Connection, since: float) -> None:
        connection.deadline = min(connection.end_by, since + self._seconds[connection.clock])

    def _send(self, connection: _Connection) -> None:
        conversation = connection.conversation
        sock = connection.sock
        assert sock is not None
        was_waiting = bool(connection.unsent)
        data = connection.unsent + conversation.outgoing
        conversation.outgoing = b""
        try:
            sent = sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            sent = len(data)
            connection.reset = error.errno == errno.ECONNRESET
        connection.unsent = data[sent:]
        if bool(connection.unsent) != was_waiting:
            self._poller.change(connection.fd, write=bool(connection.unsent))

    def _ready(self, connection: _Connection, writable: bool) -> None:
        sock = connection.sock
        assert sock is not None
        try:
            data = sock.recv(RECEIVE)
        except BlockingIOError:
            if not connection.stands:
                connection.stands = True
                self._start_clock(connection, time.monotonic())
            if writable and connection.unsent:
                self._send(connection)
            return
        except OSError as error:
            self._broken(connection, error.errno or 0)
            return
        connection.stands = True
        conversation = connection.conversation
        end = Lost.RESET if connection.reset else Lost.CLOSED
        move = conversation.received(data) if data else conversation.lost(end)
        self._do(connection, move, time.monotonic())

    def _broken(self, connection: _Connection, number: int) -> None:
        conversation = connection.conversation
        if number == errno.ECONNRESET or connection.stands:
            move = conversation.lost(Lost.TIMEOUT if number == errno.ETIMEDOUT else Lost.RESET)
        else:
            move = conversation.not_connected(TCP_ERRORS.get(number, Tcp.UNREACHABLE))
        self._do(connection, move, time.monotonic())

    def _expired(self, connection: _Connection, now: float) -> None:
        conversation = connection.conversation
        sock = connection.sock
        assert sock is not None
        if not connection.stands:
            try:
                sock.getpeername()
            except OSError:
                if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    # It was refused in time, and we came late to hear it.
                    self._broken(connection, number)
                else:
                    self._do(connection, conversation.not_connected(Tcp.TIMEOUT), now)
                return
            # It stood all the while, and the peer kept silent: nothing woke us up.
            connection.stands = True
            self._start_clock(connection, connection.connect_began)
            if connection.deadline > now:
                return
        if now >= connection.end_by:
            conversation.overdue()
            self._finish(connection)
        elif now - connection.deadline > _LATE_SWEEPS * self._sweep_every:
            # We were held up, so what came in time may lie unread: once more, or our lateness is called their silence.
            connection.deadline = now
            self._ready(connection, writable=True)
        else:
            self._do(connection, conversation.lost(Lost.TIMEOUT), now)
