"""The ranking of countries: by count or by rate."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.country import CountryCounts
from openletter.statistics.league import MINIMUM_HOSTS, On, hosts_on, ranked
from openletter.web.charts.ranking import affected_bars
from openletter.web.charts.world import By, Count
from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.tables import country_table
from openletter.web.table import TableQuery

RANKED = 20
"""Countries in the bars."""


class RankingQuery(TableQuery, frozen=True, kw_only=True):
    count: Count = "wide"
    by: By = "count"
    on: On = "either"


def _ranked(rows: Sequence[CountryCounts], query: RankingQuery) -> list[CountryCounts]:
    """In the order of the ranking; those that it leaves out are not there."""
    of = {one.country: one for one in rows}
    least = MINIMUM_HOSTS if query.by == "rate" else 0
    league = ranked(rows, count=query.count, by=query.by, minimum_hosts=least, on=query.on)
    return [of[row.country] for row in league if row.exposed]


async def countries(request: Request) -> Response:
    query = query_of(request, RankingQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    rows = await about.ask("countries")
    table = country_table(about, query, rows, path="/countries", on=query.on)
    return table.download() or about.page(
        "countries.html",
        query=query,
        table_view=table.view(),
        minimum_hosts=MINIMUM_HOSTS,
        ranked=len(_ranked(rows, query)),
        source=chart_address(about, "ranking", count=query.count, by=query.by, on=query.on),
    )


async def ranking_chart(request: Request) -> Response:
    query = query_of(request, RankingQuery)
    about = await look(request, query)
    rows = _ranked(await about.ask("countries"), query)[:RANKED] if about.record else []
    named = [
        (about.words.territory(one.country), hosts_on(one, query.on), f"/country/{one.country}{about.suffix}")
        for one in rows
    ]
    return about.chart(affected_bars(named, about.words, by=query.by))


routes = [
    Route("/countries", countries, name="countries"),
    Route("/charts/ranking.json", ranking_chart, name="ranking-chart"),
]
