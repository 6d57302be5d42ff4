"""Which report files were made, for whom, and where they are: ``reports.sqlite`` in the store, for its owner alone.

What ``reports/list`` of the Reports API shows. A file that is made again with the same octets keeps its id.
"""

import secrets
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec

from openletter.store.error import named
from openletter.store.sqlite_file import open_sqlite
from openletter.subscriber.report_type import ReportType

FILE = "reports.sqlite"

_TABLES = """
CREATE TABLE IF NOT EXISTS report (
  id TEXT PRIMARY KEY,
  subscriber INTEGER NOT NULL,
  survey TEXT NOT NULL,
  type TEXT NOT NULL,
  day TEXT NOT NULL,
  folder TEXT NOT NULL,
  file TEXT NOT NULL,
  rows INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  made REAL NOT NULL,
  UNIQUE (folder, file)
) STRICT;
CREATE INDEX IF NOT EXISTS report_of ON report (subscriber, day);
"""
_COLUMNS = "id, subscriber, survey, type, day, folder, file, rows, octets, sha256, made"


class ReportFile(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was made."""

    id: str
    """160 bits of chance, in hex."""
    subscriber_id: int
    survey: str
    """Of several surveys of one day the latest."""
    type: ReportType
    date: date
    folder: str
    """Below the store's root, or absolute where it is not inside."""
    file: str
    rows: int
    octets: int
    sha256: str
    made: float
    """Unix seconds."""

    def path(self, store_root: Path) -> Path:
        return store_root / self.folder / self.file


class ReportIndex:
    """Raises StoreError where the file cannot be read or written. Any thread may use it."""

    def __init__(self, store_root: Path) -> None:
        self._root = store_root.absolute()
        self.path = self._root / FILE

    def _open(self) -> sqlite3.Connection:
        return open_sqlite(self.path, _TABLES, timeout=60, private=True)

    def folder(self, target: Path) -> str:
        """As ``ReportFile.folder`` has it."""
        whole = target.absolute()
        inside = whole.is_relative_to(self._root)
        return str(whole.relative_to(self._root)) if inside else str(whole)

    def record(
        self, files: Iterable[ReportFile], *, forget: Iterable[ReportFile] = ()
    ) -> tuple[ReportFile, ...]:
        """Write down what was made, with new ids where it differs from what was there under its name; ``forget`` are those
        that are there no more. What was written, with its ids."""
        written: list[ReportFile] = []
        with named(self.path), closing(self._open()) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                database.executemany("DELETE FROM report WHERE id = ?", ((one.id,) for one in forget))
                written.extend(_put(database, file) for file in files)
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        return tuple(written)

    def list(
        self,
        subscriber_id: int,
        *,
        first: date | None = None,
        last: date | None = None,
        types: Collection[ReportType] | None = None,
    ) -> tuple[ReportFile, ...]:
        """A subscriber's, of the days from ``first`` to ``last``, both included; the latest day first."""
        found = self._find(
            "subscriber = ? AND day >= ? AND day <= ? ORDER BY day DESC, type, file",
            (subscriber_id, (first or date.min).isoformat(), (last or date.max).isoformat()),
        )
        return tuple(one for one in found if types is None or one.type in types)

    def of_survey(self, survey: str) -> tuple[ReportFile, ...]:
        return self._find("survey = ? ORDER BY file", (survey,))

    def find(self, report_id: str) -> ReportFile | None:
        found = self._find("id = ?", (report_id,))
        return found[0] if found else None

    def _find(self, condition: str, values: Sequence[object]) -> tuple[ReportFile, ...]:
        if not self.path.exists():
            return ()
        with named(self.path), closing(self._open()) as database:
            rows = database.execute(
                f"SELECT {_COLUMNS} FROM report WHERE {condition}",  # noqa: S608 - our own words
                values,
            ).fetchall()
        names = ReportFile.__struct_fields__
        return tuple(msgspec.convert(dict(zip(names, row, strict=True)), ReportFile) for row in rows)


def new_id() -> str:
    return secrets.token_hex(20)


def _put(database: sqlite3.Connection, file: ReportFile) -> ReportFile:
    before = database.execute(
        "SELECT id, made FROM report WHERE folder = ? AND file = ? AND sha256 = ? AND subscriber = ?",
        (file.folder, file.file, file.sha256, file.subscriber_id),
    ).fetchone()
    if before is not None:
        file = msgspec.structs.replace(file, id=before[0], made=before[1])
    marks = ", ".join("?" * len(ReportFile.__struct_fields__))
    database.execute(
        f"INSERT OR REPLACE INTO report ({_COLUMNS}) VALUES ({marks})",  # noqa: S608 - our own words
        [value.isoformat() if isinstance(value, date) else value for value in msgspec.structs.astuple(file)],
    )
    return file
