"""What the reports tell of certificates, put otherwise: dates that a program reads, and names as one text."""

from datetime import UTC, datetime

from openletter.report.formats.kinds import Kind

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


_ABBREVIATED = {
    "common_name": "CN",
    "organization_unit_name": "OU",
    "organization_name": "O",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "country": "C",
}


def distinguished_name(kind: Kind, which: str) -> str:
    """``CN=mail.example.org, O=Example, C=NL`` of what the reports tell of the ``subject`` or the ``issuer``; the signs that
    RFC 4514 §2.4 escapes are escaped."""
    parts = []
    for attribute, short in _ABBREVIATED.items():
        if text := kind[f"{which}_{attribute}"]:
            parts.append(f"{short}={_escaped(text)}")
    return ", ".join(parts)


def _escaped(text: str) -> str:
    shown = "".join(f"\\{sign}" if sign in '\\"+,;<>=' else sign for sign in text)
    return f"\\{shown}" if shown.startswith(("#", " ")) else shown
