"""One endpoint: the verdict and why, what to change, what was said, certificates, and its past. For operators."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.dialogue.observation import Side
from openletter.report.stored import stored_report
from openletter.report.visible import Piece, visible
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint import EndpointDetail, Known, one_endpoint
from openletter.statistics.endpoint_history import EndpointTimes, endpoint_history, endpoint_times
from openletter.statistics.findings import severity_of
from openletter.statistics.history import SeenAs
from openletter.statistics.parameters import SurveyId
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.classes import Evidence, Severity
from openletter.verdict.verdict_table import VerdictRow
from openletter.web.api.places import EndpointPlace
from openletter.web.endpoint_view import SERVICES, endpoint_view
from openletter.web.endpoints_of import over_endpoints
from openletter.web.labels import EVIDENCE, N_
from openletter.web.pages.endpoint_rows import (
    class_name,
    endpoint_address,
    endpoint_href,
    finding_name,
    severity_name,
)
from openletter.web.pages.looking import Look, look
from openletter.web.query import BadQueryError, read, read_place
from openletter.web.render import snapshot_of
from openletter.web.roles import Role, require
from openletter.web.table import TableQuery
from openletter.web.words import Words


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyId | None = None
    host: str = ""
    """The name that it was asked for by, where one was given."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that the store has of one endpoint."""

    detail: EndpointDetail
    history: tuple[SeenAs, ...]
    times: EndpointTimes | None


class Where(msgspec.Struct, frozen=True, kw_only=True):
    hostname: tuple[Piece, ...]
    hostname_source: str
    country: str
    country_href: str
    city: tuple[Piece, ...]
    asn: int
    asn_href: str
    network_name: tuple[Piece, ...]


class Fact(msgspec.Struct, frozen=True):
    term: str
    text: str


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    href: str
    port: int
    service: str
    class_name: str
    severity: Severity
    unknown: bool


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    href: str
    started: float
    class_name: str
    severity: Severity
    unknown: bool
    evidence_name: str
    findings: tuple[str, ...]
    changed: bool
    current: bool


SIDES = {Side.CLIENT: N_("client"), Side.SERVER: N_("server"), Side.NOTE: N_("note")}
SOURCES = {
    "given": N_("the name it was asked for by"),
    "ptr": N_("from DNS, by its address"),
    "certificate": N_("from its certificate"),
}
ATTRIBUTES = {
    "common_name": N_("common name"),
    "organization_name": N_("organisation"),
    "organization_unit_name": N_("unit"),
    "country": N_("country"),
    "state_or_province_name": N_("state or province"),
    "locality_name": N_("place"),
    "street_address": N_("street"),
    "postal_code": N_("postal code"),
    "surname": N_("surname"),
    "given_name": N_("given name"),
    "email_address": N_("mail address"),
    "business_category": N_("kind of business"),
    "serial_number": N_("registration number"),
}


def told(
    store: Store, verdicts: Verdicts, record: SurveyRecord, ip: str, port: int, host: str
) -> Told | None:
    """``None`` where the survey did not ask it. Raises BadQuestionError, NoSurveyError, StoreError."""
    detail = one_endpoint(store, record, ip, port, host, through=verdicts)
    if detail is None:
        return None
    return Told(
        detail=detail,
        history=endpoint_history(store, ip, port, host, through=verdicts),
        times=endpoint_times(store, ip, port, host, through=verdicts),
    )


def _where(verdict: VerdictRow, known: Known | None, words: Words, survey: str) -> Where:
    suffix = f"?{urlencode({'survey': survey})}" if survey else ""
    name = known.hostname if known else verdict.host
    source = known.hostname_source if known else "given" if verdict.host else ""
    return Where(
        hostname=visible(name),
        hostname_source=words.text(SOURCES[source]) if source in SOURCES else "",
        country=verdict.country,
        country_href=f"/country/{verdict.country}{suffix}",
        city=visible(known.city) if known else (),
        asn=known.asn if known else 0,
        asn_href=f"/network/{known.asn}{suffix}" if known else "",
        network_name=visible(known.network_name) if known else (),
    )


def _times(of: EndpointTimes | None, words: Words) -> Iterator[Fact]:
    if of is None:
        yield Fact(words.text("State"), words.text("not merged yet"))
        return
    dated: list[tuple[str, float | None]] = [
        (N_("First answered"), of.first_seen),
        (N_("Last answered"), of.last_seen),
        (N_("Last asked"), of.asked),
        (N_("Exposed since"), of.exposed_since),
        (N_("Exposed until"), of.exposed_until),
        (N_("Last change"), of.changed_at),
    ]
    for message, at in dated:
        if at is not None:
            yield Fact(words.text(message), words.date(at))
    if of.first_seen is None:
        yield Fact(words.text("First answered"), words.text("never"))
    if of.previous_class:
        yield Fact(words.text("Class before that"), words.text(class_name(of.previous_class)))


def _moment(seconds: float | None, words: Words) -> str:
    """A certificate's date, which may be any."""
    if seconds is None:
        return words.text("no date that can be read")
    try:
        return words.date(seconds)
    except (OverflowError, OSError, ValueError):
        return words.text("a date beyond all calendars")


def _beside(rows: tuple[VerdictRow, ...], words: Words, survey: str) -> list[Beside]:
    return [
        Beside(
            href=endpoint_href(row.ip, row.port, host=row.host, survey=survey),
            port=row.port,
            service=SERVICES[row.protocol, row.mode],
            class_name=words.text(class_name(row.class_)),
            severity=row.worst,
            unknown=row.unknown,
        )
        for row in rows
    ]


def _history(
    seen: tuple[SeenAs, ...], words: Words, ip: str, port: int, host: str, current: str
) -> list[Moment]:
    """The latest first."""
    moments = []
    before: SeenAs | None = None
    for one in seen:
        worst = max((Severity(one.severity), *map(severity_of, one.findings)))
        moments.append(
            Moment(
                href=endpoint_href(ip, port, host=host, survey=one.survey),
                started=one.started,
                class_name=words.text(class_name(one.class_)),
                severity=worst,
                unknown=one.unknown,
                evidence_name=words.text(EVIDENCE[Evidence(one.evidence)]),
                findings=tuple(words.text(finding_name(name)) for name in one.findings),
                changed=before is not None and before.class_ != one.class_,
                current=one.survey == current,
            )
        )
        before = one
    return moments[::-1]


def _context(of: Told, about: Look, survey: str) -> dict[str, Any]:
    detail, words = of.detail, about.words
    verdict, seen = detail.verdict, detail.observation
    ip, port, host = verdict.ip, verdict.port, verdict.host
    report = stored_report(verdict, seen, detail.chain, detail.of_host, about.language)
    said = [(name, value) for name, value in (("survey", survey), ("host", host)) if value]
    return {
        "address": endpoint_address(ip, port),
        "list_href": f"/endpoints?{urlencode([('network', ip), *said[: 1 if survey else 0]])}",
        "view": endpoint_view(report, detail.chain, about.language),
        "place": _where(verdict, detail.known, words, survey),
        "seen_at": seen.started,
        "times": list(_times(of.times, words)),
        "beside": _beside(detail.beside, words, survey),
        "history": _history(of.history, words, ip, port, host, detail.survey),
        "sides": {str(side): words.text(message) for side, message in SIDES.items()},
        "attributes": {kind: words.text(message) for kind, message in ATTRIBUTES.items()},
        "severity_name": lambda severity: severity_name(severity, words),
        "moment": lambda seconds: _moment(seconds, words),
        "json_href": f"/api/v1/endpoints/{ip}/{port}{'?' if said else ''}{urlencode(said)}",
    }


@require(Role.OPERATOR)
async def endpoint(request: Request) -> Response:
    try:
        place = read_place(request.path_params, EndpointPlace)
        query = read(request.scope["query_string"], PageQuery)
        ip = str(ip_address(place.ip))
    except BadQueryError as error:
        raise HTTPException(400, str(error)) from None
    except ValueError:
        raise HTTPException(404, N_("This is no address.")) from None
    survey = query.survey or ""
    about = await look(request, TableQuery(survey=survey))
    if about.record is None:
        return about.nothing()
    record = about.record
    if record.pruned:
        raise HTTPException(
            404, about.words.text("The endpoints of this survey were pruned; its counts are kept.")
        )
    found = await over_endpoints(
        snapshot_of(request),
        record,
        lambda store, verdicts: told(store, verdicts, record, ip, place.port, query.host),
    )
    if found is None:
        raise HTTPException(404, about.words.text("This survey did not ask this address and port."))
    return about.page("endpoint.html", **_context(found, about, survey))


routes = [Route("/endpoint/{ip}/{port}", endpoint, name="endpoint")]
