"""Pages from templates, in the reader's language."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from openletter import __version__
from openletter.web.messages import LANGUAGES, LOCALES, NAMES, TemplateMessages, messages_of, path_of
from openletter.web.roles import Role
from openletter.web.snapshot import Snapshot
from openletter.web.static_files import StaticFiles
from openletter.web.words import Words

TEMPLATES = Path(__file__).parent / "templates"

THEMES = ("auto", "light", "dark")
"""The first: as the reader's system has it."""


@cache
def words_in(language: str) -> Words:
    return Words(locale=LOCALES[language], gettext=messages_of(language).gettext)


def words_of(request: Request) -> Words:
    """How things are said to this reader."""
    return words_in(request.state.locale)


def snapshot_of(request: Request) -> Snapshot:
    """From which this request is answered: always the same. Raises StoreError."""
    if getattr(request.state, "snapshot", None) is None:
        request.state.snapshot = request.app.state.snapshots.now()
    found: Snapshot = request.state.snapshot
    return found


class Templates:
    """The templates, compiled once for each language."""

    def __init__(self, static: StaticFiles) -> None:
        self._environments = {language: self._environment(language, static) for language in LANGUAGES}

    @staticmethod
    def _environment(language: str, static: StaticFiles) -> Environment:
        made = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        messages = TemplateMessages(language)
        made.install_gettext_callables(  # type: ignore[attr-defined]
            messages.gettext, messages.ngettext, newstyle=True
        )
        words = words_in(language)
        made.globals.update(
            locale=words.locale,
            languages=[(one, NAMES[one]) for one in LANGUAGES],
            themes=THEMES,
            number=words.number,
            percent=words.percent,
            date=words.date,
            territory=words.territory,
            static=static.address,
            has_static=static.__contains__,
            version=__version__,
            operator=Role.OPERATOR,
        )
        return made

    def page(self, language: str, template: str, context: dict[str, Any]) -> str:
        return self._environments[language].get_template(template).render(context)


@cache
def build() -> str:
    """Of all that pages are made of besides the store: another one for another version of the program."""
    digest = sha256(__version__.encode())
    for path in [*sorted(TEMPLATES.glob("*.html")), *(path_of(language) for language in LANGUAGES[1:])]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def render(request: Request, template: str, status_code: int = 200, **context: object) -> Response:
    """A page. Templates have beside ``context``: the reader's language, theme, role and name, and the helpers above."""

    def url_with(**changed: object) -> str:
        """This page in another state: its address with parameters changed, or left out where they are none."""
        said = {**dict(request.query_params), **changed}
        kept = [(name, value) for name, value in said.items() if value not in (None, "")]
        return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path

    state = request.state
    whole: dict[str, Any] = {
        "request": request,
        "path": request.url.path,
        "here_and_now": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "theme": state.theme,
        "role": state.role,
        "user": state.user,
        "signed_in": state.signed_in,
        "csrf": state.csrf,
        "survey_suffix": _survey_suffix(request),
        "has_accounts": state.has_accounts,
        "url_with": url_with,
        "record": None,
        "bare": False,
        **context,
    }
    templates: Templates = request.app.state.templates
    return HTMLResponse(templates.page(state.locale, template, whole), status_code)


def _survey_suffix(request: Request) -> str:
    """Behind the addresses of the menu, so that one stays with the survey that one looks at."""
    survey = request.query_params.get("survey", "")
    known = 0 < len(survey) <= 64 and all(
        letter.isascii() and (letter.isalnum() or letter == "-") for letter in survey
    )
    return f"?{urlencode({'survey': survey})}" if known else ""
