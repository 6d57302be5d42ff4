"""One product: what it exposes, in which versions and where, and how it is mended."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.report.visible import visible_text
from openletter.statistics.parameters import ProductName
from openletter.statistics.profile import ProductProfile
from openletter.web.charts.time import endpoint_trend
from openletter.web.naming import certainty_name, network_name, product_name
from openletter.web.pages.looking import Look, chart_address, look, query_of
from openletter.web.pages.mending import mending
from openletter.web.pages.tables import class_table, finding_table, part_table
from openletter.web.table import Table, TableQuery, download_of


class CourseQuery(TableQuery, frozen=True, kw_only=True):
    product: ProductName = "unknown"


async def product(request: Request) -> Response:
    name = request.path_params["name"]
    query = query_of(request, TableQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    if not about.enriched:
        return about.not_enriched()
    words = about.words
    rows = await about.ask("products")
    word = "" if name == "unknown" else name
    rank, found = next(((rank, row) for rank, row in enumerate(rows, 1) if row.product == word), (0, None))
    if found is None:
        raise HTTPException(404, words.text("There is no such product in this survey."))
    profile: ProductProfile | None = None if about.pruned else await about.ask("product", product=name)
    tables = _tables(about, query, name, profile) if profile else []
    return download_of(tables) or about.page(
        "product.html",
        found=found,
        heading=product_name(found.product, words),
        rank=rank,
        ranked=len(rows),
        certainties=[
            (certainty_name(one.what, words), one.endpoints)
            for one in (profile.certainties if profile else ())
        ],
        mending=mending(name, about.language),
        tables=[table.view() for table in tables],
        trend_source=chart_address(about, "product", product=name),
    )


def _tables(about: Look, query: TableQuery, name: str, profile: ProductProfile) -> list[Table[Any]]:
    path, words = f"/product/{name}", about.words
    return [
        class_table(about, query, profile.classes, path=path, alone=False),
        part_table(
            about,
            query,
            profile.versions,
            path=path,
            name="versions",
            caption=words.text("Versions, as servers write them"),
            title=words.text("Version"),
            value=lambda row: row.what,
            shown=lambda row: visible_text(row.what) or words.text("not said"),
        ),
        part_table(
            about,
            query,
            profile.countries,
            path=path,
            name="countries",
            caption=words.text("Endpoints by country"),
            title=words.text("Country"),
            value=lambda row: row.what,
            shown=lambda row: words.territory(row.what),
            href=lambda row: f"/country/{row.what or 'ZZ'}{about.suffix}",
        ),
        part_table(
            about,
            query,
            profile.networks,
            path=path,
            name="networks",
            caption=words.text("The networks in which most of them are affected"),
            title=words.text("Network (AS)"),
            value=lambda row: f"AS{row.asn}" if row.asn else "",
            shown=lambda row: network_name(row, words),
            href=lambda row: f"/network/{row.asn}{about.suffix}" if row.asn else "",
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


async def product_chart(request: Request) -> Response:
    query = query_of(request, CourseQuery)
    about = await look(request, query)
    moments = await about.ask("product-timeline", product=query.product) if about.record else ()
    return about.chart(endpoint_trend(moments, about.words))


routes = [
    Route("/product/{name}", product, name="product"),
    Route("/charts/product.json", product_chart, name="product-chart"),
]
