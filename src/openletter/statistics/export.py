"""All endpoints of a survey that a filter fits, as tables one after the other: as much as one file of the store is in
memory, however many there are."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from openletter.enrich import endpoint_table
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint_filter import Condition, EndpointFilter
from openletter.statistics.walk import END, windows
from openletter.store.database import quoted
from openletter.verdict import verdict_table

BATCH_ROWS = 32_768


def _plain(kind: Any) -> Any:
    return pa.string() if pa.types.is_dictionary(kind) else kind


def schema_of(verdicts: Verdicts) -> Any:
    """The ``pyarrow.Schema`` of an endpoint: the columns of the store's tables, words as plain strings, without ``ip_sort``,
    which is ``ip`` once more."""
    table = endpoint_table.SCHEMA if verdicts.enriched else verdict_table.SCHEMA
    return pa.schema(
        pa.field(field.name, _plain(field.type), nullable=field.nullable)
        for field in table
        if field.name != "ip_sort"
    )


def endpoint_batches(verdicts: Verdicts, fitting: EndpointFilter) -> Iterator[Any]:
    """``pyarrow.Table`` after table of ``schema_of``, of at most ``BATCH_ROWS`` rows, sorted by address, port and name.

    Raises NoSurveyError (it was pruned) and NotEnrichedError at once, StoreError with any of them.
    """
    verdicts.need_endpoints()
    alternatives = fitting.alternatives(verdicts)
    any_of = " OR ".join(f"({one.sql})" for one in alternatives)
    condition = Condition(f"({any_of})", tuple(value for one in alternatives for value in one.parameters))
    span = fitting.span
    if span is not None:
        condition = condition.and_("ip_sort BETWEEN ? AND ?", *span)
    return _batches(verdicts, condition, span or (b"", END))


def _batches(verdicts: Verdicts, condition: Condition, span: tuple[bytes, bytes]) -> Iterator[Any]:
    schema = schema_of(verdicts)
    columns = ", ".join(f'"{name}"' for name in schema.names)
    low, last = span
    for window in windows(verdicts.files, low, min(END, last + b"\0"), growth=1):
        files = ", ".join(map(quoted, window.files))
        sql = f"SELECT {columns} FROM read_parquet([{files}]) WHERE {condition.sql} ORDER BY ip_sort, port, host"  # noqa: S608
        table = verdicts.table(sql, condition.parameters).cast(schema)
        for start in range(0, table.num_rows, BATCH_ROWS):
            yield table.slice(start, BATCH_ROWS)
