"""The IANA special-purpose address registries (RFC 6890, RFC 8190), and multicast: no mail server of the Internet
is there, so a survey leaves them out unless they are named on purpose.

Entries inside a larger one of the same registry are left out of the table.
"""

from ipaddress import ip_network
from typing import NamedTuple

from openletter.scope import address
from openletter.scope.address import Interval, covering


class SpecialBlock(NamedTuple):
    prefix: str
    name: str
    rfc: int
    on_purpose: bool
    """Whether a target that lies wholly inside is taken at its word."""

    @property
    def interval(self) -> Interval:
        network = ip_network(self.prefix)
        return Interval(address.number(network.network_address), address.number(network.broadcast_address))


SPECIAL: tuple[SpecialBlock, ...] = (
    SpecialBlock("0.0.0.0/8", "this network", 791, False),
    SpecialBlock("10.0.0.0/8", "private use", 1918, True),
    SpecialBlock("100.64.0.0/10", "shared address space", 6598, True),
    SpecialBlock("127.0.0.0/8", "loopback", 1122, True),
    SpecialBlock("169.254.0.0/16", "link local", 3927, True),
    SpecialBlock("172.16.0.0/12", "private use", 1918, True),
    SpecialBlock("192.0.0.0/24", "IETF protocol assignments", 6890, False),
    SpecialBlock("192.0.2.0/24", "documentation (TEST-NET-1)", 5737, True),
    SpecialBlock("192.31.196.0/24", "AS112-v4", 7535, False),
    SpecialBlock("192.52.193.0/24", "AMT", 7450, False),
    SpecialBlock("192.88.99.0/24", "6to4 relay anycast, deprecated", 7526, False),
    SpecialBlock("192.168.0.0/16", "private use", 1918, True),
    SpecialBlock("192.175.48.0/24", "direct delegation AS112 service", 7534, False),
    SpecialBlock("198.18.0.0/15", "benchmarking", 2544, True),
    SpecialBlock("198.51.100.0/24", "documentation (TEST-NET-2)", 5737, True),
    SpecialBlock("203.0.113.0/24", "documentation (TEST-NET-3)", 5737, True),
    SpecialBlock("224.0.0.0/4", "multicast", 5771, False),
    SpecialBlock("240.0.0.0/4", "reserved, and the limited broadcast address", 1112, False),
    SpecialBlock("::/128", "unspecified address", 4291, False),
    SpecialBlock("::1/128", "loopback", 4291, True),
    SpecialBlock("::ffff:0:0/96", "IPv4-mapped addresses", 4291, False),
    SpecialBlock("64:ff9b::/96", "IPv4-IPv6 translation", 6052, False),
    SpecialBlock("64:ff9b:1::/48", "IPv4-IPv6 translation", 8215, False),
    SpecialBlock("100::/64", "discard only", 6666, False),
    SpecialBlock("100:0:0:1::/64", "dummy prefix", 9780, False),
    SpecialBlock("2001::/23", "IETF protocol assignments, Teredo, ORCHID", 2928, False),
    SpecialBlock("2001:db8::/32", "documentation", 3849, True),
    SpecialBlock("2002::/16", "6to4", 3056, False),
    SpecialBlock("2620:4f:8000::/48", "direct delegation AS112 service", 7534, False),
    SpecialBlock("3fff::/20", "documentation", 9637, True),
    SpecialBlock("5f00::/16", "segment routing identifiers", 9602, False),
    SpecialBlock("fc00::/7", "unique local", 4193, True),
    SpecialBlock("fe80::/10", "link local", 4291, True),
    SpecialBlock("fec0::/10", "site local, deprecated", 3879, False),
    SpecialBlock("ff00::/8", "multicast", 4291, False),
)

_INTERVALS = {block.interval: block for block in SPECIAL}
SPECIAL_INTERVALS: tuple[Interval, ...] = tuple(sorted(_INTERVALS))
"""All of them, sorted and disjoint (a test holds that)."""


def block_around(interval: Interval) -> SpecialBlock | None:
    """The special block inside which an interval lies wholly."""
    found = covering(SPECIAL_INTERVALS, interval.first)
    return _INTERVALS[found] if found is not None and interval.last <= found.last else None


def holes_for(interval: Interval) -> tuple[Interval, ...]:
    """What is to be taken out of a target: everything special, or nothing where it was named on purpose."""
    around = block_around(interval)
    return () if around is not None and around.on_purpose else SPECIAL_INTERVALS


def is_public(of: int) -> bool:
    """Whether an address may belong to someone on the Internet: it is in no special block."""
    return covering(SPECIAL_INTERVALS, of) is None
