"""Messages on their way: ``outbox.sqlite`` in the store, for its owner alone (mode 0600).

    queued ─► sending ─► sent        handed over to all who did not refuse it
       ▲         │  └──► failed      refused for good by all, or given up
       └─────────┤
                 └─────► uncertain   the dot that ends it may have been said, and no answer came

A subscriber has at most one message a day. What happens to it is written down for each recipient, and is on the disk before the
next thing is said to the server: above all that the dot is about to be said. A process that dies before that has handed over
nothing, and the message is tried again. One that dies after it, or hears no answer, cannot know: no server tells whether it has a
message. Such a one is never sent again unless a person says so; what it told counts as untold, so the next day's message has
it. A message that waits is replaced by that of a later day, which tells what it told, and more.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from openletter.report.mail.error import MailError
from openletter.report.mail.outbox_message import Message, MessageState, NewMessage, RecipientState
from openletter.report.private_database import PrivateQueue
from openletter.store.error import named

FILE = "outbox.sqlite"
LOCK = "outbox.lock"
KEPT_S = 30 * 86_400.0
"""So long the text of a message that failed is kept for a person to look at, or to send again."""

_TABLES = """
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber INTEGER NOT NULL,
  slug TEXT NOT NULL,
  day TEXT NOT NULL,
  survey TEXT NOT NULL,
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  octets INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  queued REAL NOT NULL,
  next_try REAL NOT NULL,
  changed REAL NOT NULL,
  reply TEXT NOT NULL DEFAULT '',
  recorded INTEGER NOT NULL DEFAULT 0,
  UNIQUE (subscriber, day)
) STRICT;
CREATE TABLE IF NOT EXISTS recipient (
  message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
  address TEXT NOT NULL,
  state TEXT NOT NULL,
  reply TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (message, address)
) STRICT;
CREATE TABLE IF NOT EXISTS content (
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
  octets BLOB NOT NULL,
  standings BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS message_due ON message (state, next_try);
"""


class NoMessageError(MailError):
    pass


class Outbox(PrivateQueue):
    """Raises StoreError where the file cannot be read or written. Of one thread; processes may share the file, but only one that
    holds ``LOCK`` may claim."""

    def __init__(self, store_root: Path) -> None:
        super().__init__(store_root.absolute() / FILE, _TABLES)

    def put(self, new: NewMessage, *, now: float) -> bool:
        """Queue it; False where the subscriber has a message of that day already. One of an earlier day that nobody got yet is
        replaced by it."""
        with self._changing() as database:
            cursor = database.execute(
                "INSERT INTO message (subscriber, slug, day, survey, message_id, subject, octets, state, queued, next_try, "
                "changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    new.subscriber,
                    new.slug,
                    new.day.isoformat(),
                    new.survey,
                    new.message_id,
                    new.subject,
                    len(new.octets),
                    MessageState.QUEUED,
                    now,
                    now,
                    now,
                ),
            )
            if cursor.rowcount == 0:
                return False
            number = cursor.lastrowid
            database.executemany(
                "INSERT INTO recipient (message, address, state) VALUES (?, ?, ?)",
                ((number, address, RecipientState.PENDING) for address in new.recipients),
            )
            database.execute("INSERT INTO content VALUES (?, ?, ?)", (number, new.octets, new.standings))
            earlier = database.execute(
                "UPDATE message SET state = ?, changed = ? WHERE subscriber = ? AND day < ? AND state = ? AND NOT EXISTS "
                "(SELECT 1 FROM recipient r WHERE r.message = id AND r.state IN ('sent', 'uncertain')) RETURNING id",
                (MessageState.REPLACED, now, new.subscriber, new.day.isoformat(), MessageState.QUEUED),
            ).fetchall()
            database.executemany("DELETE FROM content WHERE message = ?", earlier)
        return True

    def has(self, subscriber: int, day: date) -> bool:
        return bool(self._rows("subscriber = ? AND day = ?", (subscriber, day.isoformat())))

    def messages(self, *states: MessageState) -> tuple[Message, ...]:
        """In these states, else all; the oldest first."""
        marks = ", ".join("?" * len(states))
        found = self._rows(f"state IN ({marks})" if states else "true", states)
        return tuple(self._message(row) for row in found)

    def show(self, number: int) -> Message:
        """Raises NoMessageError."""
        found = self._rows("id = ?", (number,))
        if not found:
            raise NoMessageError(f"there is no message {number}; `openletter outbox list` shows them")
        return self._message(found[0])

    def content(self, number: int) -> bytes:
        """The message as it is, or will be, sent. Raises NoMessageError where it is not kept any more."""
        with named(self.path):
            row = self._database.execute("SELECT octets FROM content WHERE message = ?", (number,)).fetchone()
        if row is None:
            raise NoMessageError(f"message {number} is not kept any more, or never was")
        return bytes(row[0])

    def thread(self, subscriber: int) -> tuple[str, ...]:
        """Message ids of what the subscriber was sent, the oldest first."""
        found = self._rows(
            "subscriber = ? AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = id AND r.state = 'sent')",
            (subscriber,),
        )
        return tuple(row["message_id"] for row in found)

    def recover(self, *, now: float) -> tuple[Message, ...]:
        """What a process was sending when it died, put into the state that can be known. Only for who holds the lock."""
        found = self.messages(MessageState.SENDING)
        for message in found:
            self.lost(message.id, "the program ended while it was sending", next_try=now, now=now)
        return found

    def due(self, *, now: float) -> int:
        """How many could be sent now."""
        return len(self._rows("state = ? AND next_try <= ?", (MessageState.QUEUED, now)))

    def next_try(self) -> float | None:
        """When the first of those that wait is to be tried."""
        with named(self.path):
            (when,) = self._database.execute(
                "SELECT min(next_try) FROM message WHERE state = ?", (MessageState.QUEUED,)
            ).fetchone()
        return None if when is None else float(when)

    def claim(self, *, now: float) -> Message | None:
        """The next one that is due, from now on ``sending``; none where none is."""
        with self._changing() as database:
            row = database.execute(
                "UPDATE message SET state = ?, attempts = attempts + 1, changed = ? WHERE id = (SELECT id FROM message "
                "WHERE state = ? AND next_try <= ? ORDER BY next_try, id LIMIT 1) RETURNING id",
                (MessageState.SENDING, now, MessageState.QUEUED, now),
            ).fetchone()
        return self.show(row[0]) if row is not None else None

    def release(self, number: int, *, now: float) -> None:
        """Nothing was said of it: as if it had not been claimed."""
        with self._changing() as database:
            database.execute(
                "UPDATE message SET state = ?, attempts = attempts - 1, changed = ? WHERE id = ? AND state = ?",
                (MessageState.QUEUED, now, number, MessageState.SENDING),
            )

    def before_dot(self, number: int, recipients: Sequence[str]) -> None:
        """The dot is about to be said, and these will have the message."""
        with self._changing() as database:
            database.executemany(
                "UPDATE recipient SET state = ? WHERE message = ? AND address = ?",
                ((RecipientState.DOT, number, address) for address in recipients),
            )

    def settle(
        self,
        number: int,
        states: Mapping[str, tuple[RecipientState, str]],
        *,
        reply: str,
        next_try: float,
        now: float,
    ) -> Message:
        """What came of an attempt: for each recipient that was asked its state (``pending`` for: later) and the server's word.
        Who is pending is tried again from ``next_try`` on."""
        with self._changing() as database:
            database.executemany(
                "UPDATE recipient SET state = ?, reply = ? WHERE message = ? AND address = ?",
                ((state, said, number, address) for address, (state, said) in states.items()),
            )
            _derive(database, number, reply=reply, next_try=next_try, now=now)
        return self.show(number)

    def lost(self, number: int, why: str, *, next_try: float, now: float) -> Message:
        """The connection ended without an answer: who was named before the dot may have it or not."""
        with self._changing() as database:
            database.execute(
                "UPDATE recipient SET state = ?, reply = ? WHERE message = ? AND state = ?",
                (RecipientState.UNCERTAIN, why, number, RecipientState.DOT),
            )
            _derive(database, number, reply=why, next_try=next_try, now=now)
        return self.show(number)

    def resend(self, number: int, *, now: float) -> Message:
        """A person says that it did not arrive: everybody who did not get it, or may not have, gets it (again)."""
        if self.show(number).state not in (MessageState.UNCERTAIN, MessageState.FAILED):
            raise NoMessageError(
                f"message {number} neither failed nor is uncertain; there is nothing to send again"
            )
        self.content(number)
        with self._changing() as database:
            database.execute(
                "UPDATE recipient SET state = ?, reply = '' WHERE message = ? AND state IN ('uncertain', 'refused')",
                (RecipientState.PENDING, number),
            )
            database.execute("UPDATE message SET attempts = 0, queued = ? WHERE id = ?", (now, number))
            _derive(database, number, reply="to be sent again", next_try=now, now=now)
        return self.show(number)

    def arrived(self, number: int, *, now: float) -> Message:
        """A person says that an uncertain one did arrive."""
        if self.show(number).state is not MessageState.UNCERTAIN:
            raise NoMessageError(f"message {number} is not uncertain")
        with self._changing() as database:
            database.execute(
                "UPDATE recipient SET state = ? WHERE message = ? AND state = ?",
                (RecipientState.SENT, number, RecipientState.UNCERTAIN),
            )
            _derive(database, number, reply="a person says that it arrived", next_try=now, now=now)
        return self.show(number)

    def drop(self, number: int) -> Message:
        """Forget one that was not sent; the message that it was. Another one of that day can be made then."""
        gone = self.show(number)
        if gone.state is MessageState.SENDING:
            raise NoMessageError(f"message {number} is being sent")
        if any(one.state is RecipientState.SENT for one in gone.recipients):
            raise NoMessageError(f"message {number} was sent; what was told is not forgotten")
        with self._changing() as database:
            database.execute("DELETE FROM message WHERE id = ?", (number,))
        return gone

    def unrecorded(self) -> tuple[tuple[Message, bytes], ...]:
        """What somebody got and the account does not know yet, with its standings; the earliest day first."""
        found = self._rows(
            "NOT recorded AND EXISTS (SELECT 1 FROM recipient r WHERE r.message = id AND r.state = 'sent') ORDER BY day, id",
            (),
        )
        with named(self.path):
            standings = {
                row["id"]: self._database.execute(
                    "SELECT standings FROM content WHERE message = ?", (row["id"],)
                ).fetchone()[0]
                for row in found
            }
        return tuple((self._message(row), bytes(standings[row["id"]])) for row in found)

    def record(self, numbers: Sequence[int], *, now: float) -> None:
        """The account knows of these. The text of what is done with, or of what failed long ago, is let go; never that of which a
        person has yet to say whether it arrived."""
        with self._changing() as database:
            database.executemany("UPDATE message SET recorded = 1 WHERE id = ?", ((one,) for one in numbers))
            database.execute(
                "DELETE FROM content WHERE message IN (SELECT id FROM message WHERE (state = ? AND recorded) "
                "OR (state = ? AND changed < ?))",
                (MessageState.SENT, MessageState.FAILED, now - KEPT_S),
            )

    def _rows(self, condition: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        names = [name for name in Message.__struct_fields__ if name != "recipients"]
        order = "" if "ORDER BY" in condition else " ORDER BY id"
        with named(self.path):
            rows = self._database.execute(
                f"SELECT {', '.join(names)} FROM message WHERE {condition}{order}",  # noqa: S608 - our own words
                tuple(values),
            ).fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _message(self, row: Mapping[str, Any]) -> Message:
        with named(self.path):
            recipients = self._database.execute(
                "SELECT address, state, reply FROM recipient WHERE message = ? ORDER BY rowid", (row["id"],)
            ).fetchall()
        return msgspec.convert(
            {
                **row,
                "recorded": bool(row["recorded"]),
                "recipients": [
                    {"address": address, "state": state, "reply": reply}
                    for address, state, reply in recipients
                ],
            },
            Message,
        )


def _derive(database: sqlite3.Connection, number: int, *, reply: str, next_try: float, now: float) -> None:
    """The state of a message from those of its recipients."""
    states = {
        row[0]
        for row in database.execute("SELECT DISTINCT state FROM recipient WHERE message = ?", (number,))
    }
    if RecipientState.PENDING in states:
        state = MessageState.QUEUED
    elif RecipientState.UNCERTAIN in states:
        state = MessageState.UNCERTAIN
    elif RecipientState.SENT in states:
        state = MessageState.SENT
    else:
        state = MessageState.FAILED
    database.execute(
        "UPDATE message SET state = ?, reply = ?, next_try = ?, changed = ? WHERE id = ?",
        (state, reply, next_try, now, number),
    )
