"""Report rows as JSON Lines: an object a row, with the reports' columns in their order. Numbers are numbers, nothing is
null; the texts are those of CSV without what a spreadsheet needs."""

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.bulk_text import where_odd
from openletter.report.line_format import LineFormat, by_column
from openletter.report.shadowserver.columns import Form, ReportColumn

_PLAIN = r"^[ !#-\[\]-~]*$"
"""Of RE2: ASCII that prints, without the quote and the backslash."""
_NULL = "null"


def cells(column: ReportColumn, values: Any) -> Any:
    """The members of one column: ``"port":143``."""
    name = f'"{column.name}":'
    if column.form is Form.TEXT:
        words = pa.concat_arrays([_members(name, _text(values.dictionary)), pa.array([name + _NULL])])
        return pa.DictionaryArray.from_arrays(pc.fill_null(values.indices, len(words) - 1), words)
    return _members(name, _text(values) if column.form is Form.OWN else values.cast(pa.string()))


def _members(name: str, texts: Any) -> Any:
    return pc.binary_join_element_wise(name, pc.fill_null(texts, _NULL), "")


def _text(texts: Any) -> Any:
    escaped = where_odd(texts, _PLAIN, lambda text: msgspec.json.encode(text).decode()[1:-1])
    return pc.binary_join_element_wise('"', escaped, '"', "")


JSONL = LineFormat(
    suffix="jsonl", header=b"", pieces=by_column(cells, ","), separator=",", opening="{", closing="}\n"
)
