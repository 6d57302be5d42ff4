"""The state: the latest verdict on every endpoint that was ever asked, merged survey by survey.

It is made of the state before and one survey, never of history. A row is an endpoint (address, port, name):

- ``first_seen``, ``last_seen``: when it first and last answered, as the times at which those surveys began; null where
  it never did. ``asked``: the survey that asked it last. An endpoint that a survey does not have keeps its row.
- ``changed_at``: when its class or its findings were last found to be others than before; at first when it was first
  asked. ``previous_class``: its class before that, empty where there was none.
- ``exposed_since``: which survey was the first to find it exposed (wide) without a break, its latest exposure if there were
  several; null where it never was. ``exposed_until``: which survey then found it mended, or without an answer; null while it
  is exposed, as far as is known. An answer that does not tell what is exposed neither ends an exposure nor breaks it.
- A survey that is judged or enriched anew puts what it says in the place of its own; a survey that is older than what the
  state has of an endpoint says no more than when that was first seen.

Both sides are sorted by address; so they are merged range by range, with one range in memory.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from openletter.store.columns import ADDRESS_ORDER, ASN, FLAG, LIST, PORT, SECONDS, TEXT, WORD
from openletter.store.compaction import GROUP_ROWS
from openletter.store.database import connect, quoted
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder, part_name
from openletter.store.files import columns_of, make_folder, publish_whole_table
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.verdict.ranges import ranges

MERGED_ROWS = 1_000_000
"""Rows of a range, both sides together: some 500 MB while they are joined."""

_NULLABLE = frozenset({"first_seen", "last_seen", "exposed_since", "exposed_until"})

SCHEMA: Any = pa.schema(
    [
        pa.field("ip_sort", ADDRESS_ORDER.arrow, nullable=False),
        *(
            pa.field(name, kind.arrow, nullable=name in _NULLABLE)
            for name, kind in (
                ("ip", TEXT),
                ("port", PORT),
                ("host", TEXT),
                ("country", WORD),
                ("asn", ASN),
                ("protocol", WORD),
                ("mode", WORD),
                ("class", WORD),
                ("severity", WORD),
                ("worst", WORD),
                ("unknown", FLAG),
                ("evidence", WORD),
                ("strict", FLAG),
                ("wide", FLAG),
                ("findings", LIST),
                ("previous_class", WORD),
                ("first_seen", SECONDS),
                ("last_seen", SECONDS),
                ("changed_at", SECONDS),
                ("asked", SECONDS),
                ("exposed_since", SECONDS),
                ("exposed_until", SECONDS),
            )
        ),
    ],
    metadata={b"openletter.state": b"2"},
)
"""A ``pyarrow.Schema``; one of version 1 has neither ``asn`` nor the exposure."""

_KEY = ("ip_sort", "port", "host")
_TAKEN = (
    "ip",
    "country",
    "asn",
    "protocol",
    "mode",
    "class",
    "severity",
    "worst",
    "unknown",
    "evidence",
    "strict",
    "wide",
    "findings",
)
_ASKED: Any = pa.schema([SCHEMA.field(name) for name in (*_KEY, *_TAKEN)])
"""What is taken of a survey's endpoints."""
_NEW_IS_TAKEN = "(n.port IS NOT NULL AND (o.port IS NULL OR $at >= o.asked))"
_DIFFERS = "(n.class <> o.class OR list_sort(n.findings) <> list_sort(o.findings))"
_ANSWERED_AT = "CASE WHEN n.class <> 'unreachable' THEN $at END"
_ENDS = "(n.class = 'unreachable' OR NOT n.unknown)"
"""Of one that is not exposed now: whether an exposure ends with it."""

_MERGE = f"""
SELECT {", ".join(f"coalesce(n.{name}, o.{name}) AS {name}" for name in _KEY)},
       {", ".join(f'CASE WHEN {_NEW_IS_TAKEN} THEN n."{name}" ELSE o."{name}" END AS "{name}"' for name in _TAKEN)},
       CASE WHEN o.port IS NULL THEN ''
            WHEN {_NEW_IS_TAKEN} AND {_DIFFERS} AND NOT ($at = o.asked AND $at = o.changed_at) THEN o.class
            ELSE o.previous_class END AS previous_class,
       CASE WHEN o.port IS NULL THEN {_ANSWERED_AT} WHEN n.port IS NULL THEN o.first_seen
            ELSE least(o.first_seen, {_ANSWERED_AT}) END AS first_seen,
       CASE WHEN o.port IS NULL THEN {_ANSWERED_AT} WHEN n.port IS NULL THEN o.last_seen
            ELSE greatest(o.last_seen, {_ANSWERED_AT}) END AS last_seen,
       CASE WHEN o.port IS NULL THEN $at WHEN {_NEW_IS_TAKEN} AND {_DIFFERS} THEN $at ELSE o.changed_at END AS changed_at,
       CASE WHEN {_NEW_IS_TAKEN} THEN $at ELSE o.asked END AS asked,
       CASE WHEN NOT {_NEW_IS_TAKEN} THEN o.exposed_since
            WHEN n.wide THEN CASE WHEN o.exposed_until IS NULL OR o.exposed_until = $at
                                  THEN coalesce(o.exposed_since, $at) ELSE $at END
            WHEN o.exposed_since = $at THEN NULL ELSE o.exposed_since END AS exposed_since,
       CASE WHEN NOT {_NEW_IS_TAKEN} THEN o.exposed_until
            WHEN n.wide OR o.exposed_since IS NULL OR o.exposed_since = $at THEN NULL
            WHEN o.exposed_until < $at THEN o.exposed_until
            WHEN {_ENDS} THEN $at END AS exposed_until
FROM (SELECT * FROM after WHERE ip_sort >= $low AND ip_sort < $high) n
FULL JOIN (SELECT * FROM before WHERE ip_sort >= $low AND ip_sort < $high) o USING (ip_sort, port, host)
ORDER BY 1, 2, 3
"""  # noqa: S608 - our own words


def _source(files: Sequence[Path], schema: Any) -> str:
    if not files:
        words = {
            "ip_sort": "BLOB",
            "port": "USMALLINT",
            "unknown": "BOOLEAN",
            "strict": "BOOLEAN",
            "wide": "BOOLEAN",
            "asn": "UINTEGER",
        }
        seconds = {field.name: "DOUBLE" for field in schema if field.type == SECONDS.arrow}
        types = {"findings": "VARCHAR[]", **words, **seconds}
        columns = ", ".join(f'NULL::{types.get(name, "VARCHAR")} AS "{name}"' for name in schema.names)
        return f"SELECT {columns} WHERE false"
    there = columns_of(files[0])
    added = "".join(
        f", {sql} AS {name}"
        for name, sql in _CAME_LATER.items()
        if name in schema.names and name not in there
    )
    return f"SELECT *{added} FROM read_parquet([{', '.join(map(quoted, files))}])"  # noqa: S608 - our own names


_CAME_LATER = {
    "asn": "0::UINTEGER",
    "exposed_since": "CASE WHEN wide THEN changed_at END",
    "exposed_until": "NULL::DOUBLE",
}
"""SQL for columns that a state of version 1, and verdicts that were not enriched, do not have."""


def merge_files(
    before: Sequence[Path],
    after: Sequence[Path],
    *,
    at: float,
    target: Path,
    spill: Path,
    rows: int = MERGED_ROWS,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> list[StoredFile]:
    """Merge the files of a state and of a survey's verdicts, both sorted, into the files of the next state in the folder
    ``target``. ``at``: when the survey began, Unix seconds. Raises StoreError."""
    stored: list[StoredFile] = []
    bounds = ranges([*before, *after], rows)
    with connect(spill) as database:
        database.execute(f"CREATE VIEW before AS {_source(before, SCHEMA)}")
        database.execute(f"CREATE VIEW after AS {_source(after, _ASKED)}")
        for number, (low, high) in enumerate(pairwise(bounds)):
            watch(number, len(bounds) - 1)
            merged = database.sql(_MERGE, params={"at": at, "low": low, "high": high}).to_arrow_table()
            table = pa.table(
                [_as_kept(merged.column(field.name), field.type) for field in SCHEMA], schema=SCHEMA
            )
            name = part_name(number)
            written = publish_whole_table(target / name, table, group_rows=GROUP_ROWS)
            stored.append(
                StoredFile(name=name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)
            )
    watch(len(stored), len(stored))
    return stored


def _as_kept(column: Any, kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return column.cast(pa.string()).dictionary_encode().cast(kind)
    return column.cast(kind)


def is_merged(record: SurveyRecord) -> bool:
    """Whether the state has the survey's published verdicts, or wants none of it: it is not finished or not judged."""
    return record.state is not State.FINISHED or not record.verdicts or record.merged == record.endpoints


def merge_state(
    store: Store,
    *,
    rows: int = MERGED_ROWS,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> list[str]:
    """Merge into the state what it has not yet of finished and judged surveys, the oldest first; which ones those were.

    Raises StoreError; then the state before stands, with the surveys that were merged by then.
    """
    done: list[str] = []
    if all(map(is_merged, store.surveys())):
        return done
    with store.building(Kind.STATE):
        for record in store.surveys():
            if is_merged(record):
                continue
            current = store.current(Kind.STATE)
            folder = new_folder(Kind.STATE, record.id)
            make_folder(store.root / folder)
            files = merge_files(
                store.files_of(current) if current else [],
                store.endpoint_files(record),
                at=record.started,
                target=store.root / folder,
                spill=store.root,
                rows=rows,
                watch=watch,
            )
            new = FileSet(folder=folder, kind=Kind.STATE, survey=record.id, files=tuple(files))
            store.manifest.publish([new], merged=record.endpoints)
            done.append(record.id)
    store.remove_leaving()
    return done
