"""Who may sign in, and who is signed in: ``accounts.sqlite`` in the store's folder, for its owner alone (mode 0600).

Of sessions and tokens the file holds digests: who reads it can neither sign in nor go on with a session.
"""

import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec

from openletter.store.error import StoreError, named
from openletter.store.sqlite_file import open_sqlite
from openletter.web import password as passwords
from openletter.web.roles import Role

FILE = "accounts.sqlite"
LIFETIME = 12 * 3600.0
"""Seconds of a session: a working day."""
MAX_SESSIONS = 50
"""Of one account at the same time; the oldest end first."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

_TABLES = """
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  created REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS session (
  digest TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
  expires REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS token (
  digest TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
  created REAL NOT NULL
) STRICT;
"""


class AccountError(ValueError):
    """``str()`` is one line that says what would be right."""


class Account(msgspec.Struct, frozen=True):
    name: str
    role: Role
    created: float
    """Unix seconds."""


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Accounts:
    """Any thread may use it. Raises StoreError where the file cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.absolute() / FILE
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[sqlite3.Connection | None]:
        with self._lock, named(self.path):
            if self._database is None:
                if not create and not self.path.exists():
                    yield None
                    return
                self._database = open_sqlite(self.path, _TABLES, timeout=5, private=True, any_thread=True)
            yield self._database

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def any(self) -> bool:
        with self._opened() as database:
            return database is not None and bool(
                database.execute("SELECT EXISTS (SELECT 1 FROM account)").fetchone()[0]
            )

    def all(self) -> tuple[Account, ...]:
        """In the order of their names."""
        with self._opened() as database:
            if database is None:
                return ()
            rows = database.execute("SELECT name, role, created FROM account ORDER BY name").fetchall()
        return tuple(Account(name, Role(role), created) for name, role, created in rows)

    def add(self, name: str, role: Role, password: str) -> None:
        """Raises AccountError, PasswordError."""
        if not _NAME.fullmatch(name):
            raise AccountError(
                f"{name[:64]!a} is no name of an account; give 1 to 64 of the letters a-z, digits and . _ @ -, "
                "the first of them a letter or a digit"
            )
        passwords.check(password)
        kept = passwords.hashed(password)
        with self._opened(create=True) as database:
            assert database is not None
            try:
                database.execute(
                    "INSERT INTO account VALUES (?, ?, ?, ?)", (name, role.value, kept, time.time())
                )
            except sqlite3.IntegrityError:
                raise AccountError(
                    f"there is an account {name} already; `user password` gives it another password"
                ) from None

    def remove(self, name: str) -> None:
        """With all its sessions and tokens. Raises AccountError."""
        with self._opened() as database:
            if (
                database is None
                or not database.execute("DELETE FROM account WHERE name = ?", (name,)).rowcount
            ):
                raise self._unknown(name)

    def change_password(self, name: str, password: str) -> None:
        """Ends all its sessions; its tokens stay. Raises AccountError, PasswordError."""
        passwords.check(password)
        kept = passwords.hashed(password)
        with self._opened() as database:
            if (
                database is None
                or not database.execute(
                    "UPDATE account SET password = ? WHERE name = ?", (kept, name)
                ).rowcount
            ):
                raise self._unknown(name)
            database.execute("DELETE FROM session WHERE account = ?", (name,))

    @staticmethod
    def _unknown(name: str) -> AccountError:
        return AccountError(f"there is no account {name[:64]!a}; `user list` shows those that are there")

    def check(self, name: str, password: str) -> Account | None:
        """The account, where the password is its own. Takes as long where there is no such account."""
        with self._opened() as database:
            row = (
                database.execute(
                    "SELECT name, role, created, password FROM account WHERE name = ?", (name,)
                ).fetchone()
                if database is not None and _NAME.fullmatch(name)
                else None
            )
        fits = passwords.fits(password, row[3] if row else passwords.NOBODYS)
        return Account(row[0], Role(row[1]), row[2]) if row and fits else None

    def begin_session(self, name: str) -> str:
        """A new session of an account: the secret that stands for it."""
        secret = secrets.token_urlsafe(32)
        now = time.time()
        with self._opened() as database:
            if database is None:
                raise StoreError(f"{self.path}: is gone")
            database.execute("DELETE FROM session WHERE expires < ?", (now,))
            database.execute(
                "DELETE FROM session WHERE account = ? AND digest NOT IN "
                "(SELECT digest FROM session WHERE account = ? ORDER BY expires DESC LIMIT ?)",
                (name, name, MAX_SESSIONS - 1),
            )
            try:
                database.execute(
                    "INSERT INTO session VALUES (?, ?, ?)", (_digest(secret), name, now + LIFETIME)
                )
            except sqlite3.IntegrityError:
                raise self._unknown(name) from None
        return secret

    def end_session(self, secret: str) -> None:
        with self._opened() as database:
            if database is not None:
                database.execute("DELETE FROM session WHERE digest = ?", (_digest(secret),))

    def of_session(self, secret: str) -> Account | None:
        """Whose session it is; none where it ended."""
        return self._found(
            "SELECT a.name, a.role, a.created FROM session s JOIN account a ON a.name = s.account "
            "WHERE s.digest = ? AND s.expires > ?",
            (_digest(secret), time.time()),
        )

    def new_token(self, name: str) -> str:
        """A token for programs: the secret, which is nowhere else. Raises AccountError."""
        secret = secrets.token_urlsafe(32)
        with self._opened() as database:
            if database is None:
                raise self._unknown(name)
            try:
                database.execute("INSERT INTO token VALUES (?, ?, ?)", (_digest(secret), name, time.time()))
            except sqlite3.IntegrityError:
                raise self._unknown(name) from None
        return secret

    def revoke_tokens(self, name: str) -> int:
        """All of an account's; how many there were."""
        with self._opened() as database:
            if database is None:
                return 0
            return database.execute("DELETE FROM token WHERE account = ?", (name,)).rowcount

    def of_token(self, secret: str) -> Account | None:
        return self._found(
            "SELECT a.name, a.role, a.created FROM token t JOIN account a ON a.name = t.account WHERE t.digest = ?",
            (_digest(secret),),
        )

    def _found(self, sql: str, parameters: tuple[object, ...]) -> Account | None:
        with self._opened() as database:
            row = database.execute(sql, parameters).fetchone() if database is not None else None
        return Account(row[0], Role(row[1]), row[2]) if row else None
