"""Rows are in one group where, and only where, they agree in every column.

What a user loses when this fails: a server gets the verdict of another one.
"""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.verdict.grouping import group

words = st.text("ab:1\0", max_size=3)
rows = st.lists(
    st.tuples(
        st.sampled_from(["", "x", "y"]),
        words,
        st.binary(max_size=2),
        st.sampled_from([True, False, None]),
        st.lists(words, max_size=3),
    ),
    max_size=12,
)
TYPES = (pa.dictionary(pa.int32(), pa.string()), pa.string(), pa.binary(), pa.bool_(), pa.list_(pa.string()))
NAMES = [f"c{number}" for number in range(len(TYPES))]


def table(values):
    columns = zip(*values, strict=True) if values else [[] for _ in TYPES]
    return pa.table([pa.array(list(c), t) for c, t in zip(columns, TYPES, strict=True)], NAMES)


@settings(deadline=None)
@given(rows, rows)
def test_groups_are_the_equal_rows(some, more):
    # In two chunks, with a dictionary each, as a file has them.
    values = some + more
    groups = group(pa.concat_tables([table(some), table(more)]), NAMES)
    known = {}
    for row, number in zip(values, groups.of.to_pylist(), strict=True):
        key = (*row[:4], tuple(row[4]))
        assert known.setdefault(key, number) == number, "equal rows in two groups"
    assert len(set(known.values())) == len(known), "different rows in one group"
    of, first = groups.of.to_pylist(), groups.first.to_pylist()
    assert first == [of.index(number) for number in range(len(known))]


@settings(deadline=None)
@given(rows)
def test_a_slice_is_grouped_as_itself(values):
    part = table(values).slice(len(values) // 2)
    assert group(part, NAMES) == group(table(values[len(values) // 2 :]), NAMES)
