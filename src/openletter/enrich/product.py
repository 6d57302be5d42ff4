"""Which product speaks, how that was seen, and how sure it is (VERDICTS §5, last sentence).

Certainty: ``certain`` where the product names itself, ``likely`` where the words are its own default without the name,
``guess`` where only the set of capabilities looks like it. Greetings can be edited, so even ``certain`` means: it says so.
The version is only what the text says; dovecot and courier say none.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from openletter.dialogue.observation import Observation, Protocol


class Product(StrEnum):
    DOVECOT = "dovecot"
    COURIER = "courier"
    CYRUS = "cyrus"
    MAILUTILS = "mailutils"
    EXCHANGE = "exchange"
    ZIMBRA = "zimbra"
    CPANEL = "cpanel"
    HMAILSERVER = "hmailserver"
    NGINX = "nginx"
    PERDITION = "perdition"
    KERIO = "kerio"
    MDAEMON = "mdaemon"
    DOMINO = "domino"
    UW = "uw"
    QPOPPER = "qpopper"
    AXIGEN = "axigen"
    MAILENABLE = "mailenable"
    ICEWARP = "icewarp"
    COMMUNIGATE = "communigate"
    STALWART = "stalwart"
    JAMES = "james"
    GMAIL = "gmail"
    UNKNOWN = "unknown"


class How(StrEnum):
    ID = "id"
    """RFC 2971, given unasked."""
    IMPLEMENTATION = "implementation"
    """RFC 2449 §6.9."""
    BANNER = "banner"
    FINGERPRINT = "fingerprint"
    """The set of capabilities."""
    NOTHING = "nothing"


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"
    NONE = "none"


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    product: Product
    version: str = ""
    """As the server wrote it, at most 40 printable ASCII characters."""
    how: How = How.NOTHING
    certainty: Certainty = Certainty.NONE
    perhaps: Product = Product.UNKNOWN
    """A product that is built around this one, and only guessed: cPanel around dovecot, Zimbra behind nginx."""


NOT_RECOGNISED = Recognition(product=Product.UNKNOWN)


class _Mark(msgspec.Struct, frozen=True):
    product: Product
    how: How
    certainty: Certainty
    pattern: re.Pattern[bytes]
    """Searched for in the text of its kind; a group named ``v`` is the version."""


_VERSION = rb"v?(?P<v>\d[\w.+~-]{0,39})"


def _mark(product: Product, how: How, pattern: bytes, certainty: Certainty = Certainty.CERTAIN) -> _Mark:
    return _Mark(product, how, certainty, re.compile(pattern, re.IGNORECASE))


_LIKELY = Certainty.LIKELY

_MARKS: tuple[_Mark, ...] = (
    _mark(Product.DOVECOT, How.ID, rb'"name" "dovecot'),
    _mark(Product.CYRUS, How.ID, rb'"name" "cyrus[^"]*"(?:[^)]*"version" "' + _VERSION + rb")?"),
    _mark(Product.ZIMBRA, How.ID, rb'"name" "zimbra"(?:[^)]*"version" "' + _VERSION + rb")?"),
    _mark(Product.MAILUTILS, How.ID, rb'"name" "[^"]*mailutils[^"]*"(?:[^)]*"version" "' + _VERSION + rb")?"),
    _mark(Product.GMAIL, How.ID, rb'"name" "gimap"'),
    _mark(Product.DOVECOT, How.IMPLEMENTATION, rb"^dovecot"),
    _mark(Product.COURIER, How.IMPLEMENTATION, rb"^courier mail server"),
    _mark(Product.CYRUS, How.IMPLEMENTATION, rb"^cyrus pop3 server(?: " + _VERSION + rb")?"),
    _mark(Product.MAILUTILS, How.IMPLEMENTATION, rb"mailutils(?:[ /]" + _VERSION + rb")?"),
    _mark(Product.ZIMBRA, How.IMPLEMENTATION, rb"^zimbra"),
    _mark(Product.PERDITION, How.IMPLEMENTATION, rb"^perdition"),
    _mark(Product.QPOPPER, How.IMPLEMENTATION, rb"^qpopper(?:-version-|[ -])?" + _VERSION),
    _mark(Product.MDAEMON, How.IMPLEMENTATION, rb"mdaemon(?: " + _VERSION + rb")?"),
    _mark(Product.KERIO, How.IMPLEMENTATION, rb"^kerio"),
    _mark(Product.DOVECOT, How.BANNER, rb"\bDovecot\b.*\bready"),
    _mark(Product.COURIER, How.BANNER, rb"\bCourier-IMAP ready"),
    _mark(Product.COURIER, How.BANNER, rb"^\+OK Hello there\.", _LIKELY),
    _mark(
        Product.CYRUS,
        How.BANNER,
        rb"\bCyrus (?:IMAP4?|POP3)(?: (?:Murder )?" + _VERSION + rb")?.* server ready",
    ),
    _mark(
        Product.EXCHANGE,
        How.BANNER,
        rb"Microsoft Exchange.*?(?: version " + _VERSION + rb".*)? (?:is )?ready",
    ),
    _mark(Product.ZIMBRA, How.BANNER, rb"\bZimbra (?:" + _VERSION + rb" )?(?:POP3|IMAP4)"),
    _mark(Product.HMAILSERVER, How.BANNER, rb"\bhMailServer(?: " + _VERSION + rb")?"),
    _mark(Product.HMAILSERVER, How.BANNER, rb"^(?:\+OK POP3|\* OK IMAPrev1)$", _LIKELY),
    _mark(Product.KERIO, How.BANNER, rb"\bKerio (?:Connect|MailServer)(?: " + _VERSION + rb")?"),
    _mark(Product.MDAEMON, How.BANNER, rb"\bMDaemon(?: " + _VERSION + rb")?"),
    _mark(
        Product.DOMINO,
        How.BANNER,
        rb"\b(?:Domino|Notes) (?:IMAP4|POP3) Server(?:.*?Release " + _VERSION + rb")?",
    ),
    _mark(Product.UW, How.BANNER, rb"\bIMAP4rev1 (?P<v>20\d\d[a-z]?\.\d+) at ", _LIKELY),
    _mark(Product.UW, How.BANNER, rb"^\+OK POP3 \S+ " + rb"v?(?P<v>20\d\d[a-z]?\.\d+) server ready", _LIKELY),
    _mark(Product.QPOPPER, How.BANNER, rb"\bQ(?:UALCOMM Pop server|popper).*?(?:version " + _VERSION + rb")"),
    _mark(Product.QPOPPER, How.BANNER, rb"\bQpopper\b"),
    _mark(Product.AXIGEN, How.BANNER, rb"\bAxigen\b(?:[ -]" + _VERSION + rb")?"),
    _mark(Product.MAILENABLE, How.BANNER, rb"\bMailEnable\b"),
    _mark(Product.ICEWARP, How.BANNER, rb"\bIceWarp(?: " + _VERSION + rb")?"),
    _mark(Product.COMMUNIGATE, How.BANNER, rb"\bCommuniGate Pro\b(?:.*? " + _VERSION + rb")?"),
    _mark(Product.STALWART, How.BANNER, rb"\bStalwart\b"),
    _mark(Product.JAMES, How.BANNER, rb"\bJAMES (?:IMAP4|POP3)"),
    _mark(Product.GMAIL, How.BANNER, rb"\b(?:Gimap|Gpop) ready for requests"),
    _mark(Product.PERDITION, How.BANNER, rb"(?:POP3|IMAP4) Ready \S+ [0-9a-f]{8}$", _LIKELY),
    _mark(Product.MAILUTILS, How.BANNER, rb"^\+OK POP3 Ready <\d+\.\d+@", _LIKELY),
    _mark(Product.NGINX, How.BANNER, rb"^(?:\* OK IMAP4 ready|\+OK POP3 ready(?: <[^>]*>)?)$", _LIKELY),
)
"""Of those of a kind of text the first that is met counts."""

_MARKS_OF = {how: tuple(mark for mark in _MARKS if mark.how is how) for how in How}


class _Fingerprint(msgspec.Struct, frozen=True):
    product: Product
    protocol: Protocol
    all_of: frozenset[str]
    certainty: Certainty = Certainty.GUESS


_FINGERPRINTS: tuple[_Fingerprint, ...] = (
    _Fingerprint(Product.MAILUTILS, Protocol.IMAP, frozenset({"XTLSREQUIRED"}), Certainty.LIKELY),
    _Fingerprint(Product.COURIER, Protocol.POP3, frozenset({"UTF8 USER", "LOGIN-DELAY"})),
    _Fingerprint(Product.COURIER, Protocol.IMAP, frozenset({"THREAD=ORDEREDSUBJECT", "ACL2=UNION"})),
    _Fingerprint(
        Product.HMAILSERVER, Protocol.IMAP, frozenset({"IMAP4", "IMAP4REV1", "CHILDREN", "RIGHTS=TEXK"})
    ),
    _Fingerprint(Product.GMAIL, Protocol.IMAP, frozenset({"X-GM-EXT-1"}), Certainty.LIKELY),
    _Fingerprint(Product.CYRUS, Protocol.IMAP, frozenset({"MAILBOX-REFERRALS", "URLAUTH=BINARY"})),
    _Fingerprint(
        Product.DOVECOT,
        Protocol.IMAP,
        frozenset({"SASL-IR", "LOGIN-REFERRALS", "ID", "ENABLE", "IDLE", "LITERAL+"}),
    ),
    _Fingerprint(
        Product.DOVECOT, Protocol.POP3, frozenset({"CAPA", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"})
    ),
)

_CPANEL = frozenset({"SASL-IR", "LOGIN-REFERRALS", "IDLE", "NAMESPACE", "LITERAL+"})
# A stock dovecot names NAMESPACE only after login; cPanel's asks for it before.


def recognise(seen: Observation) -> Recognition:
    """Recognise the product behind an observation."""
    entries = (*seen.caps_pre, *seen.caps_post)
    found = (
        by_its_own_words(seen.server_id, entries)
        or by_banner(seen.banner)
        or by_capabilities(seen.protocol, entries)
    )
    return msgspec.structs.replace(found, perhaps=_perhaps(found.product, seen))


def by_its_own_words(server_id: bytes, entries: Iterable[str]) -> Recognition | None:
    """By ID and IMPLEMENTATION; ``entries`` are those of both capability lists. What is found here counts first."""
    return _marked(How.ID, server_id) or _marked(How.IMPLEMENTATION, _implementation(entries))


def by_banner(banner: bytes) -> Recognition | None:
    """By the greeting; what is found here counts second."""
    return _marked(How.BANNER, banner)


def by_capabilities(protocol: Protocol, entries: Iterable[str]) -> Recognition:
    """By what the lists hold, where nothing else tells."""
    names = _names(protocol, entries)
    for fingerprint in _FINGERPRINTS:
        if fingerprint.protocol is protocol and fingerprint.all_of <= names:
            return Recognition(
                product=fingerprint.product, how=How.FINGERPRINT, certainty=fingerprint.certainty
            )
    return NOT_RECOGNISED


def _marked(how: How, text: bytes) -> Recognition | None:
    if not text:
        return None
    for mark in _MARKS_OF[how]:
        match = mark.pattern.search(text)
        if match:
            version = (match.groupdict().get("v") or b"").decode("ascii")
            return Recognition(product=mark.product, version=version, how=how, certainty=mark.certainty)
    return None


def _perhaps(product: Product, seen: Observation) -> Product:
    if product is Product.NGINX:
        return Product.ZIMBRA
    stock = b"Dovecot ready." in seen.banner
    if product is Product.DOVECOT and stock and seen.protocol is Protocol.IMAP and _names_of(seen) >= _CPANEL:
        return Product.CPANEL
    return Product.UNKNOWN


def _names_of(seen: Observation) -> frozenset[str]:
    return _names(seen.protocol, (*seen.caps_pre, *seen.caps_post))


def _names(protocol: Protocol, entries: Iterable[str]) -> frozenset[str]:
    """Of both lists together; for POP3 whole lines and first words."""
    names = set(entries)
    if protocol is Protocol.POP3:
        names |= {entry.split(" ", 1)[0] for entry in names}
    return frozenset(names)


def _implementation(entries: Iterable[str]) -> bytes:
    prefix = "IMPLEMENTATION "
    for line in entries:
        if line.upper().startswith(prefix):
            return line[len(prefix) :].encode()
    return b""
