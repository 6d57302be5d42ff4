"""What registries have answered, kept for a while: ``abuse-contacts.sqlite`` in the store, for its owner alone.

A network is known by its range, so one answer is good for all addresses in it. That there is nobody to write to is an answer as
well, and so, for an hour, is that there was none.
"""

from pathlib import Path

import msgspec

from openletter.report.abuse.network import Network, Outcome
from openletter.report.private_database import PrivateDatabase
from openletter.store.error import named
from openletter.store.observation_table import sort_key

FILE = "abuse-contacts.sqlite"
_DAY_S = 86_400.0
KEPT_S = {
    Outcome.FOUND: 30 * _DAY_S,
    Outcome.NO_CONTACT: 7 * _DAY_S,
    Outcome.NOT_FOUND: 7 * _DAY_S,
    Outcome.FAILED: 3_600.0,
}
_NETWORKS = frozenset({Outcome.FOUND, Outcome.NO_CONTACT})
REGISTRIES_KEPT_S = 7 * _DAY_S
"""Which registry has which addresses changes a few times a year."""

_TABLES = """
CREATE TABLE IF NOT EXISTS network (
  first BLOB NOT NULL,
  last BLOB NOT NULL,
  told TEXT NOT NULL,
  registry TEXT NOT NULL,
  asked REAL NOT NULL,
  until REAL NOT NULL,
  PRIMARY KEY (first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS registries (
  source TEXT PRIMARY KEY,
  told BLOB NOT NULL,
  asked REAL NOT NULL
) STRICT;
"""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    network: Network
    registry: str
    """Host that was asked; empty where nobody was."""
    asked: float
    """Unix seconds."""


class ContactCache(PrivateDatabase):
    """Raises StoreError where the file cannot be read or written. Of one thread."""

    def __init__(self, store_root: Path) -> None:
        # What the last seconds before a power failure brought can be asked again.
        super().__init__(store_root.absolute() / FILE, "PRAGMA synchronous = NORMAL;" + _TABLES)

    def find(self, ip: str, now: float) -> Known | None:
        """What is known of the smallest network around an address; none where that does not hold any more: who has the whole of a
        network is not to be taken for who has a part of it."""
        key = sort_key(ip)
        with named(self.path):
            for told, registry, asked, until in self._database.execute(
                "SELECT told, registry, asked, until FROM network WHERE first <= ? AND last >= ? ORDER BY first DESC, last",
                (key, key),
            ):
                network = msgspec.json.decode(told, type=Network)
                if until > now:
                    return Known(network=network, registry=registry, asked=asked)
                if network.outcome in _NETWORKS:
                    return None
        return None

    def keep(self, network: Network, registry: str, now: float, *, ip: str) -> None:
        """``ip``: that was asked about."""
        told = msgspec.json.encode(network).decode()
        until = now + KEPT_S[network.outcome]
        key = sort_key(ip)
        with named(self.path):
            if network.outcome is not Outcome.FAILED:
                # Else a part that is nobody's own any more would be asked about for ever.
                self._database.execute(
                    "DELETE FROM network WHERE first <= ? AND last >= ? AND until <= ?", (key, key, now)
                )
            self._database.execute(
                "INSERT OR REPLACE INTO network VALUES (?, ?, ?, ?, ?, ?)",
                (sort_key(network.first), sort_key(network.last), told, registry, now, until),
            )

    def registries(self, source: str) -> tuple[bytes, float] | None:
        """The list of registries as ``source`` had it, and when that was."""
        with named(self.path):
            row: tuple[bytes, float] | None = self._database.execute(
                "SELECT told, asked FROM registries WHERE source = ?", (source,)
            ).fetchone()
        return row

    def keep_registries(self, source: str, told: bytes, now: float) -> None:
        with named(self.path):
            self._database.execute("INSERT OR REPLACE INTO registries VALUES (?, ?, ?)", (source, told, now))

    def forget(self, now: float) -> None:
        """What has not held for so long that nothing around it does from that time."""
        with named(self.path):
            self._database.execute("DELETE FROM network WHERE until <= ?", (now - max(KEPT_S.values()),))
