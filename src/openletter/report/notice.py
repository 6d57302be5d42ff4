"""The page that the owner of a surveyed server finds at the scanner's address: who asks, why, what is sent, how to be
left out. In English and Japanese; two files without scripts, pictures or anything from elsewhere.

The words that are sent come from :mod:`openletter.grammar.command`, so that the page says what the program says.
"""

import re
from datetime import date
from urllib.parse import quote

import jinja2
import msgspec

from openletter import __version__
from openletter.dialogue.observation import REGISTERED_PORTS, Mode, Protocol
from openletter.engine.deadlines import Deadlines
from openletter.grammar.command import Command
from openletter.scope.authorisation import Authorisation

PAGES = {"en": "index.html", "ja": "index.ja.html"}
"""File names by language; the first is what a web server shows unasked."""

_GREETING = "greeting"
_HANDSHAKE = "handshake"

_CLEARTEXT: dict[Protocol, tuple[Command | str, ...]] = {
    Protocol.IMAP: (
        _GREETING,
        Command.IMAP_CAPABILITY,
        Command.IMAP_STARTTLS,
        _HANDSHAKE,
        Command.IMAP_CAPABILITY_INSIDE,
        Command.IMAP_LOGOUT,
    ),
    Protocol.POP3: (
        _GREETING,
        Command.POP3_CAPA,
        Command.POP3_STLS,
        _HANDSHAKE,
        Command.POP3_CAPA,
        Command.POP3_QUIT,
    ),
}
_IMPLICIT: dict[Protocol, tuple[Command | str, ...]] = {
    Protocol.IMAP: (_HANDSHAKE, _GREETING, Command.IMAP_CAPABILITY_INSIDE, Command.IMAP_LOGOUT),
    Protocol.POP3: (_HANDSHAKE, _GREETING, Command.POP3_CAPA, Command.POP3_QUIT),
}
_CONFIRMING: dict[Protocol, tuple[Command, ...]] = {
    Protocol.IMAP: (Command.IMAP_AUTHENTICATE_PLAIN, Command.CANCEL),
    Protocol.POP3: (Command.POP3_AUTH_PLAIN, Command.CANCEL, Command.POP3_USER),
}

_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PAGE = re.compile(r"https?://[^\s<>\"']+")


class Step(msgspec.Struct, frozen=True):
    octets: str = ""
    """What is sent, without the end of its line; empty for a step that is no command."""
    kind: str = ""
    """``greeting`` or ``handshake`` then."""


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    name: str
    inside: bool = False
    """In TLS from the first octet."""
    steps: tuple[Step, ...]


class Contact(msgspec.Struct, frozen=True):
    text: str
    href: str = ""
    """Where the text is a mail address or a page."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says, in no language."""

    who: str
    contact: Contact
    basis: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()
    """Addresses that connections come from."""
    confirm: bool = False
    every_days: int = 0
    """How often the survey is made; 0 says nothing of it."""
    network_rate: str = ""
    """Connections a second to one network."""
    seconds: int = round(Deadlines().total)
    """The longest that a dialogue takes."""
    date: str
    version: str = __version__
    conversations: tuple[Conversation, ...]
    confirmations: tuple[Conversation, ...]


def contact_of(text: str) -> Contact:
    """A mail address or a page becomes a link; anything else is shown as it is."""
    if _MAIL.fullmatch(text):
        return Contact(text, f"mailto:{quote(text, safe='@')}")
    return Contact(text, text) if _PAGE.fullmatch(text) else Contact(text)


def _steps(said: tuple[Command | str, ...]) -> tuple[Step, ...]:
    return tuple(
        Step(octets=part.octets.decode("ascii").removesuffix("\r\n"))
        if isinstance(part, Command)
        else Step(kind=part)
        for part in said
    )


def conversations() -> tuple[Conversation, ...]:
    """What is said on each registered port to a server with which all goes well."""
    return tuple(
        Conversation(
            port=port,
            name=protocol.value.upper(),
            inside=mode is Mode.IMPLICIT,
            steps=_steps((_IMPLICIT if mode is Mode.IMPLICIT else _CLEARTEXT)[protocol]),
        )
        for port, (protocol, mode) in sorted(REGISTERED_PORTS.items())
    )


def confirmations() -> tuple[Conversation, ...]:
    """What is said besides where the owner gave leave."""
    return tuple(
        Conversation(port=0, name=protocol.value.upper(), steps=_steps(said))
        for protocol, said in _CONFIRMING.items()
    )


def make_notice(
    *,
    who: str,
    contact: str,
    today: date,
    authorisation: Authorisation | None = None,
    sources: tuple[str, ...] = (),
    every_days: int = 0,
    network_rate: float = 0.0,
) -> Notice:
    """``who`` and ``contact`` win over those of the authorisation. ``network_rate`` in connections a second."""
    return Notice(
        who=who or (authorisation.who if authorisation else ""),
        contact=contact_of(contact or (authorisation.contact if authorisation else "")),
        basis=authorisation.basis if authorisation else "",
        until=str(authorisation.until) if authorisation else "",
        confirm=authorisation is not None and authorisation.confirm,
        sources=sources,
        every_days=every_days,
        network_rate=f"{network_rate:g}" if network_rate else "",
        date=today.isoformat(),
        conversations=conversations(),
        confirmations=confirmations(),
    )


def pages(notice: Notice) -> dict[str, str]:
    """HTML by file name."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openletter.report", "templates/notice"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    languages = list(PAGES)
    return {
        PAGES[language]: environment.get_template(f"{language}.html.j2").render(
            notice=notice, language=language, other=PAGES[other]
        )
        for language, other in zip(languages, reversed(languages), strict=True)
    }
