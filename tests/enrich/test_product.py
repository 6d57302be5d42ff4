"""Products are recognised by what they really say; a guess stays a guess."""

import msgspec
import pytest

from openletter.dialogue.observation import Observation, Protocol
from openletter.enrich.product import Certainty, How, Product, recognise
from openletter.verdict.examples import COURIER_OPEN, CYRUS_OPEN, DOVECOT_POP3, imap, implicit, pop3

P, C = Product, Certainty

GREETINGS: list[tuple[bytes, Product, str, Certainty]] = [
    (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot (Debian) ready.", P.DOVECOT, "", C.CERTAIN),
    (b"+OK Dovecot ready.", P.DOVECOT, "", C.CERTAIN),
    (b"+OK Dovecot DA ready.", P.DOVECOT, "", C.CERTAIN),
    (b"* OK [CAPABILITY IMAP4rev1] Courier-IMAP ready. Copyright 1998-2018 Double", P.COURIER, "", C.CERTAIN),
    (b"+OK Hello there.", P.COURIER, "", C.LIKELY),
    (b"* OK [CAPABILITY IMAP4rev1] mx Cyrus IMAP 3.6.1-Debian-3.6.1-4 server ready", P.CYRUS, "3.6.1-Debian-3.6.1-4", C.CERTAIN),
    (b"+OK mx Cyrus POP3 v2.4.17 server ready <1@mx>", P.CYRUS, "2.4.17", C.CERTAIN),
    (b"* OK The Microsoft Exchange IMAP4 service is ready.", P.EXCHANGE, "", C.CERTAIN),
    (b"* OK Microsoft Exchange Server 2003 IMAP4rev1 server version 6.5.7638.1 (mx) ready.", P.EXCHANGE, "6.5.7638.1", C.CERTAIN),
    (b"+OK mx Zimbra 8.8.15_GA_3829 POP3 server ready", P.ZIMBRA, "8.8.15_GA_3829", C.CERTAIN),
    (b"* OK mx Zimbra IMAP4rev1 server ready", P.ZIMBRA, "", C.CERTAIN),
    (b"+OK POP3", P.HMAILSERVER, "", C.LIKELY),
    (b"* OK IMAPrev1", P.HMAILSERVER, "", C.LIKELY),
    (b"* OK Kerio Connect 9.2.5 IMAP4rev1 server ready", P.KERIO, "9.2.5", C.CERTAIN),
    (b"+OK mx POP MDaemon 13.0.3 ready <MDAEMON@mx>", P.MDAEMON, "13.0.3", C.CERTAIN),
    (b"* OK Domino IMAP4 Server Release 8.5.3 ready Mon", P.DOMINO, "8.5.3", C.CERTAIN),
    (b"* OK mx IMAP4rev1 2007e.404 at Mon, 1 Jan", P.UW, "2007e.404", C.LIKELY),
    (b"+OK POP3 mx 2007e.104 server ready", P.UW, "2007e.104", C.LIKELY),
    (b"+OK Qpopper (version 4.0.5) at mx starting.", P.QPOPPER, "4.0.5", C.CERTAIN),
    (b"+OK Axigen POP3 server on mx ready", P.AXIGEN, "", C.CERTAIN),
    (b"+OK Welcome to MailEnable POP3 Server", P.MAILENABLE, "", C.CERTAIN),
    (b"* OK mx IceWarp 11.0.0.0 IMAP4rev1", P.ICEWARP, "11.0.0.0", C.CERTAIN),
    (b"* OK CommuniGate Pro IMAP Server 6.1.3 at mx ready", P.COMMUNIGATE, "6.1.3", C.CERTAIN),
    (b"* OK [CAPABILITY IMAP4rev2] Stalwart IMAP4rev2 at your service.", P.STALWART, "", C.CERTAIN),
    (b"* OK JAMES IMAP4rev1 Server mx is ready.", P.JAMES, "", C.CERTAIN),
    (b"* OK Gimap ready for requests from 192.0.2.1", P.GMAIL, "", C.CERTAIN),
    (b"* OK IMAP4 Ready mx 0001ab2f", P.PERDITION, "", C.LIKELY),
    (b"+OK POP3 Ready <123.456@mx>", P.MAILUTILS, "", C.LIKELY),
    (b"* OK IMAP4 ready", P.NGINX, "", C.LIKELY),
    (b"* OK ready", P.UNKNOWN, "", C.NONE),
    (b"", P.UNKNOWN, "", C.NONE),
    (b"* OK the ready dovecote", P.UNKNOWN, "", C.NONE),
]  # fmt: skip


@pytest.mark.parametrize(("banner", "product", "version", "certainty"), GREETINGS)
def test_greeting(banner: bytes, product: Product, version: str, certainty: Certainty) -> None:
    """An administrator would be told to change another product's file."""
    protocol = imap("") if banner.startswith(b"*") else pop3()
    found = recognise(msgspec.structs.replace(protocol, banner=banner))
    assert (found.product, found.version, found.certainty) == (product, version, certainty)
    assert found.how is (How.NOTHING if product is Product.UNKNOWN else How.BANNER)


def test_every_product_is_reached() -> None:
    """An entry of the table that no server's words reach."""
    reached = {row[1] for row in GREETINGS} | {found.product for _, found in BY_OTHER_MEANS}
    reached |= {recognise(CPANEL).perhaps}
    assert reached == set(Product)


BY_OTHER_MEANS = [
    (seen, recognise(seen))
    for seen in (
        pop3("USER", "IMPLEMENTATION Courier Mail Server"),
        pop3("USER", "IMPLEMENTATION Cyrus POP3 server v2.4.17-Fedora"),
        pop3("USER", "IMPLEMENTATION GNU Mailutils 3.15"),
        imap("IMAP4REV1", server_id=b'* ID ("name" "Dovecot")'),
        imap("IMAP4REV1", server_id=b'* ID ("name" "Cyrus IMAPD" "version" "3.6.1")'),
        imap("IMAP4REV1 XTLSREQUIRED"),
        imap(COURIER_OPEN),
        imap(CYRUS_OPEN),
        pop3(*DOVECOT_POP3),
        implicit(Protocol.IMAP, caps_post=("IMAP4REV1", "X-GM-EXT-1")),
    )
]

CPANEL = imap(
    "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE NAMESPACE LITERAL+ STARTTLS AUTH=PLAIN",
    banner=b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE NAMESPACE] Dovecot ready.",
)


def test_other_means() -> None:
    """A server whose greeting is edited would not be recognised though it says its name elsewhere."""
    assert [(f.product, f.version, f.how, f.certainty) for _, f in BY_OTHER_MEANS] == [
        (P.COURIER, "", How.IMPLEMENTATION, C.CERTAIN),
        (P.CYRUS, "2.4.17-Fedora", How.IMPLEMENTATION, C.CERTAIN),
        (P.MAILUTILS, "3.15", How.IMPLEMENTATION, C.CERTAIN),
        (P.DOVECOT, "", How.ID, C.CERTAIN),
        (P.CYRUS, "3.6.1", How.ID, C.CERTAIN),
        (P.MAILUTILS, "", How.FINGERPRINT, C.LIKELY),
        (P.COURIER, "", How.FINGERPRINT, C.GUESS),
        (P.CYRUS, "", How.FINGERPRINT, C.GUESS),
        (P.DOVECOT, "", How.FINGERPRINT, C.GUESS),
        (P.GMAIL, "", How.FINGERPRINT, C.LIKELY),
    ]


def test_what_names_itself_beats_what_only_looks_like_it() -> None:
    """A proxy's stock greeting would hide the product that IMPLEMENTATION names."""
    seen = pop3("IMPLEMENTATION Courier Mail Server", banner=b"+OK POP3")
    assert recognise(seen).product is P.COURIER
    assert recognise(pop3("UTF8 USER", "LOGIN-DELAY 10", banner=b"+OK Dovecot ready.")).product is P.DOVECOT


def test_cpanel_is_only_perhaps() -> None:
    """Every dovecot would be sent to a control panel that it does not have, or no one to theirs."""
    found = recognise(CPANEL)
    assert (found.product, found.certainty, found.perhaps) == (P.DOVECOT, C.CERTAIN, P.CPANEL)
    stock = imap("IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+", banner=CPANEL.banner)
    assert recognise(stock).perhaps is P.UNKNOWN
    assert recognise(imap("", banner=b"* OK IMAP4 ready")).perhaps is P.ZIMBRA


@pytest.mark.parametrize(
    "hostile", [b"* OK Kerio Connect 9" + b"9" * 500, b"* OK Kerio Connect 9\x1b[31m\x00"]
)
def test_a_hostile_version_stays_short_and_printable(hostile: bytes) -> None:
    """A server could write to the terminal through its version."""
    seen: Observation = imap("", banner=hostile)
    version = recognise(seen).version
    assert len(version) <= 40
    assert version.isprintable()
    assert version.isascii()
