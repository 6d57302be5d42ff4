"""SQLite files that nobody but their owner can read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from openletter.store.error import named
from openletter.store.sqlite_file import open_sqlite


class PrivateDatabase:
    """One of these files, opened: a context that closes it. Of one thread. Raises StoreError."""

    def __init__(self, path: Path, tables: str) -> None:
        self.path = path
        with named(path):
            self._database = open_sqlite(path, tables, timeout=60, private=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()


class PrivateQueue(PrivateDatabase):
    """One that holds what must neither be lost nor be done twice."""

    def __init__(self, path: Path, tables: str) -> None:
        # A commit is on the disk when it returns, also where the power fails a moment later; and what is thrown away is not
        # left in free pages.
        lasting = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
        super().__init__(path, lasting + tables)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """As a whole, or not at all where it ends with an exception."""
        with named(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
