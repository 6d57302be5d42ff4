"""The class that an endpoint ought to be called, from facts that were proven by logging in.

Written anew after VERDICTS §2, row by row, so that it shares no mistake with the verdicts which it checks.
"""

from dataclasses import dataclass

from openletter.lab.real.login import Greeted, Way


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about one endpoint by trying."""

    implicit: bool
    """Whether TLS is meant to stand from the first byte (993, 995)."""
    tcp_open: bool
    greeting: Greeted = Greeted.NONE
    """The greeting in the clear."""
    capabilities: tuple[str, ...] = ()
    """The list before TLS."""
    starttls_accepted: bool = False
    """STARTTLS or STLS drew an OK, whatever came then. It is tried also where it is not advertised."""
    tls_works: bool = False
    """The handshake was done and something was said inside TLS."""
    tls_version: str = ""
    """As OpenSSL names it (`TLSv1.3`); empty where no TLS works."""
    cleartext_ways: tuple[Way, ...] = ()
    """The ways in which the account got in before TLS."""
    login_inside_tls: bool = False

    @property
    def starttls_advertised(self) -> bool:
        return "STARTTLS" in self.capabilities or "STLS" in self.capabilities

    @property
    def cleartext_login(self) -> bool:
        """The password itself can cross in the clear."""
        return Way.LOGIN in self.cleartext_ways or Way.PLAIN in self.cleartext_ways

    @property
    def challenge_login(self) -> bool:
        return Way.CRAM_MD5 in self.cleartext_ways or Way.APOP in self.cleartext_ways


def expected_class(facts: Facts, sibling_tls: bool) -> str:
    """Name of the class. `sibling_tls`: whether TLS works on 993 (for 143) or 995 (for 110) of the same address."""
    if not facts.tcp_open:
        return "unreachable"
    return _implicit(facts) if facts.implicit else _cleartext(facts, sibling_tls)


def _implicit(facts: Facts) -> str:
    if facts.tls_works:
        return "implicit_tls"
    return "implicit_broken" if facts.greeting is Greeted.NONE else "cleartext_on_tls_port"


def _cleartext(facts: Facts, sibling_tls: bool) -> str:
    before_login = {
        Greeted.NONE: "silent",
        Greeted.OTHER: "not_mail",
        Greeted.BYE: "refused_by_policy",
        Greeted.ERR: "refused_by_policy",
        Greeted.PREAUTH: "preauth_exposed",
    }
    if facts.greeting in before_login:
        return before_login[facts.greeting]
    if facts.tls_works:
        return "tls_optional" if facts.cleartext_login else "tls_required"
    if facts.starttls_advertised or facts.starttls_accepted:
        return "starttls_broken_cleartext_open" if facts.cleartext_login else "starttls_broken"
    if facts.cleartext_login:
        return "cleartext_port_open" if sibling_tls else "no_tls"
    # Without STARTTLS and without a login in the clear the sibling makes no difference (row 15).
    return "challenge_only_no_tls" if facts.challenge_login else "no_secure_login"
