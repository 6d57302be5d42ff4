"""SQLite files that nobody but their owner can read."""

import os
import sqlite3
from pathlib import Path


def open_private(path: Path, tables: str) -> sqlite3.Connection:
    """Open or make one; ``tables`` is SQL that makes what is missing. Raises OSError, sqlite3.Error."""
    # Made before SQLite does it, so that nobody else can ever read it; its log files take the mode over.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(tables)
    except BaseException:
        database.close()
        raise
    return database
