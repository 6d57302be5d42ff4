"""One dialogue with its TLS, without its socket: octets of the wire in, octets for the wire out."""

from enum import Enum

from openletter.dialogue.dialogue import dialogue
from openletter.dialogue.notes import MAX_SHOWN, Notes
from openletter.dialogue.observation import Endpoint, Handshake, HandshakeOutcome, Side, Tcp
from openletter.dialogue.step import Await, Lost, NewConnection, Profile, Result
from openletter.engine.deadlines import Clock
from openletter.grammar.command import Command
from openletter.tls.session import Client, Session


class Move(Enum):
    """What the one who moves the bytes is to do next."""

    WAIT = "wait"
    """Send ``outgoing`` and wait under ``clock``."""
    CONNECT = "connect"
    """Close the connection, open another one, then as ``WAIT``."""
    DONE = "done"


class Conversation:
    """Drives a dialogue. After each call ``outgoing`` holds what is to be sent; the caller empties it."""

    __slots__ = ("_client", "_inside", "_session", "_steps", "clock", "notes", "outgoing")

    def __init__(self, endpoint: Endpoint, client: Client, *, confirm: bool = False) -> None:
        self.notes = Notes(endpoint)
        self._steps = dialogue(self.notes, confirm=confirm)
        self._client = client
        self._session: Session | None = None
        self._inside = False
        self.outgoing = b""
        self.clock: Clock | None = None
        """The clock to start, or ``None`` where the one that runs goes on."""

    def begin(self) -> Move:
        """The first step; the caller connects whatever it is."""
        return self._advance(None)

    def received(self, data: bytes) -> Move:
        """The peer sent something."""
        session = self._session
        if session is None:
            self.notes.record(Side.SERVER, data)
            return self._advance(data)
        if self._inside:
            return self._decrypted(session, data)
        progress = session.handshake(data)
        self.outgoing += progress.to_send
        result = progress.result
        if result is None:
            self.clock = None
            return Move.WAIT
        move = self._shaken(result)
        behind = data[MAX_SHOWN:] if result.outcome is HandshakeOutcome.PLAINTEXT else b""
        if behind and move is Move.WAIT:
            # The greeting of a server that knows no TLS may be longer than what a handshake keeps of it.
            self.notes.record(Side.SERVER, behind)
            return self._advance(behind)
        return move

    def lost(self, why: Lost) -> Move:
        """No more will come on this connection, or not in time."""
        session = self._session
        if session is not None and not self._inside:
            return self._shaken(session.lost(why))
        return self._advance(why)

    def not_connected(self, why: Tcp) -> Move:
        """The connection did not come to be."""
        self._session = None
        return self._advance(why)

    def overdue(self) -> None:
        """The whole dialogue's deadline has passed: end it, whatever it would still like to do."""
        move = self.lost(Lost.TIMEOUT)
        while move is not Move.DONE:
            move = self.not_connected(Tcp.TIMEOUT) if move is Move.CONNECT else self.lost(Lost.TIMEOUT)

    def abandon(self) -> None:
        """Stop without another step."""
        self._steps.close()

    def _advance(self, value: Result) -> Move:
        move = Move.WAIT
        while True:
            try:
                step = self._steps.send(value)
            except StopIteration:
                return Move.DONE
            kind = step.__class__
            if kind is Command:
                assert isinstance(step, Command)
                octets = step.octets
                self.notes.record(Side.CLIENT, octets)
                self.outgoing += self._session.encrypt(octets) if self._session is not None else octets
                self.clock = Clock.QUIET if step.is_farewell else Clock.REPLY
                return move
            if kind is Await:
                if step is Await.MORE:
                    self.clock = None
                else:
                    self.clock = Clock.GREETING if step is Await.GREETING else Clock.QUIET
                return move
            if kind is NewConnection:
                self.notes.record(Side.NOTE, b"new connection")
                self._session = None
                self._inside = False
                self.outgoing = b""
                move = Move.CONNECT
                value = None
                continue
            assert isinstance(step, Profile)
            self._session = self._client.session(step, self.notes.endpoint.host)
            self._inside = False
            self.outgoing += self._session.handshake(b"").to_send
            self.clock = Clock.HANDSHAKE
            return move

    def _shaken(self, handshake: Handshake) -> Move:
        self.notes.handshaken(handshake)
        session = self._session
        assert session is not None
        if not handshake.works:
            # What came instead is in the clear, and so is what comes now, if anything: the dialogue may want to hear it.
            if handshake.plaintext:
                self.notes.record(Side.SERVER, handshake.plaintext)
            self._session = None
            return self._advance(handshake)
        self._inside = True
        move = self._advance(handshake)
        # A greeting may have come in the same segment as the end of the handshake.
        if move is Move.WAIT and self._session is session:
            clock = self.clock
            move = self._decrypted(session, b"")
            if move is Move.WAIT and self.clock is None:
                self.clock = clock
        return move

    def _decrypted(self, session: Session, data: bytes) -> Move:
        plain, to_send, ended = session.decrypt(data)
        self.outgoing += to_send
        move = Move.WAIT
        if plain:
            self.notes.record(Side.SERVER, plain)
            move = self._advance(plain)
        else:
            self.clock = None
        if ended is not None and move is Move.WAIT:
            return self._advance(Lost.CLOSED)
        return move
