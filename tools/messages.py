"""Keeps the catalogues of messages in step with templates and pages.

    python tools/messages.py           add to each catalogue what is missing (untranslated), take out what nobody says any more;
                                       or to those named: pages, documents
    python tools/messages.py --check   change nothing; name what is missing, superfluous or wrong, and end with 1 where
                                       there is something

A message is what stands in ``_()`` and ``ngettext()`` of templates, and in ``N_()`` and ``words.text()`` of Python. Pages have a
catalogue, and the documents of reports another.
"""

import os
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from openletter.report.messages import DOCUMENTS, LANGUAGES, Catalogues
from openletter.web.messages import PAGES

SOURCE = Path(__file__).parent.parent / "src" / "openletter"


class Book(NamedTuple):
    """What one catalogue is of."""

    folder: Path
    files: tuple[str, ...]
    """Patterns below ``folder``; of those that are no Python, templates."""
    catalogues: Catalogues


_SHARED = ("service.py", "short_names.py")
BOOKS = {
    "pages": Book(
        SOURCE / "web", ("**/*.py", "**/*.html", *(f"../report/{name}" for name in _SHARED)), PAGES
    ),
    "documents": Book(SOURCE / "report", (*_SHARED, "html/*.py", "templates/html/*.j2"), DOCUMENTS),
}

_PYTHON = {"N_": None, "text": None}
_TEMPLATE = {"_": None, "gettext": None, "ngettext": (1, 2)}
_PLACE = re.compile(r"%(?:\((\w+)\))?.")

MessageId = str | tuple[str, ...] | list[str]


def said(book: Book) -> Iterator[tuple[MessageId, str]]:
    """All messages, and the file (below the book's folder) in which each stands."""
    for path in sorted({path.resolve() for pattern in book.files for path in book.folder.glob(pattern)}):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        keywords = _PYTHON if path.suffix == ".py" else _TEMPLATE
        options = {} if path.suffix == ".py" else {"newstyle_gettext": "true", "silent": "false"}
        with path.open("rb") as file:
            for _, message, _, _ in extract(method, file, keywords=keywords, options=options):
                yield message, os.path.relpath(path, book.folder)


def catalogue(book: Book, language: str) -> Catalog:
    with book.catalogues.path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def key_of(message: MessageId) -> str:
    return message if isinstance(message, str) else message[0]


def places(sentence: str) -> set[str]:
    """The ``%(name)s`` of a sentence."""
    return {found[1] or found[0] for found in _PLACE.finditer(sentence) if found[0] != "%%"}


def _translations(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def faults(book: Book, language: str) -> list[str]:
    """What is wrong with a catalogue, a line each."""
    kept = catalogue(book, language)
    wanted = {key_of(message): (message, file) for message, file in said(book)}
    found = []
    for key, (message, file) in wanted.items():
        entry = kept.get(key)
        if entry is None:
            found.append(f"missing: {key!r} ({file})")
        elif entry.fuzzy or not all(_translations(entry)) or not entry.string:
            found.append(f"not translated: {key!r} ({file})")
        elif isinstance(message, str) is not isinstance(entry.id, str):
            found.append(f"singular and plural here, or there, and not in both: {key!r} ({file})")
        elif any(places(one) - places("".join(message)) - {"num"} for one in _translations(entry)):
            found.append(f"has a place that the English has not: {key!r} ({file})")
        elif isinstance(message, str) and any(places(message) - places(one) for one in _translations(entry)):
            found.append(f"lacks a place that the English has: {key!r} ({file})")
    found += [
        f"nobody says it any more: {key_of(entry.id)!r}"
        for entry in kept
        if entry.id and key_of(entry.id) not in wanted
    ]
    return found


def update(book: Book, language: str) -> None:
    """The file as it should be, its translations kept, in the order in which the messages stand in the files."""
    before = catalogue(book, language)
    after = Catalog(
        locale=language,
        project="openletter",
        version="0.1",
        header_comment=before.header_comment,
        creation_date=before.creation_date,
        revision_date=before.revision_date,
        last_translator=before.last_translator,
        language_team=before.language_team,
        fuzzy=False,
    )
    for message, _ in said(book):
        known = before.get(key_of(message))
        kept = known is not None and isinstance(known.id, str) is isinstance(message, str)
        after.add(message, known.string if known is not None and kept else None)
    octets = BytesIO()
    write_po(octets, after, width=100, omit_header=False, no_location=True)
    book.catalogues.path_of(language).write_bytes(octets.getvalue())


def main(arguments: list[str]) -> int:
    whole = [(name, book, language) for name, book in BOOKS.items() for language in LANGUAGES[1:]]
    if arguments == ["--check"]:
        wrong = [
            f"{name}, {language}: {fault}"
            for name, book, language in whole
            for fault in faults(book, language)
        ]
        print("\n".join(wrong) or "all messages are there")
        return 1 if wrong else 0
    if not set(arguments) <= set(BOOKS):
        print(__doc__)
        return 2
    for name, book, language in whole:
        if arguments and name not in arguments:
            continue
        update(book, language)
        for fault in faults(book, language):
            print(f"{name}, {language}: {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
