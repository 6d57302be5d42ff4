"""Dates of certificates, back from how the reports write them."""

from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Whatever the locale."""


def moment(text: str | None) -> datetime | None:
    """Of ``Jan 14 08:04:50 2015 GMT``; none of none."""
    if text is None:
        return None
    month, day, clock, year, _ = text.split()
    hour, minute, second = map(int, clock.split(":"))
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)


def iso(text: str | None) -> str | None:
    """``2015-01-14T08:04:50Z`` of the same."""
    when = moment(text)
    return None if when is None else f"{when.replace(tzinfo=None).isoformat()}Z"
