"""The map of the world, by count or by rate, strict or wide; beside it the table with the same numbers; the tree map."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.league import MINIMUM_HOSTS, On
from openletter.web.charts.tree import country_tree
from openletter.web.charts.world import By, Count, world_map
from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.tables import country_table
from openletter.web.table import TableQuery


class MapQuery(TableQuery, frozen=True, kw_only=True):
    count: Count = "wide"
    by: By = "count"
    on: On = "either"


async def world(request: Request) -> Response:
    query = query_of(request, MapQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    countries = await about.ask("countries")
    table = country_table(about, query, countries, path="/map", page_rows=20, on=query.on)
    return table.download() or about.page(
        "map.html",
        query=query,
        table_view=table.view(),
        minimum_hosts=MINIMUM_HOSTS,
        map_source=chart_address(about, "map", count=query.count, by=query.by, on=query.on),
        tree_source=chart_address(about, "tree"),
    )


async def map_chart(request: Request) -> Response:
    query = query_of(request, MapQuery)
    about = await look(request, query)
    countries = await about.ask("countries") if about.record else ()
    return about.chart(
        world_map(countries, about.words, count=query.count, by=query.by, suffix=about.suffix, on=query.on)
    )


async def tree_chart(request: Request) -> Response:
    about = await look(request, query_of(request, TableQuery))
    countries = await about.ask("countries") if about.record else ()
    networks = await about.ask("networks", most=1_000) if about.enriched else ()
    return about.chart(country_tree(countries, networks, about.words, suffix=about.suffix))


routes = [
    Route("/map", world, name="map"),
    Route("/charts/map.json", map_chart, name="map-chart"),
    Route("/charts/tree.json", tree_chart, name="tree-chart"),
]
