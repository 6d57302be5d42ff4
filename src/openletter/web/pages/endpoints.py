"""All endpoints of a survey, filtered, sorted and paged by the address. For operators."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from openletter.dialogue.observation import Protocol
from openletter.enrich.product import Product
from openletter.report.endpoint_file import FileFormat
from openletter.statistics.country import CountryCounts
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.endpoints import EndpointPage, Sort, list_endpoints
from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.statistics.parameters import SurveyId
from openletter.store.error import NoSurveyError
from openletter.verdict.classes import Evidence, Severity
from openletter.verdict.findings import FindingName
from openletter.web.download import Download, download
from openletter.web.endpoint_query import EndpointQuery, address, only_filter
from openletter.web.endpoints_of import over_endpoints
from openletter.web.labels import CLASSES, EVIDENCE, FINDINGS, N_, ORDER, SEVERITIES
from openletter.web.naming import product_name
from openletter.web.pages.endpoint_rows import row_views, severity_name, total_words
from openletter.web.pages.looking import Look, look
from openletter.web.query import BadQueryError, Wrong, pairs, read
from openletter.web.render import snapshot_of
from openletter.web.roles import Role, require
from openletter.web.table import TableQuery
from openletter.web.words import Words

PATH = "/endpoints"


class PageQuery(EndpointQuery, frozen=True, kw_only=True):
    survey: SurveyId | None = None


_PROTOCOLS = {Protocol.IMAP: N_("IMAP"), Protocol.POP3: N_("POP3")}
_SORTS = {
    Sort.ADDRESS: N_("Address"),
    Sort.SEVERITY: N_("Severity, the worst first"),
    Sort.CLASS: N_("Class"),
    Sort.COUNTRY: N_("Country"),
}
_DOWNLOADS = {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"}

Member = TypeVar("Member", bound=StrEnum)
Choices = list[tuple[str, str]]


def _choices(names: Mapping[Member, str], words: Words, order: Iterable[Member] = ()) -> Choices:
    return [(str(member), words.text(names[member])) for member in (order or names)]


def choices(words: Words) -> dict[str, Choices]:
    """What the fields of the form offer, by the name that the template has for them."""
    products = [(str(one), product_name(one, words)) for one in Product]
    return {
        "classes": _choices(CLASSES, words, ORDER),
        "severities": _choices(SEVERITIES, words, Severity),
        "findings": _choices(FINDINGS, words, FindingName),
        "evidences": _choices(EVIDENCE, words, Evidence),
        "protocols": _choices(_PROTOCOLS, words),
        "products": sorted(products, key=lambda choice: (choice[0] == Product.UNKNOWN, choice[1].casefold())),
        "sorts": _choices(_SORTS, words),
        "yes_no": [("true", words.text("yes")), ("false", words.text("no"))],
    }


_LABELS = {
    "text": (N_("Name contains"), N_("Give at most 255 characters that print.")),
    "network": (
        N_("Address or network"),
        N_("Give an address or a network, as in 192.0.2.0/24 or 2001:db8::/32."),
    ),
    "country": (N_("Country"), N_("Choose one of the list.")),
    "class": (N_("Class"), N_("Choose one of the list.")),
    "wide": (N_("Affected (wide)"), N_("Choose one of the list.")),
    "strict": (N_("Affected (strict)"), N_("Choose one of the list.")),
    "severity": (N_("Severity"), N_("Choose one of the list.")),
    "finding": (N_("Finding"), N_("Choose one of the list.")),
    "evidence": (N_("Evidence"), N_("Choose one of the list.")),
    "product": (N_("Product"), N_("Choose one of the list.")),
    "asn": (N_("AS number"), N_("Give a number from 0 to 4294967295.")),
    "protocol": (N_("Protocol"), N_("Choose one of the list.")),
    "port": (N_("Port"), N_("Give a number from 0 to 65535.")),
    "survey": (N_("Survey"), N_("Choose one of the list.")),
    "sort": (N_("Sorted by"), N_("Choose one of the list.")),
    "after": (N_("Next page"), N_("This place in the list is not known; begin with the first page.")),
    "limit": (N_("Rows of a page"), N_("Give a number from 1 to 1000.")),
}
"""Of each parameter: how the form calls it, and what would be right."""
_AT_HAND = frozenset({"text", "network", "country", "class", "wide", "sort", "after", "limit"})
"""Conditions that the form shows without being asked for more."""


def _problem(wrong: Wrong, words: Words) -> str:
    """In the reader's language, as far as it is about one field of the form."""
    if wrong.parameter in _LABELS:
        label, hint = _LABELS[wrong.parameter]
        return words.text(
            "%(field)s: this cannot be used. %(hint)s", field=words.text(label), hint=words.text(hint)
        )
    return wrong.detail


def _form(request: Request) -> dict[str, str]:
    """What was given, right or wrong, for the form to show it again."""
    try:
        return dict(pairs(request.scope["query_string"]))
    except BadQueryError:
        return {}


def _read(request: Request) -> tuple[PageQuery, tuple[Wrong, ...]]:
    """The filter, and what is wrong with it: then the form shows what can be kept of it."""
    try:
        return read(request.scope["query_string"], PageQuery), ()
    except BadQueryError as error:
        return PageQuery(), error.wrong


async def _page(
    request: Request, about: Look, query: PageQuery
) -> tuple[EndpointPage | None, tuple[Wrong, ...]]:
    assert about.record is not None
    try:
        found = await over_endpoints(
            snapshot_of(request),
            about.record,
            lambda _, verdicts: list_endpoints(
                verdicts, only_filter(query), after=query.after, limit=query.limit, sort=query.sort
            ),
        )
    except BadQuestionError as error:
        return None, (Wrong(str(error).partition(":")[0], str(error)),)
    except NotEnrichedError as error:
        return None, (Wrong("", str(error)),)
    except NoSurveyError:
        pruned = N_("The endpoints of this survey were pruned; its counts are kept.")
        return None, (Wrong("", about.words.text(pruned)),)
    return found, ()


def _shorter(request: Request, query: PageQuery) -> str:
    """The same address without the fields that a form sends empty, so that it can be shared; empty where it has none."""
    said = parse_qsl(request.scope["query_string"].decode("ascii"), keep_blank_values=True)
    return address(PATH, query) if any(not value.strip() for _, value in said) else ""


@require(Role.OPERATOR)
async def endpoints(request: Request) -> Response:
    query, wrong = _read(request)
    shorter = "" if wrong else _shorter(request, query)
    scripted = "hx-request" in request.headers
    if shorter and not scripted:
        return RedirectResponse(shorter, 303)
    about = await look(request, TableQuery(survey=query.survey or ""))
    if about.record is None:
        return about.nothing()
    found: EndpointPage | None = None
    if not wrong:
        found, wrong = await _page(request, about, query)
    countries: tuple[CountryCounts, ...] = await about.ask("countries")
    survey = query.survey or ""
    form = _form(request)
    response = about.page(
        "endpoints.html",
        severity_name=lambda severity: severity_name(severity, about.words),
        status_code=400 if wrong else 200,
        query=query,
        problems=[_problem(one, about.words) for one in wrong],
        wrong_fields={one.parameter for one in wrong},
        form=form,
        more_is_set=any(name not in _AT_HAND for name in form),
        survey_asked=survey,
        countries=about.country_choices(countries),
        **choices(about.words),
        rows=row_views(found.rows, about.words, survey) if found else [],
        total_words=total_words(found.total, about.words) if found else "",
        cleared_href=address(PATH, PageQuery(survey=query.survey)),
        first_href=address(PATH, query, after=None) if query.after else "",
        next_href=address(PATH, query, after=found.next) if found and found.next else "",
        sort_hrefs={str(sort): address(PATH, query, sort=sort, after=None) for sort in Sort},
        downloads=[
            (words, address(f"{PATH}.{kind}", query, after=None, sort=None, limit=None))
            for kind, words in _DOWNLOADS.items()
        ],
    )
    if shorter:
        response.headers["HX-Push-Url"] = shorter
    return response


class FileQuery(EndpointFilter, frozen=True, kw_only=True):
    survey: SurveyId | None = None


@require(Role.OPERATOR)
async def endpoint_download(request: Request) -> Response:
    form = request.path_params["form"]
    if form not in _DOWNLOADS:
        raise HTTPException(404)
    query = read(request.scope["query_string"], FileQuery)
    about = await look(request, TableQuery(survey=query.survey or ""))
    if about.record is None:
        raise HTTPException(404, N_("There is no judged survey yet."))
    wanted = Download(record=about.record, filter=only_filter(query), form=FileFormat(form))
    return await download(request, snapshot_of(request), wanted)


routes = [
    Route(PATH, endpoints, name="endpoints"),
    Route(f"{PATH}.{{form}}", endpoint_download, name="endpoint-download"),
]
