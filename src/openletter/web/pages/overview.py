"""The first page: the headline, the map, the ranking, the trend, and what changed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.tables import country_table
from openletter.web.table import TableQuery

RANKED = 15
"""Countries of a page of the table."""


async def overview(request: Request) -> Response:
    query = query_of(request, TableQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    found = await about.ask("overview")
    countries = await about.ask("countries")
    table = country_table(about, query, countries, path="/", page_rows=RANKED)
    return table.download() or about.page(
        "overview.html",
        found=found,
        hosts=found.hosts_either,
        countries=sum(1 for one in countries if one.country and one.hosts_either.wide),
        table_view=table.view(),
        earlier=about.earlier,
        changed=await about.changed(),
        map_source=chart_address(about, "map"),
        ranking_source=chart_address(about, "ranking"),
        trend_source=chart_address(about, "trend"),
    )


routes = [Route("/", overview, name="overview")]
