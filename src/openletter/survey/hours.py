"""The hours in which a survey may ask: outside them it waits.

``22:00-06:00`` is the machine's local time, ``22:00-06:00Z`` is UTC; several are separated by commas. A window may go over
midnight. Where clocks change, the hours are those that the clock shows.
"""

import re
import time
from collections.abc import Callable, Sequence

import msgspec

DAY = 86_400
DAY_MINUTES = 1_440

_WINDOW = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)(Z?)", re.ASCII)


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """From ``begin`` until ``end``, in minutes after midnight; over midnight where the end is not behind the beginning."""

    begin: int
    end: int
    utc: bool = False

    def __str__(self) -> str:
        def clock(minutes: int) -> str:
            return f"{minutes // 60:02d}:{minutes % 60:02d}"

        return f"{clock(self.begin)}-{clock(self.end)}{'Z' if self.utc else ''}"


def parse_hours(text: str) -> tuple[Hours, ...]:
    """Raises ValueError, which says what would be right."""
    return tuple(_window(part.strip()) for part in text.split(","))


def _window(text: str) -> Hours:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no window of hours; write it as 22:00-06:00, or 22:00-06:00Z for UTC")
    begin_hour, begin_minute, end_hour, end_minute = map(int, match.group(1, 2, 3, 4))
    begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
    if begin_minute > 59 or end_minute > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES:
        raise ValueError(f"{text!r}: hours go from 00:00 to 24:00")
    if begin == end % DAY_MINUTES and (begin, end) != (0, DAY_MINUTES):
        raise ValueError(f"{text!r} is no time at all, or all of it; 00:00-24:00 is around the clock")
    return Hours(begin=begin, end=end, utc=bool(match[5]))


def closed_for(
    hours: Sequence[Hours], now: float, local: Callable[[float], time.struct_time] = time.localtime
) -> float:
    """Seconds until one of the windows opens; 0 inside one, and where there are none. ``now`` in Unix seconds.

    It may be wrong by what a clock is put forward or back meanwhile: ask again from time to time.
    """
    return min((_until(window, now, local) for window in hours), default=0.0)


def _until(window: Hours, now: float, local: Callable[[float], time.struct_time]) -> float:
    clock = time.gmtime(now) if window.utc else local(now)
    second = clock.tm_hour * 3_600 + clock.tm_min * 60 + clock.tm_sec + now % 1
    begin, end = window.begin * 60, window.end * 60
    inside = begin <= second < end if begin < end else second >= begin or second < end
    return 0.0 if inside else (begin - second) % DAY
