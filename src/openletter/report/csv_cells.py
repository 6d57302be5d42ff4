"""CSV (RFC 4180) for people who open it in a spreadsheet: no cell is taken for a formula, none holds what does not print.

What a spreadsheet would carry out begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, also in their full-width
forms; an apostrophe before it makes it text (OWASP, "CSV Injection"). Only words are treated so: a number below nought
stays one. What does not print is shown as an escape, as everywhere (:mod:`openletter.report.visible`).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from openletter.report.visible import visible_text

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
LINE_END = "\r\n"

_HARMLESS = "^[ -*,.-<>?A-~][ -~]*$"
"""Of RE2: words of ASCII that print and are no formula, which nearly all are."""


def word(text: str) -> str:
    """A word as it may stand in a cell, quoting aside."""
    shown = visible_text(text)
    return f"'{shown}" if text.startswith(FORMULA) or shown.startswith(FORMULA) else shown


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
        return _words(whole.dictionary).take(whole.indices)
    if pa.types.is_list(whole.type):
        return _words(pc.binary_join(whole, " "))
    if pa.types.is_string(whole.type):
        return _words(whole)
    return whole


def _words(texts: Any) -> Any:
    plain = pc.or_(pc.equal(texts, ""), pc.match_substring_regex(texts, _HARMLESS))
    if pc.all(plain).as_py() is not False:
        return texts
    odd = texts.filter(pc.invert(plain)).dictionary_encode()
    shown = pa.array(map(word, odd.dictionary.to_pylist()), texts.type).take(odd.indices)
    return pc.replace_with_mask(texts, pc.invert(plain), shown)
