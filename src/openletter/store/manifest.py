"""The manifest: which surveys there are, and which of their files count. SQLite in WAL mode.

Its word is law: a file that it does not name is not part of a survey, whatever its own name says.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from openletter.store.error import DamagedStoreError, NewerStoreError, NoSurveyError, named
from openletter.store.record import State, SurveyRecord
from openletter.survey.plan import Plan
from openletter.survey.sink import Published

VERSION = 2
"""Of the tables below; kept in SQLite's ``user_version``."""

_STEPS = {1: "ALTER TABLE shard ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0"}
"""What makes a store of an older version, the key, into one of the next."""

_USER_VERSION_AT = 60
"""Offset in the file's header (SQLite file format §1.3), four octets, big-endian."""

_TABLES = """
CREATE TABLE survey (
  id TEXT PRIMARY KEY,
  plan TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  state TEXT NOT NULL,
  started REAL NOT NULL,
  finished REAL,
  runs INTEGER NOT NULL,
  verdicts TEXT NOT NULL DEFAULT '',
  rules_version TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE shard (
  survey TEXT NOT NULL REFERENCES survey,
  shard INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  file TEXT NOT NULL,
  rows INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  exposed INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  left_out INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (survey, shard)
) STRICT, WITHOUT ROWID;
"""

_SURVEY = "SELECT id, plan, tool_version, state, started, finished, runs, verdicts, rules_version FROM survey"


def _newer(path: Path, version: int) -> NewerStoreError:
    return NewerStoreError(
        f"{path.parent}: this store has version {version}, and this program knows {VERSION}; use a newer openletter"
    )


def _refuse_newer(path: Path) -> None:
    """By a look at the header: opening the database could already write."""
    with named(path), path.open("rb") as file:
        header = file.read(100)
    if header and not header.startswith(b"SQLite format 3\0"):
        raise DamagedStoreError(f"{path}: is no manifest of a store")
    version = int.from_bytes(header[_USER_VERSION_AT : _USER_VERSION_AT + 4], "big")
    if version > VERSION:
        raise _newer(path, version)


class Manifest:
    """Raises :class:`~openletter.store.error.StoreError` from every method."""

    def __init__(self, path: Path) -> None:
        """Open it, or make a new one. ``NewerStoreError`` leaves everything as it is."""
        self._path = path
        if path.exists():
            _refuse_newer(path)
        with named(path):
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            try:
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version > VERSION:
                    raise _newer(path, version)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                if version < VERSION:
                    self._bring_up()
            except BaseException:
                self._db.close()
                raise

    def _bring_up(self) -> None:
        """Make the tables, or those of an older version into today's; another process may do it at the same time."""
        with self._transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version < VERSION:
                steps = _TABLES.split(";\n") if version == 0 else [_STEPS[v] for v in range(version, VERSION)]
                for statement in steps:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._db.close()

    def add(self, record: SurveyRecord) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT INTO survey (id, plan, tool_version, state, started, finished, runs) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    record.id,
                    msgspec.json.encode(record.plan).decode(),
                    record.tool_version,
                    record.state,
                    record.started,
                    record.finished,
                    record.runs,
                ),
            )

    def surveys(self) -> list[SurveyRecord]:
        """All of them, the oldest first."""
        with named(self._path):
            return [self._record(row) for row in self._db.execute(f"{_SURVEY} ORDER BY id")]

    def survey(self, survey: str) -> SurveyRecord:
        """Raises ``NoSurveyError``."""
        with named(self._path):
            row = self._db.execute(f"{_SURVEY} WHERE id = ?", (survey,)).fetchone()
        if row is None:
            raise NoSurveyError(f"{self._path.parent}: no survey {survey!r} in this store")
        return self._record(row)

    def _record(self, row: tuple[object, ...]) -> SurveyRecord:
        names = SurveyRecord.__struct_fields__
        assert isinstance(row[1], str)
        try:
            plan = msgspec.json.decode(row[1], type=Plan)
            return msgspec.convert({**dict(zip(names, row, strict=True)), "plan": plan}, SurveyRecord)
        except msgspec.MsgspecError as error:
            raise DamagedStoreError(f"{self._path}: survey {row[0]} cannot be read ({error})") from error

    def begin_run(self, survey: str) -> int:
        """The survey runs (again); the number of this attempt."""
        with self._transaction():
            self._db.execute(
                "UPDATE survey SET runs = runs + 1, state = ?, finished = NULL WHERE id = ?",
                (State.RUNNING, survey),
            )
            (runs,) = self._db.execute("SELECT runs FROM survey WHERE id = ?", (survey,)).fetchone()
        return int(runs)

    def end_run(self, survey: str, state: State, finished: float) -> None:
        with self._transaction():
            self._db.execute(
                "UPDATE survey SET state = ?, finished = ? WHERE id = ?", (state, finished, survey)
            )

    def record_shard(self, survey: str, published: Published) -> bool:
        """Whether this is the shard's first publication; another one is not written down."""
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO shard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (survey, *msgspec.structs.astuple(published)),
            )
        return cursor.rowcount == 1

    def shards(self, survey: str) -> list[Published]:
        """The files that count, in the order of their shards."""
        with named(self._path):
            rows = self._db.execute(
                "SELECT shard, attempt, file, rows, answered, exposed, octets, left_out FROM shard "
                "WHERE survey = ? ORDER BY shard",
                (survey,),
            )
            return [
                msgspec.convert(dict(zip(Published.__struct_fields__, row, strict=True)), Published)
                for row in rows
            ]

    def replace_plan(self, survey: str, plan: Plan) -> None:
        with self._transaction():
            self._db.execute(
                "UPDATE survey SET plan = ? WHERE id = ?", (msgspec.json.encode(plan).decode(), survey)
            )

    def publish_verdicts(self, survey: str, folder: str, rules_version: str) -> None:
        """From now on these verdicts are the survey's."""
        with self._transaction():
            self._db.execute(
                "UPDATE survey SET verdicts = ?, rules_version = ? WHERE id = ?",
                (folder, rules_version, survey),
            )
