"""Answers as flat tables.

What a user loses when these fail: numbers in the wrong column of a file that somebody else computes with.
"""

import msgspec
import pyarrow as pa

from openletter.report.flat import flat, flat_structs, tables_of
from openletter.statistics.counts import Counts
from openletter.statistics.interval import AffectedIntervals, Interval
from openletter.statistics.question import QUESTIONS


class Inner(msgspec.Struct, frozen=True):
    class_: str = msgspec.field(name="class")
    many: int


class Row(msgspec.Struct, frozen=True):
    name: str
    counts: Counts
    words: tuple[str, ...]
    inner: tuple[Inner, ...]
    share: float | None = None


class Whole(msgspec.Struct, frozen=True):
    total: int
    counts: Counts
    rows: tuple[Inner, ...]
    nothing: Inner | None = None


def test_structs_become_columns():
    rows = (Row("a", Counts(5, 4, 3, 2, 1), ("x", "y"), (Inner("z", 1),), 0.5),)
    found = flat(rows, tuple[Row, ...])
    assert found.table().to_pylist() == [
        {
            "name": "a",
            "counts_probed": 5,
            "counts_answered": 4,
            "counts_unknown": 3,
            "counts_strict": 2,
            "counts_wide": 1,
            "counts_intervals_strict_low": None,
            "counts_intervals_strict_high": None,
            "counts_intervals_wide_low": None,
            "counts_intervals_wide_high": None,
            "words": ["x", "y"],
            "inner": '[{"class":"z","many":1}]',
            "share": 0.5,
        }
    ]
    sampled = Counts(5, 4, 3, 2, 1, AffectedIntervals(Interval(0.1, 0.2), Interval(0.3, 0.4)))
    again = flat_structs([Row("b", sampled, (), ())], Row)
    assert again.names == found.names
    assert again.table().to_pylist()[0]["counts_intervals_wide_high"] == 0.4


def test_no_rows_still_have_their_columns():
    nothing = flat((), tuple[Row, ...]).table()
    assert nothing.num_rows == 0
    assert nothing.schema.field("counts_wide").type == pa.int64()
    assert nothing.schema.field("words").type == pa.list_(pa.string())


def test_a_struct_with_lists_is_a_row_for_each_part():
    whole = Whole(7, Counts(5, 4, 3, 2, 1), (Inner("a", 1), Inner("b", 2)))
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for row in flat(whole, Whole).table().to_pylist()
    ]
    assert rows == [
        {"part": "", "total": 7},
        {"part": "counts", "probed": 5, "answered": 4, "unknown": 3, "strict": 2, "wide": 1},
        {"part": "rows", "class": "a", "many": 1},
        {"part": "rows", "class": "b", "many": 2},
    ]
    assert [title for title, _ in tables_of("T", whole, Whole)] == ["T: counts", "T: rows"]


def test_every_question_has_a_flat_form():
    """Of types alone: a new question must not fail at the first --csv."""
    for question in QUESTIONS.values():
        if msgspec.inspect.is_struct_type(question.answer):
            assert msgspec.structs.fields(question.answer)
        else:
            assert flat((), question.answer).names
