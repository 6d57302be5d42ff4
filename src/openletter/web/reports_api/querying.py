"""The methods that ask rows: ``reports/query`` and ``reports/device-info``."""

import asyncio
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from openletter.store.error import StoreError
from openletter.store.record import SurveyRecord
from openletter.web.reports_api.asked import Asked
from openletter.web.reports_api.days import Days
from openletter.web.reports_api.own_rows import OwnRows
from openletter.web.reports_api.refusal import BadRequestError
from openletter.web.reports_api.request_body import flag, number, text, words
from openletter.web.reports_api.row_filter import FIELDS, OPERATORS, RowFilter, any_of, read_filter
from openletter.web.reports_api.row_query import of_subscriber, on_days
from openletter.web.snapshot import Snapshot, SnapshotGoneError

MOST_ROWS = 10_000
"""Of one answer, as the Foundation has it."""
ROWS = 1_000
MOST_PAGES = 1_000_000_000
MOST_SURVEYS = 40
"""That are asked at once."""
MOST_DEVICES = 1_000
_AT_ONCE = 4
"""Questions of all subscribers together: each holds some of the memory that they share."""
_SORTS = {"": False, "ascending": False, "descending": True}
_DEVICE_FIELDS = ("ip", "asn", "geo")


class Turns:
    """One question of a subscriber at a time, and few of all of them. For one event loop."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(_AT_ONCE)
        self._own: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, subscriber_id: int) -> asyncio.Lock:
        return self._own.setdefault(subscriber_id, asyncio.Lock())

    @property
    def all(self) -> asyncio.Semaphore:
        return self._all


async def query(asked: Asked, snapshot: Snapshot, turns: Turns) -> object:
    """Rows, or with ``facet`` the numbers of a field's values. Without ``date``: of the latest survey."""
    if flag(asked.fields, "help"):
        return {"fields": FIELDS, "operators": OPERATORS, "sort": ["ascending", "descending"]}
    sort = text(asked.fields, "sort")
    if sort not in _SORTS:
        raise BadRequestError("sort: give ascending or descending.")
    limit = number(asked.fields, "limit", ROWS, MOST_ROWS)
    page = number(asked.fields, "page", 1, MOST_PAGES)
    facet = text(asked.fields, "facet")
    if facet and facet not in FIELDS:
        raise BadRequestError('facet: give one field; {"help": true} lists them.')
    where = read_filter(asked.fields.get("query"))
    lists = words(asked.fields, "report")
    if lists is not None and asked.subscriber.slug.lower() not in lists:
        return []
    conditions = [where]
    kinds = words(asked.fields, "type")
    if kinds is not None:
        conditions.append(any_of(RowFilter('"type" = ?', (kind,)) for kind in sorted(kinds)))
    days = asked.days()
    if days is not None:
        conditions.append(on_days(days))
    own = of_subscriber(asked.subscriber.id, *conditions)
    queries = asked.parts.queries

    def answer(rows: OwnRows) -> list[dict[str, Any]]:
        if facet:
            return queries.facet(rows, own, facet, limit=limit, page=page)
        return queries.page(rows, own, newest_first=_SORTS[sort], limit=limit, page=page)

    return await _over(asked, snapshot, turns, _surveys(snapshot, days), answer)


async def device_info(asked: Asked, snapshot: Snapshot, turns: Turns) -> object:
    """What is known of the programs at an address, by the latest survey."""
    given = asked.fields.get("query")
    if not isinstance(given, dict) or not given or not set(given) <= set(_DEVICE_FIELDS):
        raise BadRequestError(f"query: give an object with {', '.join(_DEVICE_FIELDS)}, and nothing else.")
    own = of_subscriber(asked.subscriber.id, read_filter(given))
    found = await _over(
        asked,
        snapshot,
        turns,
        _surveys(snapshot, None),
        lambda rows: asked.parts.queries.devices(rows, own, limit=MOST_DEVICES),
    )
    return {"devices": found}


async def _over(
    asked: Asked,
    snapshot: Snapshot,
    turns: Turns,
    surveys: Sequence[SurveyRecord],
    answer: Callable[[OwnRows], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    if not surveys:
        return []
    async with turns.of(asked.subscriber.id):
        try:
            rows = await _rows(asked, snapshot, surveys)
        except StoreError as error:
            if await run_in_threadpool(asked.parts.snapshots.is_past, snapshot):
                raise SnapshotGoneError(str(error)) from error
            raise
        async with turns.all:
            return await run_in_threadpool(answer, rows)


async def _rows(asked: Asked, snapshot: Snapshot, surveys: Sequence[SurveyRecord]) -> OwnRows:
    files = asked.parts.rows
    for _ in range(2):
        future = files.ask(snapshot.store, snapshot.key, surveys, asked.subscriber)
        # Whoever has gone by then, or asks again, finds the file made: it must not be cancelled.
        rows = await asyncio.shield(asyncio.wrap_future(future))
        if rows.path.exists():
            break
        files.forget()
    return rows


def _surveys(snapshot: Snapshot, days: Days | None) -> list[SurveyRecord]:
    """Those with rows of these days, the oldest first; without days the latest. Raises BadRequestError."""
    there = [record for record in snapshot.judged() if record.verdicts and not record.pruned]
    if days is None:
        return there[-1:]
    found = [
        record
        for record in there
        if _day(record.started) <= days.last
        and (record.finished is None or _day(record.finished) >= days.first)
    ]
    if len(found) > MOST_SURVEYS:
        raise BadRequestError(
            f"date: {len(found)} surveys lie in these days; ask for fewer, at most {MOST_SURVEYS}."
        )
    return found


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
