"""What a survey found in each country. Hosts, as the Shadowserver Foundation counts."""

import msgspec

from openletter.statistics.counts import Affected, Counts, hosts, hosts_both, hosts_either
from openletter.statistics.database import Verdicts


class CountryCounts(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    """ISO 3166-1 alpha-2; empty where the scope did not know it."""
    hosts_pop3: Counts
    hosts_imap: Counts
    hosts_either: Counts
    hosts_both: Affected


class _Row(msgspec.Struct, frozen=True):
    country: str
    numbers: tuple[int, ...]


_SQL = f"""
SELECT country, [{hosts("pop3")}, {hosts("imap")}, {hosts_either()}, {hosts_both()}] AS n
FROM hosts GROUP BY country
ORDER BY coalesce(sum(n) FILTER (WHERE pop3_wide OR imap_wide), 0) DESC, sum(n) DESC, country
"""  # noqa: S608 - our own words


def by_country(verdicts: Verdicts) -> tuple[CountryCounts, ...]:
    """The most affected first."""
    return tuple(
        CountryCounts(
            country=row.country,
            hosts_pop3=Counts(*row.numbers[:5]),
            hosts_imap=Counts(*row.numbers[5:10]),
            hosts_either=Counts(*row.numbers[10:15]),
            hosts_both=Affected(*row.numbers[15:]),
        )
        for row in verdicts.ask(_SQL, _Row)
    )
