"""All surveys: affected hosts, classes of endpoints, and how long endpoints stay exposed."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.counts import Counts
from openletter.statistics.parameters import Country
from openletter.statistics.persistence import Persistence
from openletter.statistics.timeline import Moment
from openletter.verdict.classes import Class
from openletter.web.charts.time import persistence_curve, stacked_classes, trend
from openletter.web.labels import CLASSES, ORDER
from openletter.web.pages.columns import host_columns
from openletter.web.pages.looking import Look, chart_address, look, query_of
from openletter.web.pages.tables import number_column
from openletter.web.table import Column, Table, TableQuery, download_of

On = Literal["either", "pop3", "imap"]

_HOSTS: dict[On, str] = {"either": "hosts_either", "pop3": "hosts_pop3", "imap": "hosts_imap"}


class TrendQuery(TableQuery, frozen=True, kw_only=True):
    country: Country | None = None
    on: On = "either"


def _hosts(moment: Moment, on: On) -> Counts:
    found: Counts = getattr(moment, _HOSTS[on])
    return found


def _class_table(about: Look, query: TrendQuery, moments: Sequence[Moment]) -> Table[Moment]:
    """The numbers of the stacked chart."""
    words = about.words
    there = {row.class_ for moment in moments for row in moment.classes}

    def of(cls: Class) -> Callable[[Moment], int]:
        return lambda moment: next((row.endpoints for row in moment.classes if row.class_ == cls), 0)

    return Table(
        name="classes",
        caption=words.text("Endpoints by class in each survey"),
        path="/trend",
        columns=(
            Column[Moment](
                key="survey",
                title=words.text("Survey"),
                value=lambda row: row.survey,
                shown=lambda row: words.date(row.started),
            ),
            *(number_column(str(cls), words.text(CLASSES[cls]), of(cls)) for cls in ORDER if cls in there),
        ),
        rows=moments,
        query=query,
        words=words,
        searchable=False,
        alone=False,
    )


async def trends(request: Request) -> Response:
    query = query_of(request, TrendQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    words = about.words
    moments: tuple[Moment, ...] = await about.ask("timeline", country=query.country)
    newest = list(reversed(moments))
    columns = (
        Column[Moment](
            key="survey",
            title=words.text("Survey"),
            value=lambda row: row.survey,
            shown=lambda row: words.date(row.started),
            href=lambda row: f"/?survey={row.survey}",
        ),
        *host_columns(
            lambda row: _hosts(row, query.on),
            newest,
            words,
            sampled=any(moment.sampled for moment in moments),
        ),
    )
    table = Table(
        name="surveys",
        caption=words.text("Hosts in each survey"),
        path="/trend",
        columns=columns,
        rows=newest,
        query=query,
        words=words,
        alone=False,
    )
    tables: list[Table[Any]] = [table, _class_table(about, query, newest)]
    found: Persistence = await about.ask("persistence", country=query.country)
    return download_of(tables) or about.page(
        "trend.html",
        query=query,
        tables=[one.view() for one in tables],
        surveys=len(moments),
        persistence=found,
        country=words.territory(query.country) if query.country else "",
        country_choices=about.country_choices(await about.ask("countries")),
        trend_source=chart_address(about, "trend", country=query.country, on=query.on),
        classes_source=chart_address(about, "class-trend", country=query.country),
        persistence_source=chart_address(about, "persistence", country=query.country),
    )


async def trend_chart(request: Request) -> Response:
    query = query_of(request, TrendQuery)
    about = await look(request, query)
    moments = await about.ask("timeline", country=query.country) if about.record else ()
    return about.chart(trend([(one.started, _hosts(one, query.on)) for one in moments], about.words))


async def class_trend_chart(request: Request) -> Response:
    query = query_of(request, TrendQuery)
    about = await look(request, query)
    moments = await about.ask("timeline", country=query.country) if about.record else ()
    return about.chart(stacked_classes(moments, about.words))


async def persistence_chart(request: Request) -> Response:
    query = query_of(request, TrendQuery)
    about = await look(request, query)
    found = await about.ask("persistence", country=query.country)
    return about.chart(persistence_curve(found, about.words))


routes = [
    Route("/trend", trends, name="trend"),
    Route("/charts/trend.json", trend_chart, name="trend-chart"),
    Route("/charts/class-trend.json", class_trend_chart, name="class-trend-chart"),
    Route("/charts/persistence.json", persistence_chart, name="persistence-chart"),
]
