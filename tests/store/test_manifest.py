"""A store that an older version of the program made is brought up to date.

What a user loses when this fails: the surveys made before an upgrade.
"""

import sqlite3
import subprocess
import sys

import msgspec
import pytest

from openletter.store.file_set import FileSet, Kind, Standing, StoredFile
from openletter.store.manifest import VERSION, Manifest
from openletter.store.record import DataSet
from openletter.survey.sink import Published
from openletter.verdict.state import is_merged

VERSION_1 = """
CREATE TABLE survey (
  id TEXT PRIMARY KEY, plan TEXT NOT NULL, tool_version TEXT NOT NULL, state TEXT NOT NULL, started REAL NOT NULL,
  finished REAL, runs INTEGER NOT NULL, verdicts TEXT NOT NULL DEFAULT '', rules_version TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE shard (
  survey TEXT NOT NULL REFERENCES survey, shard INTEGER NOT NULL, attempt INTEGER NOT NULL, file TEXT NOT NULL,
  rows INTEGER NOT NULL, answered INTEGER NOT NULL, exposed INTEGER NOT NULL, octets INTEGER NOT NULL,
  PRIMARY KEY (survey, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO survey VALUES ('a', '{}', '0', 'finished', 0, 0, 1, '', '');
INSERT INTO shard VALUES ('a', 0, 1, 'spool/a/000000-1.parquet', 5, 4, 3, 99);
PRAGMA user_version = 1;
"""
OLD = Published(shard=0, attempt=1, file="spool/a/000000-1.parquet", rows=5, answered=4, exposed=3, octets=99)


@pytest.mark.parametrize("version", [1, 2])
def test_a_store_of_an_older_version_is_brought_up_and_keeps_its_shards(tmp_path, version):
    path = tmp_path / "manifest.sqlite"
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    if version == 2:
        db.execute("ALTER TABLE shard ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    db.close()
    manifest = Manifest(path)
    assert manifest.shards("a") == [OLD]
    manifest.publish([FileSet(folder="observations/a/0", kind=Kind.OBSERVATIONS, survey="a")])
    assert len(manifest.sets(survey="a")) == 1
    manifest.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    db.close()


VERSION_3 = """
ALTER TABLE shard ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE shard ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE survey ADD COLUMN spooled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE survey ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE survey ADD COLUMN merged TEXT NOT NULL DEFAULT '';
CREATE TABLE fileset (
  folder TEXT PRIMARY KEY, kind TEXT NOT NULL, survey TEXT NOT NULL, shards INTEGER NOT NULL, standing TEXT NOT NULL
) STRICT;
CREATE TABLE file (
  folder TEXT NOT NULL REFERENCES fileset, name TEXT NOT NULL, rows INTEGER NOT NULL, octets INTEGER NOT NULL,
  sha256 TEXT NOT NULL, PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;
UPDATE survey SET plan = ?1, verdicts = 'verdicts/a/1', merged = 'verdicts/a/1';
PRAGMA user_version = 3;
"""


def test_a_survey_of_version_3_is_judged_and_merged_and_not_enriched(tmp_path, plan):
    """After an upgrade the state would be merged anew from every survey that there ever was."""
    path = tmp_path / "manifest.sqlite"
    db = sqlite3.connect(path)
    written = msgspec.json.encode(plan).decode().replace("'", "''")
    db.executescript(VERSION_1 + VERSION_3.replace("?1", f"'{written}'"))
    db.close()
    manifest = Manifest(path)
    (record,) = manifest.surveys()
    assert (record.verdicts, record.enriched, record.datasets) == ("verdicts/a/1", "", ())
    assert is_merged(record)
    data = DataSet(name="n", version="1", date="", licence="", attribution="", url="", provides=("country",))
    manifest.publish([FileSet(folder="endpoints/a/0", kind=Kind.ENDPOINTS, survey="a")], datasets=[data])
    (record,) = manifest.surveys()
    assert (record.enriched, record.datasets) == ("endpoints/a/0", (data,))
    assert not is_merged(record)
    manifest.close()


def shape(path):
    db = sqlite3.connect(path)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {table: db.execute(f"PRAGMA table_info({table})").fetchall() for table in sorted(tables)}
    db.close()
    return found


def test_an_older_store_ends_up_as_a_new_one_begins(tmp_path):
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    db = sqlite3.connect(old)
    db.executescript(VERSION_1)
    db.close()
    Manifest(old).close()
    Manifest(new).close()
    assert shape(old) == shape(new)


def test_of_three_sets_the_last_counts_the_one_before_is_kept_and_the_first_leaves(tmp_path):
    """Who reads a set while two more are published would lose it otherwise; and without an end the disk fills."""
    manifest = Manifest(tmp_path / "manifest.sqlite")
    file = StoredFile(name="000000.parquet", rows=1, octets=2, sha256="ab")
    for number in range(3):
        for survey in ("a", "b"):
            folder = f"observations/{survey}/{number}"
            manifest.publish(
                [FileSet(folder=folder, kind=Kind.OBSERVATIONS, survey=survey, shards=number, files=(file,))]
            )
    found = manifest.sets(kind=Kind.OBSERVATIONS, survey="b")
    assert [one.standing for one in found] == [Standing.LEAVING, Standing.PREVIOUS, Standing.CURRENT]
    assert [one.files for one in found] == [(file,)] * 3
    assert found[2].shards == 2
    manifest.forget(found[0].folder)
    assert len(manifest.sets(survey="b")) == 2
    assert len(manifest.sets(survey="a")) == 3
    manifest.close()


PUBLISH = """
import sys
from pathlib import Path
from openletter.store.file_set import FileSet, Kind
from openletter.store.manifest import Manifest

manifest = Manifest(Path(sys.argv[1]))
manifest.publish([FileSet(folder=sys.argv[2], kind=Kind.OBSERVATIONS, survey="a")])
manifest.close()
"""


def test_a_process_that_opens_a_manifest_twice_keeps_its_hold_on_it(tmp_path):
    """While the dashboard is running, what a survey publishes would be lost when either of them ends: the log that holds it
    would be taken for nobody's. To close a file gives up all locks of the process on it, whoever took them (fcntl(2))."""
    path = tmp_path / "manifest.sqlite"
    held = Manifest(path)
    Manifest(path).close()
    for number in range(3):
        subprocess.run([sys.executable, "-c", PUBLISH, path, f"observations/a/{number}"], check=True)
        assert len(held.sets()) == number + 1
        assert path.with_name("manifest.sqlite-wal").exists()
    held.close()
    again = Manifest(path)
    assert len(again.sets()) == 3
    again.close()
