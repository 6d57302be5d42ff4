"""A format that is a line for each report row: what the writer of reports has to know of it.

Cells are made once a table, since distinct texts are few; and what depends on the certificate alone, half of a line, is put
together once for each certificate. Lines are then made of these pieces for any rows in any order, by the columnar library.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.shadowserver.columns import COLUMNS, ReportColumn, Source

_OF_CERTIFICATE = (Source.CERTIFICATE, Source.CONSTANT)


class LineFormat(msgspec.Struct, frozen=True, kw_only=True):
    suffix: str
    """Of file names, without the dot."""
    header: bytes
    """What a file begins with."""
    pieces: Callable[[Any], Any]
    """What the lines of a table of :data:`~openletter.report.shadowserver.columns.SCHEMA` will be put together of: a
    ``pyarrow.Table`` with as many rows, of texts or of dictionaries of them, nothing null."""
    separator: str = ""
    """Between the pieces of a line."""
    opening: str = ""
    closing: str = "\n"

    def lines(self, pieces: Any, rows: Any) -> Any:
        """The lines of some rows, integers, of what ``pieces`` has made: an array of texts, each with its line end."""
        some = pieces.take(rows)
        columns = [_text(one_array(some.column(name))) for name in some.column_names]
        joined = pc.binary_join_element_wise(*columns, self.separator)
        return pc.binary_join_element_wise(self.opening, joined, self.closing, "")


def by_column(cells: Callable[[ReportColumn, Any], Any], separator: str) -> Callable[[Any], Any]:
    """``pieces`` of a format that has a cell for each of the sixty columns. ``cells`` makes those of one column: an array of
    texts, or of a dictionary of them, as long, nothing null."""

    def pieces(table: Any) -> Any:
        shown = one_array(table.column("sha256_fingerprint"))
        certificate = pc.fill_null(shown.indices, -1).dictionary_encode()
        first = pc.index_in(pc.unique(certificate.indices), value_set=certificate.indices)
        made: dict[str, Any] = {}
        for of_certificate, run in groupby(COLUMNS, lambda column: column.source in _OF_CERTIFICATE):
            columns = list(run)
            some = {column.name: cells(column, one_array(table.column(column.name))) for column in columns}
            if of_certificate:
                texts = [_text(one.take(first)) for one in some.values()]
                joined = pc.binary_join_element_wise(*texts, separator) if len(texts) > 1 else texts[0]
                some = {columns[0].name: pa.DictionaryArray.from_arrays(certificate.indices, joined)}
            made |= some
        return pa.table(made)

    return pieces


def one_array(column: Any) -> Any:
    """A column of a table as one array, with one dictionary."""
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        return column.combine_chunks()
    return column


def _text(column: Any) -> Any:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def octets_of(texts: Any) -> tuple[memoryview, memoryview]:
    """The octets of an array of texts one behind the other, and where in them each begins, with the end of the last one
    behind that; nothing is copied."""
    _, places, data = texts.buffers()
    if not len(texts) or data is None:
        return memoryview(b""), memoryview(bytes(4 * (len(texts) + 1))).cast("i")
    ends = memoryview(places).cast("i")[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data), ends
