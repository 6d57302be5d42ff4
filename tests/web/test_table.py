"""Tables whose state is their address.

What a user loses when these fail: rows that are missing without a word, a page behind the last, a spreadsheet that carries
out what a stranger has called its network.
"""

import csv
import io

import msgspec
import pytest
from starlette.exceptions import HTTPException

from openletter.web.render import words_in
from openletter.web.table import Column, Format, Kind, Table, TableQuery, download_of

WORDS = words_in("en")


class Row(msgspec.Struct, frozen=True):
    name: str
    count: int | None


ROWS = [Row("b", 2), Row("A", 10), Row("c", None), Row("=cmd|' /C calc'!A0", 3), Row("Ä \x1b[31m", 1)]
COLUMNS = (
    Column[Row](key="name", title="Name", value=lambda row: row.name),
    Column[Row](key="bar", title="", kind=Kind.BAR, value=lambda _: None, bar=lambda row: (0.5, 0.25)),
    Column[Row](key="count", title="Count", kind=Kind.NUMBER, value=lambda row: row.count),
)


def table(query=None, rows=ROWS, **more):
    return Table(
        name="rows",
        caption="Rows",
        path="/rows",
        columns=COLUMNS,
        rows=rows,
        query=query or TableQuery(),
        words=WORDS,
        **more,
    )


def names(of):
    return [row.name[0] for row in of.rows]


def test_sorted_by_words_and_by_numbers_whatever_the_case():
    assert names(table()) == ["b", "A", "c", "=", "Ä"]
    assert names(table(TableQuery(sort="name"))) == ["=", "A", "b", "c", "Ä"]
    assert names(table(TableQuery(sort="count"))) == ["Ä", "b", "=", "A", "c"]


def test_what_has_no_value_stands_last_in_both_directions():
    assert names(table(TableQuery(sort="-count"))) == ["A", "=", "b", "Ä", "c"]


@pytest.mark.parametrize("column", ["bar", "nothing", "-", "--count"])
def test_a_column_that_is_not_there(column):
    with pytest.raises(HTTPException) as error:
        table(TableQuery(sort=column))
    assert error.value.status_code == 400


def test_filtered_by_text():
    assert names(table(TableQuery(q="a"))) == ["A", "="]
    view = table(TableQuery(q="nowhere")).view()
    assert (view.first, view.last, view.total, view.unfiltered) == (0, 0, 0, 5)


def test_pages():
    view = table(TableQuery(page=2), page_rows=2).view()
    assert next(cells[0].text for cells in view.rows) == "c"
    assert (view.first, view.last, view.total, view.page, view.pages) == (3, 4, 5, 2, 3)
    assert (view.previous, view.next) == ("/rows", "/rows?page=3")
    with pytest.raises(HTTPException) as error:
        table(TableQuery(page=4), page_rows=2).view()
    assert error.value.status_code == 404


def test_an_address_keeps_what_else_was_chosen():
    view = table(TableQuery(survey="s", q="a", sort="-count")).view()
    assert view.headers[0].href == "/rows?survey=s&sort=name&q=a"
    # What is sorted is turned round.
    assert view.headers[2].href == "/rows?survey=s&sort=count&q=a"
    assert view.headers[2].sorted == "descending"
    assert view.csv == "/rows?survey=s&sort=-count&q=a&format=csv"
    assert dict(view.kept) == {"survey": "s", "sort": "-count"}


def test_beside_other_tables_it_listens_to_its_own_name():
    query = TableQuery(table="other", sort="-count", q="a", format=Format.CSV)
    mine = table(query, alone=False)
    assert names(mine) == names(table())
    assert mine.download() is None
    assert mine.view().csv == "/rows?table=rows&format=csv"
    query = TableQuery(table="rows", format=Format.CSV)
    assert download_of([mine, table(query, alone=False)]) is not None


def test_csv_holds_all_rows_and_no_formula():
    file = table(TableQuery(format=Format.CSV), page_rows=2).download()
    rows = list(csv.reader(io.StringIO(file.body.decode())))
    assert rows[0] == ["name", "count"]
    assert rows[1:4] == [["b", "2"], ["A", "10"], ["c", ""]]
    assert rows[4][0] == "'=cmd|' /C calc'!A0"
    assert "\x1b" not in rows[5][0]


def test_json_holds_what_was_said_to_the_letter():
    file = table(TableQuery(format=Format.JSON, sort="name")).download()
    assert msgspec.json.decode(file.body)[0] == {"name": ROWS[3].name, "count": 3}
