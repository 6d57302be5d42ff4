"""What was asked again, and when: ``rechecks.sqlite`` in the store, for its owner alone (mode 0600).

A second look is no survey. A survey asks everybody in a scope, and what is counted, compared and put on maps is what surveys
saw; a look that an owner asks for is at one endpoint of which it is known that it was bad and hoped that it is mended. Counted
among the others it would make every figure better than it is. So it stands here and nowhere else: the page of the finding shows
it, and :mod:`openletter.report.standing` takes from it that a fault is mended.

It is also where those who serve keep to one pace together, in however many processes: a look begins by a row that is written
in one transaction with a look at all the others.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from openletter.dialogue.observation import Observation
from openletter.engine.pace import network_of
from openletter.report.recheck.outcome import Hindrance, Outcome, is_conclusive
from openletter.store.error import DamagedStoreError, named
from openletter.store.sqlite_file import open_sqlite
from openletter.verdict.verdict_table import VerdictRow

FILE = "rechecks.sqlite"

EVERY_S = 60.0
"""Seconds between two looks at one endpoint."""
LEASE_S = 120.0
"""A look that has no end by then has none: its process died. Longer than any takes."""
MOST_OPEN = 8
"""At the same time, of the whole store; of one host one."""
MOST_A_MINUTE = 120
MOST_A_MINUTE_OF_A_NETWORK = 20
"""A /24 or /48."""
MOST_A_MINUTE_OF_A_SUBSCRIBER = 30
"""So that one who goes through all its findings leaves room for others."""
KEPT_DAYS = 730
SHOWN = 20
"""Of one endpoint on its page."""

_DAY_S = 86_400.0

_TABLES = """
CREATE TABLE IF NOT EXISTS recheck (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber INTEGER NOT NULL,
  ip TEXT NOT NULL,
  network TEXT NOT NULL,
  port INTEGER NOT NULL,
  host TEXT NOT NULL,
  survey TEXT NOT NULL,
  asked REAL NOT NULL,
  ended REAL,
  outcome TEXT,
  hindrance TEXT,
  verdict TEXT,
  evidence BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS recheck_of ON recheck (ip, port, asked);
CREATE INDEX IF NOT EXISTS recheck_at ON recheck (asked);
"""
_COLUMNS = "id, subscriber, ip, port, host, survey, asked, ended, outcome, hindrance, verdict"


class Recheck(msgspec.Struct, frozen=True, kw_only=True):
    """One look. Times are Unix seconds."""

    id: int
    subscriber_id: int
    """Whose link it was."""
    ip: str
    port: int
    host: str
    survey: str
    """With whose verdict it was compared."""
    asked: float
    ended: float | None = None
    """None while it goes on."""
    outcome: Outcome | None = None
    hindrance: Hindrance | None = None
    """Of an outcome ``not asked``."""
    verdict: VerdictRow | None = None
    """None where nobody was asked."""

    def is_under_way(self, now: float) -> bool:
        return self.ended is None and abs(now - self.asked) < LEASE_S


class Evidence(msgspec.Struct, frozen=True):
    observation: Observation
    chain: tuple[bytes, ...]
    """DER, leaf first."""


class Crowd(StrEnum):
    """What a look waits for."""

    ENDPOINT = "endpoint"
    """It was asked a moment ago, or is being asked."""
    HOST = "host"
    """Another port of it is being asked."""
    NETWORK = "network"
    SUBSCRIBER = "subscriber"
    ALL = "all"


class Wait(msgspec.Struct, frozen=True):
    why: Crowd
    seconds: float


class RecheckLedger:
    """Raises StoreError from every method. Any thread may use it."""

    def __init__(self, store_root: Path, *, clock: Callable[[], float] = time.time) -> None:
        """``clock``: Unix seconds."""
        self.path = store_root.absolute() / FILE
        self.clock = clock

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[sqlite3.Connection | None]:
        with named(self.path):
            if not create and not self.path.exists():
                yield None
                return
            with closing(open_sqlite(self.path, _TABLES, timeout=30, private=True)) as database:
                yield database

    def claim(self, subscriber_id: int, ip: str, port: int, host: str, survey: str) -> Recheck | Wait:
        """Begin a look, or be told what to wait for. Whoever begins one must end it."""
        now = self.clock()
        with self._opened(create=True) as database:
            assert database is not None
            database.execute("BEGIN IMMEDIATE")
            try:
                wait = _crowd(database, now, subscriber_id, ip, port)
                if wait is not None:
                    database.execute("ROLLBACK")
                    return wait
                database.execute("DELETE FROM recheck WHERE asked < ?", (now - KEPT_DAYS * _DAY_S,))
                number = database.execute(
                    "INSERT INTO recheck (subscriber, ip, network, port, host, survey, asked) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (subscriber_id, ip, network_of(ip), port, host, survey, now),
                ).lastrowid
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        assert number is not None
        return Recheck(
            id=number, subscriber_id=subscriber_id, ip=ip, port=port, host=host, survey=survey, asked=now
        )

    def wait(self, subscriber_id: int, ip: str, port: int) -> Wait | None:
        """What :meth:`claim` would be told to wait for at this moment."""
        with self._opened() as database:
            return _crowd(database, self.clock(), subscriber_id, ip, port) if database else None

    def end(self, of: Recheck, outcome: Outcome, verdict: VerdictRow, evidence: Evidence) -> None:
        """It was asked. Of earlier looks at this endpoint the evidence goes: their verdicts stay."""
        with self._opened(create=True) as database:
            assert database is not None
            database.execute("BEGIN IMMEDIATE")
            database.execute(
                "UPDATE recheck SET ended = ?, outcome = ?, verdict = ?, evidence = ? WHERE id = ?",
                (
                    self.clock(),
                    outcome,
                    msgspec.json.encode(verdict).decode(),
                    msgspec.msgpack.encode(evidence),
                    of.id,
                ),
            )
            database.execute(
                "UPDATE recheck SET evidence = NULL WHERE ip = ? AND port = ? AND host = ? AND id < ?",
                (of.ip, of.port, of.host, of.id),
            )
            database.execute("COMMIT")

    def give_up(self, of: Recheck, why: Hindrance) -> None:
        """It was not asked after all."""
        with self._opened(create=True) as database:
            assert database is not None
            database.execute(
                "UPDATE recheck SET ended = ?, outcome = ?, hindrance = ? WHERE id = ?",
                (self.clock(), Outcome.NOT_ASKED, why, of.id),
            )

    def of(self, ip: str, port: int, host: str) -> tuple[Recheck, ...]:
        """The looks at one endpoint, the latest first, at most ``SHOWN``."""
        with self._opened() as database:
            rows = (
                database.execute(
                    f"SELECT {_COLUMNS} FROM recheck WHERE ip = ? AND port = ? AND host = ? ORDER BY id DESC LIMIT ?",  # noqa: S608
                    (ip, port, host, SHOWN),
                ).fetchall()
                if database
                else ()
            )
        return tuple(map(self._read, rows))

    def evidence(self, of: Recheck) -> Evidence | None:
        """None where nobody was asked, or a later look is the one that counts."""
        with self._opened() as database:
            row = (
                database.execute("SELECT evidence FROM recheck WHERE id = ?", (of.id,)).fetchone()
                if database
                else None
            )
        if row is None or row[0] is None:
            return None
        try:
            return msgspec.msgpack.decode(row[0], type=Evidence)
        except msgspec.MsgspecError as error:
            raise self._damaged(of.id, error) from error

    def conclusive(self, before: float) -> tuple[Recheck, ...]:
        """Of each endpoint the latest look before a moment that could tell whether a fault is mended."""
        with self._opened() as database:
            rows = (
                database.execute(
                    f"SELECT {_COLUMNS} FROM recheck WHERE verdict IS NOT NULL AND asked < ? ORDER BY id",  # noqa: S608
                    (before,),
                ).fetchall()
                if database
                else ()
            )
        found = {}
        for one in map(self._read, rows):
            if one.verdict is not None and is_conclusive(one.verdict):
                found[one.ip, one.port, one.host] = one
        return tuple(found.values())

    def _read(self, row: tuple[Any, ...]) -> Recheck:
        number, subscriber, ip, port, host, survey, asked, ended, outcome, hindrance, verdict = row
        try:
            return Recheck(
                id=number,
                subscriber_id=subscriber,
                ip=ip,
                port=port,
                host=host,
                survey=survey,
                asked=asked,
                ended=ended,
                outcome=Outcome(outcome) if outcome else None,
                hindrance=Hindrance(hindrance) if hindrance else None,
                verdict=msgspec.json.decode(verdict, type=VerdictRow) if verdict else None,
            )
        except (msgspec.MsgspecError, ValueError) as error:
            raise self._damaged(number, error) from error

    def _damaged(self, number: int, error: Exception) -> DamagedStoreError:
        return DamagedStoreError(f"{self.path}: row {number} cannot be read ({error})")


_LATELY = f"""
SELECT max(asked) FILTER (WHERE ip = :ip AND port = :port),
       max(asked) FILTER (WHERE ip = :ip AND ended IS NULL AND asked > :now - {LEASE_S}),
       count(*) FILTER (WHERE ended IS NULL AND asked > :now - {LEASE_S}),
       count(*) FILTER (WHERE network = :network AND asked > :now - 60),
       count(*) FILTER (WHERE subscriber = :subscriber AND asked > :now - 60),
       count(*) FILTER (WHERE asked > :now - 60)
FROM recheck WHERE asked BETWEEN :now - {LEASE_S} AND :now + {LEASE_S}
"""  # noqa: S608 - our own numbers
_SOON = 5.0
"""Seconds until something that ends soon is asked for again."""


def _crowd(database: sqlite3.Connection, now: float, subscriber: int, ip: str, port: int) -> Wait | None:
    said = {"now": now, "ip": ip, "port": port, "network": network_of(ip), "subscriber": subscriber}
    last, host, under_way, network, own, everybody = database.execute(_LATELY, said).fetchone()
    # A clock that was set back makes it wait no longer than one that was not.
    if last is not None and abs(now - last) < EVERY_S:
        return Wait(Crowd.ENDPOINT, min(EVERY_S, max(1.0, last + EVERY_S - now)))
    if host is not None:
        return Wait(Crowd.HOST, _SOON)
    for count, most, why in (
        (network, MOST_A_MINUTE_OF_A_NETWORK, Crowd.NETWORK),
        (own, MOST_A_MINUTE_OF_A_SUBSCRIBER, Crowd.SUBSCRIBER),
        (everybody, MOST_A_MINUTE, Crowd.ALL),
    ):
        if count >= most:
            return Wait(why, EVERY_S)
    return Wait(Crowd.ALL, _SOON) if under_way >= MOST_OPEN else None
