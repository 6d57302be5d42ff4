"""What subscribers were told of: a row for each endpoint that one of them was ever told of, kept as one set of files that is
published as the state is. So an account of what was handed over is whole, or that of before.

A row is a subscriber's endpoint (address, port, name): ``words`` are the faults that it was told of (a class, findings),
``severity`` the worst of them; ``first_reported`` and ``last_reported`` are days, ``times`` on how many days it was told;
``seen`` is when a survey last found a fault, Unix seconds; ``closed_at`` the day on which it was told to be fixed, null while it
is not.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from openletter.store.columns import PORT
from openletter.store.compaction import GROUP_ROWS
from openletter.store.database import connect, quoted
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder, part_name
from openletter.store.files import make_folder, publish_whole_table
from openletter.store.record import SurveyRecord
from openletter.store.store import Store

PART_ROWS = 1_000_000
KEPT_DAYS = 730
"""What has been fixed for so long is forgotten: who has it again is told as of something new."""

SCHEMA: Any = pa.schema(
    [
        pa.field("subscriber", pa.int64(), nullable=False),
        pa.field("ip_sort", pa.binary(16), nullable=False),
        pa.field("port", PORT.arrow, nullable=False),
        pa.field("host", pa.string(), nullable=False),
        pa.field("ip", pa.string(), nullable=False),
        pa.field("words", pa.list_(pa.string()), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("first_reported", pa.date32(), nullable=False),
        pa.field("last_reported", pa.date32(), nullable=False),
        pa.field("times", pa.int32(), nullable=False),
        pa.field("seen", pa.float64(), nullable=False),
        pa.field("closed_at", pa.date32()),
    ],
    metadata={b"openletter.reported": b"1"},
)
"""A ``pyarrow.Schema``."""

_MERGE = """
WITH joined AS (
  SELECT n, o, CASE WHEN o.last_reported > $on THEN NULL ELSE n.standing END AS news
  FROM (SELECT * FROM after WHERE standing <> 'open' OR times > 0) n
  FULL JOIN before o
  ON n.subscriber = o.subscriber AND n.ip_sort = o.ip_sort AND n.port = o.port AND n.host = o.host
  WHERE o.closed_at IS NULL OR o.closed_at >= $forget OR n.subscriber IS NOT NULL
)
SELECT coalesce(n.subscriber, o.subscriber) AS subscriber, coalesce(n.ip_sort, o.ip_sort) AS ip_sort,
       coalesce(n.port, o.port) AS port, coalesce(n.host, o.host) AS host, coalesce(n.ip, o.ip) AS ip,
       CASE WHEN news IN ('new', 'back', 'reminder') THEN n.words ELSE o.words END AS words,
       CASE WHEN news IN ('new', 'back', 'reminder') THEN n.severity ELSE o.severity END AS severity,
       CASE WHEN n.standing <> 'open' THEN least(o.first_reported, $on) ELSE o.first_reported END AS first_reported,
       CASE WHEN news <> 'open' THEN $on ELSE o.last_reported END AS last_reported,
       coalesce(o.times, 0) + CASE WHEN news <> 'open' AND coalesce(o.last_reported < $on, true) THEN 1 ELSE 0 END AS times,
       greatest(o.seen, n.seen) AS seen,
       CASE WHEN news = 'fixed' THEN $on WHEN news IN ('new', 'back', 'reminder') THEN NULL
            ELSE o.closed_at END AS closed_at
FROM joined ORDER BY 2, 3, 4, 1
"""
"""``news`` is null where a later day is written down: a message that was handed over late says nothing of what came after it."""


def reported_files(store: Store) -> list[Path]:
    """The account as it is; none where nobody was told of anything yet."""
    current = store.current(Kind.REPORTED)
    return store.files_of(current) if current is not None else []


def source(files: Sequence[Path]) -> str:
    """SQL for the rows of the account."""
    if files:
        return f"SELECT * FROM read_parquet([{', '.join(map(quoted, files))}])"  # noqa: S608 - our own names
    types = {
        "subscriber": "BIGINT",
        "ip_sort": "BLOB",
        "port": "USMALLINT",
        "words": "VARCHAR[]",
        "first_reported": "DATE",
        "last_reported": "DATE",
        "times": "INTEGER",
        "seen": "DOUBLE",
        "closed_at": "DATE",
    }
    columns = ", ".join(f"NULL::{types.get(name, 'VARCHAR')} AS {name}" for name in SCHEMA.names)
    return f"SELECT {columns} WHERE false"


def record_reported(store: Store, record: SurveyRecord, standings: Any, on: date) -> None:
    """Write down that subscribers were told on this day of what stands in ``standings``, rows of
    :func:`openletter.report.standing.standings` of that survey: all of them, or those of the subscribers whose report was really
    handed over. Once for many is cheaper than for each. What is written down a second time changes nothing.

    Raises StoreError; then the account is that of before.
    """
    with store.building(Kind.REPORTED):
        folder = new_folder(Kind.REPORTED, record.id)
        make_folder(store.root / folder)
        files: list[StoredFile] = []
        with connect(store.root) as database:
            database.execute(f"CREATE VIEW before AS {source(reported_files(store))}")
            database.register("after", standings)
            found = database.sql(_MERGE, params={"on": on, "forget": on - timedelta(days=KEPT_DAYS)})
            table = found.to_arrow_table().cast(SCHEMA)
            for number in count():
                part = table.slice(number * PART_ROWS, PART_ROWS)
                if number and not part.num_rows:
                    break
                name = part_name(number)
                written = publish_whole_table(store.root / folder / name, part, group_rows=GROUP_ROWS)
                files.append(
                    StoredFile(name=name, rows=part.num_rows, octets=written.octets, sha256=written.sha256)
                )
        store.manifest.publish(
            [FileSet(folder=folder, kind=Kind.REPORTED, survey=record.id, files=tuple(files))]
        )
    store.remove_leaving()
