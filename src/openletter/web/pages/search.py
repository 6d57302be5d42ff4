"""One box for addresses, networks, numbers of networks and names. For operators."""

import re
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.report.visible import Piece, visible
from openletter.statistics.asn import AsnCounts
from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.statistics.parameters import SurveyId
from openletter.statistics.search import Found, Taken, search
from openletter.store.error import NoSurveyError
from openletter.web.endpoint_query import EndpointQuery, address
from openletter.web.endpoints_of import over_endpoints
from openletter.web.labels import N_
from openletter.web.pages.endpoint_rows import RowView, row_views, severity_name, total_words
from openletter.web.pages.looking import Look, look
from openletter.web.query import BadQueryError, read
from openletter.web.render import snapshot_of
from openletter.web.roles import Role, require
from openletter.web.table import TableQuery
from openletter.web.words import Words

ROWS = 25
_EXAMPLES = ("192.0.2.25", "192.0.2.0/24", "2001:db8::/32", "AS64500", "mail.example.org")


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    q: str = ""
    survey: SurveyId | None = None


class Link(msgspec.Struct, frozen=True):
    text: str
    href: str


class NetworkView(msgspec.Struct, frozen=True, kw_only=True):
    asn: int
    name: tuple[Piece, ...]
    words: str
    href: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    title: str
    networks: tuple[NetworkView, ...] = ()
    rows: tuple[RowView, ...] = ()
    total_words: str = ""
    more_href: str = ""


_TAKEN = {
    Taken.ADDRESS: N_("Taken as an address."),
    Taken.NETWORK: N_("Taken as a network of addresses."),
    Taken.ASN: N_("Taken as the number of an autonomous system."),
    Taken.NAME: N_("Taken as part of a name: of a host, of a network or of a product."),
}
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_PART_OF_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}\.?", re.ASCII)


def _other_readings(text: str, words: Words, survey: str) -> list[Link]:
    """What else may have been meant."""

    def link(message: str, other: str) -> Link:
        said = [("q", other), *([("survey", survey)] if survey else [])]
        return Link(words.text(message, text=other), f"/search?{urlencode(said)}")

    found = []
    if _NUMBER.fullmatch(text) and int(text) < 1 << 32:
        found.append(link(N_("Look for the network %(text)s instead?"), f"AS{text}"))
    if _PART_OF_ADDRESS.fullmatch(text) and "." in text:
        numbers = [number for number in text.split(".") if number]
        if all(int(number) < 256 for number in numbers):
            network = ".".join([*numbers, *["0"] * (4 - len(numbers))])
            found.append(
                link(N_("Look for the addresses of %(text)s instead?"), f"{network}/{8 * len(numbers)}")
            )
    return found


def _networks(found: tuple[AsnCounts, ...], about: Look, survey: str) -> tuple[NetworkView, ...]:
    return tuple(
        NetworkView(
            asn=one.asn,
            name=visible(one.name),
            words=about.words.text(
                "%(wide)s of %(answered)s hosts affected (wide), %(strict)s of them strict",
                wide=about.words.number(one.hosts.wide),
                answered=about.words.number(one.hosts.answered),
                strict=about.words.number(one.hosts.strict),
            ),
            href=f"/network/{one.asn}" + (f"?{urlencode({'survey': survey})}" if survey else ""),
        )
        for one in found
    )


def _groups(found: Found, about: Look, survey: str) -> list[Group]:
    words = about.words
    groups = []
    if found.networks:
        groups.append(
            Group(
                key="networks",
                title=words.text("Networks"),
                networks=_networks(found.networks, about, survey),
            )
        )
    shown = msgspec.convert({**msgspec.structs.asdict(found.filter)}, EndpointQuery, from_attributes=True)
    groups.append(
        Group(
            key="endpoints",
            title=words.text("Endpoints"),
            rows=tuple(row_views(found.page.rows, words, survey)),
            total_words=total_words(found.page.total, words),
            more_href=address("/endpoints", shown, survey=survey or None) if found.page.rows else "",
        )
    )
    return groups


@require(Role.OPERATOR)
async def search_page(request: Request) -> Response:
    problems: list[str] = []
    query = SearchQuery()
    try:
        query = read(request.scope["query_string"], SearchQuery)
    except BadQueryError as error:
        problems += [one.detail for one in error.wrong]
    survey = query.survey or ""
    about = await look(request, TableQuery(survey=survey))
    if about.record is None:
        return about.nothing()
    found: Found | None = None
    if query.q and not problems:
        try:
            found = await over_endpoints(
                snapshot_of(request), about.record, lambda _, verdicts: search(verdicts, query.q, ROWS)
            )
        except (BadQuestionError, NotEnrichedError, NoSurveyError) as error:
            problems.append(str(error))
    examples = [
        Link(text, f"/search?{urlencode([('q', text), *([('survey', survey)] if survey else [])])}")
        for text in _EXAMPLES
    ]
    return about.page(
        "search.html",
        severity_name=lambda severity: severity_name(severity, about.words),
        status_code=400 if problems else 200,
        text=query.q,
        survey_asked=survey,
        problems=problems,
        taken_words=about.words.text(_TAKEN[found.taken]) if found else "",
        otherwise=_other_readings(query.q.strip(), about.words, survey) if found else [],
        groups=_groups(found, about, survey) if found else [],
        examples=examples,
    )


routes = [Route("/search", search_page, name="search")]
