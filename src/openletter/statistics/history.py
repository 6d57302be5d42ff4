"""What changed over time: countries by survey, from the roll-ups alone; and one address, through all surveys that still
have their endpoints."""

from ipaddress import IPv4Address, IPv6Address

import msgspec

from openletter.statistics.country import CountryCounts, by_country_in
from openletter.statistics.database import verdicts_of
from openletter.statistics.interval import of_sample
from openletter.store.file_set import Kind, Standing
from openletter.store.observation_table import sort_key
from openletter.store.store import Store
from openletter.verdict.rollup import HOSTS


class CountriesAt(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    started: float
    """Unix seconds."""
    countries: tuple[CountryCounts, ...]


class SeenAs(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint of the address in one survey."""

    survey: str
    started: float
    port: int
    host: str
    protocol: str
    class_: str = msgspec.field(name="class")
    severity: str
    unknown: bool
    """It is there, but what it exposes is not known."""
    evidence: str
    findings: tuple[str, ...]


class _Row(msgspec.Struct, frozen=True):
    port: int
    host: str
    protocol: str
    class_: str
    severity: str
    unknown: bool
    evidence: str
    findings: list[str]


_ADDRESS = """
SELECT port, host, protocol, class, severity, unknown, evidence, findings FROM verdict WHERE ip_sort = ? ORDER BY port, host
"""


def countries_over_time(store: Store) -> tuple[CountriesAt, ...]:
    """All judged surveys, the oldest first, those that were pruned too. Raises StoreError."""
    current = {
        one.survey: one for one in store.manifest.sets(kind=Kind.ROLLUPS) if one.standing is Standing.CURRENT
    }
    kept = [
        (record, store.root / current[record.id].folder / HOSTS)
        for record in store.surveys()
        if record.id in current
    ]
    counted = by_country_in(
        [path for _, path in kept], {path for record, path in kept if of_sample(record) < 1}
    )
    return tuple(
        CountriesAt(survey=record.id, started=record.started, countries=counted[path])
        for record, path in kept
    )


def address_history(store: Store, address: IPv4Address | IPv6Address) -> tuple[SeenAs, ...]:
    """The oldest survey first, and in each the lowest port first. Raises StoreError."""
    key = sort_key(str(address))
    found = []
    for record in store.surveys():
        if record.pruned or not record.verdicts:
            continue
        with verdicts_of(store, record) as verdicts:
            found += [
                SeenAs(
                    survey=record.id,
                    started=record.started,
                    port=row.port,
                    host=row.host,
                    protocol=row.protocol,
                    class_=row.class_,
                    severity=row.severity,
                    unknown=row.unknown,
                    evidence=row.evidence,
                    findings=tuple(row.findings),
                )
                for row in verdicts.ask_endpoints(_ADDRESS, _Row, [key])
            ]
    return tuple(found)
