"""One country: its counts, rate and rank, its trend, its classes, findings, networks and products."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.country import CountryCounts
from openletter.statistics.counts import Affected, Counts
from openletter.statistics.league import LeagueRow
from openletter.statistics.parameters import Country
from openletter.statistics.where import NOT_KNOWN
from openletter.web.charts.ranking import class_bars
from openletter.web.pages.looking import chart_address, look, query_of
from openletter.web.pages.tables import class_table, finding_table, network_table, product_table
from openletter.web.table import Table, TableQuery, download_of

_NONE = Counts(0, 0, 0, 0, 0)
ROWS = 15
"""Of a page of the networks."""


def _place(league: tuple[LeagueRow, ...], code: str) -> int | None:
    return next((place for place, row in enumerate(league, 1) if row.country == code), None)


async def country(request: Request) -> Response:
    code = request.path_params["code"]
    query = query_of(request, TableQuery)
    about = await look(request, query)
    countries: tuple[CountryCounts, ...] = await about.ask("countries") if about.record else ()
    word = "" if code == NOT_KNOWN else code
    found = next((one for one in countries if one.country == word), None)
    if found is None and not about.words.has_territory(code):
        raise HTTPException(404, about.words.text("There is no country with this code."))
    if about.record is None:
        return about.nothing()
    path = f"/country/{code}"
    empty = CountryCounts(
        country=word, hosts_pop3=_NONE, hosts_imap=_NONE, hosts_either=_NONE, hosts_both=Affected(0, 0)
    )
    classes = class_table(about, query, await about.ask("classes", country=code), path=path, alone=False)
    tables: list[Table[Any]] = [classes]
    if about.enriched:
        networks = await about.ask("networks", country=code, most=10_000)
        products = await about.ask("products", country=code)
        findings = await about.ask("findings", country=code)
        caption = about.words.text("Endpoints by finding")
        tables += [
            network_table(about, query, networks, path=path, page_rows=ROWS, alone=False),
            product_table(about, query, products, path=path, alone=False),
            finding_table(about, query, findings, path=path, caption=caption, alone=False),
        ]
    if (downloaded := download_of(tables)) is not None:
        return downloaded
    by_rate = await about.ask("league", count="wide", by="rate")
    by_count = await about.ask("league", count="wide", by="count", minimum_hosts=0)
    return about.page(
        "country.html",
        code=code,
        heading=about.words.territory(word),
        found=found or empty,
        hosts=(found or empty).hosts_either,
        overlap=await about.ask("overlap", country=code),
        rank_by_rate=_place(by_rate, code),
        ranked_by_rate=len(by_rate),
        rank_by_count=_place(by_count, code),
        ranked_by_count=len(by_count),
        tables=[table.view() for table in tables],
        trend_source=chart_address(about, "trend", country=code),
        classes_source=chart_address(about, "classes", country=code),
        networks_source=chart_address(about, "networks", country=code),
        products_source=chart_address(about, "products", country=code),
    )


class CutQuery(TableQuery, frozen=True, kw_only=True):
    country: Country | None = None


async def classes_chart(request: Request) -> Response:
    query = query_of(request, CutQuery)
    about = await look(request, query)
    rows = await about.ask("classes", country=query.country) if about.record else ()
    return about.chart(class_bars(rows, about.words))


routes = [
    Route("/country/{code}", country, name="country"),
    Route("/charts/classes.json", classes_chart, name="classes-chart"),
]
