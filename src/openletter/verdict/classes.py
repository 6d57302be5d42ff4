"""The words that a verdict is made of: classes, severities, grades of evidence, reports (VERDICTS §1 to §3).

Severity and evidence are ordered, the worst and the strongest first, and compare so: ``Severity.HIGH > Severity.LOW``.
"""

from enum import StrEnum


class Ranked(StrEnum):
    """Members compare by the order in which they are written, the first being the greatest.

    Comparing with a word that is no member raises ``ValueError``: the order of the alphabet would be a wrong answer.
    """

    @property
    def rank(self) -> int:
        """0 for the greatest."""
        return list(type(self)).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank > type(self)(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank >= type(self)(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank < type(self)(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank <= type(self)(other).rank


class Class(StrEnum):
    """What an endpoint is called, in the order of VERDICTS §2."""

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


class Severity(Ranked):
    """The Shadowserver Foundation's words, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    """A passive listener can exploit it."""
    LOW = "low"
    """It needs an active man in the middle."""
    INFO = "info"
    NONE = "none"
    """The dash of VERDICTS §2: no mail server was met, so there is nothing to be severe about. Never in a report."""


class Evidence(Ranked):
    """How sure the verdict is, strongest first (VERDICTS §1)."""

    PROVEN = "proven"
    """The owner's own test account got in, or was kept out, before TLS."""
    OFFERED = "offered"
    """Confirmed without a credential."""
    ADVERTISED = "advertised"
    """Read from what the server says of itself."""
    AMBIGUOUS = "ambiguous"
    """The product is known to advertise what it then refuses."""
    ASSUMED = "assumed"
    """There was no list; the server is older than the command that would give it."""


class Report(StrEnum):
    """Which kind of report the endpoint belongs to."""

    VULNERABLE = "vulnerable"
    ACCESSIBLE = "accessible"
    NONE = "none"


STRICT = frozenset({Class.NO_TLS, Class.CLEARTEXT_ON_TLS_PORT})
"""No TLS to be had (VERDICTS §3)."""

WIDE = STRICT | {
    Class.CLEARTEXT_PORT_OPEN,
    Class.TLS_OPTIONAL,
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
    Class.CHALLENGE_ONLY_NO_TLS,
}
"""A password can cross in the clear, or can be guessed from what does."""

UNKNOWN = frozenset({Class.SILENT, Class.REFUSED_BY_POLICY, Class.UNKNOWN_AUTH})
"""Answered, but not known: shown, never counted as affected. ``implicit_broken`` joins them where no attempt at TLS
drew an answer; that is a fact of the one verdict (``Verdict.unknown``), not of the class."""

NOT_IN_DENOMINATOR = frozenset({Class.UNREACHABLE})
"""Probed, but nothing answered."""
