"""All certificates of a store, each once, found by its SHA-256: ``certificates.sqlite``.

Parquet would have to be read through to find the few that a file of observations names; here a look takes
microseconds. Whoever reads one can tell whether it is damaged: its name is its hash.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from openletter.store.error import named
from openletter.store.sqlite_file import open_sqlite

FILE = "certificates.sqlite"
_TABLES = """
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS certificate (sha256 BLOB NOT NULL UNIQUE, der BLOB NOT NULL) STRICT;
"""
_ASKED_AT_ONCE = 512
"""Below every limit on the parameters of a statement."""


class Certificates:
    """A context: the certificates of the store in ``root``. Raises StoreError."""

    def __init__(self, root: Path) -> None:
        self._path = root / FILE

    def __enter__(self) -> Self:
        with named(self._path):
            self._db = open_sqlite(self._path, _TABLES, timeout=60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def add(self, certificates: Iterable[tuple[str, bytes]]) -> None:
        """Keep those that are not there yet, given as SHA-256 in hex and DER; durable when this returns."""
        with named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT OR IGNORE INTO certificate VALUES (?, ?)",
                    ((bytes.fromhex(name), der) for name, der in certificates),
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def find(self, names: Iterable[str]) -> dict[str, bytes]:
        """The DER of those that are there, by SHA-256 in hex."""
        wanted = sorted({bytes.fromhex(name) for name in names})
        found: dict[str, bytes] = {}
        with named(self._path):
            for start in range(0, len(wanted), _ASKED_AT_ONCE):
                some = wanted[start : start + _ASKED_AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = self._db.execute(
                    f"SELECT sha256, der FROM certificate WHERE sha256 IN ({marks})",  # noqa: S608 - marks alone
                    some,
                )
                found.update((name.hex(), der) for name, der in rows)
        return found

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those that are not there, by SHA-256 in hex."""
        there = "SELECT 1 FROM certificate WHERE sha256 = ?"
        with named(self._path):
            return [
                name for name in names if self._db.execute(there, (bytes.fromhex(name),)).fetchone() is None
            ]

    def count(self) -> int:
        with named(self._path):
            (count,) = self._db.execute("SELECT count(*) FROM certificate").fetchone()
        return int(count)

    def faults(self) -> Iterator[str]:
        """What is wrong with the file and the certificates in it, in words."""
        with named(self._path):
            for (said,) in self._db.execute("PRAGMA quick_check(10)"):
                if said != "ok":
                    yield f"{FILE}: {said}"
            for name, der in self._db.execute("SELECT sha256, der FROM certificate"):
                if hashlib.sha256(der).digest() != name:
                    yield f"{FILE}: certificate {name.hex()} is not what was kept under that name"
