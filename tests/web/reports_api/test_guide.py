"""The guide says what the server does. What a user loses when these fail: a method that nobody knows of, or that is not there."""

import re
from pathlib import Path

from openletter.web.reports_api.own_rows import MAX_ROWS
from openletter.web.reports_api.querying import MOST_ROWS, MOST_SURVEYS, ROWS
from openletter.web.reports_api.row_filter import FIELDS, OPERATORS
from openletter.web.reports_api.row_query import WITHIN
from openletter.web.reports_api.serving import NAMES
from openletter.web.settings import WebSettings

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "reports-api.md").read_text("utf-8")


def test_every_method_is_explained_and_no_other():
    table = GUIDE.partition("## Methods")[2].partition("## Filters")[0]
    assert set(re.findall(r"(?m)^\| `([a-z-]+/[a-z-]+)`", table)) == set(NAMES)


def test_every_operator_and_every_field_beside_the_columns_is_named():
    for word in (*OPERATORS, *FIELDS[60:]):
        assert f"`{word}`" in GUIDE or f'"{word}"' in GUIDE, word


def test_the_bounds_are_those_of_the_program():
    assert f"`limit` is {ROWS:,} rows where nothing is said, and {MOST_ROWS:,} at most" in GUIDE
    assert (
        f"after {WITHIN:g} seconds, at {MAX_ROWS // 1_000_000} million rows or {MOST_SURVEYS} surveys"
        in GUIDE
    )
    assert f"ask {WebSettings(store=Path()).requests_per_minute} times a minute" in GUIDE
