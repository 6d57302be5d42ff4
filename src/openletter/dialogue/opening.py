"""The first words of a peer, on any of the four ports."""

from collections.abc import Generator

import msgspec

from openletter.dialogue.guess import guess, is_tls_record, may_become_greeting
from openletter.dialogue.notes import MAX_SHOWN, Notes
from openletter.dialogue.observation import Greeting, Protocol, Tcp
from openletter.dialogue.step import Await, Lost, Result, Step
from openletter.grammar import imap, pop3
from openletter.grammar.violation import RemoteProtocolError

Reader = imap.ImapReader | pop3.Pop3Reader
Event = imap.Event | pop3.Event


class Opening(msgspec.Struct, frozen=True, gc=False):
    """How a connection began."""

    greeting: Greeting
    line: bytes = b""
    """First line, or what came of it, at most 512 octets."""
    event: Event | None = None
    tcp: Tcp = Tcp.OPEN
    violation: str = ""
    guess: str = ""


_IMAP_GREETINGS = {
    imap.Condition.OK: Greeting.OK,
    imap.Condition.PREAUTH: Greeting.PREAUTH,
    imap.Condition.BYE: Greeting.BYE,
}


def _kind(event: Event) -> Greeting:
    """RFC 9051 §7.1 and RFC 1939 §4 know these greetings; a tagged one is none."""
    if isinstance(event, imap.Status) and event.tag == b"*":
        return _IMAP_GREETINGS.get(event.condition, Greeting.OTHER)
    if isinstance(event, pop3.Status):
        return Greeting.OK if event.ok else Greeting.ERR
    return Greeting.OTHER


def _other(said: bytes, violation: str = "") -> Opening:
    return Opening(Greeting.OTHER, said[:MAX_SHOWN], violation=violation, guess=guess(said))


def _cut_short(lost: Lost, partial: bytes, protocol: Protocol) -> Opening:
    """The peer stopped before its first line had an end."""
    if partial and not may_become_greeting(partial, protocol):
        return _other(partial)
    if lost is Lost.RESET and not partial:
        return Opening(Greeting.NOT_REACHED, tcp=Tcp.RESET)
    return Opening(Greeting.SILENT if lost is Lost.TIMEOUT else Greeting.CLOSED, partial[:MAX_SHOWN])


def hear(reader: Reader, protocol: Protocol, data: Result) -> Generator[Step, Result, Opening]:
    """Hear a greeting. ``data`` is what the first step of the connection brought; more is asked for as needed."""
    told_from_tls = False
    while True:
        if not isinstance(data, bytes):
            if isinstance(data, Tcp):
                return Opening(Greeting.NOT_REACHED, tcp=data)
            assert isinstance(data, Lost)
            return _cut_short(data, reader.rest(), protocol)
        reader.receive(data)
        if not told_from_tls:
            said = reader.rest()
            if is_tls_record(said):
                return Opening(Greeting.TLS_RECORD, said[:MAX_SHOWN])
            told_from_tls = len(said) >= 2
        try:
            event = reader.next()
        except RemoteProtocolError as error:
            return _other(reader.rest(), error.violation.value)
        if event is not None:
            kind = _kind(event)
            if kind is Greeting.OTHER:
                return _other(event.line if not isinstance(event, imap.Capability) else b"* CAPABILITY")
            return Opening(kind, event.line[:MAX_SHOWN], event)  # type: ignore[union-attr]
        data = yield Await.MORE


def write_down(notes: Notes, opening: Opening) -> None:
    """Put the first connection's opening into the notes."""
    notes.tcp = opening.tcp
    notes.greeting = opening.greeting
    notes.banner = opening.line
    notes.guess = opening.guess
    notes.violation = opening.violation
