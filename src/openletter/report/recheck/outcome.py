"""What a second look at one endpoint came to, held against what its owner was told."""

from enum import StrEnum
from ipaddress import ip_address

from openletter.report.faults import LEAST, faults_of
from openletter.subscriber.report_type import type_of
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class, Severity
from openletter.verdict.verdict_table import VerdictRow


class Outcome(StrEnum):
    MENDED = "mended"
    """It answers, and nothing is left of what its owner is told of."""
    BETTER = "better"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    UNREACHED = "unreached"
    """Nothing answered."""
    UNKNOWN = "unknown"
    """It answered, and what it exposes cannot be told from that."""
    NOT_ASKED = "not asked"
    """See :class:`Hindrance`."""


class Hindrance(StrEnum):
    """Why nobody was asked after all."""

    STOPPED = "stopped"
    """Our server was."""
    LEFT_OUT = "left out"
    """The owner opted out a moment before."""
    NO_CONNECTION = "no connection"
    """This machine could make none, for reasons of its own."""
    FAULT = "fault"
    """Of this program."""


INCONCLUSIVE = frozenset({Class.UNREACHABLE, Class.IMPLICIT_BROKEN})
"""Classes without a fault that its owner is told of, in which nothing was seen to be in order either."""


def is_conclusive(row: VerdictRow) -> bool:
    """Whether a fault that is not there can be said to be mended."""
    return not row.unknown and row.class_ not in INCONCLUSIVE


def own_faults(row: VerdictRow, subscriber: Subscriber) -> tuple[tuple[str, Severity], ...]:
    """What a subscriber is told to mend in an endpoint with this verdict: its class first."""
    kind = type_of(row.report, row.protocol, ip_address(row.ip).version)
    if kind is None or kind not in subscriber.reports:
        return ()
    minimum = max(subscriber.minimum, LEAST)
    faults = faults_of(row.class_, row.severity, row.report, row.findings)
    return tuple((word, severity) for word, severity in faults if severity >= minimum)


def outcome_of(before: VerdictRow, after: VerdictRow, subscriber: Subscriber) -> Outcome:
    """``before``: what the survey made of the endpoint; ``after``: what the second look did."""
    if after.class_ is Class.UNREACHABLE:
        return Outcome.UNREACHED
    if after.unknown:
        return Outcome.UNKNOWN
    was, now = own_faults(before, subscriber), own_faults(after, subscriber)
    if not now and is_conclusive(after):
        return Outcome.MENDED
    if _weight(after, now) < _weight(before, was):
        return Outcome.BETTER
    return Outcome.WORSE if _weight(after, now) > _weight(before, was) else Outcome.UNCHANGED


def _weight(row: VerdictRow, faults: tuple[tuple[str, Severity], ...]) -> tuple[int, bool, bool, int]:
    """Heavier is worse: first the worst fault, then whether a password can cross in the clear, then how many there are."""
    worst = min((severity.rank for _, severity in faults), default=Severity.NONE.rank)
    return -worst, row.strict, row.wide, len(faults)
