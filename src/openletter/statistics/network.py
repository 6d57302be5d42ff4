"""Which networks are the most affected, and what a survey found in one owner's network."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import msgspec

from openletter.statistics.counts import Counts
from openletter.statistics.database import Verdicts

Network = IPv4Network | IPv6Network

_MAPPED = b"\0" * 10 + b"\xff\xff"


class NetworkCounts(msgspec.Struct, frozen=True, kw_only=True):
    network: str
    """A /24 or a /48."""
    country: str
    answered: int
    """Endpoints, as the next two."""
    strict: int
    wide: int
    hosts: int
    """That answered."""
    hosts_strict: int
    hosts_wide: int


class ClassCount(msgspec.Struct, frozen=True):
    class_: str = msgspec.field(name="class")
    endpoints: int


class OwnNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey found in one network of any size."""

    network: str
    endpoints: Counts
    hosts: int
    hosts_wide: int
    classes: tuple[ClassCount, ...]
    """The most first."""


class _Row(msgspec.Struct, frozen=True):
    network: bytes
    country: str
    answered: int
    strict: int
    wide: int
    hosts: int
    hosts_strict: int
    hosts_wide: int


class _Sum(msgspec.Struct, frozen=True):
    probed: int
    answered: int
    unknown: int
    strict: int
    wide: int
    hosts: int
    hosts_wide: int


_TOP = """
SELECT network, country, answered, strict, wide, hosts, hosts_strict, hosts_wide
FROM networks WHERE wide > 0 ORDER BY hosts_wide DESC, wide DESC, network LIMIT ?
"""

_INSIDE = "FROM verdict WHERE ip_sort BETWEEN ? AND ?"

_COUNTS = f"""
SELECT count(*), count(*) FILTER (WHERE class <> 'unreachable'), count(*) FILTER (WHERE unknown),
       count(*) FILTER (WHERE strict), count(*) FILTER (WHERE wide), count(DISTINCT ip_sort),
       count(DISTINCT ip_sort) FILTER (WHERE wide) {_INSIDE}
"""

_CLASSES = f"SELECT class, count(*) AS n {_INSIDE} GROUP BY class ORDER BY n DESC, class"


def _shown(prefix: bytes) -> str:
    if prefix.startswith(_MAPPED):
        return f"{IPv4Address(prefix[12:] + bytes(1))}/24"
    return f"{IPv6Address(prefix + bytes(10))}/48"


def top_networks(verdicts: Verdicts, most: int) -> tuple[NetworkCounts, ...]:
    """The ``most`` networks with the most affected hosts (wide), the first one first."""
    return tuple(
        NetworkCounts(network=_shown(row.network), **dict(list(msgspec.structs.asdict(row).items())[1:]))
        for row in verdicts.ask(_TOP, _Row, [most])
    )


def span(network: Network) -> tuple[bytes, bytes]:
    """The first and the last address of a network, as ``ip_sort`` has them."""
    prefix = _MAPPED if network.version == 4 else b""
    return prefix + network.network_address.packed, prefix + network.broadcast_address.packed


def in_network(verdicts: Verdicts, network: Network) -> OwnNetwork:
    """Only the part of the files is read in which the network lies. Raises NoSurveyError where they were pruned."""
    verdicts.need_endpoints()
    ends = span(network)
    found = verdicts.ask_endpoints(_COUNTS, _Sum, ends)[0]
    a_host = verdicts.a_host() if verdicts.sampled else 1.0
    return OwnNetwork(
        network=str(network),
        endpoints=verdicts.counts(msgspec.structs.astuple(found)[:5], a_host=a_host),
        hosts=found.hosts,
        hosts_wide=found.hosts_wide,
        classes=verdicts.ask_endpoints(_CLASSES, ClassCount, ends),
    )
