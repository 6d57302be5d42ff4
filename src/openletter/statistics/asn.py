"""Networks as their owners run them: what a survey found in each autonomous system. Of an enriched survey."""

from collections.abc import Sequence

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.interval import AffectedIntervals
from openletter.statistics.where import of_country


class ProtocolHosts(msgspec.Struct, frozen=True):
    answered: int
    strict: int
    wide: int


class AnsweredHosts(msgspec.Struct, frozen=True, omit_defaults=True):
    """As ``Counts``, without what did not answer: that is in no network's hands."""

    answered: int
    unknown: int
    strict: int
    wide: int
    intervals: AffectedIntervals | None = None
    """Of ``strict`` and ``wide`` out of ``answered``; only of a sampled survey."""


class AsnCounts(msgspec.Struct, frozen=True, kw_only=True):
    asn: int
    """0: not known."""
    name: str
    """Of the network; empty where it is not known. What a registry says, so not to be trusted where it is shown."""
    country: str
    """That in which most of its hosts that answered are."""
    hosts: AnsweredHosts
    pop3: ProtocolHosts
    imap: ProtocolHosts
    endpoints: int


class _Row(msgspec.Struct, frozen=True):
    asn: int
    name: str
    country: str
    numbers: tuple[int, ...]


_SUMMED = (
    "hosts_answered",
    "hosts_unknown",
    "hosts_strict",
    "hosts_wide",
    "pop3_answered",
    "pop3_strict",
    "pop3_wide",
    "imap_answered",
    "imap_strict",
    "imap_wide",
    "endpoints",
)


def _asked(
    verdicts: Verdicts, where: str, parameters: Sequence[object], most: int | None = None
) -> tuple[AsnCounts, ...]:
    verdicts.need("asns")
    numbers = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in _SUMMED)
    limit = "" if most is None else f"LIMIT {most}"
    sql = f"""
SELECT asn, coalesce(max(network_name), ''), arg_max(country, (hosts_answered, country)), [{numbers}]
FROM asns WHERE {where} GROUP BY asn ORDER BY sum(hosts_wide) DESC, sum(hosts_answered) DESC, asn {limit}
"""  # noqa: S608 - our own words
    return tuple(
        AsnCounts(
            asn=row.asn,
            name=row.name,
            country=row.country,
            hosts=AnsweredHosts(n[0], n[1], n[2], n[3], verdicts.intervals(n[2], n[3], n[0])),
            pop3=ProtocolHosts(*n[4:7]),
            imap=ProtocolHosts(*n[7:10]),
            endpoints=n[10],
        )
        for row in verdicts.ask(sql, _Row, parameters)
        for n in [row.numbers]
    )


def by_asn(
    verdicts: Verdicts, *, country: str | None = None, most: int | None = None
) -> tuple[AsnCounts, ...]:
    """The most affected first, all of them or ``most``; in a ``country`` only its part of each. Raises NotEnrichedError."""
    return _asked(verdicts, *of_country(country), most)


def one_asn(verdicts: Verdicts, asn: int) -> AsnCounts | None:
    """Raises NotEnrichedError."""
    return next(iter(_asked(verdicts, "asn = ?", [asn])), None)


def asns_named(verdicts: Verdicts, text: str, most: int) -> tuple[AsnCounts, ...]:
    """Those whose name holds the text, whatever the case of its letters, the most affected first. Raises NotEnrichedError."""
    return _asked(verdicts, "contains(lower(network_name), lower(?))", [text], most)
