"""Files of SQLite that several processes share. What a user loses when these fail: what was written and acknowledged, since
another process threw its log away, or the second of two programs, which ends with "database is locked"."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from openletter.store.error import StoreError, named
from openletter.store.sqlite_file import open_sqlite

TABLES = "CREATE TABLE IF NOT EXISTS row (number INTEGER);"


def test_many_who_make_one_file_wait_for_each_other(tmp_path):
    at_once = 6
    with ThreadPoolExecutor(at_once) as pool:
        for number in range(40):
            started = Barrier(at_once)

            def write(number=number, started=started):
                started.wait()
                database = open_sqlite(tmp_path / f"{number}.sqlite", TABLES, timeout=60, private=True)
                database.execute("INSERT INTO row VALUES (1)")
                database.close()

            for done in [pool.submit(write) for _ in range(at_once)]:
                done.result()
            database = sqlite3.connect(tmp_path / f"{number}.sqlite")
            assert database.execute("SELECT count(*) FROM row").fetchone() == (at_once,)
            database.close()


def test_waiting_ends(tmp_path):
    holder = sqlite3.connect(tmp_path / "held.sqlite", isolation_level=None)
    holder.execute("CREATE TABLE row (number INTEGER)")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_sqlite(tmp_path / "held.sqlite", "", timeout=0.2)
    holder.close()


def test_a_second_opening_leaves_the_first_ones_locks(tmp_path):
    path = tmp_path / "shared.sqlite"
    first = open_sqlite(path, TABLES, timeout=60, private=True)
    second = open_sqlite(path, TABLES, timeout=60, private=True)
    # Another process that is the last one, as it thinks, puts the log into the file and removes it.
    look = (
        f"import sqlite3; database = sqlite3.connect({str(path)!r});"
        "print(database.execute('SELECT count(*) FROM row').fetchone()[0]); database.close()"
    )
    subprocess.run([sys.executable, "-c", look], check=True, capture_output=True)
    first.execute("INSERT INTO row VALUES (1)")
    seen = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    first.close()
    second.close()
    assert seen.stdout == "1\n"


def test_a_private_file_and_its_log_are_its_owners_alone(tmp_path):
    database = open_sqlite(tmp_path / "private.sqlite", TABLES, timeout=60, private=True)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()
    assert modes == dict.fromkeys(("private.sqlite", "private.sqlite-wal", "private.sqlite-shm"), 0o600)


@pytest.mark.parametrize("way", ["no folder", "read-only"])
def test_what_cannot_be_written_is_said(tmp_path, way):
    """SQLite's own "unable to open database file" lets people look for a file that is there."""
    path = tmp_path / "medium" / "manifest.sqlite"
    if way == "read-only":
        path.parent.mkdir()
        sqlite3.connect(path).execute("CREATE TABLE row (number INTEGER)").connection.close()

    def write():
        with named(path):
            if way == "no folder":
                open_sqlite(path, "", timeout=1)
            else:
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                    database.execute("DROP TABLE row")

    with pytest.raises(StoreError, match=r"sqlite: cannot be written, which is needed also to read it"):
        write()
