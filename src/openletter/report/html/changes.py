"""What changed since the subscriber was told last: what was fixed, what is new, and who does not answer."""

from datetime import date
from typing import Any

import msgspec

from openletter.report.standing import Standing
from openletter.report.told import Told
from openletter.report.visible import visible_text
from openletter.verdict.classes import Class

MOST_FIXED = 300
"""That are listed; how many there are is said in any case."""


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint that the subscriber was told of, and that is mended or gone."""

    ip: str
    port: int
    name: str
    told: tuple[str, ...]
    """What it was told to have: classes and findings."""
    first_told: date | None
    gone: bool
    """Nothing answers there any more."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    first: bool
    """Nothing was told before."""
    fixed: tuple[Fixed, ...]
    silent: int
    """Endpoints that count as open though they did not answer, or did not tell, this time."""


def changes_of(told: Told) -> Changes:
    rows = told.changes.select(
        ["standing", "ip_sort", "ip", "port", "host", "hostname", "class", "told", "first_reported", "times"]
    ).to_pylist()
    open_ = {Standing.OPEN.value, Standing.REMINDER.value}
    keys = (told.rows.column(name).to_pylist() for name in ("ip_sort", "port", "host"))
    here = set(zip(*keys, strict=True))
    return Changes(
        first=not any(row["times"] for row in rows),
        fixed=tuple(_fixed(row) for row in rows if row["standing"] == Standing.FIXED)[:MOST_FIXED],
        silent=sum(
            row["standing"] in open_ and (row["ip_sort"], row["port"], row["host"]) not in here
            for row in rows
        ),
    )


def _fixed(row: dict[str, Any]) -> Fixed:
    return Fixed(
        ip=row["ip"],
        port=row["port"],
        name=visible_text(row["host"] or row["hostname"] or ""),
        told=tuple(row["told"]),
        first_told=row["first_reported"],
        gone=row["class"] in (Class.UNREACHABLE, Class.NOT_MAIL),
    )
