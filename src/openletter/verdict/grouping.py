"""Rows that agree, found by the columnar library: a survey has millions of rows and some hundreds of kinds of them.

Each column becomes numbers, one for each distinct value; column by column they are folded into one number for the
whole row, which is made small again after every step, so that it never overflows.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

_NULL = "\0"
"""Stands for a missing value. No flag reads so."""


class Groups(msgspec.Struct, frozen=True):
    """Two ``pyarrow.Array`` of int64: ``of[row]`` is the number of the row's group, from 0 in the order of their first
    rows; ``first[group]`` is that row."""

    of: Any
    first: Any


def _numbers(column: Any) -> Any:
    """Equal numbers where, and only where, values are equal: an int64 array."""
    kind = column.type
    if pa.types.is_list(kind):
        # A value may hold any character, so its length goes before it.
        flat = column.flatten()
        lengths = pc.cast(pc.binary_length(flat), pa.string())
        marked = pc.binary_join_element_wise(lengths, flat, ":")
        column = pc.binary_join(pa.ListArray.from_arrays(column.offsets, marked), "")
    elif pa.types.is_boolean(kind):
        column = pc.fill_null(pc.cast(column, pa.string()), _NULL)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return pc.cast(encoded.indices, pa.int64())


def group(table: Any, columns: Iterable[str]) -> Groups:
    """Group the rows of a ``pyarrow.Table`` that agree in all of ``columns``: words, texts, octets, flags, lists."""
    rows = table.num_rows
    if not rows:
        return Groups(pa.array([], pa.int64()), pa.array([], pa.int64()))
    code = pa.array([0], pa.int64()).take(pa.array([0] * rows, pa.int8()))
    for name in columns:
        code = refine(code, _numbers(_one_array(table.column(name))))
    return Groups(code, pc.index_in(pc.unique(code), value_set=code).cast(pa.int64()))


def refine(code: Any, numbers: Any) -> Any:
    """The groups ``code`` cut up further by ``numbers``: int64 arrays from 0; the result is numbered by first rows."""
    width = pc.max(numbers).as_py() + 1
    if width == 1:
        return code
    return pc.add(pc.multiply(code, width), numbers).dictionary_encode().indices.cast(pa.int64())


def _one_array(column: Any) -> Any:
    """A column as one array that starts at its own beginning, with one dictionary."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks)
    return array
