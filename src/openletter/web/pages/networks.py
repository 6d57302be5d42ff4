"""All networks (autonomous systems) in which something answered."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.parameters import Country
from openletter.web.charts.ranking import affected_bars
from openletter.web.naming import network_name
from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.tables import network_table
from openletter.web.table import TableQuery

RANKED = 15
"""Networks in the bars."""
MOST = 10_000
"""In the table: what a question gives at most."""


class NetworksQuery(TableQuery, frozen=True, kw_only=True):
    country: Country | None = None


async def networks(request: Request) -> Response:
    query = query_of(request, NetworksQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    if not about.enriched:
        return about.not_enriched()
    rows = await about.ask("networks", country=query.country, most=MOST)
    table = network_table(about, query, rows, path="/networks")
    return table.download() or about.page(
        "networks.html",
        table_view=table.view(),
        most=MOST if len(rows) == MOST else None,
        country=about.words.territory(query.country) if query.country else "",
        source=chart_address(about, "networks", country=query.country),
        tree_source=chart_address(about, "tree"),
    )


async def networks_chart(request: Request) -> Response:
    query = query_of(request, NetworksQuery)
    about = await look(request, query)
    rows = await about.ask("networks", country=query.country, most=RANKED) if about.enriched else ()
    named = [
        (network_name(row, about.words), row.hosts, f"/network/{row.asn}{about.suffix}" if row.asn else "")
        for row in rows
        if row.hosts.wide
    ]
    return about.chart(affected_bars(named, about.words))


routes = [
    Route("/networks", networks, name="networks"),
    Route("/charts/networks.json", networks_chart, name="networks-chart"),
]
