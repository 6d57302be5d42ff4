"""How a document says things in one language."""

from datetime import UTC, date, datetime
from functools import cache

import msgspec
from babel.dates import format_date
from babel.numbers import format_decimal

from openletter.remedy.wording import CATALOGUES
from openletter.remedy.words import Catalogue
from openletter.report.messages import DOCUMENTS, LOCALES, N_, Messages
from openletter.report.short_names import CLASSES, FINDINGS, SEVERITIES
from openletter.report.standing import Standing
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName

STANDINGS = {
    Standing.NEW: N_("new"),
    Standing.BACK: N_("back again"),
    Standing.OPEN: N_("still open"),
    Standing.REMINDER: N_("still open"),
    Standing.FIXED: N_("fixed"),
}
"""A reminder is one by its date alone, which a document has no need to tell."""
SOURCES = {
    "given": N_("the name it was asked for by"),
    "ptr": N_("its name in DNS, by its address"),
    "certificate": N_("a name in its certificate"),
}
NO_DATE = N_("no date that can be read")


class HtmlWords(msgspec.Struct, frozen=True, kw_only=True):
    language: str
    messages: Messages
    catalogue: Catalogue

    def text(self, message: str, **values: str) -> str:
        """The sentence, with ``%(name)s`` filled in."""
        return self.messages.gettext(message) % values

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=LOCALES[self.language]))

    def day(self, day: date) -> str:
        return str(format_date(day, format="long", locale=LOCALES[self.language]))

    def short_date(self, day: date) -> str:
        """Day and month, as narrow as they can be said."""
        return str(
            format_date(
                day, format="MMM d" if self.language == "en" else "M/d", locale=LOCALES[self.language]
            )
        )

    def moment(self, seconds: float | None) -> str:
        """The day (UTC) of Unix seconds, which may be any: a certificate's."""
        if seconds is None:
            return self.text(NO_DATE)
        try:
            return self.day(datetime.fromtimestamp(seconds, UTC).date())
        except (OverflowError, OSError, ValueError):
            return self.text(NO_DATE)

    def word(self, word: str) -> str:
        """The short name of a class or a finding."""
        if word in set(FindingName):
            return self.text(FINDINGS[FindingName(word)])
        return self.text(CLASSES[Class(word)])

    def severity(self, severity: Severity) -> str:
        return self.text(SEVERITIES[severity])

    def standing(self, standing: Standing) -> str:
        return self.text(STANDINGS[standing])


@cache
def html_words(language: str) -> HtmlWords:
    """Of a language of :class:`openletter.subscriber.subscriber.Language`."""
    return HtmlWords(language=language, messages=DOCUMENTS.of(language), catalogue=CATALOGUES[language])
