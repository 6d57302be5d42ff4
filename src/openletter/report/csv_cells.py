"""CSV (RFC 4180) for people who open it in a spreadsheet: no cell is taken for a formula, none holds what does not print.

What a spreadsheet would carry out begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, also in their full-width and
small forms, and also behind blanks, which some programs trim; an apostrophe before it makes it text (OWASP, "CSV
Injection"). Only words are treated so: a number below nought stays one. What does not print is shown as an escape, as
everywhere (:mod:`openletter.report.visible`).
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from openletter.report.bulk_text import where_odd
from openletter.report.visible import visible_text

_FORMULA = ("=", "+", "-", "@")
_LINE_ENDS = ("\t", "\r", "\n")
LINE_END = "\r\n"

_HARMLESS = "^[!-*,.-<>?A-~][ -~]*$"
"""Of RE2: words of ASCII that print and are no formula, which nearly all are."""


def word(text: str) -> str:
    """A word as it may stand in a cell, quoting aside."""
    shown = visible_text(text)
    return f"'{shown}" if text.startswith(_LINE_ENDS) or _is_formula(text) else shown


def _is_formula(text: str) -> bool:
    first = text.lstrip()[:1]
    return unicodedata.normalize("NFKC", first).startswith(_FORMULA)


def cell(value: object) -> str:
    """Any plain value: nothing for None, ``true`` and ``false``, words of a list with blanks between them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return word(" ".join(map(str, value)))
    return word(str(value))


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows of plain values as text, with a line end behind each."""
    text = io.StringIO()
    csv.writer(text, lineterminator=LINE_END).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def table_lines(table: Any) -> bytes:
    """The rows of a ``pyarrow.Table`` or batch of flat columns and lists of words, in UTF-8; millions of rows, of which only
    those are looked at one by one that hold anything but plain ASCII."""
    safe = pa.table([_cells(table.column(n)) for n in range(table.num_columns)], names=table.schema.names)
    out = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed", eol=LINE_END)
    pa_csv.write_csv(safe, out, options)
    return out.getvalue()


def _cells(column: Any) -> Any:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(whole.type):
        return safe_words(whole.dictionary).take(whole.indices)
    if pa.types.is_list(whole.type):
        return safe_words(pc.binary_join(whole, " "))
    if pa.types.is_string(whole.type):
        return safe_words(whole)
    return whole


def safe_words(texts: Any) -> Any:
    """A ``pyarrow.Array`` of words as they may stand in cells, quoting aside."""
    return where_odd(texts, _HARMLESS, word)
