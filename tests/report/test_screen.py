"""The screen of ``check``: read by a person in a hurry, written in part by a stranger."""

import io
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from openletter.dialogue.observation import (
    Exchange,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Side,
    Tcp,
)
from openletter.grammar.capability import imap_capabilities
from openletter.report.host import host_reports
from openletter.report.screen import print_hosts
from openletter.tls.book import CertificateBook
from openletter.tls.trust import Trust


def screen(*observations: Observation, width: int = 100, color: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, color_system="truecolor" if color else None
    )
    print_hosts(console, host_reports(observations, CertificateBook(), Trust(roots=[])), transcript=True)
    return out.getvalue()


def imap(banner: bytes, capabilities: bytes, **facts: object) -> Observation:
    given: dict[str, object] = {
        "ip": "192.0.2.7",
        "port": 143,
        "protocol": Protocol.IMAP,
        "mode": Mode.CLEARTEXT,
        "tcp": Tcp.OPEN,
        "greeting": Greeting.OK,
        "banner": banner,
        "caps_pre": imap_capabilities(capabilities),
        "caps_pre_source": ListSource.COMMAND,
        "starttls_reply": Reply.BAD,
        "transcript": (Exchange(Side.SERVER, banner + b"\r\n"),),
    }
    return Observation(**{**given, **facts})  # type: ignore[arg-type]


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_an_administrator_finds_the_five_answers() -> None:
    """What crosses, how we know, what the standards say, what to change, and what of the passwords that have crossed."""
    shown = words(screen(imap(b"* OK [] Dovecot ready.", b"IMAP4rev1 AUTH=PLAIN")))
    for heading in ("What crosses in the clear", "How we know", "What the standards say", "What to change"):
        assert heading in shown
    assert "RFC 8314 §4" in shown
    assert "ssl = required" in shown
    assert "passwords changed" in shown
    assert "AUTH=PLAIN" in shown


def test_the_passwords_come_last() -> None:
    """A new password that crosses in the clear is as lost as the old one."""
    good = imap(
        b"* OK hi",
        b"IMAP4rev1 STARTTLS LOGINDISABLED",
        port=1143,
        starttls_reply=Reply.OK,
        handshake=Handshake(
            outcome=HandshakeOutcome.OK, version="TLSv1", cipher="TLS_RSA_WITH_AES_128_CBC_SHA"
        ),
    )
    shown = words(screen(imap(b"* OK hi", b"IMAP4rev1 AUTH=PLAIN"), good))
    assert shown.index("passwords changed") > shown.index("Allow TLS 1.2 and 1.3 only")


def test_nothing_to_mend_is_short() -> None:
    """A good server's screen must not send its administrator looking for work."""
    fine = imap(
        b"* OK hi",
        b"IMAP4rev1 STARTTLS LOGINDISABLED",
        starttls_reply=Reply.OK,
        handshake=Handshake(
            outcome=HandshakeOutcome.OK,
            version="TLSv1.3",
            cipher="TLS_AES_128_GCM_SHA256",
            chain=("00" * 32,),
        ),
    )
    assert "What to change" not in screen(fine)


@settings(max_examples=60)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_nothing_but_text_reaches_the_terminal(banner: bytes, capabilities: bytes) -> None:
    """Else a server writes escape sequences into the terminal of whoever checks it."""
    shown = screen(imap(banner, capabilities))
    assert not [c for c in shown if unicodedata.category(c).startswith("C") and c != "\n"]


def test_a_banner_is_not_markup() -> None:
    """Else ``[red]`` in a banner colours the screen, and ``[/]`` breaks it."""
    shown = screen(imap(b"* OK [bold red]x[/] [link=http://x]y", b"IMAP4rev1 [blink]"), color=True)
    assert "[bold red]x[/]" in shown
    assert "\x1b]8" not in shown
    assert "\x1b[5m" not in shown


def test_two_products_are_told_apart_by_their_ports() -> None:
    """A host of two products would read as one server with two names."""
    shown = words(
        screen(
            imap(b"* OK [] Dovecot ready.", b"IMAP4rev1 AUTH=PLAIN"),
            imap(b"* OK hi Cyrus IMAP 3.6.1 server ready", b"IMAP4rev1 AUTH=PLAIN", port=1143),
        )
    )
    assert "143: The server calls itself Dovecot" in shown
    assert "1143: The server calls itself Cyrus IMAP 3.6.1" in shown
    assert shown.count("Refuse logins without TLS.") == 1


def test_what_was_seen_directly_is_not_called_advertised() -> None:
    """PREAUTH is a fact; "advertised" would make it look doubtful."""
    seen = imap(
        b"* PREAUTH logged in as Smith",
        b"IMAP4rev1",
        greeting=Greeting.PREAUTH,
        starttls_reply=Reply.NOT_TRIED,
        caps_pre_source=ListSource.NOT_ASKED,
    )
    shown = words(screen(seen))
    assert "Seen directly" in shown
    assert "dvertised" not in shown
    assert "143 said: * PREAUTH logged in as Smith" in shown


def test_the_same_is_not_said_twice() -> None:
    """One screen is all that a person in a hurry reads."""
    shown = words(
        screen(
            imap(b"* OK hi", b"IMAP4rev1 AUTH=PLAIN"), imap(b"* OK hi", b"IMAP4rev1 AUTH=PLAIN", port=1143)
        )
    )
    for sentence in ("143, 1143: Before TLS", "Advertised:", "RFC 8314 §4, RFC 9051 §6.2.2:"):
        assert shown.count(sentence) == 1


def test_a_command_is_not_broken_into_two() -> None:
    """Copied from a narrow terminal it would run as two commands, the second of them nonsense."""
    shown = screen(imap(b"* OK mail Zimbra 8.8.15 IMAP4 server ready", b"IMAP4rev1 AUTH=PLAIN"), width=60)
    assert "zmprov mcf zimbraImapCleartextLoginEnabled FALSE zimbraPop3CleartextLoginEnabled FALSE\n" in shown
