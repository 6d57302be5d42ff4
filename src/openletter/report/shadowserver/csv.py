"""Report rows as CSV: every text quoted, numbers bare, nothing empty; no cell is taken for a formula by a spreadsheet.

The header is quoted as the texts are, and a line ends in a line feed.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.csv_cells import safe_words
from openletter.report.line_format import LineFormat, by_column
from openletter.report.shadowserver.columns import NAMES, Form, ReportColumn

HEADER = (",".join(f'"{name}"' for name in NAMES) + "\n").encode()


def cells(column: ReportColumn, values: Any) -> Any:
    """Of one column."""
    if column.form is Form.NUMBER:
        return pc.fill_null(values.cast(pa.string()), "")
    if column.form is Form.OWN:
        return _quoted(values)
    # Nothing is a word of its own, behind the others.
    words = pa.concat_arrays([_quoted(values.dictionary), pa.array([""], pa.string())])
    return pa.DictionaryArray.from_arrays(pc.fill_null(values.indices, len(words) - 1), words)


def _quoted(texts: Any) -> Any:
    safe = pc.replace_substring(safe_words(texts), '"', '""')
    return pc.fill_null(pc.binary_join_element_wise('"', safe, '"', ""), "")


CSV = LineFormat(suffix="csv", header=HEADER, pieces=by_column(cells, ","), separator=",")
