"""Mail servers by product."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.product import ProductCounts
from openletter.verdict.classes import UNKNOWN
from openletter.web.charts.ranking import stacked_bars
from openletter.web.naming import product_name
from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.networks import NetworksQuery
from openletter.web.pages.tables import product_table

RANKED = 15
"""Products in the bars."""


async def products(request: Request) -> Response:
    query = query_of(request, NetworksQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    if not about.enriched:
        return about.not_enriched()
    rows = await about.ask("products", country=query.country)
    table = product_table(about, query, rows, path="/products")
    return table.download() or about.page(
        "products.html",
        table_view=table.view(),
        country=about.words.territory(query.country) if query.country else "",
        source=chart_address(about, "products", country=query.country),
    )


def _cut(row: ProductCounts) -> tuple[int, int, int, int]:
    """Strict, wide beyond it, unknown, the rest."""
    unknown = sum(one.endpoints for one in row.classes if one.class_ in UNKNOWN)
    return row.strict, row.wide - row.strict, unknown, row.endpoints - row.wide - unknown


async def products_chart(request: Request) -> Response:
    query = query_of(request, NetworksQuery)
    about = await look(request, query)
    words = about.words
    rows = await about.ask("products", country=query.country) if about.enriched else ()
    parts = (
        ("strict", words.text("strict")),
        ("wide", words.text("wide, not strict")),
        ("unclear", words.text("unknown")),
        ("rest", words.text("not affected")),
    )
    named = [
        (
            product_name(row.product, words),
            _cut(row),
            f"/product/{row.product or 'unknown'}{about.suffix}",
        )
        for row in rows[:RANKED]
    ]
    return about.chart(stacked_bars(parts, named, words))


routes = [
    Route("/products", products, name="products"),
    Route("/charts/products.json", products_chart, name="products-chart"),
]
