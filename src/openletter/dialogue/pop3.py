"""What is said to a POP3 server (RFC 1939, RFC 2449, RFC 2595), in the order of VERDICTS §4.

On 110:

1. wait for the greeting; nothing is said before it
2. CAPA
3. STLS, advertised or not; keep what stands in the clear behind its +OK
4. one handshake; where it fails, once more on a new connection with legacy TLS, then with SSLv3's hello
5. CAPA again, inside
6. QUIT

On 995 the handshake comes first, then 1, 2 and 6 inside it.
"""

from collections.abc import Generator

from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Confirmation, Greeting, ListSource, Protocol, Reply
from openletter.dialogue.opening import hear, write_down
from openletter.dialogue.refusal import speaks_of_tls
from openletter.dialogue.starttls import Answer, Speech, start_tls
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Result, Step, Steps
from openletter.grammar.capability import pop3_capabilities
from openletter.grammar.command import Command
from openletter.grammar.pop3 import Continuation, Pop3Reader, Status, has_apop_stamp
from openletter.grammar.violation import RemoteProtocolError

_LOST = {Lost.TIMEOUT: Reply.TIMEOUT, Lost.CLOSED: Reply.CLOSED, Lost.RESET: Reply.CLOSED}


def _lost(data: Result) -> Answer:
    return Answer(_LOST[data] if isinstance(data, Lost) else Reply.CLOSED)


def _ask(notes: Notes, reader: Pop3Reader, command: Command) -> Generator[Step, Result, Answer]:
    """Send a command and read its status line."""
    data = yield command
    while True:
        if not isinstance(data, bytes):
            return _lost(data)
        reader.receive(data)
        try:
            event = reader.next()
        except RemoteProtocolError as error:
            notes.violation = error.violation.value
            return Answer(Reply.GARBAGE)
        if isinstance(event, Status):
            return Answer(Reply.OK if event.ok else Reply.ERR, event.line)
        if isinstance(event, Continuation) and command is Command.POP3_AUTH_PLAIN:
            return Answer(Reply.OK, event.line)
        if event is not None:
            # Every reply begins with a status indicator (RFC 1939 §3); what does not leaves no way to go on.
            return Answer(Reply.GARBAGE, event.line)
        data = yield Await.MORE


def _list(notes: Notes, reader: Pop3Reader) -> Generator[Step, Result, tuple[tuple[str, ...], ListSource]]:
    answer = yield from _ask(notes, reader, Command.POP3_CAPA)
    if answer.refused:
        return (), ListSource.REFUSED
    if answer.reply is not Reply.OK:
        return (), ListSource.NO_ANSWER
    while True:
        try:
            listing = reader.next_listing()
        except RemoteProtocolError as error:
            notes.violation = error.violation.value
            return (), ListSource.NO_ANSWER
        if listing is not None:
            return pop3_capabilities(listing.lines), ListSource.COMMAND
        data = yield Await.MORE
        if not isinstance(data, bytes):
            return (), ListSource.NO_ANSWER
        reader.receive(data)


def _leave() -> Steps:
    yield Command.POP3_QUIT


def _inside(notes: Notes, reader: Pop3Reader | None = None) -> Steps:
    """The list inside TLS: what was said before counts no longer (RFC 2595 §4)."""
    notes.caps_post, notes.caps_post_source = yield from _list(notes, reader or Pop3Reader())
    if notes.caps_post_source is not ListSource.NO_ANSWER:
        yield from _leave()


_SPEECH = Speech(
    protocol=Protocol.POP3,
    new_reader=Pop3Reader,
    ask=_ask,
    starttls=Command.POP3_STLS,
    farewell=Command.POP3_QUIT,
    inside=_inside,
)


def cleartext(notes: Notes) -> Steps:
    """The dialogue on 110."""
    reader = Pop3Reader()
    opening = yield from hear(reader, Protocol.POP3, (yield Await.GREETING))
    write_down(notes, opening)
    if opening.greeting is not Greeting.OK:
        return
    notes.apop = has_apop_stamp(opening.line)
    notes.caps_pre, notes.caps_pre_source = yield from _list(notes, reader)
    if notes.caps_pre_source is ListSource.NO_ANSWER:
        return
    yield from start_tls(notes, reader, _SPEECH)


def inside_implicit(notes: Notes) -> Steps:
    """The dialogue on 995, once TLS stands."""
    reader = Pop3Reader()
    opening = yield from hear(reader, Protocol.POP3, (yield Await.GREETING))
    write_down(notes, opening)
    if opening.greeting is Greeting.OK:
        notes.apop = has_apop_stamp(opening.line)
        yield from _inside(notes, reader)


def _offers_others_than_plain(capabilities: tuple[str, ...]) -> bool:
    mechanisms = {word for entry in capabilities if entry.startswith("SASL ") for word in entry.split()[1:]}
    return bool(mechanisms) and "PLAIN" not in mechanisms


def _told(answer: Answer) -> Confirmation:
    """A refusal tells only where it speaks of TLS: servers also refuse names and mechanisms that they do not know."""
    if answer.reply is Reply.OK:
        return Confirmation.ACCEPTED
    about_tls = answer.reply is Reply.ERR and speaks_of_tls(answer.line)
    return Confirmation.REFUSED if about_tls else Confirmation.UNCLEAR


def confirm(notes: Notes) -> Steps:
    """The credential-free confirmation, on a connection of its own: a bare USER and then QUIT. Where the list names
    mechanisms without PLAIN, that is asked first, and cancelled if it is offered after all: some products take USER
    from everybody and then no password."""
    yield NEW_CONNECTION
    notes.confirmation = Confirmation.UNCLEAR
    reader = Pop3Reader()
    opening = yield from hear(reader, Protocol.POP3, (yield Await.GREETING))
    if opening.greeting is not Greeting.OK:
        return
    refused_plain = False
    if _offers_others_than_plain(notes.caps_pre):
        answer = yield from _ask(notes, reader, Command.POP3_AUTH_PLAIN)
        notes.confirmation = _told(answer)
        if answer.reply is Reply.OK:
            yield from _ask(notes, reader, Command.CANCEL)
        if answer.reply is not Reply.ERR or notes.confirmation is Confirmation.REFUSED:
            yield from _leave()
            return
        refused_plain = True
    answer = yield from _ask(notes, reader, Command.POP3_USER)
    notes.confirmation = _told(answer)
    if refused_plain and notes.confirmation is Confirmation.ACCEPTED:
        notes.confirmation = Confirmation.MECHANISM_REFUSED
    if answer.reply is Reply.OK or answer.reply is Reply.ERR:
        yield from _leave()
