"""One dialogue with a role of the simulated world, in memory and in no time: the real dialogue on one end of a pair of
sockets, the lab's real connection on the other, and a clock that is set forward whenever both wait."""

import errno
import socket

from openletter.dialogue.observation import Endpoint, Observation
from openletter.dialogue.step import Lost
from openletter.engine.conversation import Conversation, Move
from openletter.engine.deadlines import Deadlines
from openletter.lab.internet.connection import READ_SIZE, Connection
from openletter.lab.internet.contexts import TlsPeers
from openletter.lab.internet.roles import Role
from openletter.lab.internet.speech import Conduct
from openletter.tls.session import Client

_RECEIVE = 65_536


class _Line:
    """A connection with a role; ``now`` in seconds is when it is opened."""

    def __init__(self, role: Role, peers: TlsPeers, now: float) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.setblocking(False)
        theirs.setblocking(False)
        self._theirs: socket.socket | None = theirs
        self._refuses = role.conduct == Conduct.RESET
        self._server = Connection(theirs, role, peers, now)
        self.speaks_at: float | None = None
        """When the peer says its next piece, where it speaks slowly."""
        if role.conduct in (Conduct.RESET, Conduct.HANG_UP):
            self._end()
        else:
            self._server.begin()
            self._settle(now)

    def close(self) -> None:
        self.ours.close()
        self._end()

    def _end(self) -> None:
        if self._theirs is not None:
            self._theirs.close()
            self._theirs = None

    def _settle(self, now: float) -> None:
        if self._server.later is not None:
            self.speaks_at = now + self._server.later
            self._server.later = None
        if self._server.done and self._server.drained():
            self._end()

    def let_peer_act(self, now: float) -> None:
        """Everything that it does at this moment."""
        if self._theirs is None:
            return
        try:
            if self._server.out:
                self._server.flush()
            elif self.speaks_at is not None and self.speaks_at <= now:
                self.speaks_at = None
                self._server.tick()
            data = self._theirs.recv(READ_SIZE)
            if data:
                self._server.feed(data)
        except BlockingIOError:
            pass
        except OSError:
            self._end()
        self._settle(now)

    def hear(self) -> bytes | Lost | None:
        """What came, why nothing more will, or ``None`` while there is nothing."""
        try:
            data = self.ours.recv(_RECEIVE)
        except BlockingIOError:
            return None
        except OSError as error:
            return Lost.RESET if error.errno == errno.ECONNRESET else Lost.CLOSED
        if data:
            return data
        return Lost.RESET if self._refuses else Lost.CLOSED

    def say(self, data: bytes) -> bytes:
        """Send; what is left over. What a peer that has gone does not take is lost."""
        try:
            return data[self.ours.send(data) :]
        except BlockingIOError:
            return data
        except OSError:
            return b""


def speak(
    endpoint: Endpoint, role: Role, peers: TlsPeers, client: Client, *, started: float, deadlines: Deadlines
) -> Observation:
    """What a survey sees of the endpoint. ``started`` in Unix seconds; the duration is that of the waits, in seconds."""
    conversation = Conversation(endpoint, client)
    now = 0.0
    deadline = deadlines.total
    line: _Line | None = None
    unsent = b""
    move = conversation.begin()
    try:
        while move is not Move.DONE:
            if move is Move.CONNECT or line is None:
                if line is not None:
                    line.close()
                line, unsent = _Line(role, peers, now), b""
            unsent = line.say(unsent + conversation.outgoing)
            conversation.outgoing = b""
            if conversation.clock is not None:
                deadline = min(deadlines.total, now + deadlines.by_clock[conversation.clock])
                conversation.clock = None
            heard = None
            while heard is None:
                line.let_peer_act(now)
                unsent = line.say(unsent) if unsent else unsent
                heard = line.hear()
                if heard is None and not unsent:
                    then = line.speaks_at
                    now = deadline if then is None else min(deadline, max(now, then))
                    if now == deadline:
                        heard = Lost.TIMEOUT
            if heard is Lost.TIMEOUT and now >= deadlines.total:
                conversation.overdue()
                break
            move = conversation.received(heard) if isinstance(heard, bytes) else conversation.lost(heard)
    finally:
        if line is not None:
            line.close()
    return conversation.notes.observation(started=started, duration=now)
