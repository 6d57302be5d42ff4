"""Addresses as numbers on one line: IPv4 from 0, IPv6 behind it from 2**32.

One line for both families makes a scope one sorted list of intervals, and an order one permutation.
"""

import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

IPV6_BEGINS = 1 << 32


class Interval(NamedTuple):
    """Addresses from ``first`` to ``last``, both included, of one family."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def number(address: IPv4Address | IPv6Address) -> int:
    return int(address) + (IPV6_BEGINS if address.version == 6 else 0)


def parse(text: str) -> int:
    """Number of an address as text. Raises ValueError where it is none, or has a zone (``fe80::1%eth0``)."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError("zone")
    return number(address)


def text(of: int) -> str:
    """The address in its canonical form (RFC 5952 for IPv6)."""
    if of < IPV6_BEGINS:
        return socket.inet_ntoa(of.to_bytes(4, "big"))
    return str(IPv6Address(of - IPV6_BEGINS))


def shown_interval(interval: Interval) -> str:
    """``192.0.2.1`` or ``192.0.2.1-192.0.2.9``."""
    first = text(interval.first)
    return first if interval.size == 1 else f"{first}-{text(interval.last)}"


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted and disjoint; what touches is joined, but never across the families' border."""
    out: list[Interval] = []
    for interval in sorted(intervals):
        touches = bool(out) and interval.first <= out[-1].last + 1
        if touches and not interval.first == IPV6_BEGINS > out[-1].last:
            out[-1] = Interval(out[-1].first, max(out[-1].last, interval.last))
        else:
            out.append(interval)
    return out


def covering(intervals: Sequence[Interval], of: int) -> Interval | None:
    """The interval of a sorted, disjoint list that holds the address."""
    place = bisect_right(intervals, (of, 1 << 160)) - 1
    return intervals[place] if place >= 0 and of <= intervals[place].last else None


def without(interval: Interval, holes: Sequence[Interval]) -> list[Interval]:
    """What is left of an interval when a sorted, disjoint list of holes is taken away."""
    out: list[Interval] = []
    first = interval.first
    place = max(bisect_right(holes, (first, 1 << 160)) - 1, 0)
    while place < len(holes) and holes[place].first <= interval.last and first <= interval.last:
        hole = holes[place]
        if hole.first > first:
            out.append(Interval(first, hole.first - 1))
        first = max(first, hole.last + 1)
        place += 1
    if first <= interval.last:
        out.append(Interval(first, interval.last))
    return out
