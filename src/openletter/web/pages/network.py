"""One network (autonomous system): its counts, rate and rank, its trend, its classes, findings and products."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.asn import AsnCounts
from openletter.statistics.parameters import Asn
from openletter.statistics.profile import NetworkProfile
from openletter.web.charts.time import trend
from openletter.web.naming import network_name, product_name
from openletter.web.pages.looking import Look, chart_address, look, query_of
from openletter.web.pages.networks import MOST
from openletter.web.pages.tables import class_table, finding_table, part_table
from openletter.web.table import Table, TableQuery, download_of

MAX_ASN = 2**32 - 1
"""RFC 6793."""


class CourseQuery(TableQuery, frozen=True, kw_only=True):
    asn: Asn = 0


async def network(request: Request) -> Response:
    asn = request.path_params["asn"]
    query = query_of(request, TableQuery)
    about = await look(request, query)
    missing = HTTPException(404, about.words.text("There is no such network in this survey."))
    if not 0 < asn <= MAX_ASN:
        raise missing
    if about.record is None:
        return about.nothing()
    if not about.enriched:
        return about.not_enriched()
    ranked: tuple[AsnCounts, ...] = await about.ask("networks", most=MOST)
    rank, found = next(((rank, row) for rank, row in enumerate(ranked, 1) if row.asn == asn), (0, None))
    profile: NetworkProfile | None = None if about.pruned else await about.ask("network", asn=asn)
    found = found or (profile.counts if profile else None)
    if found is None:
        raise missing
    tables = _tables(about, query, asn, profile) if profile else []
    return download_of(tables) or about.page(
        "network.html",
        found=found,
        hosts=found.hosts,
        heading=network_name(found, about.words),
        country=about.words.territory(found.country),
        country_code=found.country or "ZZ",
        rank=rank,
        ranked=len(ranked),
        tables=[table.view() for table in tables],
        trend_source=chart_address(about, "network", asn=asn),
    )


def _tables(about: Look, query: TableQuery, asn: int, profile: NetworkProfile) -> list[Table[Any]]:
    path, words = f"/network/{asn}", about.words
    return [
        class_table(about, query, profile.classes, path=path, alone=False),
        part_table(
            about,
            query,
            profile.products,
            path=path,
            name="products",
            caption=words.text("Endpoints by product"),
            title=words.text("Product"),
            value=lambda row: row.what or "unknown",
            shown=lambda row: product_name(row.what, words),
            href=lambda row: f"/product/{row.what or 'unknown'}{about.suffix}",
        ),
        finding_table(
            about,
            query,
            profile.findings,
            path=path,
            caption=words.text("Endpoints by finding"),
            alone=False,
        ),
    ]


async def network_chart(request: Request) -> Response:
    query = query_of(request, CourseQuery)
    about = await look(request, query)
    moments = await about.ask("network-timeline", asn=query.asn) if about.record else ()
    return about.chart(trend([(one.started, one.hosts) for one in moments], about.words))


routes = [
    Route("/network/{asn:int}", network, name="network"),
    Route("/charts/network.json", network_chart, name="network-chart"),
]
