"""Countries against each other: how many of a thousand mail hosts are affected, or how many there are at all."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from openletter.statistics.country import CountryCounts, by_country
from openletter.statistics.counts import Counts
from openletter.statistics.database import Verdicts
from openletter.statistics.interval import Interval

Count = Literal["strict", "wide"]
By = Literal["rate", "count"]
On = Literal["either", "pop3", "imap"]

MINIMUM_HOSTS = 100
"""Below that a single host moves the rate by more than ten in a thousand."""


class LeagueRow(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    exposed: int
    """Hosts."""
    answered: int
    per_1000: float
    """Exposed out of a thousand hosts that answered."""
    interval: Interval | None
    """Of ``exposed`` as a share of ``answered``; only of a sampled survey."""


def hosts_on(one: CountryCounts, on: On) -> Counts:
    """A country's hosts: on either protocol, or on one of them alone, as the Shadowserver Foundation counts."""
    return {"either": one.hosts_either, "pop3": one.hosts_pop3, "imap": one.hosts_imap}[on]


def ranked(
    countries: Iterable[CountryCounts],
    *,
    count: Count = "wide",
    by: By = "rate",
    minimum_hosts: int = MINIMUM_HOSTS,
    on: On = "either",
) -> tuple[LeagueRow, ...]:
    """The most affected first. Countries with fewer than ``minimum_hosts`` that answered are left out, and so are the
    hosts of no known country."""
    rows = []
    for one in countries:
        hosts = hosts_on(one, on)
        if not one.country or hosts.answered < max(1, minimum_hosts):
            continue
        exposed = getattr(hosts, count)
        rows.append(
            LeagueRow(
                country=one.country,
                exposed=exposed,
                answered=hosts.answered,
                per_1000=1_000 * exposed / hosts.answered,
                interval=getattr(hosts.intervals, count) if hosts.intervals else None,
            )
        )
    leading = (
        (lambda row: (-row.per_1000, -row.exposed, row.country))
        if by == "rate"
        else (lambda row: (-row.exposed, -row.per_1000, row.country))
    )
    return tuple(sorted(rows, key=leading))


def league(
    verdicts: Verdicts, *, count: Count = "wide", by: By = "rate", minimum_hosts: int = MINIMUM_HOSTS
) -> tuple[LeagueRow, ...]:
    """``ranked`` of all countries of a survey, by hosts on either protocol."""
    return ranked(by_country(verdicts), count=count, by=by, minimum_hosts=minimum_hosts)
