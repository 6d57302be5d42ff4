"""Ranges of addresses with what is known of each, as a table: sorted, disjoint, ready to be joined.

``start`` and ``end`` are sixteen octets each, both included, IPv4 as ``::ffff:a.b.c.d`` like ``ip_sort`` of observations;
so one table holds both families. Beside them stand those of ``VALUES`` that the data has.
"""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openletter.scope.labelled import layered
from openletter.store.columns import ADDRESS_ORDER, ASN, WORD

VALUES: dict[str, Any] = {
    "country": WORD.arrow,
    "region": WORD.arrow,
    "city": WORD.arrow,
    "asn": ASN.arrow,
    "name": WORD.arrow,
    "sector": WORD.arrow,
    "naics": WORD.arrow,
}
"""What may be known of a range, and its Arrow type. Unknown: empty, of ``asn`` 0. ``name`` is that of the network, ``naics``
a code of the North American Industry Classification System."""

PLACES = ("country", "region", "city", "asn", "name")
"""Those that data of countries and networks may tell."""

ADDRESS = ADDRESS_ORDER.arrow

GROUP_ROWS = 1 << 15
"""Ranges of a row group: who joins a part of the addresses reads about as many more than needed."""


def schema_of(values: Iterable[str]) -> Any:
    """The ``pyarrow.Schema`` of a table with these of ``VALUES``."""
    return pa.schema(
        [
            pa.field("start", ADDRESS, nullable=False),
            pa.field("end", ADDRESS, nullable=False),
            *(pa.field(name, VALUES[name], nullable=False) for name in values),
        ]
    )


def _numbers(column: Any) -> list[int]:
    return [int.from_bytes(octets) for octets in column.to_pylist()]


def disjoint(table: Any) -> Any:
    """A ``pyarrow.Table`` of ranges in any order as one of sorted, disjoint ranges: where some overlap the narrowest wins,
    of two that are as narrow the first."""
    table = table.unify_dictionaries().combine_chunks()
    # Sorting and comparing know plain octets only.
    starts = table.column("start").cast(pa.binary())
    order = pc.sort_indices(starts)
    table = table.take(order)
    if table.num_rows < 2:
        return table
    starts, ends = (table.column(name).cast(pa.binary()) for name in ("start", "end"))
    if not pc.any(pc.greater_equal(ends.slice(0, table.num_rows - 1), starts.slice(1))).as_py():
        return table
    firsts, lasts = _numbers(starts), _numbers(ends)
    spans = (
        (first, last, (last - first, place))
        for first, last, place in zip(firsts, lasts, order.to_pylist(), strict=True)
    )
    return _cut(table, list(layered(spans)))


def _cut(table: Any, pieces: list[tuple[int, int, int]]) -> Any:
    """The pieces (first, last, row) of the rows of a table."""
    cut = table.take(pa.array([place for _, _, place in pieces], pa.int64()))
    for index, name in enumerate(("start", "end")):
        octets = pa.array([piece[index].to_bytes(16) for piece in pieces], ADDRESS)
        cut = cut.set_column(index, cut.schema.field(name), octets)
    return cut.combine_chunks()


def without(table: Any, holes: Iterable[tuple[bytes, bytes]]) -> Any:
    """A table of sorted, disjoint ranges without the addresses of some others (first and last, sixteen octets each)."""
    firsts, lasts = _numbers(table.column("start")), _numbers(table.column("end"))
    # The rank of a hole is before that of every row.
    spans = [(first, last, place) for place, (first, last) in enumerate(zip(firsts, lasts, strict=True))]
    spans += (
        (int.from_bytes(first), int.from_bytes(last), -1 - place) for place, (first, last) in enumerate(holes)
    )
    return _cut(table, [piece for piece in layered(spans) if piece[2] < table.num_rows])


def to_parquet(table: Any, metadata: dict[bytes, bytes] | None = None) -> Any:
    """A table of ranges as the octets of a Parquet file, a ``pyarrow.Buffer``; ``metadata`` goes with its schema."""
    # A column of Arrow's dictionaries would have the whole dictionary written into every row group.
    words = [name for name in table.schema.names if table.schema.field(name).type == WORD.arrow]
    for name in words:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(pa.string()))
    out = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        out,
        compression="zstd",
        row_group_size=GROUP_ROWS,
        use_dictionary=words,
        # Neighbours begin alike.
        column_encoding=dict.fromkeys(("start", "end"), "DELTA_BYTE_ARRAY"),
    )
    return out.getvalue()


class Ranges:
    """Collects ranges into a table, some thousands at a time as Python objects."""

    def __init__(self, values: Iterable[str]) -> None:
        self.schema = schema_of(values)
        self._batches: list[Any] = []
        self._held: list[tuple[Any, ...]] = []

    def add(self, *row: Any) -> None:
        """``start``, ``end`` (sixteen octets each), and a value for each of the table's ``VALUES``."""
        self._held.append(row)
        if len(self._held) == GROUP_ROWS:
            self._pack()

    def _pack(self) -> None:
        if self._held:
            columns = zip(zip(*self._held, strict=True), self.schema, strict=True)
            arrays = [pa.array(column, field.type) for column, field in columns]
            self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=self.schema))
            self._held.clear()

    def table(self) -> Any:
        """The ranges as ``disjoint`` leaves them."""
        self._pack()
        return disjoint(pa.Table.from_batches(self._batches, self.schema))
