"""CSV that is opened in a spreadsheet.

What a user loses when these fail: a network's name runs a command on the machine of whoever opens the list.
"""

import csv
import io
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.report.csv_cells import cell, lines, table_lines

HOSTILE = [
    "=cmd|'/C calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    '"=1"',
    "a,b",
    'say "x"',
    "\x1b[31m\x00\x7f",
    "\u202egnp.exe",
    "日本",
    "Größe",
    "",
    " =1",
    "\ud800",
    "RFC 8314 §4.1",
]


def read(text):
    return list(csv.reader(io.StringIO(text)))


def harmless(text):
    return not text.startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")) and not any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text
    )


@given(st.text() | st.sampled_from(HOSTILE))
def test_no_cell_is_a_formula_or_does_not_print(text):
    ((shown, last),) = read(lines([[text, "end"]]))
    assert last == "end"
    assert harmless(shown)


def test_what_is_harmless_stays_as_it_is():
    assert read(lines([["Größe, 日本", 'say "x"', -3, 0.5, None, True, ["a", "b"]]])) == [
        ["Größe, 日本", 'say "x"', "-3", "0.5", "", "true", "a b"]
    ]
    assert cell("=1") == "'=1"
    assert lines([["x"]]) == "x\r\n"


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string()), pa.list_(pa.string())])
def test_whole_tables_say_what_single_cells_say(kind):
    texts = [text for text in HOSTILE if text != "\ud800"] * 2
    values = [[text, text] for text in texts] if pa.types.is_list(kind) else texts
    table = pa.table({"words": pa.array(values, kind), "number": pa.array(range(len(texts)))})
    expected = [[cell(value), str(number)] for number, value in enumerate(values)]
    assert read(table_lines(table).decode()) == expected
    assert table_lines(table.slice(0, 0)) == b""


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_whole_tables_say_so_of_any_text(texts):
    table = pa.table({"words": pa.array(texts, pa.string()), "end": pa.array(range(len(texts)), pa.int64())})
    assert read(table_lines(table).decode()) == [[cell(text), str(n)] for n, text in enumerate(texts)]


def test_what_is_null_is_an_empty_cell():
    table = pa.table({"a": pa.array(["x", None, "=1"]), "b": pa.array([None, 1.5, None])})
    assert read(table_lines(table).decode()) == [["x", ""], ["", "1.5"], ["'=1", ""]]
