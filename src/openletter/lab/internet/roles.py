"""Roles: what an endpoint does, and what that comes to.

A role puts together a manner of speech, what is on the implicit-TLS port beside it, and a way to do TLS.
"""

from dataclasses import dataclass, replace
from functools import cache

from openletter.lab.internet.casting import BESIDE_STRANGERS, CAST, MANNERS, Beside, Row
from openletter.lab.internet.quotas import Group
from openletter.lab.internet.speech import SILENCE, Conduct, Manner, Speech
from openletter.lab.internet.tls_profiles import PROFILES, Certificate, Profile, Range, spread
from openletter.lab.internet.truth import (
    STRICT,
    WIDE,
    Class,
    Evidence,
    Facts,
    Handshake,
    Login,
    Opening,
    StartTls,
    Truth,
    class_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """What an endpoint does. Roles are shared: the same object for all endpoints that do the same."""

    conduct: Conduct
    open: bool
    """Whether a discovery scan would list it."""
    manner: str
    speech: Speech
    inside: Speech
    profile: Profile
    truth: Truth
    """Of any endpoint in this role, but for its ip, port and country."""


def _bare_truth(manner: str, cls: Class) -> Truth:
    return Truth(ip="", port=0, country="", manner=manner, cls=cls, strict=cls in STRICT, wide=cls in WIDE)


_ANY = Profile(Certificate.GOOD, Range.MODERN)
CLOSED = Role(
    Conduct.RESET, False, "closed", SILENCE, SILENCE, _ANY, _bare_truth("closed", Class.UNREACHABLE)
)
SILENT = Role(Conduct.SILENT, True, "silent", SILENCE, SILENCE, _ANY, _bare_truth("silent", Class.SILENT))


def _with_tls(truth: Truth, profile: Profile, *more: str) -> Truth:
    """``truth`` with what a handshake shows; ``more`` are findings that a list inside TLS shows."""
    return replace(
        truth,
        handshake=Handshake.OK,
        tls_version=profile.versions.version,
        certificate="" if profile.certificate is Certificate.NONE else profile.certificate.value,
        certificate_faults=tuple(name for name in profile.findings if name != "weak_version"),
        findings=tuple(sorted((*truth.findings, *profile.findings, *(() if profile.ssl3 else more)))),
    )


def _advertised(facts: Facts) -> bool | None:
    listed = facts.opening is Opening.GREETING and facts.login is not Login.UNKNOWN
    if not listed or facts.evidence is Evidence.ASSUMED:
        return None
    return facts.starttls in (StartTls.WORKS, StartTls.REFUSED, StartTls.BROKEN)


def _cleartext_role(manner: Manner, beside: Beside, profile: Profile) -> Role:
    facts = manner.facts
    truth = replace(
        _bare_truth(manner.name, class_of(facts, sibling_has_tls=beside is Beside.TLS)),
        evidence=facts.evidence,
        starttls_advertised=_advertised(facts),
        starttls_reply=facts.reply,
        handshake=Handshake.FAILS if facts.starttls is StartTls.BROKEN else Handshake.NOT_TRIED,
        findings=tuple(sorted(facts.findings)),
    )
    if facts.starttls in (StartTls.WORKS, StartTls.HIDDEN):
        truth = _with_tls(truth, profile, *facts.findings_inside)
    return Role(manner.conduct, True, manner.name, manner.clear, manner.inside, profile, truth)


def _implicit_role(protocol: str, manner: Manner, beside: Beside, profile: Profile) -> Role:
    if beside is Beside.CLOSED:
        return CLOSED
    if beside in BESIDE_STRANGERS:
        stranger = BESIDE_STRANGERS[beside]
        truth = replace(_bare_truth(stranger.name, Class.NOT_MAIL), handshake=Handshake.FAILS)
        return Role(stranger.conduct, True, stranger.name, stranger.clear, SILENCE, profile, truth)
    if manner.implicit is SILENCE:
        manner = MANNERS[f"{protocol}:dovecot-none"]
    if beside is Beside.CLEARTEXT:
        truth = replace(_bare_truth(manner.name, Class.CLEARTEXT_ON_TLS_PORT), handshake=Handshake.FAILS)
        return Role(Conduct.SPEAK, True, manner.name, manner.clear, SILENCE, profile, truth)
    if beside is Beside.ALERT:
        truth = replace(_bare_truth(manner.name, Class.IMPLICIT_BROKEN), handshake=Handshake.FAILS)
        return Role(Conduct.ALERT, True, manner.name, SILENCE, SILENCE, profile, truth)
    truth = _with_tls(_bare_truth(manner.name, Class.IMPLICIT_TLS), profile)
    return Role(Conduct.TLS, True, manner.name, SILENCE, manner.implicit, profile, truth)


@cache
def pair_of(protocol: str, product: str, setting: str, profile: Profile, *, alone: bool) -> tuple[Role, Role]:
    """The roles of a product (dovecot, where there is no such one) with a setting: none, optional or required; on the
    cleartext port, and on the implicit-TLS port, which is closed where it is ``alone``."""
    manner = MANNERS.get(f"{protocol}:{product}-{setting}") or MANNERS[f"{protocol}:dovecot-{setting}"]
    beside = Beside.CLOSED if alone else Beside.TLS
    return _cleartext_role(manner, beside, profile), _implicit_role(protocol, manner, beside, profile)


class Round:
    """The rows of one group for one protocol, in the order in which they go round: ``cleartext`` and ``implicit``
    hold, for each turn, the roles by index of ``PROFILES``."""

    def __init__(self, protocol: str, group: Group) -> None:
        rows = CAST[group]
        made = [self._roles(protocol, group, row) for row in rows]
        order = spread([row.weight for row in rows])
        self.cleartext = [made[index][0] for index in order]
        self.implicit = [made[index][1] for index in order]

    @staticmethod
    def _roles(protocol: str, group: Group, row: Row) -> tuple[tuple[Role, ...], tuple[Role, ...]]:
        manner = row.imap if protocol == "imap" else row.pop3
        implicit = tuple(_implicit_role(protocol, manner, row.beside, profile) for profile in PROFILES)
        if group is Group.IMPLICIT_ONLY:
            return (CLOSED,) * len(PROFILES), implicit
        return tuple(_cleartext_role(manner, row.beside, profile) for profile in PROFILES), implicit
