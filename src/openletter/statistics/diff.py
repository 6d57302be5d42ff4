"""Two surveys against each other: what became of each endpoint that is affected (wide) in one of them.

*appeared*: affected now, and not there before, or without an answer. *regressed*: affected now; it answered before and
was not. *fixed*: affected before; it answers now and is not. *gone*: affected before, and now not there or without an
answer. *unclear*: affected before; it answers now, and what it exposes is not known. *changed*: affected in both, with
another class or other findings. *same*: affected in both, with nothing else.

Both surveys' verdicts are sorted by address, so they are joined range by range, with one range in memory.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from openletter.store.database import connect, quoted
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.ranges import ranges


class Fate(StrEnum):
    APPEARED = "appeared"
    REGRESSED = "regressed"
    FIXED = "fixed"
    GONE = "gone"
    UNCLEAR = "unclear"
    CHANGED = "changed"
    SAME = "same"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint; the words of a survey that does not have it are empty."""

    fate: Fate
    ip: str
    port: int
    host: str
    country: str
    class_before: str
    class_after: str
    findings_before: tuple[str, ...]
    findings_after: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    before: str
    after: str
    appeared: int
    regressed: int
    fixed: int
    gone: int
    unclear: int
    changed: int
    same: int


RANGE_ROWS = 2_000_000

_FATE = """
CASE WHEN coalesce(n.wide, false) AND NOT coalesce(o.wide, false)
     THEN CASE WHEN o.class IS NULL OR o.class = 'unreachable' THEN 'appeared' ELSE 'regressed' END
     WHEN o.wide AND NOT coalesce(n.wide, false)
     THEN CASE WHEN n.class IS NULL OR n.class = 'unreachable' THEN 'gone'
               WHEN n.unknown THEN 'unclear' ELSE 'fixed' END
     WHEN n.class <> o.class OR list_sort(n.findings) <> list_sort(o.findings) THEN 'changed' ELSE 'same' END
"""

_COLUMNS = "ip_sort, port, host, ip, country, class, findings, unknown, wide"


def _joined(low: bytes, high: bytes) -> str:
    def side(table: str) -> str:
        inside = f"ip_sort >= '{_blob(low)}'::BLOB AND ip_sort < '{_blob(high)}'::BLOB"
        return f"(SELECT {_COLUMNS} FROM {table} WHERE {inside})"  # noqa: S608 - our own words

    return (
        f"{side('later')} n FULL JOIN {side('earlier')} o USING (ip_sort, port, host) "
        "WHERE (coalesce(n.wide, false) OR coalesce(o.wide, false))"
    )


def _blob(octets: bytes) -> str:
    return "".join(f"\\x{octet:02X}" for octet in octets)


def _open(database: Any, name: str, files: Sequence[Path]) -> None:
    listed = ", ".join(map(quoted, files))
    source = f"SELECT * FROM read_parquet([{listed}])" if files else _NOTHING  # noqa: S608
    database.execute(f"CREATE VIEW {name} AS {source}")


_NOTHING = """
SELECT ''::BLOB AS ip_sort, 0::USMALLINT AS port, '' AS host, '' AS ip, '' AS country, '' AS class,
       []::VARCHAR[] AS findings, false AS unknown, false AS wide WHERE false
"""


def difference(store: Store, before: SurveyRecord, after: SurveyRecord) -> Difference:
    """How many endpoints met each fate. Raises NoSurveyError, StoreError."""
    counts = dict.fromkeys(Fate, 0)
    files = store.verdict_files(before), store.verdict_files(after)
    with connect(store.root) as database:
        _open(database, "earlier", files[0])
        _open(database, "later", files[1])
        for low, high in pairwise(ranges([*files[0], *files[1]], RANGE_ROWS)):
            sql = f"SELECT {_FATE} AS fate, count(*) FROM {_joined(low, high)} GROUP BY fate"  # noqa: S608
            for fate, count in database.execute(sql).fetchall():
                counts[Fate(fate)] += count
    return Difference(before=before.id, after=after.id, **{str(fate): n for fate, n in counts.items()})


def changes(
    store: Store, before: SurveyRecord, after: SurveyRecord, fates: Sequence[Fate]
) -> Iterator[Change]:
    """The endpoints that met one of ``fates``, sorted by address and port. Raises NoSurveyError, StoreError."""
    files = store.verdict_files(before), store.verdict_files(after)
    wanted = ", ".join(f"'{Fate(fate)}'" for fate in fates) or "NULL"
    with connect(store.root) as database:
        _open(database, "earlier", files[0])
        _open(database, "later", files[1])
        for low, high in pairwise(ranges([*files[0], *files[1]], RANGE_ROWS)):
            sql = f"""
SELECT {_FATE} AS fate, coalesce(n.ip, o.ip), port, host, coalesce(n.country, o.country), coalesce(o.class, ''),
       coalesce(n.class, ''), coalesce(o.findings, []), coalesce(n.findings, [])
FROM {_joined(low, high)} AND fate IN ({wanted}) ORDER BY ip_sort, port, host
"""  # noqa: S608 - our own words
            for row in database.execute(sql).fetchall():
                fate, ip, port, host, country, was, is_now, findings_before, findings_after = row
                yield Change(
                    fate=Fate(fate),
                    ip=ip,
                    port=port,
                    host=host,
                    country=country,
                    class_before=was,
                    class_after=is_now,
                    findings_before=tuple(findings_before),
                    findings_after=tuple(findings_after),
                )
