"""Texts that are made once for each kind of row, not once for each row: rows that agree in what a text tells have the same."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import one_array
from openletter.report.shadowserver.certificate_cells import CERTIFICATE_COLUMNS
from openletter.verdict.grouping import group

Kind = Mapping[str, Any]
"""Values by the names of columns; none where a row has none."""

CERTIFICATE = tuple(column.name for column in CERTIFICATE_COLUMNS)
FINGERPRINT = ("sha256_fingerprint",)
"""What tells one certificate from another."""


def by_kind(
    table: Any, agree: Sequence[str], make: Callable[[Kind], str], *, reads: Sequence[str] | None = None
) -> Any:
    """A text for each row of a ``pyarrow.Table``, as a dictionary of them, nothing null: ``make`` is called once for each kind of
    rows that agree in ``agree``, with the columns that it ``reads`` (else those) of the first of them."""
    groups = group(pa.table({name: _known(table.column(name)) for name in agree}), agree)
    kinds = table.select(list(reads or agree)).take(groups.first).to_pylist()
    return pa.DictionaryArray.from_arrays(
        groups.of.cast(pa.int32()), pa.array([make(kind) for kind in kinds], pa.string())
    )


def _known(column: Any) -> Any:
    """As words of which none is null. No text is empty, so the empty one is free to stand for nothing."""
    values = one_array(column)
    if not pa.types.is_dictionary(values.type):
        values = values.cast(pa.string()).dictionary_encode()
    if not values.null_count:
        return values
    words = pa.concat_arrays([values.dictionary.cast(pa.string()), pa.array([""], pa.string())])
    return pa.DictionaryArray.from_arrays(pc.fill_null(values.indices, len(words) - 1), words)


def joined(*parts: Any) -> Any:
    """Texts, arrays and words, one behind the other; null where one of the arrays is."""
    return pc.binary_join_element_wise(*parts, "")


def optional(*parts: Any) -> Any:
    """The same, empty where one of the arrays is null."""
    return pc.fill_null(joined(*parts), "")
