"""A message's words: subject, text and HTML, from templates in the subscriber's language.

What strangers have said (names, banners) reaches the templates as text in which nothing is left that a terminal, a mail program
or HTML would act on.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache

import jinja2
import msgspec
from babel.dates import format_date
from babel.numbers import format_decimal

from openletter.remedy.wording import CATALOGUES
from openletter.report.mail.attachments import Attached
from openletter.report.mail.digest import Digest, Host, Port
from openletter.report.mail.mailbox import Mailbox, header_text
from openletter.report.visible import visible_text
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName

Link = Callable[[Host, Port], str]
"""Where an endpoint can be checked again; empty where nowhere."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_MAX_NAME = 253


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """To one subscriber, of one day."""

    subscriber: Subscriber
    day: date
    seen: float
    """When the survey began, Unix seconds."""
    digest: Digest
    sender: Mailbox
    attached: Attached = Attached()
    unsubscribe: str = ""
    """A page; empty where there is none."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    """One line, not yet fit for a header."""
    text: str
    html: str


def name_text(name: str) -> str:
    """A host's name: what cannot be in one is shown as an escape, so that no mail program takes it for a link."""

    def escape(found: re.Match[str]) -> str:
        return "".join(f"\\x{octet:02x}" for octet in found[0].encode("utf-8", "surrogatepass"))

    shown = _NOT_IN_NAMES.sub(escape, name[:_MAX_NAME])
    return f"{shown}…" if len(name) > _MAX_NAME else shown


def words_of(letter: Letter, link: Link = lambda *_: "") -> Words:
    """In the subscriber's language."""
    letter = msgspec.structs.replace(
        letter,
        subscriber=msgspec.structs.replace(letter.subscriber, name=header_text(letter.subscriber.name)),
        sender=msgspec.structs.replace(letter.sender, name=header_text(letter.sender.name)),
    )
    language = letter.subscriber.language.value
    subject = (
        _environment(language, False).get_template("subject.j2").render(letter=letter, language=language)
    )
    values = {
        "letter": letter,
        "language": language,
        "subject": subject.strip(),
        "steps": letter.digest.first(language),
        "link": link,
        "unsubscribe": letter.unsubscribe,
    }
    return Words(
        subject=subject.strip(),
        text=_environment(language, False).get_template("letter.txt.j2").render(values),
        html=_environment(language, True).get_template("letter.html.j2").render(values),
    )


@cache
def _environment(language: str, markup: bool) -> jinja2.Environment:
    catalogue = CATALOGUES[language]

    def title(word: str) -> str:
        if word in set(FindingName):
            return catalogue.findings[FindingName(word)].title
        return catalogue.classes[Class(word)].title

    def number(value: int) -> str:
        return str(format_decimal(value, locale=language))

    def day(seconds: float) -> str:
        return str(format_date(datetime.fromtimestamp(seconds, UTC), format="long", locale=language))

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openletter.report", "templates/mail"),
        # For all templates of one environment: what a macro gives to HTML counts as escaped.
        autoescape=markup,  # noqa: S701
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"title": title, "number": number, "date": day, "name": name_text}
    return environment


def banner_text(banner: bytes) -> str:
    """What a server says of itself, on one line, cut to 120 characters."""
    shown = visible_text(banner.rstrip(b"\r\n")[:400])
    return shown if len(shown) <= 120 else f"{shown[:119]}…"
