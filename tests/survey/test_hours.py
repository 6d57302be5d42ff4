"""The hours in which a survey may ask. What a user loses when these fail: the word that was given to a network's owner."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.survey.hours import DAY, closed_for, parse_hours

MIDNIGHT = 1_800_000_000 - 1_800_000_000 % DAY


def at(clock, text, local=time.gmtime):
    hour, minute = map(int, clock.split(":"))
    return closed_for(parse_hours(text), MIDNIGHT + hour * 3_600 + minute * 60, local)


@pytest.mark.parametrize(
    ("clock", "text", "minutes"),
    [
        ("12:00", "09:00-17:00Z", 0),
        ("09:00", "09:00-17:00Z", 0),
        ("16:59", "09:00-17:00Z", 0),
        ("17:00", "09:00-17:00Z", 16 * 60),
        ("08:30", "09:00-17:00Z", 30),
        ("23:00", "22:00-06:00Z", 0),
        ("05:59", "22:00-06:00Z", 0),
        ("06:00", "22:00-06:00Z", 16 * 60),
        ("21:59", "22:00-06:00Z", 1),
        ("23:59", "9:00-24:00Z", 0),
        ("00:00", "9:00-24:00Z", 9 * 60),
        ("12:30", "22:00-06:00Z,12:00-13:00Z", 0),
        ("13:30", "22:00-06:00Z, 12:00-13:00Z", 8 * 60 + 30),
        ("13:30", "00:00-24:00Z", 0),
        ("23:59", "00:00-24:00", 0),
    ],
)
def test_when_it_opens(clock, text, minutes):
    assert at(clock, text) == minutes * 60


def test_local_time_is_what_the_clock_on_the_wall_shows():
    def five_hours_behind(now):
        return time.gmtime(now - 5 * 3_600)

    assert at("03:30", "22:00-06:00", five_hours_behind) == 0
    assert at("02:30", "22:00-06:00", five_hours_behind) == 30 * 60
    assert at("02:30", "22:00-06:00Z", five_hours_behind) == 0


@given(st.integers(0, 1_439), st.integers(0, 1_439), st.floats(0, DAY))
def test_it_opens_when_it_says(begin, end, second):
    if begin == end:
        return
    text = f"{begin // 60}:{begin % 60:02d}-{end // 60}:{end % 60:02d}Z"
    hours = parse_hours(text)
    wait = closed_for(hours, MIDNIGHT + second)
    assert 0 <= wait < DAY
    assert closed_for(hours, MIDNIGHT + second + wait + 0.001) == 0


def test_without_hours_it_asks_around_the_clock():
    assert closed_for((), time.time()) == 0


@pytest.mark.parametrize(
    "text", ["", "22-6", "22:00", "25:00-06:00", "22:60-06:00", "08:00-24:01", "a", "22:00-06:00+1"]
)
def test_what_is_no_window_is_said_with_what_would_be_right(text):
    with pytest.raises(ValueError, match=":00"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["10:00-10:00", "00:00-00:00"])
def test_a_window_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="around the clock"):
        parse_hours(text)


@pytest.mark.parametrize("text", ["22:00-06:00", "09:05-17:00Z", "00:00-06:30"])
def test_it_is_shown_as_it_is_written(text):
    assert [str(window) for window in parse_hours(text)] == [text]
