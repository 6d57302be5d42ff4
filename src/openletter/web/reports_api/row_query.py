"""Questions about a subscriber's own rows: DuckDB over its file, with a bound on memory and time.

Nothing that a client wrote is in the words of a question: that comes as parameters.
"""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import duckdb

from openletter.report.shadowserver.columns import NAMES
from openletter.store.database import connect, quoted, reading
from openletter.web.reports_api.days import Days
from openletter.web.reports_api.own_rows import OwnRows
from openletter.web.reports_api.refusal import BadRequestError
from openletter.web.reports_api.row_filter import RowFilter, all_of

WITHIN = 20.0
"""Seconds; the clients wait for 45."""
MEMORY = "512MB"
"""Of all questions together."""
_ANSWER = (*NAMES, "type")
"""The sixty columns, and which report the row is in."""
DEVICE = ("ip", "port", "type", "product", "product_version", "product_certainty", "hostname", "timestamp")


class RowQueries:
    """Any thread may use it. What it answers are plain values, for JSON."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened = ExitStack()
        self._database: Any = None

    def _cursor(self) -> Any:
        with self._lock:
            if self._database is None:
                self._database = self._opened.enter_context(connect())
                self._database.execute("SET GLOBAL memory_limit = ?", [MEMORY])
                self._database.execute("SET GLOBAL temp_directory = ''")
            return self._database.cursor()

    def _ask(self, sql: str, parameters: Sequence[object]) -> list[dict[str, Any]]:
        """Raises BadRequestError where it takes too long, StoreError."""
        with reading(), self._cursor() as cursor:
            late = threading.Timer(WITHIN, cursor.interrupt)
            late.start()
            try:
                found: list[dict[str, Any]] = (
                    cursor.sql(sql, params=list(parameters)).to_arrow_table().to_pylist()
                )
                return found
            except duckdb.InterruptException:
                raise BadRequestError(
                    "This takes too long; ask for fewer days, or filter more.", 503
                ) from None
            finally:
                late.cancel()

    def page(
        self, rows: OwnRows, where: RowFilter, *, newest_first: bool, limit: int, page: int
    ) -> list[dict[str, Any]]:
        """Rows by the time at which they were seen; ``page`` from 1."""
        columns = ", ".join(f'"{name}"' for name in _ANSWER)
        way = "DESC" if newest_first else "ASC"
        order = f'ORDER BY "timestamp" {way}, ip_sort, port, host, "type"'
        return self._ask(*_selected(columns, rows, where, order, limit, page))

    def devices(self, rows: OwnRows, where: RowFilter, *, limit: int) -> list[dict[str, Any]]:
        columns = ", ".join(f'"{name}"' for name in DEVICE)
        return self._ask(*_selected(columns, rows, where, 'ORDER BY ip_sort, port, "type"', limit, 1))

    def facet(
        self, rows: OwnRows, where: RowFilter, field: str, *, limit: int, page: int
    ) -> list[dict[str, Any]]:
        """How many rows have each value of a field (one of ``FIELDS``), the most first; of ``tag``, each of its words."""
        value = "unnest(string_split(tag, ';'))" if field == "tag" else f'"{field}"'
        inner, parameters = _selected(f"{value} AS value", rows, where)
        sql = (
            f'SELECT value AS "{field}", count(*) AS count FROM ({inner}) WHERE value IS NOT NULL '  # noqa: S608
            "GROUP BY value ORDER BY count(*) DESC, value LIMIT ? OFFSET ?"
        )
        return self._ask(sql, (*parameters, limit, (page - 1) * limit))

    def close(self) -> None:
        self._opened.close()


def on_days(days: Days) -> RowFilter:
    return RowFilter("day BETWEEN ? AND ?", (days.first, days.last))


def _selected(
    columns: str, rows: OwnRows, where: RowFilter, order: str = "", limit: int = 0, page: int = 0
) -> tuple[str, tuple[object, ...]]:
    sql = f"SELECT {columns} FROM read_parquet({quoted(rows.path)}) WHERE {where.sql} {order}"  # noqa: S608
    if not limit:
        return sql, where.parameters
    return f"{sql} LIMIT ? OFFSET ?", (*where.parameters, limit, (page - 1) * limit)


def of_subscriber(subscriber_id: int, *conditions: RowFilter) -> RowFilter:
    """The file holds nothing else; this says it once more."""
    return all_of((RowFilter("subscriber = ?", (subscriber_id,)), *conditions))
