"""The whole document: HTML that needs nothing else, runs nothing, and says the same in octets for the same facts.

What strangers have said reaches the template as pieces of :mod:`openletter.report.visible`, or as text that went through it;
the template escapes all of it. The policy in its head lets nothing in and nothing run, should an escape ever be forgotten.
"""

from functools import cache
from typing import BinaryIO

import jinja2

from openletter import __version__
from openletter.report.html.markup import badge, octets
from openletter.report.html.page import page_of
from openletter.report.html.words import SOURCES, html_words
from openletter.report.messages import DOCUMENTS, LOCALES, TemplateMessages
from openletter.report.tlp import wanted_label
from openletter.report.told import Told
from openletter.subscriber.subscriber import Format

_GAPS = {"ja": ""}
"""Between sentences, where that is no blank."""
_COMMAS = {"ja": "、"}


def write_html(told: Told, out: BinaryIO) -> None:
    """In the subscriber's language. ``out`` takes octets. Raises StoreError for a label that is none."""
    language = told.subscriber.language.value
    words = html_words(language)
    template = _environment(language).get_template("report.html.j2")
    text = template.render(page=page_of(told, words), told=told, counts=told.counts, tlp=wanted_label())
    out.write(text.encode())


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openletter.report", "templates/html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    messages = TemplateMessages(DOCUMENTS, language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        messages.gettext, messages.ngettext, newstyle=True
    )
    words = html_words(language)
    environment.globals.update(
        language=language,
        number=words.number,
        date=words.day,
        short_date=words.short_date,
        moment=words.moment,
        word=words.word,
        octets=octets,
        severity_badge=cache(lambda one: badge(one, words.severity(one))),
        standing_badge=cache(lambda one: badge(one, words.standing(one))),
        source=lambda kind: words.text(SOURCES[kind]) if kind in SOURCES else "",
        territory=lambda code: str(LOCALES[language].territories.get(code, code)),
        csv=Format.CSV,
        gap=_GAPS.get(language, " "),
        comma=_COMMAS.get(language, ", "),
        version=__version__,
    )
    return environment
