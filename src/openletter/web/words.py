"""What a page or a chart says in its reader's language: sentences, numbers, dates, names of countries."""

import datetime as days
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

_NO_COUNTRY = frozenset({"", "ZZ"})


class Words(msgspec.Struct, frozen=True, kw_only=True):
    locale: Locale
    gettext: Callable[[str], str]
    """From an English sentence to one in the reader's language."""

    def text(self, message: str, **values: str) -> str:
        """The sentence, with ``%(name)s`` filled in; a percent sign is written twice."""
        return self.gettext(message) % values

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.locale))

    def percent(self, share: float) -> str:
        """Of a share from 0 to 1. Small ones keep a digit, so that few are not none."""
        return str(format_percent(share, format="#,##0.0%", locale=self.locale))

    def rate(self, per_1000: float) -> str:
        return str(format_decimal(per_1000, format="#,##0.0", locale=self.locale))

    def date(self, seconds: float) -> str:
        """The day in UTC. ``seconds``: Unix time."""
        return str(format_date(datetime.fromtimestamp(seconds, UTC), format="long", locale=self.locale))

    def day(self, day: days.date) -> str:
        return str(format_date(day, format="long", locale=self.locale))

    def moment(self, seconds: float) -> str:
        """Day and time in UTC. ``seconds``: Unix time."""
        when = format_datetime(
            datetime.fromtimestamp(seconds, UTC), "yyyy-MM-dd HH:mm:ss", locale=self.locale
        )
        return f"{when} UTC"

    def territory(self, code: str) -> str:
        """Of ISO 3166-1 alpha-2; a code that nobody knows is shown as it is."""
        if code in _NO_COUNTRY:
            return self.text("Country not known")
        return str(self.locale.territories.get(code, code))

    def has_territory(self, code: str) -> bool:
        return code == "ZZ" or (len(code) == 2 and code in self.locale.territories)
