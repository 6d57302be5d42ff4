"""POP3 products, each without STLS, with it beside cleartext login, and with it required."""

from dataclasses import dataclass, replace

from openletter.lab.internet.manners.pop3 import Lines, Wording, manner
from openletter.lab.internet.speech import Manner
from openletter.lab.internet.truth import Evidence, Login, StartTls


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    name: str
    words: Wording
    base: Lines
    """Capabilities that are always there."""
    welcome: Lines = (b"USER",)
    """Added where passwords are welcome."""
    disabled: Lines = ()
    """Added where they are not."""
    evidence: Evidence = Evidence.ADVERTISED
    """Of cleartext login beside STLS."""


DOVECOT = Product(
    name="dovecot",
    words=Wording(
        greeting=b" Dovecot (Debian) ready.",
        begin=b"+OK Begin TLS negotiation now.",
        unknown=b"-ERR TLS support isn't enabled.",
        farewell=b"+OK Logging out",
    ),
    base=(b"CAPA", b"TOP", b"UIDL", b"RESP-CODES", b"PIPELINING", b"AUTH-RESP-CODE"),
    welcome=(b"USER", b"SASL PLAIN LOGIN"),
    disabled=(b"SASL",),
)
COURIER = Product(
    name="courier",
    words=Wording(
        greeting=b" Hello there.",
        listing=b"+OK Here's what I can do:",
        begin=b"+OK Begin SSL/TLS negotiation now.",
        unknown=b"-ERR Invalid command.",
        farewell=b"+OK Better luck next time.",
    ),
    base=(
        b"TOP",
        b"LOGIN-DELAY 10",
        b"PIPELINING",
        b"UIDL",
        b"UTF8 USER",
        b"IMPLEMENTATION Courier Mail Server",
    ),
    evidence=Evidence.AMBIGUOUS,
)
CYRUS = Product(
    name="cyrus",
    words=Wording(
        greeting=b" mail.example.org Cyrus POP3 3.6.1-Debian-3.6.1-4 server ready <1043.1736758800@mail.example.org>",
        listing=b"+OK List of capabilities follows",
        begin=b"+OK Begin TLS negotiation now",
        unknown=b"-ERR Unrecognized command",
        farewell=b"+OK",
    ),
    base=(
        b"EXPIRE NEVER",
        b"LOGIN-DELAY 0",
        b"TOP",
        b"UIDL",
        b"PIPELINING",
        b"RESP-CODES",
        b"AUTH-RESP-CODE",
        b"IMPLEMENTATION Cyrus POP3 server 3.6.1",
    ),
    welcome=(b"SASL PLAIN", b"USER"),
)
PRODUCTS = (
    DOVECOT,
    COURIER,
    CYRUS,
    Product(
        name="mailutils",
        words=Wording(
            greeting=b" POP3 Ready <8231.1736758800@mail.example.org>",
            listing=b"+OK Capability list follows",
            begin=b"+OK Begin TLS negotiation",
            unknown=b"-ERR Invalid command",
            farewell=b"+OK",
        ),
        base=(
            b"TOP",
            b"UIDL",
            b"RESP-CODES",
            b"PIPELINING",
            b"EXPIRE NEVER",
            b"IMPLEMENTATION GNU Mailutils 3.15",
        ),
        disabled=(b"XTLSREQUIRED",),
    ),
    Product(
        name="exchange",
        words=Wording(
            greeting=b" The Microsoft Exchange POP3 service is ready.",
            begin=b"+OK Begin TLS negotiation.",
            unknown=b"-ERR Protocol error. 14",
            farewell=b"+OK Microsoft Exchange Server POP3 server signing off.",
        ),
        base=(b"TOP", b"UIDL"),
        welcome=(b"SASL NTLM GSSAPI PLAIN", b"USER"),
    ),
    Product(
        name="zimbra",
        words=Wording(
            greeting=b" mail.example.net Zimbra POP3 server ready",
            listing=b"+OK Capability list follows",
            begin=b"+OK Begin TLS negotiation",
            unknown=b"-ERR unknown command",
            farewell=b"+OK mail.example.net Zimbra POP3 server closing connection",
        ),
        base=(b"TOP", b"UIDL", b"EXPIRE 31 USER", b"XOIP", b"IMPLEMENTATION ZimbraInc"),
        welcome=(b"USER", b"SASL PLAIN"),
    ),
    Product(
        name="nginx-proxy",
        words=Wording(
            greeting=b" POP3 ready",
            listing=b"+OK Capability list follows",
            begin=b"+OK",
            unknown=b"-ERR invalid command",
            farewell=b"+OK",
        ),
        base=(b"TOP", b"UIDL"),
        welcome=(b"USER", b"SASL PLAIN LOGIN"),
    ),
    Product(
        name="cpanel",
        words=Wording(
            greeting=b" Dovecot ready.",
            begin=b"+OK Begin TLS negotiation now.",
            unknown=b"-ERR TLS support isn't enabled.",
            farewell=b"+OK Logging out",
        ),
        base=(b"CAPA", b"TOP", b"UIDL", b"RESP-CODES", b"PIPELINING", b"AUTH-RESP-CODE"),
        welcome=(b"USER", b"SASL PLAIN LOGIN"),
        disabled=(b"SASL",),
    ),
    Product(
        name="uw-ipop3d",
        words=Wording(
            greeting=b" POP3 mail.example.edu 2007e.104 server ready",
            listing=b"+OK Capability list follows:",
            begin=b"+OK STLS completed",
            unknown=b"-ERR Unknown AUTHORIZATION state command",
            farewell=b"+OK Sayonara",
        ),
        base=(b"TOP", b"LOGIN-DELAY 180", b"UIDL"),
        welcome=(b"USER", b"SASL LOGIN"),
    ),
    Product(
        name="kerio",
        words=Wording(
            greeting=b" Kerio Connect 9.2.7 POP3 server ready <6320.1736758800@mail.example.com>",
            listing=b"+OK Capability list follows",
            begin=b"+OK Begin TLS negotiation",
        ),
        base=(b"TOP", b"UIDL", b"RESP-CODES", b"IMPLEMENTATION Kerio Connect 9.2.7"),
        welcome=(b"SASL CRAM-MD5 PLAIN LOGIN DIGEST-MD5 NTLM", b"USER"),
    ),
    Product(
        name="mdaemon",
        words=Wording(
            greeting=b" mail.example.com POP3 MDaemon 13.0.4 ready <MDAEMON-F202501131000.AA0012345MD4567@mail.example.com>",
            listing=b"+OK Capability list follows",
            unknown=b"-ERR Command unrecognised",
        ),
        base=(b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE"),
        welcome=(b"USER", b"SASL LOGIN CRAM-MD5 PLAIN"),
    ),
    Product(
        name="mailenable",
        words=Wording(
            greeting=b" Welcome to MailEnable POP3 Server",
            listing=b"+OK Capability list follows",
            unknown=b"-ERR Invalid command",
        ),
        base=(b"TOP", b"UIDL"),
    ),
    Product(
        name="axigen",
        words=Wording(
            greeting=b" Axigen POP3 server on mail.example.com ready <1736758800.1@mail.example.com>",
            listing=b"+OK Capability list follows",
        ),
        base=(b"TOP", b"UIDL", b"PIPELINING", b"IMPLEMENTATION Axigen"),
        welcome=(b"USER", b"SASL PLAIN LOGIN CRAM-MD5"),
    ),
    Product(
        name="zarafa",
        words=Wording(
            greeting=b" Zarafa POP3 gateway ready",
            listing=b"+OK Capability list follows",
            unknown=b"-ERR Function not (yet) implemented",
        ),
        base=(b"CAPA", b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE"),
    ),
    Product(
        name="communigate",
        words=Wording(
            greeting=b" CommuniGate Pro POP3 Server 6.2.12 ready <1.1736758800@mail.example.com>",
            listing=b"+OK capability list follows",
            begin=b"+OK begin TLS negotiation",
            unknown=b"-ERR unknown command",
            farewell=b"+OK CommuniGate Pro POP3 Server connection closed",
        ),
        base=(b"TOP", b"UIDL", b"PIPELINING", b"RESP-CODES", b"IMPLEMENTATION CommuniGatePro"),
        welcome=(b"SASL LOGIN PLAIN CRAM-MD5 DIGEST-MD5 NTLM", b"USER"),
    ),
    Product(
        name="icewarp",
        words=Wording(
            greeting=b" mail.example.com IceWarp 12.0.2.1 x64 POP3 Mon, 13 Jan 2025 10:00:00 +0100 <2025011310@mail.example.com>",
            listing=b"+OK Capability list follows",
        ),
        base=(b"TOP", b"UIDL"),
        welcome=(b"USER", b"SASL LOGIN PLAIN CRAM-MD5"),
    ),
    Product(
        name="qpopper",
        words=Wording(
            greeting=b" Qpopper (version 4.0.5) at mail.example.ac.jp starting.",
            listing=b"+OK Capability list follows",
            begin=b"+OK Begin TLS negotiation",
            unknown=b'-ERR Unknown command: "stls".',
            farewell=b"+OK Pop server at mail.example.ac.jp signing off.",
        ),
        base=(
            b"TOP",
            b"LOGIN-DELAY 0",
            b"EXPIRE 0",
            b"UIDL",
            b"RESP-CODES",
            b"AUTH-RESP-CODE",
            b"X-MANGLE",
            b"IMPLEMENTATION Qpopper-version-4.0.5",
        ),
    ),
)
AMBIGUOUS = (
    Product(
        name="perdition",
        words=Wording(
            greeting=b" POP3 Ready mail.example.org 0002a1f4",
            listing=b"+OK Capability list follows",
            begin=b"+OK Begin TLS negotiation",
            unknown=b"-ERR Command not known",
        ),
        base=(b"UIDL",),
        evidence=Evidence.AMBIGUOUS,
    ),
    Product(
        name="hmailserver",
        words=Wording(
            greeting=b" POP3",
            listing=b"+OK CAPA list follows",
            begin=b"+OK Begin TLS negotiation",
            unknown=b"-ERR Invalid command in current state.",
            farewell=b"+OK POP3 server saying goodbye...",
        ),
        base=(b"UIDL", b"TOP"),
        evidence=Evidence.AMBIGUOUS,
    ),
)
"""Products known to list a login that they then refuse: only seen with STLS here."""


def without(product: Product) -> Manner:
    """No STLS, and passwords are welcome."""
    plain = product.base + product.welcome
    return manner(
        f"{product.name}-none",
        product.words,
        plain,
        plain,
        login=Login.CLEARTEXT,
        starttls=StartTls.ABSENT,
    )


def optional(product: Product) -> Manner:
    return manner(
        f"{product.name}-optional",
        product.words,
        (*product.base, b"STLS", *product.welcome),
        product.base + product.welcome,
        login=Login.CLEARTEXT,
        starttls=StartTls.WORKS,
        evidence=product.evidence,
    )


def required(product: Product) -> Manner:
    return manner(
        f"{product.name}-required",
        product.words,
        (*product.base, b"STLS", *product.disabled),
        product.base + product.welcome,
        login=Login.NONE,
        starttls=StartTls.WORKS,
    )


def courier_required() -> Manner:
    """Courier with TLS required lists USER before TLS all the same, and nothing passive tells it apart."""
    lists_it = optional(COURIER)
    refusing = {**lists_it.clear.answers, b"USER": b"-ERR TLS required.\r\n"}
    return replace(lists_it, name="pop3:courier-required", clear=replace(lists_it.clear, answers=refusing))


MANNERS = (
    *(
        state(product)
        for product in PRODUCTS
        if product is not COURIER
        for state in (without, optional, required)
    ),
    without(COURIER),
    optional(COURIER),
    courier_required(),
    *(optional(product) for product in AMBIGUOUS),
)
