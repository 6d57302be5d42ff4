"""What a survey found, in one answer."""

import msgspec

from openletter.statistics.classes import ClassCount, by_class
from openletter.statistics.counts import (
    Affected,
    Counts,
    endpoints,
    hosts,
    hosts_both,
    hosts_either,
)
from openletter.statistics.database import Verdicts


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


_EVIDENCE = """
SELECT evidence, coalesce(sum(n) FILTER (WHERE strict), 0)::BIGINT, sum(n)::BIGINT AS many
FROM endpoints WHERE wide GROUP BY evidence ORDER BY many DESC, evidence
"""


def overview(verdicts: Verdicts) -> Overview:
    def counts(what: str, table: str, a_host: float = 1.0) -> Counts:
        (five,) = verdicts.ask(f"SELECT {what} FROM {table}", Counts)  # noqa: S608 - our own words
        return verdicts.counts(
            (five.probed, five.answered, five.unknown, five.strict, five.wide), a_host=a_host
        )

    def of_endpoints(protocol: str | None) -> Counts:
        where = "true" if protocol is None else f"protocol = '{protocol}'"
        return counts(endpoints(where), "endpoints", verdicts.a_host(protocol) if verdicts.sampled else 1.0)

    return Overview(
        endpoints=of_endpoints(None),
        endpoints_pop3=of_endpoints("pop3"),
        endpoints_imap=of_endpoints("imap"),
        hosts_pop3=counts(hosts("pop3"), "hosts"),
        hosts_imap=counts(hosts("imap"), "hosts"),
        hosts_either=counts(hosts_either(), "hosts"),
        hosts_both=verdicts.ask(f"SELECT {hosts_both()} FROM hosts", Affected)[0],  # noqa: S608
        classes=by_class(verdicts),
        evidence=verdicts.ask(_EVIDENCE, EvidenceCount),
    )
