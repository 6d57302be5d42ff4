"""The bar of a survey. What a user loses when these fail: to know how far it is, and whether it is worth the wait."""

import io

import pytest
from rich.console import Console

from openletter.cli.progress import duration, surveying
from openletter.survey.tally import Counter


def test_rate_answered_exposed_and_time_left_are_all_shown():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200, color_system=None)
    counter = Counter(endpoints=10_000, shards=2)
    counter.tally(0.0)
    counter.add(1_000, 700, 300, 500)
    tally = counter.tally(10.0)
    with surveying(console, 10_000) as watch:
        watch(tally)
    shown = out.getvalue()
    for part in ("1,500/10,000", "100/s", "700 answered", "300 exposed so far", "1 min 25 s left"):
        assert part in shown


def test_nothing_is_shown_where_there_is_no_terminal():
    out = io.StringIO()
    with surveying(Console(file=out), 10) as watch:
        watch(Counter(endpoints=10, shards=1).tally(0.0))
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0, "0 s"), (59.6, "1 min 00 s"), (3_900, "1 h 05 min"), (183_600, "2 d 03 h")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words
