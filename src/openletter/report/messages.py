"""Catalogues of messages: English sentences are the keys, and English needs no catalogue.

Babel reads ``locale/<language>/LC_MESSAGES/openletter.po``; ``tools/messages.py`` keeps it. Documents have one, and pages have
another of their own.
"""

from collections.abc import Callable
from functools import cache
from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.messages.pofile import read_po
from markupsafe import escape

LANGUAGES = ("en", "ja")
"""The first is that of the messages themselves."""
LOCALES = {language: Locale.parse(language) for language in LANGUAGES}
NAMES = {"en": "English", "ja": "日本語"}
"""Of each language, in itself."""


def N_(message: str) -> str:  # noqa: N802 - the mark that gettext's tools look for
    """The message itself: it is translated where it is shown."""
    return message


class Messages:
    """Of one language."""

    def __init__(
        self, one: dict[str, str], many: dict[str, tuple[str, ...]], form: Callable[[int], int]
    ) -> None:
        """``form``: which of the forms of ``many`` a number has."""
        self._one = one
        self._many = many
        self._form = form

    def gettext(self, message: str) -> str:
        """The sentence in this language; in English where nobody has translated it."""
        return self._one.get(message, message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        found = self._many.get(singular)
        if found is None:
            return singular if count == 1 else plural
        return found[min(self._form(count), len(found) - 1)]

    def knows(self, message: str) -> bool:
        return message in self._one or message in self._many

    def __len__(self) -> int:
        return len(self._one) + len(self._many)


class Catalogues:
    """Those of one folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.of = cache(self._read)
        """The messages of one of ``LANGUAGES``."""

    def path_of(self, language: str) -> Path:
        return self._folder / language / "LC_MESSAGES" / "openletter.po"

    def _read(self, language: str) -> Messages:
        one: dict[str, str] = {}
        many: dict[str, tuple[str, ...]] = {}
        form: Callable[[int], int] = c2py("n != 1")
        if language != LANGUAGES[0]:
            with self.path_of(language).open("rb") as file:
                catalogue = read_po(file, locale=language)
            form = c2py(catalogue.plural_expr)
            for message in catalogue:
                if not message.id or not message.string or message.fuzzy:
                    continue
                if isinstance(message.id, str):
                    one[message.id] = str(message.string)
                    continue
                forms = (message.string,) if isinstance(message.string, str) else message.string
                if all(forms):
                    many[message.id[0]] = tuple(map(str, forms))
        return Messages(one, many, form)


class TemplateMessages:
    """The same for templates, which take what they get for markup.

    A sentence that stands in the program is; a word of a file that passes for one (a class that this version does not
    know) is not, and is escaped. The other language's catalogue tells them apart, since it has all sentences.
    """

    def __init__(self, catalogues: Catalogues, language: str) -> None:
        self._messages = catalogues.of(language)
        self._known = [catalogues.of(other) for other in LANGUAGES[1:]]

    def gettext(self, message: str) -> str:
        if any(catalogue.knows(message) for catalogue in self._known):
            return self._messages.gettext(message)
        return str(escape(message))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self._messages.ngettext(singular, plural, count)


DOCUMENTS = Catalogues(Path(__file__).parent / "locale")
"""Of what this layer makes."""
