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
    """``of[row]`` is the number of the row's group, from 0; ``first[group]`` a row that belongs to it."""

    of: list[int]
    first: list[int]


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
        return Groups([], [])
    code = pa.array([0], pa.int64()).take(pa.array([0] * rows, pa.int8()))
    for name in columns:
        numbers = _numbers(_one_array(table.column(name)))
        width = pc.max(numbers).as_py() + 1
        code = pc.cast(pc.add(pc.multiply(code, width), numbers).dictionary_encode().indices, pa.int64())
    of: list[int] = code.to_pylist()
    first = [-1] * (max(of) + 1)
    for row in range(rows - 1, -1, -1):
        first[of[row]] = row
    return Groups(of, first)


def _one_array(column: Any) -> Any:
    """A column as one array that starts at its own beginning, with one dictionary."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks)
    return array
