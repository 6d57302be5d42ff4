"""The manifest: which surveys there are, and which of their files count. SQLite in WAL mode.

Its word is law: a file that it does not name is not part of a survey, whatever its own name says.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from openletter.store.error import DamagedStoreError, NewerStoreError, NoSurveyError, named
from openletter.store.file_set import FileSet, Kind, Standing, StoredFile
from openletter.store.record import DataSet, State, SurveyRecord
from openletter.store.sqlite_file import log_ahead
from openletter.survey.plan import Plan
from openletter.survey.sink import Published

VERSION = 4
_WAIT_S = 30
"""Of the tables below; kept in SQLite's ``user_version``."""

_SETS = """
CREATE TABLE fileset (
  folder TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  survey TEXT NOT NULL,
  shards INTEGER NOT NULL,
  standing TEXT NOT NULL
) STRICT;
CREATE TABLE file (
  folder TEXT NOT NULL REFERENCES fileset,
  name TEXT NOT NULL,
  rows INTEGER NOT NULL,
  octets INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;
"""

_STEPS = {
    1: "ALTER TABLE shard ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0",
    2: f"""
ALTER TABLE shard ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE survey ADD COLUMN spooled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE survey ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE survey ADD COLUMN merged TEXT NOT NULL DEFAULT '';
{_SETS}""",
    3: """
ALTER TABLE survey ADD COLUMN enriched TEXT NOT NULL DEFAULT '';
ALTER TABLE survey ADD COLUMN datasets TEXT NOT NULL DEFAULT '[]'""",
}
"""What makes a store of an older version, the key, into one of the next."""

_TABLES = f"""
CREATE TABLE survey (
  id TEXT PRIMARY KEY,
  plan TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  state TEXT NOT NULL,
  started REAL NOT NULL,
  finished REAL,
  runs INTEGER NOT NULL,
  verdicts TEXT NOT NULL DEFAULT '',
  rules_version TEXT NOT NULL DEFAULT '',
  spooled INTEGER NOT NULL DEFAULT 1,
  pruned INTEGER NOT NULL DEFAULT 0,
  merged TEXT NOT NULL DEFAULT '',
  enriched TEXT NOT NULL DEFAULT '',
  datasets TEXT NOT NULL DEFAULT '[]'
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
  sha256 TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (survey, shard)
) STRICT, WITHOUT ROWID;
{_SETS}"""

_SURVEY = (
    "SELECT id, plan, tool_version, state, started, finished, runs, verdicts, rules_version, spooled, pruned, merged, "
    "enriched, datasets FROM survey"
)


def _newer(path: Path, version: int) -> NewerStoreError:
    return NewerStoreError(
        f"{path.parent}: this store has version {version}, and this program knows {VERSION}; use a newer openletter"
    )


def _refuse_newer(path: Path) -> None:
    """By a look at the header alone: opening the database in the usual way could already write.

    SQLite takes that look, and not a file of our own: where that is closed, POSIX takes all locks from this process that
    SQLite holds on the database (fcntl(2)), and another process that ends then removes a log that is in use, with all
    that was published since (SQLite, How To Corrupt An SQLite Database File, §2.2).
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as looking:
            (version,) = looking.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        # What a full disk left of a checkpoint is whole together with its log only: opening it says what it is.
        return
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
            self._db = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
            try:
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version > VERSION:
                    raise _newer(path, version)
                log_ahead(self._db, _WAIT_S)
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
                steps = [_TABLES] if version == 0 else [_STEPS[v] for v in range(version, VERSION)]
                for statement in ";\n".join(steps).split(";\n"):
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

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Several questions, answered from one state of the manifest."""
        with named(self._path):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

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
        values = dict(zip(names, row, strict=True))
        try:
            decoded = {
                "plan": msgspec.json.decode(str(values["plan"]), type=Plan),
                "datasets": msgspec.json.decode(str(values["datasets"]), type=tuple[DataSet, ...]),
            }
            return msgspec.convert({**values, **decoded}, SurveyRecord, strict=False)
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
                "INSERT INTO shard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (survey, *msgspec.structs.astuple(published)),
            )
        return cursor.rowcount == 1

    def shards(self, survey: str) -> list[Published]:
        """The files that count, in the order of their shards."""
        with named(self._path):
            rows = self._db.execute(
                "SELECT shard, attempt, file, rows, answered, exposed, octets, left_out, sha256 FROM shard "
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

    def publish(
        self,
        sets: Sequence[FileSet],
        *,
        rules_version: str = "",
        merged: str = "",
        datasets: Sequence[DataSet] = (),
    ) -> None:
        """From now on these sets are the current ones, all of them or, after a crash, none.

        The current ones before stay as ``previous``, and what was ``previous`` is ``leaving``. With verdicts comes
        ``rules_version``, with endpoint tables the ``datasets`` that they were enriched by, with a state the folder of
        endpoints that was ``merged``. Verdicts without endpoint tables make those before ``previous``: they were made of
        other verdicts.
        """
        kinds = {new.kind for new in sets}
        with self._transaction():
            for new in sets:
                self._db.execute(
                    "INSERT INTO fileset VALUES (?, ?, ?, ?, '')",
                    (new.folder, new.kind, new.survey, new.shards),
                )
                self._db.executemany(
                    "INSERT INTO file VALUES (?, ?, ?, ?, ?)",
                    ((new.folder, *msgspec.structs.astuple(file)) for file in new.files),
                )
                whose = "" if new.kind.of_all else new.survey
                self._db.execute(
                    "UPDATE fileset SET standing = CASE standing WHEN '' THEN 'current' WHEN 'current' THEN 'previous' "
                    "ELSE 'leaving' END WHERE kind = ? AND ? IN ('', survey)",
                    (new.kind, whose),
                )
                if new.kind is Kind.VERDICTS:
                    self._db.execute(
                        "UPDATE survey SET verdicts = ?, rules_version = ? WHERE id = ?",
                        (new.folder, rules_version, new.survey),
                    )
                    if Kind.ENDPOINTS not in kinds:
                        self._give_up_endpoints(new.survey)
                if new.kind is Kind.ENDPOINTS:
                    self._db.execute(
                        "UPDATE survey SET enriched = ?, datasets = ? WHERE id = ?",
                        (new.folder, msgspec.json.encode(datasets).decode(), new.survey),
                    )
                if new.kind is Kind.STATE:
                    self._db.execute("UPDATE survey SET merged = ? WHERE id = ?", (merged, new.survey))

    def _give_up_endpoints(self, survey: str) -> None:
        self._db.execute("UPDATE survey SET enriched = '', datasets = '[]' WHERE id = ?", (survey,))
        self._db.execute(
            "UPDATE fileset SET standing = CASE standing WHEN 'current' THEN 'previous' ELSE 'leaving' END "
            "WHERE kind = 'endpoints' AND survey = ?",
            (survey,),
        )

    def sets(self, *, kind: Kind | None = None, survey: str | None = None) -> list[FileSet]:
        """All that are recorded, whatever their standing, in the order of their folders."""
        with self._reading():
            files: dict[str, list[StoredFile]] = {}
            for folder, *values in self._db.execute(
                "SELECT folder, name, rows, octets, sha256 FROM file ORDER BY name"
            ):
                stored = dict(zip(StoredFile.__struct_fields__, values, strict=True))
                files.setdefault(folder, []).append(msgspec.convert(stored, StoredFile))
            rows = self._db.execute(
                "SELECT folder, kind, survey, shards, standing FROM fileset ORDER BY folder"
            ).fetchall()
        found = [
            FileSet(
                folder=folder,
                kind=Kind(of_kind),
                survey=of,
                shards=shards,
                standing=Standing(standing),
                files=tuple(files.get(folder, ())),
            )
            for folder, of_kind, of, shards, standing in rows
        ]
        return [one for one in found if kind in (None, one.kind) and survey in (None, one.survey)]

    def retire(self, folders: Iterable[str]) -> None:
        """Make sets ``leaving``, whatever they were."""
        with self._transaction():
            self._db.executemany(
                "UPDATE fileset SET standing = 'leaving' WHERE folder = ?", ((folder,) for folder in folders)
            )

    def forget(self, folder: str) -> None:
        """A set whose files are gone."""
        with self._transaction():
            self._db.execute("DELETE FROM file WHERE folder = ?", (folder,))
            self._db.execute("DELETE FROM fileset WHERE folder = ?", (folder,))

    def give_up_spool(self, surveys: Iterable[str]) -> None:
        """The spools of these surveys do not count any more; their files may be removed."""
        with self._transaction():
            self._db.executemany("UPDATE survey SET spooled = 0 WHERE id = ?", ((of,) for of in surveys))

    def prune(self, survey: str) -> None:
        """A survey's record and roll-ups stay; its spool does not count, and its other sets are ``leaving``."""
        with self._transaction():
            self._db.execute(
                "UPDATE survey SET spooled = 0, pruned = 1, verdicts = '', enriched = '' WHERE id = ?",
                (survey,),
            )
            self._db.execute(
                "UPDATE fileset SET standing = 'leaving' WHERE survey = ? AND "
                "(kind IN ('observations', 'verdicts', 'endpoints') OR kind = 'rollups' AND standing <> 'current')",
                (survey,),
            )
