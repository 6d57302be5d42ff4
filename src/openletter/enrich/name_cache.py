"""What the reverse zones of DNS said, kept in the store: ``names.sqlite``. So a lookup that was broken off goes on where it
was, and the next day's asks for the few that have run out."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from openletter.store.error import named
from openletter.store.sqlite_file import open_sqlite

FILE = "names.sqlite"
# An answer that a power failure takes is asked for again.
_TABLES = """
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS name (
  address BLOB PRIMARY KEY, name TEXT NOT NULL, asked REAL NOT NULL, until REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""
_ASKED_AT_ONCE = 512
"""Below every limit on the parameters of a statement."""


class Named(msgspec.Struct, frozen=True):
    """One answer."""

    address: bytes
    """Sixteen octets, as ``ip_sort``."""
    name: str
    """Empty where there is none."""
    asked: float
    """Unix seconds, as the next one."""
    until: float
    """Until when it holds."""


class NameCache:
    """A context: the names of the store in ``root``. Raises StoreError."""

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

    def keep(self, answers: Iterable[Named]) -> None:
        """Put them in the place of those before."""
        with named(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?)", map(msgspec.structs.astuple, answers)
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def names(self, addresses: Iterable[bytes]) -> dict[bytes, str]:
        """Those that are known, by address, whether they have run out or not: an old name says more than none. Addresses
        that have no name are not among them."""
        found = self._look("address, name", "AND name <> ''", addresses)
        return dict(found)

    def unknown(self, addresses: Iterable[bytes], *, now: float) -> list[bytes]:
        """Those that are still to be asked, in their order: never answered, or run out. ``now`` in Unix seconds."""
        wanted = list(addresses)
        held = {address for address, until in self._look("address, until", "", wanted) if until > now}
        return [address for address in wanted if address not in held]

    def _look(self, columns: str, condition: str, addresses: Iterable[bytes]) -> list[tuple[bytes, Any]]:
        wanted: Sequence[bytes] = sorted(set(addresses))
        found: list[tuple[bytes, Any]] = []
        with named(self._path):
            for start in range(0, len(wanted), _ASKED_AT_ONCE):
                some = wanted[start : start + _ASKED_AT_ONCE]
                marks = ", ".join("?" * len(some))
                sql = f"SELECT {columns} FROM name WHERE address IN ({marks}) {condition}"  # noqa: S608 - our own words
                found += self._db.execute(sql, some)
        return found
