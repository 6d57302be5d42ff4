"""IMAP products, each without STARTTLS, with it beside cleartext login, and with it required."""

from dataclasses import dataclass

from openletter.lab.internet.manners.imap import Wording, manner
from openletter.lab.internet.speech import Manner
from openletter.lab.internet.truth import Evidence, Login, StartTls


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    name: str
    words: Wording
    base: bytes
    """Capabilities that are always there."""
    welcome: bytes = b""
    """Added where passwords are welcome."""
    disabled: bytes = b"LOGINDISABLED"
    """Added where they are not."""
    evidence: Evidence = Evidence.ADVERTISED
    """Of cleartext login beside STARTTLS."""


DOVECOT = Product(
    name="dovecot",
    words=Wording(
        greeting=b"Dovecot (Debian) ready.",
        list_in_greeting=True,
        completed=b"Pre-login capabilities listed, post-login capabilities have more.",
        begin=b"OK Begin TLS negotiation now.",
        unknown=b"BAD TLS support isn't enabled.",
        logged_out=b"Logout completed (0.001 + 0.000 secs).",
    ),
    base=b"IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+",
    welcome=b"AUTH=PLAIN AUTH=LOGIN",
)
COURIER = Product(
    name="courier",
    words=Wording(
        greeting=b"Courier-IMAP ready. Copyright 1998-2018 Double Precision, Inc.  "
        b"See COPYING for distribution information.",
        list_in_greeting=True,
        begin=b"OK Begin SSL/TLS negotiation now.",
        unknown=b"NO Error in IMAP command received by server.",
        farewell=b"* BYE Courier-IMAP server shutting down",
        logged_out=b"LOGOUT completed",
    ),
    base=b"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
)
CYRUS = Product(
    name="cyrus",
    words=Wording(
        greeting=b"mail.example.org Cyrus IMAP 3.6.1-Debian-3.6.1-4 server ready",
        completed=b"Completed",
        begin=b"OK Begin TLS negotiation now",
        farewell=b"* BYE LOGOUT received",
        logged_out=b"Completed",
    ),
    base=b"IMAP4rev1 LITERAL+ ID ENABLE NAMESPACE UIDPLUS URLAUTH URLAUTH=BINARY",
    welcome=b"AUTH=PLAIN SASL-IR",
)
PRODUCTS = (
    DOVECOT,
    COURIER,
    CYRUS,
    Product(
        name="mailutils",
        words=Wording(
            greeting=b"IMAP4rev1",
            begin=b"OK Begin TLS negotiation",
            unknown=b"BAD STARTTLS Invalid command",
            farewell=b"* BYE Session terminating.",
            logged_out=b"LOGOUT Completed",
        ),
        base=b"IMAP4rev1 NAMESPACE ID IDLE LITERAL+ UNSELECT",
        disabled=b"XTLSREQUIRED",
    ),
    Product(
        name="exchange",
        words=Wording(
            greeting=b"The Microsoft Exchange IMAP4 service is ready.",
            completed=b"CAPABILITY completed.",
            begin=b"OK Begin TLS negotiation now.",
            unknown=b"BAD Command received in Invalid state.",
            farewell=b"* BYE Microsoft Exchange Server IMAP4 server signing off.",
            logged_out=b"LOGOUT completed.",
        ),
        base=b"IMAP4 IMAP4rev1 UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+",
        welcome=b"AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN",
    ),
    Product(
        name="zimbra",
        words=Wording(
            greeting=b"mail.example.net Zimbra IMAP4rev1 server ready",
            begin=b"OK begin TLS negotiation now",
            unknown=b"BAD TLS not available",
            farewell=b"* BYE mail.example.net Zimbra IMAP4rev1 server terminating connection",
            logged_out=b"LOGOUT completed",
        ),
        base=b"IMAP4rev1 ACL BINARY CATENATE CHILDREN CONDSTORE ENABLE ESEARCH ID IDLE LITERAL+ NAMESPACE QUOTA",
        welcome=b"AUTH=PLAIN",
    ),
    Product(
        name="nginx-proxy",
        words=Wording(
            greeting=b"IMAP4 ready",
            completed=b"completed",
            begin=b"OK completed",
            unknown=b"BAD invalid command",
            farewell=b"* BYE",
            logged_out=b"completed",
        ),
        base=b"IMAP4 IMAP4rev1 UIDPLUS",
        welcome=b"AUTH=PLAIN AUTH=LOGIN",
    ),
    Product(
        name="cpanel",
        words=Wording(
            greeting=b"Dovecot ready.",
            list_in_greeting=True,
            completed=b"Pre-login capabilities listed, post-login capabilities have more.",
            begin=b"OK Begin TLS negotiation now.",
            unknown=b"BAD TLS support isn't enabled.",
        ),
        base=b"IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE NAMESPACE LITERAL+",
        welcome=b"AUTH=PLAIN AUTH=LOGIN",
    ),
    Product(
        name="uw-imapd",
        words=Wording(
            greeting=b"mail.example.edu IMAP4rev1 2007e.404 at Mon, 13 Jan 2025 09:00:00 +0000 (UTC)",
            list_in_greeting=True,
            begin=b"OK STARTTLS completed",
            unknown=b"BAD Command unrecognized",
            farewell=b"* BYE mail.example.edu IMAP4rev1 server terminating connection",
            logged_out=b"LOGOUT completed",
        ),
        base=b"IMAP4REV1 I18NLEVEL=1 LITERAL+ SASL-IR LOGIN-REFERRALS",
        welcome=b"AUTH=LOGIN",
    ),
    Product(
        name="domino",
        words=Wording(
            greeting=b"Domino IMAP4 Server Release 9.0.1FP8 ready Mon, 13 Jan 2025 10:00:00 +0100",
            begin=b"OK STARTTLS completed",
            unknown=b"BAD Unknown command",
            farewell=b"* BYE logging out",
            logged_out=b"LOGOUT completed",
        ),
        base=b"IMAP4rev1 LITERAL+ NAMESPACE QUOTA UIDPLUS",
        welcome=b"AUTH=PLAIN",
    ),
    Product(
        name="kerio",
        words=Wording(
            greeting=b"Kerio Connect 9.2.7 IMAP4rev1 server ready",
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Unknown command",
        ),
        base=b"IMAP4rev1 LITERAL+ ACL QUOTA NAMESPACE UIDPLUS IDLE",
        welcome=b"AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN AUTH=DIGEST-MD5 AUTH=NTLM",
    ),
    Product(
        name="mdaemon",
        words=Wording(
            greeting=b"mail.example.com IMAP4rev1 MDaemon 13.0.4 ready",
            begin=b"OK Begin TLS negotiation",
            unknown=b"BAD command unknown",
        ),
        base=b"IMAP4rev1 NAMESPACE CHILDREN UIDPLUS IDLE UNSELECT QUOTA",
        welcome=b"AUTH=CRAM-MD5 AUTH=LOGIN AUTH=PLAIN",
    ),
    Product(
        name="mailenable",
        words=Wording(
            greeting=b"IMAP4rev1 server ready at 01/13/25 10:00:00",
            unknown=b"BAD UNKNOWN Command",
            begin=b"OK Begin TLS negotiation now",
        ),
        base=b"IMAP4rev1 CHILDREN IDLE UIDPLUS",
        welcome=b"AUTH=CRAM-MD5 AUTH=LOGIN",
    ),
    Product(
        name="axigen",
        words=Wording(
            greeting=b"mail.example.com Axigen IMAP4rev1 service is ready",
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Unknown command",
        ),
        base=b"IMAP4rev1 CHILDREN UIDPLUS IDLE NAMESPACE UNSELECT",
        welcome=b"AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=DIGEST-MD5",
    ),
    Product(
        name="zarafa",
        words=Wording(
            greeting=b"Zarafa IMAP gateway ready",
            list_in_greeting=True,
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Command not recognized",
            farewell=b"* BYE server logging out",
            logged_out=b"LOGOUT completed",
        ),
        base=b"IMAP4rev1 LITERAL+ CHILDREN NAMESPACE QUOTA",
        welcome=b"AUTH=PLAIN",
    ),
    Product(
        name="communigate",
        words=Wording(
            greeting=b"CommuniGate Pro IMAP Server 6.2.12 at mail.example.com ready",
            begin=b"OK begin TLS negotiation",
            unknown=b"BAD unknown command",
            farewell=b"* BYE CommuniGate Pro IMAP closing connection",
            logged_out=b"completed",
        ),
        base=b"IMAP4 IMAP4REV1 ACL NAMESPACE UIDPLUS IDLE LITERAL+ QUOTA",
        welcome=b"AUTH=LOGIN AUTH=PLAIN AUTH=CRAM-MD5 AUTH=DIGEST-MD5 AUTH=NTLM",
    ),
    Product(
        name="icewarp",
        words=Wording(
            greeting=b"mail.example.com IceWarp 12.0.2.1 x64 IMAP4rev1 Mon, 13 Jan 2025 10:00:00 +0100",
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Unknown command",
        ),
        base=b"IMAP4rev1 NAMESPACE QUOTA UIDPLUS IDLE CHILDREN LITERAL+",
        welcome=b"AUTH=CRAM-MD5 AUTH=LOGIN AUTH=PLAIN",
    ),
    Product(
        name="binc",
        words=Wording(
            greeting=b"Welcome to Binc IMAP Copyright (C) 2002-2005 Andreas Aardal Hanssen at 2025-01-13 10:00:00 +0000",
            begin=b"OK STARTTLS completed",
            unknown=b"BAD The command is unsupported.",
            farewell=b"* BYE Binc IMAP shutting down",
            logged_out=b"LOGOUT completed",
        ),
        base=b"IMAP4rev1 CHILDREN IDLE LITERAL+",
        welcome=b"AUTH=LOGIN AUTH=PLAIN",
    ),
)
AMBIGUOUS = (
    Product(
        name="perdition",
        words=Wording(
            greeting=b"IMAP4 Ready mail.example.org 0002a1f3",
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Command not known",
        ),
        base=b"IMAP4 IMAP4REV1",
        evidence=Evidence.AMBIGUOUS,
    ),
    Product(
        name="hmailserver",
        words=Wording(
            greeting=b"IMAPrev1",
            begin=b"OK Begin TLS negotiation now",
            unknown=b"BAD Unknown or NULL command",
            farewell=b"* BYE Have a nice day",
            logged_out=b"Logout completed",
        ),
        base=b"IMAP4 IMAP4rev1 CHILDREN IDLE QUOTA SORT ACL NAMESPACE RIGHTS=texk",
        evidence=Evidence.AMBIGUOUS,
    ),
)
"""Products known to list a login that they then refuse: only seen with STARTTLS here."""


def join(*lists: bytes) -> bytes:
    return b" ".join(part for part in lists if part)


def without(product: Product) -> Manner:
    """No STARTTLS, and passwords are welcome."""
    plain = join(product.base, product.welcome)
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
        join(product.base, b"STARTTLS", product.welcome),
        join(product.base, product.welcome),
        login=Login.CLEARTEXT,
        starttls=StartTls.WORKS,
        evidence=product.evidence,
    )


def required(product: Product) -> Manner:
    return manner(
        f"{product.name}-required",
        product.words,
        join(product.base, b"STARTTLS", product.disabled),
        join(product.base, product.welcome),
        login=Login.NONE,
        starttls=StartTls.WORKS,
    )


MANNERS = (
    *(state(product) for product in PRODUCTS for state in (without, optional, required)),
    *(optional(product) for product in AMBIGUOUS),
)
