"""All that a rule needs to know of an endpoint, and nothing else.

An observation holds bytes, times and names, and no two are alike; its facts are a few enumerations and flags, of which
a whole Internet knows a few thousand. So a verdict is derived once for each distinct ``Facts`` and looked up after that.
"""

import ipaddress
import re
from enum import StrEnum

import msgspec

from openletter.dialogue.observation import (
    Confirmation,
    Greeting,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.verdict.ambiguity import ambiguity_of
from openletter.verdict.classes import Evidence
from openletter.verdict.findings import CertificateFault
from openletter.verdict.login import (
    Login,
    LoginFact,
    Mechanisms,
    Reason,
    has_capability,
    listed,
    login_before_tls,
    mechanisms_of,
)


class Contact(StrEnum):
    """How far the connection got: to nothing, to something else, or to a mail server that talks."""

    NO_CONNECTION = "no_connection"
    NOT_REACHED = "not_reached"
    """Implicit TLS: connected, but never inside TLS, or seen there by a hand-made hello only."""
    SILENT = "silent"
    NOT_MAIL = "not_mail"
    TLS_RECORD = "tls_record"
    TURNED_AWAY = "turned_away"
    PREAUTH = "preauth"
    SPOKE = "spoke"


class Tls(StrEnum):
    """Whether TLS is to be had on this endpoint: by STARTTLS in mode ``cleartext``, from the start in ``implicit``."""

    WORKS = "works"
    """Legacy versions are TLS too."""
    BROKEN = "broken"
    """Advertised and refused, or agreed to and then failed."""
    UNDECIDED = "undecided"
    """Implicit only: no attempt drew an answer, so it may be the network and not the server."""
    ABSENT = "absent"
    """STARTTLS neither offered nor accepted."""
    UNTESTED = "untested"
    """The dialogue ended before it could be tried."""


class Sibling(StrEnum):
    """What the implicit-TLS port of the same protocol on the same host says: 993 for 143, 995 for 110."""

    TLS = "tls"
    NONE = "none"
    UNKNOWN = "unknown"
    """Not probed, or probed without an answer."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    protocol: Protocol
    mode: Mode
    contact: Contact
    tls: Tls
    sibling: Sibling = Sibling.UNKNOWN
    login: Login = Login.UNKNOWN
    """Before TLS, and only of a cleartext endpoint that spoke."""
    reason: Reason = Reason.NOT_ASKED
    grade: Evidence = Evidence.ADVERTISED
    mechanisms: Mechanisms = Mechanisms.UNKNOWN
    login_disabled_inside_tls: bool = False
    logindisabled_contradiction: bool = False
    hidden_starttls: bool = False
    starttls_mangled: bool = False
    starttls_listed_inside_tls: bool = False
    bytes_after_starttls_ok: bool = False
    weak_version: bool = False
    anonymous_cipher: bool = False
    downgraded: bool = False
    anonymous_login: bool = False
    command_injection: bool = False
    public: bool = False
    """A mail server spoke, and its address belongs to the public Internet."""
    certificate_faults: frozenset[CertificateFault] = frozenset()


WEAK_VERSIONS = frozenset({"TLSv1.1", "TLSv1", "TLSv1.0", "SSLv3", "SSLv2"})

_UNANSWERED = (HandshakeOutcome.TIMEOUT, HandshakeOutcome.RESET, HandshakeOutcome.NOT_TRIED)

_NO_LOGIN_FACT = LoginFact(
    login=Login.UNKNOWN, reason=Reason.NOT_ASKED, grade=Evidence.ADVERTISED, mechanisms=Mechanisms.UNKNOWN
)

# A middlebox that cannot remove a word without moving what follows writes X over it; Cisco's leaves an A at the end.
_MANGLED = {Protocol.IMAP: re.compile(r"X{7}[A-Z]"), Protocol.POP3: re.compile(r"X{3}[A-Z]")}


def sibling_of(seen: Observation | None) -> Sibling:
    """What an observation of the implicit-TLS port means for its cleartext sibling; ``None`` if it was not probed."""
    if seen is None:
        return Sibling.UNKNOWN
    if seen.tls.works:
        return Sibling.TLS
    if seen.tcp is Tcp.OPEN and _implicit_tls(seen) in (Tls.UNDECIDED, Tls.UNTESTED):
        return Sibling.UNKNOWN
    return Sibling.NONE


def _doubted(login: LoginFact, seen: Observation, *, starttls: bool) -> LoginFact:
    """An open login in the light of what its product is known for."""
    ambiguity = ambiguity_of(seen, login.reason, starttls=starttls)
    if ambiguity is None:
        return login
    if ambiguity.without_password_mechanism and seen.confirmation is Confirmation.MECHANISM_REFUSED:
        return msgspec.structs.replace(
            login, login=Login.NO, reason=Reason.CONFIRMED_CLOSED, grade=Evidence.OFFERED
        )
    return msgspec.structs.replace(login, grade=Evidence.AMBIGUOUS)


def derive(
    seen: Observation,
    sibling: Sibling = Sibling.UNKNOWN,
    certificate_faults: frozenset[CertificateFault] = frozenset(),
) -> Facts:
    """Reduce an observation to its facts."""
    contact, tls = _contact(seen), _tls(seen)
    cleartext = seen.mode is Mode.CLEARTEXT
    login = login_before_tls(seen) if cleartext and contact is Contact.SPOKE else _NO_LOGIN_FACT
    if login.login is Login.YES:
        login = _doubted(login, seen, starttls=tls in (Tls.WORKS, Tls.BROKEN))
    works = tls is Tls.WORKS
    inside = seen.caps_post if works and listed(seen.caps_post_source) else ()
    offered = mechanisms_of(seen.protocol, seen.caps_pre) | mechanisms_of(seen.protocol, seen.caps_post)
    return Facts(
        protocol=seen.protocol,
        mode=seen.mode,
        contact=contact,
        tls=tls,
        sibling=sibling,
        login=login.login,
        reason=login.reason,
        grade=login.grade,
        mechanisms=login.mechanisms,
        login_disabled_inside_tls=_login_disabled(seen.protocol, inside),
        logindisabled_contradiction=login.contradiction,
        hidden_starttls=cleartext and _hidden(seen),
        starttls_mangled=cleartext and any(_MANGLED[seen.protocol].fullmatch(c) for c in seen.caps_pre),
        starttls_listed_inside_tls=has_capability(seen.protocol, inside, _starttls_word(seen.protocol)),
        bytes_after_starttls_ok=bool(seen.bytes_after_starttls_ok),
        weak_version=works and seen.tls.version in WEAK_VERSIONS,
        anonymous_cipher=works and _is_anonymous(seen.tls.cipher),
        downgraded=seen.handshake.downgraded or seen.legacy.downgraded,
        anonymous_login="ANONYMOUS" in offered,
        command_injection=seen.command_injection is True,
        public=contact is Contact.SPOKE and _is_public(seen.ip),
        certificate_faults=certificate_faults,
    )


def _contact(seen: Observation) -> Contact:
    if seen.tcp is not Tcp.OPEN:
        return Contact.NO_CONNECTION
    implicit = seen.mode is Mode.IMPLICIT
    if implicit and not seen.tls.works and seen.handshake.outcome is not HandshakeOutcome.PLAINTEXT:
        return Contact.NOT_REACHED
    match seen.greeting:
        case Greeting.OK:
            return Contact.SPOKE
        case Greeting.PREAUTH:
            return Contact.PREAUTH
        case Greeting.BYE | Greeting.ERR:
            return Contact.TURNED_AWAY
        case Greeting.OTHER:
            return Contact.NOT_MAIL
        case Greeting.TLS_RECORD:
            # TLS inside TLS is another protocol.
            return Contact.NOT_MAIL if implicit else Contact.TLS_RECORD
        case Greeting.NOT_REACHED:
            # An SSLv3 peer is known by its ServerHello alone: TLS, though nobody greeted.
            return Contact.NOT_REACHED if implicit else Contact.SILENT
        case Greeting.SILENT | Greeting.CLOSED:
            return Contact.SILENT if seen.tls.works or not implicit else Contact.NOT_REACHED


def _tls(seen: Observation) -> Tls:
    return _implicit_tls(seen) if seen.mode is Mode.IMPLICIT else _starttls(seen)


def _implicit_tls(seen: Observation) -> Tls:
    if seen.tls.works:
        return Tls.WORKS
    if seen.handshake.outcome is HandshakeOutcome.NOT_TRIED:
        return Tls.UNTESTED
    answered = seen.handshake.outcome not in _UNANSWERED or seen.legacy.outcome not in _UNANSWERED
    return Tls.BROKEN if answered else Tls.UNDECIDED


def _starttls(seen: Observation) -> Tls:
    if seen.starttls_reply is Reply.OK:
        if seen.tls.works:
            return Tls.WORKS
        return Tls.UNTESTED if seen.handshake.outcome is HandshakeOutcome.NOT_TRIED else Tls.BROKEN
    if not seen.starttls_advertised:
        # A dialogue of ours tries it all the same; a foreign one that did not leaves it open.
        untested = seen.origin and seen.starttls_reply is Reply.NOT_TRIED
        return Tls.UNTESTED if untested else Tls.ABSENT
    return Tls.UNTESTED if seen.starttls_reply is Reply.NOT_TRIED else Tls.BROKEN


def _starttls_word(protocol: Protocol) -> str:
    return "STARTTLS" if protocol is Protocol.IMAP else "STLS"


def _hidden(seen: Observation) -> bool:
    # Without any list the word is hidden only where the server refused to give one: silence says nothing.
    unlisted = seen.starttls_advertised is False or seen.caps_pre_source is ListSource.REFUSED
    return seen.starttls_reply is Reply.OK and unlisted


def _login_disabled(protocol: Protocol, inside: tuple[str, ...]) -> bool:
    """Whether the list inside TLS leaves no way to log in. LOGINDISABLED beside a mechanism (Exchange Online with
    XOAUTH2) is a policy and no fault."""
    if mechanisms_of(protocol, inside):
        return False
    if protocol is Protocol.IMAP:
        return "LOGINDISABLED" in inside or "XTLSREQUIRED" in inside
    return has_capability(protocol, inside, "SASL") and not has_capability(protocol, inside, "USER")


def _is_anonymous(cipher: str) -> bool:
    return "_anon_" in cipher.lower() or cipher.startswith(("ADH-", "AECDH-"))


def _is_public(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_global
    except ValueError:
        return False
