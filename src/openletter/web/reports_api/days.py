"""Which days a request is about: ``2026-11-24``, ``now``, ``-3`` (three days ago), or two of these, ``2026-11-01:now``."""

import re
from datetime import date, timedelta

import msgspec

from openletter.web.reports_api.refusal import BadRequestError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AGO = re.compile(r"-(\d{1,4})", re.ASCII)


class Days(msgspec.Struct, frozen=True):
    """From the one to the other, both included (UTC)."""

    first: date
    last: date


def read_days(text: str, today: date) -> Days:
    """Raises BadRequestError."""
    start, colon, end = text.strip().partition(":")
    first = _day(start.strip(), today)
    last = _day(end.strip(), today) if colon else first
    if first > last:
        raise BadRequestError("date: the first day is later than the last one.")
    return Days(first, last)


def _day(word: str, today: date) -> date:
    if word == "now":
        return today
    ago = _AGO.fullmatch(word)
    if ago is not None:
        return today - timedelta(days=int(ago[1]))
    if _DAY.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            pass
    raise BadRequestError("date: give a day as YYYY-MM-DD, now, or two with a colon between them.")
