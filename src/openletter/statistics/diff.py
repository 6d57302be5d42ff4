"""Two surveys against each other: what became of each endpoint that is affected (wide) in one of them.

*appeared*: affected now; before, it was not there, gave no answer, or what it exposed was not known. *regressed*: affected
now; it answered before and was not. *fixed*: affected before; it answers now and is not. *gone*: affected before, and now
not there or without an answer. *unclear*: affected before; it answers now, and what it exposes is not known. *changed*:
affected in both, with another class or other findings. *same*: affected in both, with nothing else.

Both surveys' endpoints are sorted by address, so they are joined range by range, with one range in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


class CountryDifference(msgspec.Struct, frozen=True, kw_only=True):
    country: str
    """Empty where it is not known. That of the later survey where it has the endpoint."""
    appeared: int
    regressed: int
    fixed: int
    gone: int
    unclear: int
    changed: int
    same: int


RANGE_ROWS = 4_000_000
"""Rows of a range, both sides together."""

_KEY = "ip_sort, port, host"
_COLUMNS = f"{_KEY}, ip, country, class, findings"

_BOTH = f"""
CREATE OR REPLACE TEMP TABLE met AS
SELECT {_KEY}, coalesce(n.ip, o.ip) AS ip, coalesce(n.country, o.country) AS country, o.class AS class_before,
       n.class AS class_after, o.findings AS findings_before, n.findings AS findings_after
FROM (SELECT {_COLUMNS} FROM later WHERE wide AND ip_sort >= $low AND ip_sort < $high) n
FULL JOIN (SELECT {_COLUMNS} FROM earlier WHERE wide AND ip_sort >= $low AND ip_sort < $high) o USING ({_KEY})
"""  # noqa: S608 - our own words
"""The affected of both sides beside each other. They are the smaller part of a survey, and most are affected in both; so
only the few that are left alone are looked for among the rest of the other side."""


def _fates(low: str, high: str) -> str:
    """SQL: ``Change`` for each of ``met``, and its place."""

    def other(table: str) -> str:
        inside = f"NOT wide AND ip_sort >= {low} AND ip_sort < {high}"
        return f"(SELECT {_KEY}, class, findings, unknown FROM {table} WHERE {inside}) x USING ({_KEY})"  # noqa: S608

    return f"""
SELECT CASE WHEN class_before <> class_after THEN 'changed' WHEN findings_before = findings_after THEN 'same'
            WHEN list_sort(findings_before) <> list_sort(findings_after) THEN 'changed' ELSE 'same' END AS fate,
       {_KEY}, ip, country, class_before, class_after, findings_before, findings_after
FROM met WHERE class_before IS NOT NULL AND class_after IS NOT NULL
UNION ALL
SELECT CASE WHEN x.class IS NULL OR x.class = 'unreachable' OR x.unknown THEN 'appeared' ELSE 'regressed' END,
       {_KEY}, ip, country, coalesce(x.class, ''), class_after, coalesce(x.findings, []), findings_after
FROM met LEFT JOIN {other("earlier")} WHERE class_before IS NULL
UNION ALL
SELECT CASE WHEN x.class IS NULL OR x.class = 'unreachable' THEN 'gone' WHEN x.unknown THEN 'unclear' ELSE 'fixed' END,
       {_KEY}, ip, country, class_before, coalesce(x.class, ''), findings_before, coalesce(x.findings, [])
FROM met LEFT JOIN {other("later")} WHERE class_after IS NULL
"""  # noqa: S608 - our own words


def _blob(octets: bytes) -> str:
    """A literal of SQL."""
    return "'" + "".join(f"\\x{octet:02X}" for octet in octets) + "'::BLOB"


def _open(database: Any, name: str, files: Sequence[Path]) -> None:
    listed = ", ".join(map(quoted, files))
    source = f"SELECT * FROM read_parquet([{listed}])" if files else _NOTHING  # noqa: S608
    database.execute(f"CREATE VIEW {name} AS {source}")


_NOTHING = """
SELECT ''::BLOB AS ip_sort, 0::USMALLINT AS port, '' AS host, '' AS ip, '' AS country, '' AS class,
       []::VARCHAR[] AS findings, false AS unknown, false AS wide WHERE false
"""


@contextmanager
def _both(
    store: Store, before: SurveyRecord, after: SurveyRecord
) -> Iterator[Callable[[str], Iterator[list[Any]]]]:
    """What asks a question, ``{fates}`` standing for the table of fates, of one range after the other."""
    earlier, later = store.endpoint_files(before), store.endpoint_files(after)
    with connect(store.root) as database:
        _open(database, "earlier", earlier)
        _open(database, "later", later)

        def ask(question: str) -> Iterator[list[Any]]:
            for low, high in pairwise(ranges([*earlier, *later], RANGE_ROWS)):
                database.execute(_BOTH, {"low": low, "high": high})
                fates = _fates(_blob(low), _blob(high))
                yield database.execute(question.format(fates=fates)).fetchall()

        yield ask


def difference(store: Store, before: SurveyRecord, after: SurveyRecord) -> Difference:
    """How many endpoints met each fate. Raises NoSurveyError, StoreError."""
    counts = dict.fromkeys(Fate, 0)
    with _both(store, before, after) as ask:
        for rows in ask("SELECT fate, count(*) FROM ({fates}) GROUP BY fate"):
            for fate, count in rows:
                counts[Fate(fate)] += count
    return Difference(before=before.id, after=after.id, **{str(fate): n for fate, n in counts.items()})


def difference_by_country(
    store: Store, before: SurveyRecord, after: SurveyRecord
) -> tuple[CountryDifference, ...]:
    """How many endpoints of each country met each fate; where most moved first. Raises NoSurveyError, StoreError."""
    counts: dict[str, dict[str, int]] = {}
    with _both(store, before, after) as ask:
        for rows in ask("SELECT country, fate, count(*) FROM ({fates}) GROUP BY country, fate"):
            for country, fate, count in rows:
                of_country = counts.setdefault(country, dict.fromkeys(map(str, Fate), 0))
                of_country[fate] += count
    found = [CountryDifference(country=country, **fates) for country, fates in counts.items()]
    return tuple(
        sorted(found, key=lambda one: (one.same - sum(msgspec.structs.astuple(one)[1:]), one.country))
    )


def changes(
    store: Store, before: SurveyRecord, after: SurveyRecord, fates: Sequence[Fate]
) -> Iterator[Change]:
    """The endpoints that met one of ``fates``, sorted by address and port. Raises NoSurveyError, StoreError."""
    wanted = ", ".join(f"'{Fate(fate)}'" for fate in fates) or "NULL"
    columns = "fate, ip, port, host, country, class_before, class_after, findings_before, findings_after"
    question = f"SELECT {columns} FROM ({{fates}}) WHERE fate IN ({wanted}) ORDER BY {_KEY}"  # noqa: S608 - our own words
    with _both(store, before, after) as ask:
        for rows in ask(question):
            for row in rows:
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
