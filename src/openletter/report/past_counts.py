"""What subscribers' documents of earlier days counted, for their trend: a few numbers a subscriber and day, beside the index of
reports. Written when a document is made; so a document shows those days of which there was one.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec

from openletter.report.report_index import FILE
from openletter.store.error import named
from openletter.store.sqlite_file import open_sqlite

_TABLES = """
CREATE TABLE IF NOT EXISTS counted (
  subscriber INTEGER NOT NULL,
  day TEXT NOT NULL,
  faulty INTEGER NOT NULL,
  wide INTEGER NOT NULL,
  strict INTEGER NOT NULL,
  PRIMARY KEY (subscriber, day)
) STRICT, WITHOUT ROWID;
"""
_BEFORE = """
SELECT subscriber, day, faulty, wide, strict FROM (
  SELECT *, row_number() OVER (PARTITION BY subscriber ORDER BY day DESC) AS place FROM counted WHERE day < ?
) WHERE place <= ? ORDER BY subscriber, day
"""


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts of one subscriber on one day."""

    day: date
    faulty: int
    wide: int
    strict: int


class PastCounts:
    """Raises StoreError where the file cannot be read or written."""

    def __init__(self, store_root: Path) -> None:
        self._path = store_root.absolute() / FILE

    def _open(self) -> sqlite3.Connection:
        return open_sqlite(self._path, _TABLES, timeout=60, private=True)

    def record(self, counts: Iterable[tuple[int, DayCount]]) -> None:
        """By subscriber's id; those of the same day are replaced."""
        with named(self._path), closing(self._open()) as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT OR REPLACE INTO counted VALUES (?, ?, ?, ?, ?)",
                ((whose, one.day.isoformat(), one.faulty, one.wide, one.strict) for whose, one in counts),
            )
            database.execute("COMMIT")

    def before(self, day: date, most: int) -> dict[int, tuple[DayCount, ...]]:
        """Of each subscriber the last ``most`` days before that one, the oldest first."""
        if not self._path.exists():
            return {}
        with named(self._path), closing(self._open()) as database:
            rows = database.execute(_BEFORE, (day.isoformat(), most)).fetchall()
        found: dict[int, list[DayCount]] = {}
        for whose, when, faulty, wide, strict in rows:
            one = DayCount(day=date.fromisoformat(when), faulty=faulty, wide=wide, strict=strict)
            found.setdefault(whose, []).append(one)
        return {whose: tuple(some) for whose, some in found.items()}
