"""How many hosts of each kind a country has at a scale: exact counts, laid out as intervals of ranks.

A country's hosts are ranked 0, 1, 2 ... Each protocol of a host has a rank of its own, and the rank says to which
group it belongs. The groups follow one another:

    strict_alone   no TLS; the implicit-TLS port is closed
    strict_beside  no TLS; the implicit-TLS port is open and speaks no TLS
    wide_beside    a password can cross in the clear; the implicit-TLS port is open
    wide_alone     the same, the implicit-TLS port is closed
    other_beside   the cleartext port is open, and no password crosses; the implicit-TLS port is open
    other_alone    the same, the implicit-TLS port is closed
    implicit_only  only the implicit-TLS port is open
    absent         neither is

The first four are the exposed. ``World`` scrambles addresses to ranks, so that neighbours differ.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum

from openletter.lab.internet.figures import Figures

DEAD_SHARE = 8
"""Of the hosts without TLS, one in eight has its implicit-TLS port open all the same, with something else on it."""
IMPLICIT_ONLY_SHARE = 100
"""One in a hundred implicit-TLS ports belongs to a host whose cleartext port is closed."""
ALONE_SHARE = 20
"""Of the wide ones with TLS, at most one in twenty has its implicit-TLS port closed (more only where the counts of
NICER leave no other way)."""
APART_SHARE = 16
"""One in sixteen hosts exposed on one protocol is not exposed on the other: "mostly the same hosts"."""


class Group(IntEnum):
    STRICT_ALONE = 0
    STRICT_BESIDE = 1
    WIDE_BESIDE = 2
    WIDE_ALONE = 3
    OTHER_BESIDE = 4
    OTHER_ALONE = 5
    IMPLICIT_ONLY = 6
    ABSENT = 7


@dataclass(frozen=True, slots=True)
class Side:
    """One protocol of one country: where each group of ranks ends."""

    cleartext: int
    """Hosts whose cleartext port is open."""
    implicit: int
    """Hosts whose implicit-TLS port is open."""
    exposed: int
    strict: int
    ends: tuple[int, ...]
    """End (exclusive) of each group but the last, in the order of ``Group``."""

    def group(self, rank: int) -> int:
        return bisect_right(self.ends, rank)


def side(cleartext: int, implicit: int, exposed: int, strict: int) -> Side:
    """Lay out one protocol of one country. All counts are of hosts; every one is met exactly.

    Raises ``ValueError`` where they cannot be: more exposed than cleartext ports, more strict than exposed.
    """
    if not 0 <= strict <= exposed <= cleartext:
        raise ValueError(f"no room: strict {strict}, exposed {exposed}, cleartext {cleartext}")
    dead = min(strict // DEAD_SHARE, implicit)
    beside = max(0, min(cleartext - strict, implicit - dead - implicit // IMPLICIT_ONLY_SHARE))
    alone = cleartext - strict - beside
    other = cleartext - exposed
    other_alone = min(other, alone - min(alone // 2, (exposed - strict) // ALONE_SHARE))
    wide_alone = alone - other_alone
    ends = (
        strict - dead,
        strict,
        exposed - wide_alone,
        exposed,
        cleartext - other_alone,
        cleartext,
        cleartext + implicit - dead - beside,
    )
    return Side(cleartext, implicit, exposed, strict, ends)


@dataclass(frozen=True, slots=True)
class Quota:
    """One country at a scale."""

    country: str
    published: bool
    pop3: Side
    imap: Side
    hosts: int
    """Addresses with at least one of the four ports open."""
    apart: int
    """Hosts exposed on POP3 and not on IMAP; as many the other way round."""

    def imap_rank(self, rank: int) -> int:
        """Rank on the IMAP side of the host with this rank on the POP3 side: the same, but that ``apart`` exposed
        ones change places with as many that are not."""
        exposed = self.pop3.exposed
        if exposed - self.apart <= rank < exposed:
            return rank + self.apart
        if exposed <= rank < exposed + self.apart:
            return rank - self.apart
        return rank


def quota(figures: Figures, scale: int, no_tls_share: float) -> Quota:
    """The country at 1:``scale``; each count is the figure divided by it and rounded."""
    exposed = round(figures.exposed / scale)
    strict = round(exposed * no_tls_share)
    pop3 = side(round(figures.on_110 / scale), round(figures.on_995 / scale), exposed, strict)
    imap = side(round(figures.on_143 / scale), round(figures.on_993 / scale), exposed, strict)
    hosts = max(pop3.ends[-1], imap.ends[-1])
    return Quota(
        figures.country, figures.published, pop3, imap, hosts, min(exposed // APART_SHARE, hosts - exposed)
    )
