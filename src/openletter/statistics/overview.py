"""What a survey found, in one answer."""

import msgspec

from openletter.statistics.counts import (
    Affected,
    Counts,
    endpoints,
    hosts,
    hosts_both,
    hosts_either,
)
from openletter.statistics.database import Verdicts


class ClassCount(msgspec.Struct, frozen=True):
    """Endpoints of one class, the most first."""

    class_: str = msgspec.field(name="class")
    pop3: int
    imap: int
    endpoints: int
    strict: bool
    wide: bool


class EvidenceCount(msgspec.Struct, frozen=True):
    """On what evidence endpoints are said to be affected."""

    evidence: str
    strict: int
    wide: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    endpoints: Counts
    endpoints_pop3: Counts
    endpoints_imap: Counts
    hosts_pop3: Counts
    hosts_imap: Counts
    hosts_either: Counts
    hosts_both: Affected
    classes: tuple[ClassCount, ...]
    evidence: tuple[EvidenceCount, ...]


_CLASSES = """
SELECT class, coalesce(sum(n) FILTER (WHERE protocol = 'pop3'), 0)::BIGINT,
       coalesce(sum(n) FILTER (WHERE protocol = 'imap'), 0)::BIGINT, sum(n)::BIGINT AS many, bool_or(strict), bool_or(wide)
FROM endpoints GROUP BY class ORDER BY many DESC, class
"""

_EVIDENCE = """
SELECT evidence, coalesce(sum(n) FILTER (WHERE strict), 0)::BIGINT, sum(n)::BIGINT AS many
FROM endpoints WHERE wide GROUP BY evidence ORDER BY many DESC, evidence
"""


def overview(verdicts: Verdicts) -> Overview:
    def counts(what: str, table: str) -> Counts:
        return verdicts.ask(f"SELECT {what} FROM {table}", Counts)[0]  # noqa: S608 - our own words

    return Overview(
        endpoints=counts(endpoints(), "endpoints"),
        endpoints_pop3=counts(endpoints("protocol = 'pop3'"), "endpoints"),
        endpoints_imap=counts(endpoints("protocol = 'imap'"), "endpoints"),
        hosts_pop3=counts(hosts("pop3"), "hosts"),
        hosts_imap=counts(hosts("imap"), "hosts"),
        hosts_either=counts(hosts_either(), "hosts"),
        hosts_both=verdicts.ask(f"SELECT {hosts_both()} FROM hosts", Affected)[0],  # noqa: S608
        classes=verdicts.ask(_CLASSES, ClassCount),
        evidence=verdicts.ask(_EVIDENCE, EvidenceCount),
    )
