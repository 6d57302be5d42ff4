"""What operators alone may ask: endpoints one by one, and search."""

from ipaddress import ip_address
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.exceptions import HTTPException

from openletter.report.endpoint_file import MEDIA_TYPES, FileFormat
from openletter.report.record import EndpointRecord, record
from openletter.report.stored import stored_report
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint import Known, one_endpoint
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.endpoint_history import EndpointTimes, endpoint_history, endpoint_times
from openletter.statistics.endpoints import EndpointRow, Total, list_endpoints
from openletter.statistics.history import SeenAs
from openletter.statistics.search import Found, search
from openletter.store.store import Store
from openletter.tls.certificate import CertificateFacts, Unreadable, facts
from openletter.web.api.answers import SurveyInfo, survey_info
from openletter.web.api.operation import Answer, Operation
from openletter.web.api.places import LATEST, EndpointPlace, NoPlace, SurveyName, SurveyPlace
from openletter.web.api.surveys import survey_of
from openletter.web.download import Download
from openletter.web.endpoint_query import EndpointQuery, only_filter
from openletter.web.endpoints_of import over_endpoints
from openletter.web.query import bad
from openletter.web.roles import Role
from openletter.web.snapshot import Snapshot


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyInfo
    endpoints: tuple[EndpointRow, ...]
    total: Total | None
    """How many there are on all pages."""
    next: str | None
    """For ``after``: where the next page begins; null on the last one."""


class OneEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyInfo
    endpoint: EndpointRecord
    """As ``openletter check --json`` prints it."""
    known: Known | None
    """What enrichment found of it; null in a survey that was not enriched."""
    chain: tuple[CertificateFacts | None, ...]
    """Its certificates, the server's own first; null for one that cannot be read."""
    times: EndpointTimes | None
    """Null where it was not merged into the state yet."""
    history: tuple[SeenAs, ...]
    """In all surveys that still have their endpoints, the oldest first."""


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyInfo
    found: Found


class EndpointAsked(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyName = LATEST
    host: Annotated[
        str, Meta(max_length=255, description="the name that it was asked for by, where one was given")
    ] = ""


class SearchAsked(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyName = LATEST
    q: Annotated[
        str, Meta(max_length=255, description="an address, a network, an AS number or part of a name")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=100, description="how many endpoints at most, 1 to 100")] = 25


async def _endpoints(snapshot: Snapshot, place: SurveyPlace, query: EndpointQuery) -> Answer:
    about = survey_of(snapshot, place.survey)
    page = await over_endpoints(
        snapshot,
        about,
        lambda _, verdicts: list_endpoints(
            verdicts, only_filter(query), after=query.after, limit=query.limit, sort=query.sort
        ),
    )
    return Answer(
        body=Endpoints(survey=survey_info(about), endpoints=page.rows, total=page.total, next=page.next),
        next=page.next,
    )


def _file(form: FileFormat) -> Operation:
    async def handler(snapshot: Snapshot, place: SurveyPlace, query: EndpointFilter) -> Download:
        return Download(record=survey_of(snapshot, place.survey), filter=query, form=form)

    return Operation(
        path=f"/api/v1/surveys/{{survey}}/endpoints.{form}",
        name=f"endpoints-{form}",
        summary=f"All endpoints of a survey that fit a filter, as a file ({_FORMS[form]}).",
        tag="endpoints",
        role=Role.OPERATOR,
        place=SurveyPlace,
        query=EndpointFilter,
        answer=None,
        media_type=MEDIA_TYPES[form],
        handler=handler,
    )


_FORMS = {FileFormat.CSV: "CSV", FileFormat.JSONL: "JSON Lines", FileFormat.PARQUET: "Parquet"}


async def _endpoint(snapshot: Snapshot, place: EndpointPlace, query: EndpointAsked) -> Answer:
    about = survey_of(snapshot, query.survey)
    try:
        ip = str(ip_address(place.ip))
    except ValueError:
        raise bad("ip", "ip: is no address; give an IPv4 or IPv6 address.") from None

    def read(store: Store, verdicts: Verdicts) -> OneEndpoint | None:
        detail = one_endpoint(store, about, ip, place.port, query.host, through=verdicts)
        if detail is None:
            return None
        told = stored_report(detail.verdict, detail.observation, detail.chain, detail.of_host)
        chain = tuple(map(facts, detail.chain))
        return OneEndpoint(
            survey=survey_info(about),
            endpoint=record(told),
            known=detail.known,
            chain=tuple(None if isinstance(one, Unreadable) else one for one in chain),
            times=endpoint_times(store, ip, place.port, query.host, through=verdicts),
            history=endpoint_history(store, ip, place.port, query.host, through=verdicts),
        )

    found = await over_endpoints(snapshot, about, read)
    if found is None:
        raise HTTPException(404, "This survey did not ask this address and port by this name.")
    return Answer(body=found)


async def _search(snapshot: Snapshot, _: NoPlace, query: SearchAsked) -> Answer:
    about = survey_of(snapshot, query.survey)
    if not query.q:
        raise bad("q", "q: give an address, a network, an AS number or part of a name.")
    found = await over_endpoints(snapshot, about, lambda _, verdicts: search(verdicts, query.q, query.limit))
    return Answer(body=Searched(survey=survey_info(about), found=found))


OPERATIONS = (
    Operation(
        path="/api/v1/surveys/{survey}/endpoints",
        name="endpoints",
        summary="Endpoints of a survey that fit a filter, page by page.",
        tag="endpoints",
        role=Role.OPERATOR,
        place=SurveyPlace,
        query=EndpointQuery,
        answer=Endpoints,
        paged=True,
        handler=_endpoints,
    ),
    *map(_file, _FORMS),
    Operation(
        path="/api/v1/endpoints/{ip}/{port}",
        name="endpoint",
        summary="One endpoint with all that is kept of it.",
        tag="endpoints",
        role=Role.OPERATOR,
        place=EndpointPlace,
        query=EndpointAsked,
        answer=OneEndpoint,
        handler=_endpoint,
    ),
    Operation(
        path="/api/v1/search",
        name="search",
        summary="Networks and endpoints by one line of text.",
        tag="endpoints",
        role=Role.OPERATOR,
        place=NoPlace,
        query=SearchAsked,
        answer=Searched,
        handler=_search,
    ),
)
