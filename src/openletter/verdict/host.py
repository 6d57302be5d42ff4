"""A host's verdict, from the verdicts of its endpoints (VERDICTS §2, last paragraph, and §3)."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from openletter.dialogue.observation import Mode, Protocol
from openletter.verdict.classes import WIDE, Class, Severity
from openletter.verdict.verdict import Verdict


class Label(StrEnum):
    ALL_CLEARTEXT = "all_cleartext"
    """A password can cross in the clear, and no endpoint was seen to speak TLS."""
    TLS_AVAILABLE_NOT_REQUIRED = "tls_available_not_required"
    """A password can cross in the clear, though some endpoint speaks TLS."""
    TLS_REQUIRED = "tls_required"
    """Cleartext ports answer, and none takes a password before TLS."""
    IMPLICIT_ONLY = "implicit_only"
    """Mail is to be had inside TLS alone: no cleartext port serves it."""
    BROKEN = "broken"
    """Nothing crosses in the clear, and nobody gets in by TLS either."""
    UNKNOWN = "unknown"


class Affected(msgspec.Struct, frozen=True):
    """Whether a host counts, for each protocol and for both readings of "both"."""

    pop3: bool
    imap: bool

    @property
    def both(self) -> bool:
        return self.pop3 and self.imap

    @property
    def either(self) -> bool:
        return self.pop3 or self.imap


class HostVerdict(msgspec.Struct, frozen=True, kw_only=True):
    severity: Severity
    """Of the worst endpoint."""
    label: Label
    strict: Affected
    wide: Affected


_IN_THE_CLEAR = WIDE | {Class.PREAUTH_EXPOSED}
_TLS = frozenset(
    {Class.TLS_OPTIONAL, Class.TLS_REQUIRED, Class.IMPLICIT_TLS, Class.IMPLICIT_ON_CLEARTEXT_PORT}
)
_NO_MAIL = frozenset({Class.UNREACHABLE, Class.NOT_MAIL})


def judge_host(verdicts: Iterable[Verdict]) -> HostVerdict:
    """Roll up the verdicts of one host, in any order; of none at all: ``unknown`` and severity ``none``."""
    all_of_them = tuple(verdicts)
    return HostVerdict(
        severity=max((verdict.severity for verdict in all_of_them), default=Severity.NONE),
        label=_label(tuple(v for v in all_of_them if v.class_ not in _NO_MAIL)),
        strict=_affected(verdict for verdict in all_of_them if verdict.strict),
        wide=_affected(verdict for verdict in all_of_them if verdict.wide),
    )


def _affected(verdicts: Iterable[Verdict]) -> Affected:
    protocols = {verdict.protocol for verdict in verdicts}
    return Affected(pop3=Protocol.POP3 in protocols, imap=Protocol.IMAP in protocols)


def _label(mail: tuple[Verdict, ...]) -> Label:
    tls = any(verdict.class_ in _TLS for verdict in mail)
    if any(verdict.class_ in _IN_THE_CLEAR and not _inside_tls(verdict) for verdict in mail):
        return Label.TLS_AVAILABLE_NOT_REQUIRED if tls else Label.ALL_CLEARTEXT
    cleartext = [verdict for verdict in mail if verdict.mode is Mode.CLEARTEXT]
    # A cleartext port of which nothing is known may expose anything; then a good word for the host would be a guess.
    if any(verdict.unknown for verdict in cleartext):
        return Label.UNKNOWN
    if tls or any(_inside_tls(verdict) for verdict in mail):
        served = [v for v in cleartext if v.class_ is not Class.IMPLICIT_ON_CLEARTEXT_PORT]
        return Label.TLS_REQUIRED if served else Label.IMPLICIT_ONLY
    return Label.BROKEN if any(not verdict.unknown for verdict in mail) else Label.UNKNOWN


def _inside_tls(verdict: Verdict) -> bool:
    """PREAUTH on 993: the mailbox is open, but what crosses is not in the clear."""
    return verdict.class_ is Class.PREAUTH_EXPOSED and verdict.mode is Mode.IMPLICIT
