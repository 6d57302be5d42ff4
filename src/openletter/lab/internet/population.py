"""The world: what is at an address, as a pure function of the address, and what a survey of it must find.

Addresses from 127.128.0.0 upwards are cut into one stretch a country. Within it an affine bijection, drawn from the seed,
takes the offset of an address to a place; places below the country's number of hosts are hosts with that rank, the rest
are gaps: closed, and a few that accept and keep silent. The rank says to which group the host belongs on each protocol
(``quotas``), and its number in the whole world which row of the group it plays (``casting``) and how it does TLS
(``tls_profiles``). So every count is exact, whatever the scale, and every endpoint can be told without a table.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from math import gcd

from openletter.lab.internet.casting import CAST
from openletter.lab.internet.figures import PORTS, countries
from openletter.lab.internet.quotas import Group, Quota, quota
from openletter.lab.internet.roles import CLOSED, SILENT, Role, Round
from openletter.lab.internet.tls_profiles import PROFILE_ROUND
from openletter.lab.internet.truth import Truth

FIRST = int(IPv4Address("127.128.0.0"))
SPACE = 1 << 23
"""Addresses of 127.128.0.0/9, which the world fills at scale 1."""
HOSTS_IN_A_THOUSAND = 575
"""Of a country's addresses; the rest are gaps."""
GRAIN = 16
"""A country's stretch is a multiple of this many addresses, so that it is made of few blocks."""
SILENT_GAP = 256
"""One gap in so many accepts a connection to 110 and 143 and says nothing."""
NO_TLS_SHARE = 1 / 17
"""Of the exposed, those without any TLS: an assumption after Mayer et al. 2015."""
SEED = 2025
CLEARTEXT_PORTS = frozenset({110, 143})


@dataclass(frozen=True, slots=True)
class Stretch:
    """A country's addresses."""

    quota: Quota
    first: int
    """Offset from 127.128.0.0."""
    size: int
    """Addresses."""
    hosts_before: int
    """Hosts of all countries before it."""
    factor: int
    shift: int

    def place(self, offset: int) -> int:
        """Where the address so far into the stretch is put: a host's rank, or beyond the hosts a gap."""
        return (self.factor * offset + self.shift) % self.size

    def offset(self, place: int) -> int:
        return (place - self.shift) * pow(self.factor, -1, self.size) % self.size


def _stretches(quotas: list[Quota], seed: int) -> Iterator[Stretch]:
    first = hosts_before = 0
    for each in quotas:
        size = -(-each.hosts * 1000 // (HOSTS_IN_A_THOUSAND * GRAIN)) * GRAIN
        digest = sha256(f"{seed}/{each.country}/{size}".encode()).digest()
        # A factor near neither end spreads neighbours over the ranks from the first few on.
        factor = size // 4 + int.from_bytes(digest[:8]) % max(1, size // 2)
        while size and gcd(factor, size) != 1:
            factor += 1
        shift = int.from_bytes(digest[8:16]) % max(1, size)
        yield Stretch(each, first, size, hosts_before, factor, shift)
        first += size
        hosts_before += each.hosts


class World:
    """The simulated Internet's population at 1:``scale``.

    ``no_tls_share`` of the exposed hosts of each country have no TLS at all. Raises ``ValueError`` for a scale below 1
    or a share outside 0 to 1. Ports are 110, 143, 993, 995, whatever ports a server listens on for them.
    """

    def __init__(self, scale: int = 1000, seed: int = SEED, no_tls_share: float = NO_TLS_SHARE) -> None:
        if scale < 1:
            raise ValueError(f"scale is {scale}: it must be 1 or more (1:scale of the world's hosts)")
        if not 0 <= no_tls_share <= 1:
            raise ValueError(f"no_tls_share is {no_tls_share}: it must lie between 0 and 1")
        self.scale = scale
        self.seed = seed
        self.no_tls_share = no_tls_share
        self.stretches = tuple(_stretches([quota(row, scale, no_tls_share) for row in countries()], seed))
        self._firsts = [stretch.first for stretch in self.stretches]
        self.size = self.stretches[-1].first + self.stretches[-1].size
        """Addresses from 127.128.0.0 on that belong to the world."""
        self._rounds = {protocol: [Round(protocol, group) for group in CAST] for protocol in ("imap", "pop3")}

    def endpoint(self, ip: int, port: int) -> Role:
        """What is at an address (as a number) and port. ``CLOSED`` for all that is not of this world."""
        offset = ip - FIRST
        if not 0 <= offset < self.size:
            return CLOSED
        stretch = self.stretches[bisect_right(self._firsts, offset) - 1]
        place = (stretch.factor * (offset - stretch.first) + stretch.shift) % stretch.size
        quotas = stretch.quota
        if place >= quotas.hosts:
            silent = port in CLEARTEXT_PORTS and (place - quotas.hosts) % SILENT_GAP == 0
            return SILENT if silent else CLOSED
        if port in (110, 995):
            rank, side, rounds = place, quotas.pop3, self._rounds["pop3"]
        elif port in (143, 993):
            rank, side, rounds = quotas.imap_rank(place), quotas.imap, self._rounds["imap"]
        else:
            return CLOSED
        group = bisect_right(side.ends, rank)
        if group == Group.ABSENT:
            return CLOSED
        turn = rounds[group].cleartext if port in CLEARTEXT_PORTS else rounds[group].implicit
        number = stretch.hosts_before + rank
        return turn[number % len(turn)][PROFILE_ROUND[(stretch.hosts_before + place) % len(PROFILE_ROUND)]]

    def country(self, ip: int) -> str:
        """ISO 3166-1 alpha-2; empty outside the world."""
        offset = ip - FIRST
        if not 0 <= offset < self.size:
            return ""
        return self.stretches[bisect_right(self._firsts, offset) - 1].quota.country

    def truth(self, ip: int, port: int) -> Truth:
        """What a survey must find at the endpoint."""
        truth = self.endpoint(ip, port).truth
        return replace(truth, ip=str(IPv4Address(ip)), port=port, country=self.country(ip))

    def blocks(self) -> list[tuple[str, str]]:
        """The world as (CIDR, country), disjoint, in the order of addresses."""
        return [
            (str(block), stretch.quota.country)
            for stretch in self.stretches
            if stretch.size
            for block in summarize_address_range(
                IPv4Address(FIRST + stretch.first), IPv4Address(FIRST + stretch.first + stretch.size - 1)
            )
        ]

    def addresses(self, scope: Iterable[str] | None = None) -> Iterator[int]:
        """The world's addresses, or those of a scope of CIDRs, in its order."""
        if scope is None:
            yield from range(FIRST, FIRST + self.size)
            return
        for cidr in scope:
            network = IPv4Network(cidr)
            yield from range(int(network.network_address), int(network.broadcast_address) + 1)

    def truths(self, scope: Iterable[str] | None = None) -> Iterator[Truth]:
        """The truth of all four ports of every address, closed ones among them."""
        return (self.truth(ip, port) for ip in self.addresses(scope) for port in PORTS)

    def endpoints(self, scope: Iterable[str] | None = None) -> Iterator[tuple[int, int]]:
        """(address, port) of every open endpoint: the list that discovery would yield."""
        return ((ip, port) for ip in self.addresses(scope) for port in PORTS if self.endpoint(ip, port).open)
