"""What a survey found in each country. Hosts, as the Shadowserver Foundation counts."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import msgspec

from openletter.statistics.counts import Affected, Counts, counted, hosts, hosts_both, hosts_either
from openletter.statistics.database import Verdicts
from openletter.store.database import connect, quoted


class CountryCounts(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    """ISO 3166-1 alpha-2; empty where it is not known."""
    hosts_pop3: Counts
    hosts_imap: Counts
    hosts_either: Counts
    hosts_both: Affected


class _Row(msgspec.Struct, frozen=True):
    country: str
    numbers: tuple[int, ...]


_NUMBERS = f"[{hosts('pop3')}, {hosts('imap')}, {hosts_either()}, {hosts_both()}]"
_MOST_AFFECTED = "coalesce(sum(n) FILTER (WHERE pop3_wide OR imap_wide), 0) DESC, sum(n) DESC, country"

_SQL = f"SELECT country, {_NUMBERS} FROM hosts GROUP BY country ORDER BY {_MOST_AFFECTED}"  # noqa: S608 - our own words


def _counts(country: str, numbers: Sequence[int], counts: Callable[[Sequence[int]], Counts]) -> CountryCounts:
    return CountryCounts(
        country=country,
        hosts_pop3=counts(numbers[:5]),
        hosts_imap=counts(numbers[5:10]),
        hosts_either=counts(numbers[10:15]),
        hosts_both=Affected(*numbers[15:]),
    )


def by_country(verdicts: Verdicts) -> tuple[CountryCounts, ...]:
    """The most affected first."""
    return tuple(_counts(row.country, row.numbers, verdicts.counts) for row in verdicts.ask(_SQL, _Row))


def by_country_in(
    rollups: Sequence[Path], sampled: Collection[Path] = ()
) -> dict[Path, tuple[CountryCounts, ...]]:
    """The same of many surveys at once: for each of these files of ``hosts`` roll-ups, some of them of samples.

    Raises StoreError.
    """
    found: dict[Path, list[CountryCounts]] = {path: [] for path in rollups}
    if rollups:
        listed = ", ".join(map(quoted, rollups))
        sql = (
            f"SELECT filename, country, {_NUMBERS} FROM read_parquet([{listed}], filename = true) "  # noqa: S608
            f"GROUP BY filename, country ORDER BY {_MOST_AFFECTED}"
        )
        with connect() as database:
            for name, country, numbers in database.execute(sql).fetchall():
                path = Path(name)
                counts = partial(counted, sampled=path in sampled)
                found[path].append(_counts(country, numbers, counts))
    return {path: tuple(countries) for path, countries in found.items()}
