"""Who announces which addresses of the world: its autonomous systems, as a data set that a survey of it can be enriched by.

A country's addresses are cut into stretches one behind the other, a few large systems and many small ones: the k-th has a
part in proportion to 1/k, as the sizes of providers are spread about (Zipf). Numbers are of those that are set aside for
private use (RFC 6996), names are invented. Each stands in one of a country's few places, the largest in the capital.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import pairwise
from typing import TextIO

from openletter.lab.internet.population import FIRST, World

FIRST_NUMBER = 4_200_000_000
"""RFC 6996: the first one for private use, of four octets."""
MOST_IN_A_COUNTRY = 200
FEWEST_ADDRESSES = 256
"""Of a system, on average: a small country has few systems."""
_TRADES = (
    "Hosting",
    "Telecom",
    "Cable",
    "University",
    "Mail Services",
    "Datacentre",
    "Broadband",
    "Insurance",
)


_PLACES = (
    ("Centre", "Capital"),
    ("North", "Northport"),
    ("South", "Southbridge"),
    ("East", "Eastfield"),
    ("North", "Old Harbour"),
)
"""Region and city; they are called the same in every country."""


@dataclass(frozen=True, slots=True)
class System:
    """One autonomous system and its addresses, both ends included."""

    first: int
    last: int
    country: str
    number: int
    name: str
    region: str
    city: str


def _cuts(size: int, systems: int) -> list[int]:
    """Where in ``size`` addresses the systems begin and end."""
    weights = [1 / (k + 1) for k in range(systems)]
    whole = sum(weights)
    edges = [0]
    for k in range(1, systems):
        edges.append(max(edges[-1] + 1, round(size * sum(weights[:k]) / whole)))
    return [*(min(edge, size) for edge in edges), size]


def systems(world: World) -> Iterator[System]:
    """All of them, in the order of their addresses; disjoint, and no address of the world is without one."""
    number = FIRST_NUMBER
    for stretch in world.stretches:
        if not stretch.size:
            continue
        country = stretch.quota.country
        count = max(1, min(MOST_IN_A_COUNTRY, stretch.size // FEWEST_ADDRESSES))
        for place, (start, end) in enumerate(pairwise(_cuts(stretch.size, count))):
            if start == end:
                continue
            trade = _TRADES[place % len(_TRADES)]
            region, city = _PLACES[place % len(_PLACES)]
            yield System(
                first=FIRST + stretch.first + start,
                last=FIRST + stretch.first + end - 1,
                country=country,
                number=number,
                name=f"{country} {trade} {place // len(_TRADES) + 1}",
                region=region,
                city=city,
            )
            number += 1


def write_networks(world: World, out: TextIO) -> None:
    """The data set as CSV with named columns."""
    out.write("# name: Networks of the simulated Internet\n")
    out.write(f"# version: 1:{world.scale}, seed {world.seed}\n")
    out.write("# licence: CC0\n")
    out.write("# attribution: invented by openletter\n")
    out.write("start,end,country,region,city,asn,name\n")
    for system in systems(world):
        first, last = IPv4Address(system.first), IPv4Address(system.last)
        place = f"{system.country},{system.region},{system.city}"
        out.write(f"{first},{last},{place},{system.number},{system.name}\n")
