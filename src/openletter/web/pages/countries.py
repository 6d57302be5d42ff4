"""The ranking of countries: by count or by rate."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.country import CountryCounts
from openletter.statistics.league import MINIMUM_HOSTS
from openletter.web.charts.ranking import affected_bars
from openletter.web.charts.world import By, Count
from openletter.web.pages.looking import Look, chart_address, look, query_of
from openletter.web.pages.tables import country_table
from openletter.web.table import TableQuery

RANKED = 20
"""Countries in the bars."""


class RankingQuery(TableQuery, frozen=True, kw_only=True):
    count: Count = "wide"
    by: By = "count"


async def _ranked(about: Look, query: RankingQuery) -> list[CountryCounts]:
    """In the order of the ranking; those that it leaves out are not there."""
    rows = {one.country: one for one in await about.ask("countries")}
    least = MINIMUM_HOSTS if query.by == "rate" else 0
    league = await about.ask("league", count=query.count, by=query.by, minimum_hosts=least)
    return [rows[row.country] for row in league if row.exposed]


async def countries(request: Request) -> Response:
    query = query_of(request, RankingQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    rows = await about.ask("countries")
    table = country_table(about, query, rows, path="/countries")
    return table.download() or about.page(
        "countries.html",
        query=query,
        table_view=table.view(),
        minimum_hosts=MINIMUM_HOSTS,
        ranked=len(await _ranked(about, query)),
        source=chart_address(about, "ranking", count=query.count, by=query.by),
    )


async def ranking_chart(request: Request) -> Response:
    query = query_of(request, RankingQuery)
    about = await look(request, query)
    rows = (await _ranked(about, query))[:RANKED] if about.record else []
    named = [
        (about.words.territory(one.country), one.hosts_either, f"/country/{one.country}{about.suffix}")
        for one in rows
    ]
    return about.chart(affected_bars(named, about.words, by=query.by))


routes = [
    Route("/countries", countries, name="countries"),
    Route("/charts/ranking.json", ranking_chart, name="ranking-chart"),
]
