"""The step from the clear into TLS, alike for POP3 and IMAP: STLS (RFC 2595 §4) and STARTTLS (RFC 9051 §6.2.1).

It is tried also where it is not advertised. What stands in the clear behind the OK is kept: an honest server says nothing
there, and whoever reads it as if it came from inside TLS can be fooled. One handshake; where it fails, older TLS on new
connections; the list again, inside.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from openletter.dialogue.notes import MAX_SHOWN, Notes
from openletter.dialogue.observation import Greeting, Handshake, Protocol, Reply
from openletter.dialogue.older_tls import try_older_tls
from openletter.dialogue.opening import Reader, hear
from openletter.dialogue.step import NEW_CONNECTION, Await, Profile, Result, Step, Steps
from openletter.grammar.command import Command

_R = TypeVar("_R", bound=Reader)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a command drew."""

    reply: Reply
    line: bytes = b""
    """The line that answered it."""
    capabilities: bytes | None = None
    """IMAP: the list that came with it, if any."""
    code: bytes = b""
    """IMAP: the name of its response code."""

    @property
    def refused(self) -> bool:
        """Answered, and not with OK: the connection is good for more."""
        return self.reply in (Reply.NO, Reply.BAD, Reply.ERR)


@dataclass(frozen=True, slots=True)
class Speech(Generic[_R]):
    """What of a protocol the step needs."""

    protocol: Protocol
    new_reader: Callable[[], _R]
    ask: Callable[[Notes, _R, Command], Generator[Step, Result, Answer]]
    """Send a command and read its answer."""
    starttls: Command
    farewell: Command
    inside: Callable[[Notes], Steps]
    """The list inside TLS, and the farewell."""


def _again(notes: Notes, speech: Speech[_R], profile: Profile) -> Generator[Step, Result, Handshake | None]:
    """A new connection up to its handshake; ``None`` where the peer does not come as far again."""
    yield NEW_CONNECTION
    reader = speech.new_reader()
    opening = yield from hear(reader, speech.protocol, (yield Await.GREETING))
    if opening.greeting is not Greeting.OK:
        return None
    answer = yield from speech.ask(notes, reader, speech.starttls)
    if answer.reply is not Reply.OK:
        return None
    result = yield profile
    return result if isinstance(result, Handshake) else None


def start_tls(notes: Notes, reader: _R, speech: Speech[_R]) -> Steps:
    """From a connection whose list is known to the end of the dialogue."""
    answer = yield from speech.ask(notes, reader, speech.starttls)
    notes.starttls_reply = answer.reply
    notes.starttls_text = answer.line[:MAX_SHOWN]
    if answer.reply is not Reply.OK:
        if answer.refused:
            yield speech.farewell
        return
    notes.bytes_after_starttls_ok = reader.rest()[:MAX_SHOWN]
    handshake = yield Profile.MODERN
    if not isinstance(handshake, Handshake):
        return
    notes.handshake = handshake
    if handshake.works:
        yield from speech.inside(notes)
    else:
        yield from try_older_tls(
            notes, lambda older: _again(notes, speech, older), lambda: speech.inside(notes)
        )
