"""What a survey must find: classes in the words of the verdict rules, and how this world's facts lead to them.

Nothing here is shared with the code under test; the rules are written down a second time, on purpose.
"""

from dataclasses import dataclass
from enum import StrEnum


class Class(StrEnum):
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    NOT_MAIL = "not_mail"
    IMPLICIT_ON_CLEARTEXT_PORT = "implicit_on_cleartext_port"
    REFUSED_BY_POLICY = "refused_by_policy"
    PREAUTH_EXPOSED = "preauth_exposed"
    CLEARTEXT_ON_TLS_PORT = "cleartext_on_tls_port"
    IMPLICIT_BROKEN = "implicit_broken"
    NO_TLS = "no_tls"
    CLEARTEXT_PORT_OPEN = "cleartext_port_open"
    TLS_OPTIONAL = "tls_optional"
    STARTTLS_BROKEN_CLEARTEXT_OPEN = "starttls_broken_cleartext_open"
    STARTTLS_BROKEN = "starttls_broken"
    CHALLENGE_ONLY_NO_TLS = "challenge_only_no_tls"
    NO_SECURE_LOGIN = "no_secure_login"
    TLS_REQUIRED = "tls_required"
    IMPLICIT_TLS = "implicit_tls"
    UNKNOWN_AUTH = "unknown_auth"


STRICT = frozenset({Class.NO_TLS, Class.CLEARTEXT_ON_TLS_PORT})
WIDE = STRICT | {
    Class.CLEARTEXT_PORT_OPEN,
    Class.TLS_OPTIONAL,
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
    Class.CHALLENGE_ONLY_NO_TLS,
}
UNKNOWN = frozenset({Class.SILENT, Class.REFUSED_BY_POLICY, Class.UNKNOWN_AUTH})


class Opening(StrEnum):
    """What comes first on a connection to a cleartext port."""

    GREETING = "greeting"
    PREAUTH = "preauth"
    REFUSAL = "refusal"
    """``* BYE`` or ``-ERR``."""
    OTHER = "other"
    TLS_RECORD = "tls_record"
    NOTHING = "nothing"
    """Silence until the timeout, or an end without a byte."""
    RESET = "reset"


class Login(StrEnum):
    """What may be used to log in before TLS."""

    CLEARTEXT = "cleartext"
    CHALLENGE = "challenge"
    """Nothing but CRAM-MD5, DIGEST-MD5, NTLM or APOP."""
    NONE = "none"
    """Nothing, or nothing but SCRAM, GSSAPI, EXTERNAL."""
    UNKNOWN = "unknown"
    """IMAP, and no list to be had."""


class StartTls(StrEnum):
    WORKS = "works"
    HIDDEN = "hidden"
    """Works, and is not in the list."""
    ABSENT = "absent"
    """Neither in the list nor accepted."""
    REFUSED = "refused"
    """In the list, and refused."""
    BROKEN = "broken"
    """In the list and accepted, and then no handshake succeeds."""


class Evidence(StrEnum):
    ADVERTISED = "advertised"
    AMBIGUOUS = "ambiguous"
    ASSUMED = "assumed"


class Handshake(StrEnum):
    """How TLS goes, where the dialogue comes to it."""

    OK = "ok"
    FAILS = "fails"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a manner of speech amounts to on a cleartext port, but for its sibling and its certificate."""

    opening: Opening = Opening.GREETING
    login: Login = Login.UNKNOWN
    starttls: StartTls = StartTls.ABSENT
    reply: str = ""
    """Answer to STARTTLS or STLS: ok, no, bad, err; empty where no survey need come to it."""
    evidence: Evidence = Evidence.ADVERTISED
    findings: tuple[str, ...] = ()
    findings_inside: tuple[str, ...] = ()
    """Those that only a list inside TLS shows: none where the peer speaks SSLv3 only."""


BEFORE_ALL_ELSE = {
    Opening.RESET: Class.UNREACHABLE,
    Opening.NOTHING: Class.SILENT,
    Opening.OTHER: Class.NOT_MAIL,
    Opening.TLS_RECORD: Class.IMPLICIT_ON_CLEARTEXT_PORT,
    Opening.REFUSAL: Class.REFUSED_BY_POLICY,
    Opening.PREAUTH: Class.PREAUTH_EXPOSED,
}


def class_of(facts: Facts, *, sibling_has_tls: bool) -> Class:
    """Class of a cleartext endpoint.

    Raises ``ValueError`` for facts of which the rules do not say what they come to: the world must not hold any.
    """
    if facts.opening in BEFORE_ALL_ELSE:
        return BEFORE_ALL_ELSE[facts.opening]
    match facts.starttls, facts.login:
        case StartTls.ABSENT, Login.CLEARTEXT:
            return Class.CLEARTEXT_PORT_OPEN if sibling_has_tls else Class.NO_TLS
        case ((StartTls.WORKS | StartTls.HIDDEN), Login.CLEARTEXT):
            return Class.TLS_OPTIONAL
        case ((StartTls.REFUSED | StartTls.BROKEN), Login.CLEARTEXT):
            return Class.STARTTLS_BROKEN_CLEARTEXT_OPEN
        case ((StartTls.REFUSED | StartTls.BROKEN), (Login.CHALLENGE | Login.NONE)):
            return Class.STARTTLS_BROKEN
        case StartTls.ABSENT, Login.CHALLENGE:
            return Class.CHALLENGE_ONLY_NO_TLS
        case StartTls.ABSENT, Login.NONE:
            return Class.NO_SECURE_LOGIN
        case ((StartTls.WORKS | StartTls.HIDDEN), (Login.CHALLENGE | Login.NONE)):
            return Class.TLS_REQUIRED
        case StartTls.ABSENT, Login.UNKNOWN:
            return Class.UNKNOWN_AUTH
    raise ValueError(f"the rules leave {facts.starttls} with {facts.login} login open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that is determined of one endpoint.

    ``findings`` holds neither ``password_guessing_exposed`` nor ``cert_name_mismatch``: the first depends on what one
    calls public, the second on a name. Certificates are judged as by one who trusts the lab's root.
    """

    ip: str
    port: int
    """110, 143, 993 or 995, whatever port the server listens on for it."""
    country: str
    """Empty outside the world."""
    manner: str
    """Name of the manner of speech; ``closed`` and ``silent`` where no one speaks."""
    cls: Class
    strict: bool
    wide: bool
    evidence: Evidence = Evidence.ADVERTISED
    starttls_advertised: bool | None = None
    """``None`` on implicit ports and where no list is to be had."""
    starttls_reply: str = ""
    """ok, no, bad, err; empty where no survey need come to it."""
    handshake: Handshake = Handshake.NOT_TRIED
    tls_version: str = ""
    """What a modern client, or the legacy attempt after it, ends up with: ``TLSv1.3`` ... ``SSLv3``. Empty without TLS."""
    certificate: str = ""
    """Name of the certificate shown; empty without TLS and with anonymous ciphers."""
    certificate_faults: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    """Sorted; the certificate's faults among them."""
