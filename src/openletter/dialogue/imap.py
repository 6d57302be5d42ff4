"""What is said to an IMAP server (RFC 9051, RFC 3501), in the order of VERDICTS §4.

On 143:

1. wait for the greeting; nothing is said before it
2. take the capability list from its response code, or ask with CAPABILITY
3. STARTTLS, advertised or not; keep what stands in the clear behind its OK
4. one handshake; where it fails, once more on a new connection with legacy TLS, then with SSLv3's hello
5. CAPABILITY again, inside
6. LOGOUT

On 993 the handshake comes first, then 1, 2 and 6 inside it.
"""

from collections.abc import Generator

from openletter.dialogue.notes import MAX_SHOWN, Notes
from openletter.dialogue.observation import Confirmation, Greeting, ListSource, Protocol, Reply
from openletter.dialogue.opening import Opening, hear, write_down
from openletter.dialogue.refusal import speaks_of_tls
from openletter.dialogue.starttls import Answer, Speech, start_tls
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Result, Step, Steps
from openletter.grammar.capability import imap_capabilities
from openletter.grammar.command import Command
from openletter.grammar.imap import Capability, Condition, Continuation, Data, ImapReader, Status
from openletter.grammar.violation import RemoteProtocolError

_REPLIES = {Condition.OK: Reply.OK, Condition.NO: Reply.NO, Condition.BAD: Reply.BAD}
_LOST = {Lost.TIMEOUT: Reply.TIMEOUT, Lost.CLOSED: Reply.CLOSED, Lost.RESET: Reply.CLOSED}


def _ask(notes: Notes, reader: ImapReader, command: Command) -> Generator[Step, Result, Answer]:
    """Send a command and read up to the line with its tag; untagged responses may come in any order before it."""
    tag = command.tag
    capabilities: bytes | None = None
    untagged_bad = b""
    data = yield command
    while True:
        if not isinstance(data, bytes):
            if data is Lost.TIMEOUT and untagged_bad:
                # RFC 9051 §7.1.3: an untagged BAD is all that some servers say to a command unknown to them.
                return Answer(Reply.BAD, untagged_bad, capabilities)
            return Answer(_LOST[data] if isinstance(data, Lost) else Reply.CLOSED, b"", capabilities)
        reader.receive(data)
        try:
            while (event := reader.next()) is not None:
                if isinstance(event, Status):
                    if event.code == b"CAPABILITY":
                        capabilities = event.argument
                    if event.tag == tag:
                        return Answer(_REPLIES[event.condition], event.line, capabilities, event.code)
                    if event.condition is Condition.BAD and event.tag == b"*":
                        untagged_bad = event.line
                elif isinstance(event, Capability):
                    capabilities = event.payload
                elif isinstance(event, Continuation):
                    if command is Command.IMAP_AUTHENTICATE_PLAIN:
                        return Answer(Reply.OK, event.line)
                elif isinstance(event, Data) and event.name == b"ID":
                    notes.server_id = event.line[:MAX_SHOWN]
        except RemoteProtocolError as error:
            notes.violation = error.violation.value
            return Answer(Reply.GARBAGE, b"", capabilities)
        data = yield Await.MORE


def _list(
    notes: Notes, reader: ImapReader, opening: Opening | None, command: Command
) -> Generator[Step, Result, tuple[tuple[str, ...], ListSource]]:
    """The capability list, from the greeting where it holds one: its peer need not be asked twice."""
    event = opening.event if opening is not None else None
    if isinstance(event, Status) and event.code == b"CAPABILITY":
        return imap_capabilities(event.argument), ListSource.GREETING
    answer = yield from _ask(notes, reader, command)
    if answer.reply is Reply.OK and answer.capabilities is not None:
        return imap_capabilities(answer.capabilities), ListSource.COMMAND
    if answer.refused:
        return (), ListSource.REFUSED
    return (), ListSource.NO_ANSWER


def _leave() -> Steps:
    yield Command.IMAP_LOGOUT


def _inside(notes: Notes) -> Steps:
    """The list inside TLS that STARTTLS began: what was said before counts no longer (RFC 9051 §6.2.1)."""
    notes.caps_post, notes.caps_post_source = yield from _list(
        notes, ImapReader(), None, Command.IMAP_CAPABILITY_INSIDE
    )
    if notes.caps_post_source is not ListSource.NO_ANSWER:
        yield from _leave()


_SPEECH = Speech(
    protocol=Protocol.IMAP,
    new_reader=ImapReader,
    ask=_ask,
    starttls=Command.IMAP_STARTTLS,
    farewell=Command.IMAP_LOGOUT,
    inside=_inside,
)


def cleartext(notes: Notes) -> Steps:
    """The dialogue on 143."""
    reader = ImapReader()
    opening = yield from hear(reader, Protocol.IMAP, (yield Await.GREETING))
    write_down(notes, opening)
    if opening.greeting not in (Greeting.OK, Greeting.PREAUTH):
        return
    notes.caps_pre, notes.caps_pre_source = yield from _list(notes, reader, opening, Command.IMAP_CAPABILITY)
    if notes.caps_pre_source is ListSource.NO_ANSWER:
        return
    yield from start_tls(notes, reader, _SPEECH)


def inside_implicit(notes: Notes) -> Steps:
    """The dialogue on 993, once TLS stands."""
    reader = ImapReader()
    opening = yield from hear(reader, Protocol.IMAP, (yield Await.GREETING))
    write_down(notes, opening)
    if opening.greeting not in (Greeting.OK, Greeting.PREAUTH):
        return
    notes.caps_post, notes.caps_post_source = yield from _list(
        notes, reader, opening, Command.IMAP_CAPABILITY_INSIDE
    )
    if notes.caps_post_source is not ListSource.NO_ANSWER:
        yield from _leave()


def confirm(notes: Notes) -> Steps:
    """The credential-free confirmation, on a connection of its own: a continuation means that a password would be
    taken in the clear; ``*`` cancels (RFC 9051 §6.2.2). A refusal tells only where it speaks of TLS, or where PLAIN or
    LOGINDISABLED was advertised: a server may refuse PLAIN and take LOGIN."""
    yield NEW_CONNECTION
    reader = ImapReader()
    opening = yield from hear(reader, Protocol.IMAP, (yield Await.GREETING))
    if opening.greeting is not Greeting.OK:
        notes.confirmation = Confirmation.UNCLEAR
        return
    answer = yield from _ask(notes, reader, Command.IMAP_AUTHENTICATE_PLAIN)
    if answer.reply is Reply.OK:
        notes.confirmation = Confirmation.ACCEPTED
        yield Command.CANCEL
    elif answer.refused:
        told = (
            answer.code == b"PRIVACYREQUIRED"  # RFC 5530 §3
            or speaks_of_tls(answer.line)
            or "LOGINDISABLED" in notes.caps_pre
            or "AUTH=PLAIN" in notes.caps_pre
        )
        others = any(entry.startswith("AUTH=") for entry in notes.caps_pre)
        untold = Confirmation.MECHANISM_REFUSED if others else Confirmation.UNCLEAR
        notes.confirmation = Confirmation.REFUSED if told else untold
    else:
        notes.confirmation = Confirmation.UNCLEAR
        return
    yield from _leave()
