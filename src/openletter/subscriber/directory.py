"""Who is told: the subscribers of a store and their keys, ``subscribers.sqlite``, for its owner alone (mode 0600)."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from openletter.scope.error import shown
from openletter.store.error import DamagedStoreError, named
from openletter.store.sqlite_file import open_sqlite
from openletter.subscriber.api_key import ApiKey, NewKey, Seal, digest, fresh
from openletter.subscriber.subscriber import Subscriber, SubscriberError, checked

FILE = "subscribers.sqlite"
MAX_KEYS = 20
"""Of one subscriber, that hold at the same time."""
_USED_STEP_S = 60.0
_NOBODY = digest("")
_OF_KEY = "id, subscriber, label, created, used, revoked"

_TABLES = """
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS subscriber (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  slug TEXT NOT NULL UNIQUE COLLATE NOCASE,
  told TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS key (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,
  digest BLOB NOT NULL UNIQUE,
  secret BLOB NOT NULL,
  label TEXT NOT NULL,
  created REAL NOT NULL,
  used REAL,
  revoked REAL
) STRICT;
"""


class Directory:
    """Any thread may use it. Raises StoreError where the file cannot be read, SubscriberError for what a user wrote."""

    def __init__(self, store_root: Path) -> None:
        self._root = store_root.absolute()
        self.path = self._root / FILE
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._seal: Seal | None = None
        self._nobodys: bytes | None = None

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[sqlite3.Connection | None]:
        """In one transaction; none where there is no file yet and none is to be made."""
        with self._lock, named(self.path):
            if self._database is None:
                if not create and not self.path.exists():
                    yield None
                    return
                self._database = open_sqlite(self.path, _TABLES, timeout=60, private=True, any_thread=True)
            database = self._database
            if database.in_transaction:
                yield database
                return
            database.execute("BEGIN IMMEDIATE" if create else "BEGIN")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                _roll_back(database)
                raise

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done under this is done as a whole, or not at all where it ends with an exception."""
        with self._opened(create=True):
            yield

    def list(self, *, active: bool = False) -> tuple[Subscriber, ...]:
        """In the order of their ids; ``active``: without those that are not told for now."""
        with self._opened() as database:
            rows = (
                database.execute("SELECT id, told FROM subscriber ORDER BY id").fetchall() if database else ()
            )
        found = (self._read(*row) for row in rows)
        return tuple(one for one in found if one.active or not active)

    def show(self, who: str | int) -> Subscriber:
        """By slug, or by id."""
        found = self.find(who)
        if found is None:
            raise SubscriberError(
                f"there is no subscriber {shown(str(who))}; `openletter subscriber list` shows those that are there"
            )
        return found

    def find(self, who: str | int) -> Subscriber | None:
        column = "id" if isinstance(who, int) else "slug"
        with self._opened() as database:
            row = (
                database.execute(f"SELECT id, told FROM subscriber WHERE {column} = ?", (who,)).fetchone()  # noqa: S608
                if database
                else None
            )
        return self._read(*row) if row else None

    def _read(self, number: int, told: str) -> Subscriber:
        try:
            found = msgspec.json.decode(told, type=Subscriber)
        except msgspec.MsgspecError as error:
            raise DamagedStoreError(f"{self.path}: subscriber {number} cannot be read ({error})") from error
        return msgspec.structs.replace(found, id=number)

    def add(self, subscriber: Subscriber) -> Subscriber:
        """Write down a new one; the same with its id."""
        return self.add_all([subscriber])[0]

    def add_all(self, subscribers: Iterable[Subscriber]) -> tuple[Subscriber, ...]:
        """All of them or, where one cannot be, none."""
        wanted = [checked(msgspec.structs.replace(one, id=0)) for one in subscribers]
        added = []
        with self._opened(create=True) as database:
            assert database is not None
            for one in wanted:
                try:
                    number = database.execute(
                        "INSERT INTO subscriber (slug, told) VALUES (?, ?)", (one.slug, _told(one))
                    ).lastrowid
                except sqlite3.IntegrityError:
                    raise SubscriberError(
                        f"there is a subscriber {one.slug} already; `openletter subscriber change` changes it"
                    ) from None
                assert number is not None
                added.append(msgspec.structs.replace(one, id=number))
        return tuple(added)

    def change(self, who: str | int, **changes: Any) -> Subscriber:
        """Put other values in the place of some fields of :class:`Subscriber` (not of ``id``); the subscriber as it is then."""
        with self._opened(create=True) as database:
            assert database is not None
            before = self.show(who)
            after = checked(msgspec.structs.replace(before, **{**changes, "id": before.id}))
            try:
                database.execute(
                    "UPDATE subscriber SET slug = ?, told = ? WHERE id = ?",
                    (after.slug, _told(after), after.id),
                )
            except sqlite3.IntegrityError:
                raise SubscriberError(f"there is a subscriber {after.slug} already") from None
        return after

    def remove(self, who: str | int) -> Subscriber:
        """With all its keys; the subscriber that it was."""
        with self._opened(create=True) as database:
            assert database is not None
            gone = self.show(who)
            database.execute("DELETE FROM subscriber WHERE id = ?", (gone.id,))
        return gone

    def new_key(self, subscriber_id: int, label: str) -> NewKey:
        """A key for the Reports API, which is nowhere else afterwards; ``label``: what it is for, in a few words."""
        label = label.strip()
        if len(label) > 100 or not label.isprintable():
            raise SubscriberError(f"{shown(label)}: a label is one line of at most 100 characters")
        key, secret = fresh()
        sealed = self._sealing().close(secret, digest(key))
        with self._opened(create=True) as database:
            assert database is not None
            whose = self.show(subscriber_id)
            (held,) = database.execute(
                "SELECT count(*) FROM key WHERE subscriber = ? AND revoked IS NULL", (whose.id,)
            ).fetchone()
            if held >= MAX_KEYS:
                raise SubscriberError(f"{whose.slug} has {held} keys; revoke one that is not used any more")
            number = database.execute(
                "INSERT INTO key (subscriber, digest, secret, label, created) VALUES (?, ?, ?, ?, ?)",
                (whose.id, digest(key), sealed, label, time.time()),
            ).lastrowid
        assert number is not None
        return NewKey(id=number, key=key, secret=secret)

    def keys(self, subscriber_id: int) -> tuple[ApiKey, ...]:
        """All that were made, the oldest first."""
        return self._keys("subscriber = ?", subscriber_id)

    def _keys(self, condition: str, value: int | bytes) -> tuple[ApiKey, ...]:
        with self._opened() as database:
            rows = (
                database.execute(
                    f"SELECT {_OF_KEY} FROM key WHERE {condition} ORDER BY id",  # noqa: S608 - our own words
                    (value,),
                ).fetchall()
                if database
                else []
            )
        return tuple(
            ApiKey(id=i, subscriber_id=s, label=label, created=created, last_used=used, revoked=revoked)
            for i, s, label, created, used, revoked in rows
        )

    def revoke(self, key_id: int) -> ApiKey:
        """From now on it opens nothing; the key that it was."""
        with self._opened(create=True) as database:
            assert database is not None
            row = database.execute(
                "UPDATE key SET revoked = coalesce(revoked, ?) WHERE id = ? RETURNING subscriber",
                (time.time(), key_id),
            ).fetchone()
            if row is None:
                raise SubscriberError(
                    f"there is no key {key_id}; `openletter subscriber show` names those of one"
                )
            return next(one for one in self.keys(row[0]) if one.id == key_id)

    def about_key(self, key: str) -> ApiKey | None:
        """What may be told of a key; none for one that was never made."""
        found = self._keys("digest = ?", digest(key))
        return found[0] if found else None

    def signed(self, key: str, is_right: Callable[[bytes], bool]) -> Subscriber | None:
        """Whose key it is, where ``is_right`` says so when it is given the key's secret. None otherwise, and for a key that was
        never made, was revoked, or is of a subscriber that is not active.

        For a key that does not hold a secret is opened and asked about as well, so that it takes as long. What the subscriber
        has is read only when that was right: it takes the longer the more it is. Raises StoreError; LostSecretError.
        """
        of = digest(key)
        with self._opened() as database:
            if database is None:
                return None
            row = database.execute(
                "SELECT secret, subscriber FROM key WHERE digest = ? AND revoked IS NULL", (of,)
            ).fetchone()
        sealed, number, of = (*row, of) if row else (self._nobodys_secret(), None, _NOBODY)
        right = is_right(self._sealing().open(sealed, of))
        whose = self.find(number) if right and number is not None else None
        return whose if whose is not None and whose.active else None

    def note_use(self, key: str) -> None:
        """A key has opened something: once its HMAC was found right, so that a guess leaves no trace and takes no time."""
        now = time.time()
        with self._opened(create=True) as database:
            assert database is not None
            database.execute(
                "UPDATE key SET used = ? WHERE digest = ? AND coalesce(used, 0) < ?",
                (now, digest(key), now - _USED_STEP_S),
            )

    def _sealing(self) -> Seal:
        with self._lock:
            if self._seal is None:
                self._seal = Seal(self._root)
            return self._seal

    def _nobodys_secret(self) -> bytes:
        """As long as a real one, sealed."""
        with self._lock:
            if self._nobodys is None:
                self._nobodys = self._sealing().close(fresh()[1], _NOBODY)
            return self._nobodys


def _roll_back(database: sqlite3.Connection) -> None:
    if database.in_transaction:
        database.execute("ROLLBACK")


def _told(subscriber: Subscriber) -> str:
    return msgspec.json.encode(subscriber).decode()
