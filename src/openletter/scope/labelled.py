"""Overlapping targets with country labels, laid over one another so that each address is there once."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from openletter.scope.address import IPV6_BEGINS, Interval


class Labelled(NamedTuple):
    interval: Interval
    country: str


def layered(spans: Iterable[tuple[int, int, Any]]) -> Iterator[tuple[int, int, int]]:
    """Cut overlapping spans (first, last, rank), both ends included, into disjoint ones: (first, last, place of the span
    that is seen there), sorted. Where spans overlap the lowest rank is seen; no two ranks are the same. Takes n log n
    steps."""
    waiting = sorted((first, rank, last, place) for place, (first, last, rank) in enumerate(spans))
    active: list[tuple[Any, int, int]] = []
    taken = 0
    at = 0
    while taken < len(waiting) or active:
        if not active:
            at = max(at, waiting[taken][0])
        while taken < len(waiting) and waiting[taken][0] <= at:
            heapq.heappush(active, waiting[taken][1:])
            taken += 1
        while active and active[0][1] < at:
            heapq.heappop(active)
        if not active:
            continue
        _, last, place = active[0]
        if taken < len(waiting):
            last = min(last, waiting[taken][0] - 1)
        yield at, last, place
        at = last + 1


def overlay(pieces: Iterable[Labelled]) -> list[Labelled]:
    """Sorted and disjoint. Where pieces overlap, one with a country wins over one without, then the smaller (it says
    more), then the first."""
    given = list(pieces)
    ranks = ((piece.country == "", piece.interval.size, order) for order, piece in enumerate(given))
    spans = ((*piece.interval, rank) for piece, rank in zip(given, ranks, strict=True))
    out: list[Labelled] = []
    for first, last, place in layered(spans):
        _append(out, Labelled(Interval(first, last), given[place].country))
    return out


def _append(out: list[Labelled], piece: Labelled) -> None:
    if out:
        before = out[-1]
        joins = before.interval.last + 1 == piece.interval.first != IPV6_BEGINS
        if joins and before.country == piece.country:
            out[-1] = Labelled(Interval(before.interval.first, piece.interval.last), piece.country)
            return
    out.append(piece)
