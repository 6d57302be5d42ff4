"""What can go wrong with a store, in words for its user.

StoreError
├── NoStoreError          there is none at that place
├── NewerStoreError       a later version of this program made it
├── DamagedStoreError     what is there is no store, or a file of it is gone
├── NoSurveyError         no such survey in it, or none that fits
├── SurveyBusyError       another process writes to that survey
└── DiskFullError         no room; what was published before is whole
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_NO_ROOM_IN_SQLITE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_FSYNC,
        # The index of the write-ahead log, which is a file of fixed steps.
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)

_NO_WRITING_IN_SQLITE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
"""A medium or a folder that may only be read: readers, too, leave their mark in the index of the write-ahead log."""

_KEPT = "what was finished before is kept, make room and go on"


class StoreError(Exception):
    """``str()`` is one line that says what is wrong and what would be right."""


class NoStoreError(StoreError):
    pass


class NewerStoreError(StoreError):
    pass


class DamagedStoreError(StoreError):
    pass


class NoSurveyError(StoreError):
    pass


class SurveyBusyError(StoreError):
    pass


class DiskFullError(StoreError):
    pass


def was_pruned(survey: str) -> str:
    """What ``NoSurveyError`` says of a survey of which nothing but its counts is left."""
    return f"survey {survey} was pruned; its counts are kept, its endpoints are not"


@contextmanager
def named(place: Path) -> Iterator[None]:
    """Errors of the system and of SQLite under this, as those of a store at ``place``."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError(f"{place}: the disk is full ({error.strerror}); {_KEPT}") from error
        raise StoreError(f"{place}: {error.strerror or error}") from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in _NO_ROOM_IN_SQLITE:
            raise DiskFullError(f"{place}: the disk is full ({error}); {_KEPT}") from error
        if error.sqlite_errorcode & 0xFF in _NO_WRITING_IN_SQLITE:
            raise StoreError(
                f"{place}: cannot be written, which is needed also to read it ({error})"
            ) from error
        raise StoreError(f"{place}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise DamagedStoreError(f"{place}: is no manifest of a store ({error})") from error
