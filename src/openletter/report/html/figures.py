"""What the document draws: lengths of bars in percent, which the template puts into SVG beside their numbers."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
import pyarrow as pa

from openletter.report.past_counts import DayCount
from openletter.report.short_names import ORDER
from openletter.report.standing import SOUND
from openletter.report.told import Told
from openletter.verdict.classes import STRICT, WIDE, Class

_PLAIN: Any = pa.schema([("class", pa.string()), ("port", pa.int64()), ("fault", pa.string())])


class Shade(StrEnum):
    """Of a class, as all charts of the program have them: what has no TLS is darker than what can cross in the clear."""

    STRICT = "strict"
    WIDE = "wide"
    FAULT = "fault"
    SOUND = "sound"


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One class."""

    class_: Class
    shade: Shade
    ports: int
    faulty: int
    """Of these with anything to be mended, a certificate say."""
    percent: float
    """Of the longest bar."""
    faulty_percent: float


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One day."""

    count: DayCount
    wide: float
    """Heights in percent of the highest."""
    strict: float
    this: bool
    """Whether it is the document's own day."""


def shade_of(class_: Class) -> Shade:
    if class_ in STRICT:
        return Shade.STRICT
    if class_ in WIDE:
        return Shade.WIDE
    return Shade.SOUND if class_ in SOUND else Shade.FAULT


def bars(rows: Any) -> tuple[Bar, ...]:
    """Ports by class: strict, wide, other faults, sound. ``rows``: ``TOLD_ROWS``."""
    table = rows.select(["class", "port", "fault"]).cast(_PLAIN)
    counted = table.group_by("class").aggregate([("port", "count"), ("fault", "count")])
    found = {Class(row["class"]): (row["port_count"], row["fault_count"]) for row in counted.to_pylist()}
    most = max((ports for ports, _ in found.values()), default=1)
    return tuple(
        Bar(
            class_=class_,
            shade=shade_of(class_),
            ports=found[class_][0],
            faulty=found[class_][1],
            percent=round(100 * found[class_][0] / most, 2),
            faulty_percent=round(100 * found[class_][1] / most, 2),
        )
        for class_ in ORDER
        if class_ in found
    )


def trend(told: Told) -> tuple[Column, ...]:
    """Hosts day by day, the document's own day last; nothing where there is no day before it."""
    if not told.earlier:
        return ()
    counts = told.counts
    own = DayCount(
        day=told.day, faulty=counts.faulty.hosts, wide=counts.wide.hosts, strict=counts.strict.hosts
    )
    days: Sequence[DayCount] = (*told.earlier, own)
    most = max(1, *(one.wide for one in days))
    return tuple(
        Column(
            count=one,
            wide=round(100 * one.wide / most, 2),
            strict=round(100 * one.strict / most, 2),
            this=one is own,
        )
        for one in days
    )
