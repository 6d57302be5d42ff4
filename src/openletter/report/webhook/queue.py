"""Messages on their way: ``webhook.sqlite`` in the store, for its owner alone (mode 0600).

All messages about one subscriber in one survey for one address are a *handover*, put down as a whole before the first is sent,
each with its id and its octets. A process that dies leaves them as they are; the next one sends those that were not accepted,
with the same ids, so that a receiver can tell that it has seen one. When all were accepted, and only then, the subscriber counts
as told of what stands in them, and the octets are thrown away.
"""

import json
import secrets
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import msgspec

from openletter.report.private_database import PrivateQueue
from openletter.store.error import named

FILE = "webhook.sqlite"
LOCK = "webhook.lock"

_TABLES = """
CREATE TABLE IF NOT EXISTS handover (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  url TEXT NOT NULL,
  subscriber INTEGER NOT NULL,
  slug TEXT NOT NULL,
  survey TEXT NOT NULL,
  day TEXT NOT NULL,
  copy INTEGER NOT NULL,
  standings BLOB NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  UNIQUE (url, subscriber, survey, day)
) STRICT;
CREATE TABLE IF NOT EXISTS message (
  id TEXT PRIMARY KEY,
  handover INTEGER NOT NULL REFERENCES handover ON DELETE CASCADE,
  number INTEGER NOT NULL,
  body BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  accepted INTEGER NOT NULL DEFAULT 0,
  UNIQUE (handover, number)
) STRICT;
CREATE INDEX IF NOT EXISTS message_waiting ON message (handover) WHERE NOT accepted;
"""

_WAITING = (
    "FROM message m JOIN handover h ON m.handover = h.id WHERE h.url = ? AND NOT m.accepted "
    "AND h.subscriber NOT IN (SELECT value FROM json_each(?))"
)


class Waiting(msgspec.Struct, frozen=True):
    """A message that was not accepted yet."""

    id: str
    """``msg_…``, by chance; the same in every attempt."""
    subscriber: int
    slug: str
    body: bytes
    attempts: int


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    subscriber: int
    slug: str
    survey: str
    day: date
    copy: bool
    """Nobody counts as told by it."""
    standings: bytes
    """An Arrow stream of the rows that it tells."""


class WebhookQueue(PrivateQueue):
    """Raises StoreError where the file cannot be read or written. For one process at a time, that holds ``LOCK``."""

    def __init__(self, store_root: Path) -> None:
        super().__init__(store_root.absolute() / FILE, _TABLES)

    def put(
        self,
        url: str,
        bodies: Sequence[bytes],
        *,
        subscriber: int,
        slug: str,
        survey: str,
        day: date,
        copy: bool,
        standings: bytes,
    ) -> bool:
        """Put a handover down as a whole; False where it is there already."""
        with self._changing() as database:
            cursor = database.execute(
                "INSERT INTO handover (url, subscriber, slug, survey, day, copy, standings) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (url, subscriber, slug, survey, day.isoformat(), copy, standings),
            )
            if not cursor.rowcount:
                return False
            database.executemany(
                "INSERT INTO message (id, handover, number, body) VALUES (?, ?, ?, ?)",
                [
                    (f"msg_{secrets.token_hex(16)}", cursor.lastrowid, number, body)
                    for number, body in enumerate(bodies)
                ],
            )
        return True

    def waiting(self, url: str, without: Collection[int] = ()) -> int:
        """How many messages for this address were not accepted yet, those about some subscribers left out."""
        with named(self.path):
            (count,) = self._database.execute(
                f"SELECT count(*) {_WAITING}", (url, json.dumps(sorted(without)))
            ).fetchone()
        return int(count)

    def next(self, url: str, without: Collection[int] = ()) -> Waiting | None:
        """The oldest of them."""
        with named(self.path):
            row = self._database.execute(
                f"SELECT m.id, h.subscriber, h.slug, m.body, m.attempts {_WAITING} ORDER BY h.id, m.number LIMIT 1",
                (url, json.dumps(sorted(without))),
            ).fetchone()
        return Waiting(*row) if row else None

    def tried(self, number: str, *, accepted: bool) -> None:
        with self._changing() as database:
            database.execute(
                "UPDATE message SET attempts = attempts + 1, accepted = ? WHERE id = ?", (accepted, number)
            )

    def accepted(self) -> list[Handover]:
        """Handovers of which every message was accepted, and which are not settled yet; whatever address they went to."""
        with named(self.path):
            rows = self._database.execute(
                "SELECT id, subscriber, slug, survey, day, copy, standings FROM handover h WHERE NOT done "
                "AND NOT EXISTS (SELECT 1 FROM message m WHERE m.handover = h.id AND NOT m.accepted) ORDER BY id"
            ).fetchall()
        return [
            Handover(
                id=number,
                subscriber=subscriber,
                slug=slug,
                survey=survey,
                day=date.fromisoformat(day),
                copy=bool(copy),
                standings=standings,
            )
            for number, subscriber, slug, survey, day, copy, standings in rows
        ]

    def settle(self, handovers: Sequence[int]) -> None:
        """That they were handed over is written down elsewhere: throw their octets away."""
        with self._changing() as database:
            for number in handovers:
                database.execute("UPDATE handover SET done = 1, standings = x'' WHERE id = ?", (number,))
                database.execute("UPDATE message SET body = x'' WHERE handover = ?", (number,))
