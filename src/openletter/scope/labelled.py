"""Overlapping targets with country labels, laid over one another so that each address is there once."""

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from openletter.scope.address import IPV6_BEGINS, Interval


class Labelled(NamedTuple):
    interval: Interval
    country: str


def overlay(pieces: Iterable[Labelled]) -> list[Labelled]:
    """Sorted and disjoint. Where pieces overlap, one with a country wins over one without, then the smaller (it says
    more), then the first. Takes n log n steps."""
    waiting = sorted(
        (piece.interval.first, (piece.country == "", piece.interval.size, order), piece)
        for order, piece in enumerate(pieces)
    )
    active: list[tuple[tuple[bool, int, int], Labelled]] = []
    out: list[Labelled] = []
    taken = 0
    at = 0
    while taken < len(waiting) or active:
        if not active:
            at = max(at, waiting[taken][0])
        while taken < len(waiting) and waiting[taken][0] <= at:
            heapq.heappush(active, waiting[taken][1:])
            taken += 1
        while active and active[0][1].interval.last < at:
            heapq.heappop(active)
        if not active:
            continue
        winner = active[0][1]
        end = winner.interval.last
        if taken < len(waiting):
            end = min(end, waiting[taken][0] - 1)
        _append(out, Labelled(Interval(at, end), winner.country))
        at = end + 1
    return out


def _append(out: list[Labelled], piece: Labelled) -> None:
    if out:
        before = out[-1]
        joins = before.interval.last + 1 == piece.interval.first != IPV6_BEGINS
        if joins and before.country == piece.country:
            out[-1] = Labelled(Interval(before.interval.first, piece.interval.last), piece.country)
            return
    out.append(piece)
