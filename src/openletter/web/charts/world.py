"""The map: countries in steps of a count or of a rate."""

from collections.abc import Sequence
from typing import Literal

from openletter.statistics.country import CountryCounts
from openletter.statistics.league import MINIMUM_HOSTS, On, hosts_on
from openletter.web.charts.lines import affected_lines
from openletter.web.charts.shape import Piece, Place, WorldMap
from openletter.web.words import Words

Count = Literal["strict", "wide"]
By = Literal["count", "rate"]

_DECADES = (1, 10, 100, 1_000, 10_000, 100_000)
_RATES = (0, 100, 250, 500, 750, 900)
"""Of a thousand."""


def world_map(
    countries: Sequence[CountryCounts],
    words: Words,
    *,
    count: Count,
    by: By,
    suffix: str,
    on: On = "either",
) -> WorldMap:
    """``suffix`` goes behind the addresses of countries. By rate, countries with fewer than ``MINIMUM_HOSTS`` are small."""
    places = []
    for one in countries:
        hosts = hosts_on(one, on)
        if not one.country or not hosts.answered:
            continue
        exposed = hosts.strict if count == "strict" else hosts.wide
        places.append(
            Place(
                code=one.country,
                name=words.territory(one.country),
                value=float(exposed) if by == "count" else 1_000 * exposed / hosts.answered,
                lines=affected_lines(hosts, words),
                href=f"/country/{one.country}{suffix}",
                small=by == "rate" and hosts.answered < MINIMUM_HOSTS,
            )
        )
    return WorldMap(pieces=_decades(words) if by == "count" else _rates(words), places=tuple(places))


def _decades(words: Words) -> tuple[Piece, ...]:
    ends = (*_DECADES[1:], None)
    return tuple(
        Piece(
            low,
            high,
            f"{words.number(low)} – {words.number(high - 1)}"
            if high is not None
            else words.text("%(number)s and more", number=words.number(low)),
        )
        for low, high in zip(_DECADES, ends, strict=True)
    )


def _rates(words: Words) -> tuple[Piece, ...]:
    ends = (*_RATES[1:], None)
    return tuple(
        Piece(
            low,
            high,
            words.text("%(low)s to below %(high)s ‰", low=words.number(low), high=words.number(high))
            if high is not None
            else words.text("%(low)s ‰ and more", low=words.number(low)),
        )
        for low, high in zip(_RATES, ends, strict=True)
    )
