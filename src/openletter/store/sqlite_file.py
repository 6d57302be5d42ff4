"""SQLite files as the store and what lies beside it keep them: with a write-ahead log, so that nobody waits to read."""

import sqlite3
import time
from pathlib import Path

from openletter.store.private_file import make_private_file

_AGAIN_S = 0.01


def open_sqlite(
    path: Path, tables: str, *, timeout: float, private: bool = False, any_thread: bool = False
) -> sqlite3.Connection:
    """Open or make one; every statement is its own transaction unless it is told otherwise.

    ``tables``: SQL that makes what is missing, and says what holds for this connection.
    ``timeout``: seconds for which a statement, as this call, waits for other processes. ``private``: nobody but the owner
    can ever read it. ``any_thread``: the caller sees to it that one thread at a time uses it. Raises OSError, sqlite3.Error.
    """
    if private:
        # Made before SQLite does it; its log files take the mode over. One that is there must not be opened but by SQLite:
        # where it is closed, POSIX takes all locks on it from this process (fcntl(2)), and another that ends then removes
        # the log with what was written since (SQLite, How To Corrupt An SQLite Database File, section 2.2).
        make_private_file(path)
    database = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=not any_thread)
    try:
        log_ahead(database, timeout)
        database.executescript(tables)
    except BaseException:
        database.close()
        raise
    return database


def log_ahead(database: sqlite3.Connection, timeout: float) -> None:
    """Keep the log of writes beside the database, waiting at most ``timeout`` seconds for others. Raises sqlite3.Error."""
    # Two who make the same file each hold it shared and want it alone. SQLite refuses one of them at once, whatever its
    # timeout says: waiting with the lock held would never end.
    until = time.monotonic() + timeout
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_AGAIN_S)
        else:
            return
