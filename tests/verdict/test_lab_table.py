"""LAB.md, "What they say, and what it really means": row by row, what was seen and what a login then showed."""

import msgspec
import pytest

from openletter.dialogue.observation import (
    Confirmation,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Observation,
    Protocol,
    Reply,
)
from openletter.verdict.classes import Class, Evidence
from openletter.verdict.examples import DOVECOT_POP3, imap, implicit, pop3, seen, upgraded
from openletter.verdict.verdict import judge

COURIER_POP3 = ("STLS", "SASL CRAM-MD5", "TOP", "USER", "LOGIN-DELAY 10", "PIPELINING", "UIDL", "UTF8 USER")
COURIER_REQUIRED = upgraded(
    pop3(*COURIER_POP3, "IMPLEMENTATION Courier Mail Server", banner=b"+OK Hello there."), "USER"
)
BROKEN_OK = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* BYE [UNAVAILABLE] TLS failed\r\n")

ROWS: list[tuple[str, Observation, Class]] = [
    (
        "dovecot, nothing",
        imap("IMAP4REV1 SASL-IR LITERAL+ AUTH=PLAIN AUTH=LOGIN", caps_pre_source=ListSource.GREETING),
        Class.NO_TLS,
    ),
    ("dovecot pop3, nothing", pop3(*DOVECOT_POP3, "USER", "SASL PLAIN LOGIN"), Class.NO_TLS),
    ("dovecot, required", upgraded(imap("IMAP4REV1 LITERAL+ STARTTLS LOGINDISABLED")), Class.TLS_REQUIRED),
    ("dovecot pop3, required", upgraded(pop3(*DOVECOT_POP3, "STLS", "SASL")), Class.TLS_REQUIRED),
    (
        "dovecot pop3, required, disable_plaintext_auth=no",
        upgraded(pop3(*DOVECOT_POP3, "STLS", "USER", "SASL")),
        Class.TLS_REQUIRED,
    ),
    ("courier lists no AUTH=", imap("IMAP4REV1 UIDPLUS CHILDREN IDLE"), Class.NO_TLS),
    (
        "courier lists no AUTH=, with STARTTLS",
        upgraded(imap("IMAP4REV1 UIDPLUS CHILDREN IDLE STARTTLS")),
        Class.TLS_OPTIONAL,
    ),
    ("mailutils, required", upgraded(imap("IMAP4REV1 ID XTLSREQUIRED STARTTLS")), Class.TLS_REQUIRED),
    ("mailutils, login-disabled", imap("IMAP4REV1 LOGINDISABLED AUTH=PLAIN"), Class.NO_TLS),
    (
        "cyrus, LOGINDISABLED, URLAUTH=BINARY",
        upgraded(imap("STARTTLS LOGINDISABLED URLAUTH=BINARY")),
        Class.TLS_REQUIRED,
    ),
    (
        "dovecot, certificate that it cannot use",
        upgraded(imap("IMAP4REV1 STARTTLS AUTH=PLAIN"), handshake=BROKEN_OK),
        Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
    ),
    (
        "cyrus, certificate that it cannot use",
        imap("IMAP4REV1 STARTTLS", starttls_reply=Reply.NO, starttls_text=b"NO Error initializing TLS"),
        Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
    ),
    (
        "mailutils preauth: STARTTLS advertised and refused",
        imap("IMAP4REV1 STARTTLS", greeting=Greeting.PREAUTH, starttls_reply=Reply.BAD),
        Class.PREAUTH_EXPOSED,
    ),
    (
        "993 without TLS: no greeting, then EOF",
        implicit(Protocol.IMAP, Handshake(outcome=HandshakeOutcome.CLOSED)),
        Class.IMPLICIT_BROKEN,
    ),
    (
        "ClientHello to a cleartext service: the text greeting",
        implicit(
            Protocol.IMAP,
            Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* OK"),
            greeting=Greeting.OK,
        ),
        Class.CLEARTEXT_ON_TLS_PORT,
    ),
    ("courier -maxperip: closed with no byte", seen(Protocol.POP3, greeting=Greeting.CLOSED), Class.SILENT),
]


@pytest.mark.parametrize(("says", "observed", "truth"), ROWS, ids=[row[0] for row in ROWS])
def test_row(says: str, observed: Observation, truth: Class) -> None:
    """A real server of Debian 12 would be misjudged."""
    assert judge(observed).class_ is truth


@pytest.mark.parametrize(
    "text",
    [b"BAD TLS support isn't enabled.", b"NO Error in IMAP command", b"BAD Unrecognized command", b""],
)
def test_starttls_that_is_not_there_is_no_broken_starttls(text: bytes) -> None:
    """Whatever the words of the refusal, a server without TLS would be called one whose TLS is broken."""
    for reply in (Reply.BAD, Reply.NO, Reply.CLOSED, Reply.TIMEOUT, Reply.GARBAGE):
        observed = imap("IMAP4REV1 AUTH=PLAIN", starttls_reply=reply, starttls_text=text)
        assert judge(observed).class_ is Class.NO_TLS


def test_courier_pop3_with_tls_required_is_ambiguous_until_confirmed() -> None:
    """The one server that nothing passive can tell apart would be accused as surely as any other."""
    passive = judge(COURIER_REQUIRED)
    assert (passive.class_, passive.evidence) == (Class.TLS_OPTIONAL, Evidence.AMBIGUOUS)
    refused = judge(msgspec.structs.replace(COURIER_REQUIRED, confirmation=Confirmation.REFUSED))
    assert (refused.class_, refused.evidence) == (Class.TLS_REQUIRED, Evidence.OFFERED)
    accepted = judge(msgspec.structs.replace(COURIER_REQUIRED, confirmation=Confirmation.ACCEPTED))
    assert (accepted.class_, accepted.evidence) == (Class.TLS_OPTIONAL, Evidence.OFFERED)
