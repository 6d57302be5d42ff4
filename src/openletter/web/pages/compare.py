"""Two surveys side by side: their counts, and what became of each endpoint that was affected in one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.statistics.diff import CountryDifference, Fate
from openletter.store.record import SurveyRecord
from openletter.web.charts.ranking import stacked_bars
from openletter.web.labels import FATE_MEANINGS, FATES
from openletter.web.pages.looking import Look, chart_address, in_all, look, query_of
from openletter.web.pages.tables import number_column
from openletter.web.table import Column, Table, TableQuery, download_of

RANKED = 20
"""Countries in the bars."""
_MOVED = (Fate.APPEARED, Fate.REGRESSED, Fate.FIXED, Fate.GONE, Fate.UNCLEAR)
"""What bars show: the rest was affected in both."""


class CompareQuery(TableQuery, frozen=True, kw_only=True):
    before: str = ""
    after: str = ""


class FateRow(msgspec.Struct, frozen=True):
    fate: Fate
    endpoints: int


def _chosen(about: Look, query: CompareQuery) -> tuple[SurveyRecord, SurveyRecord]:
    """The earlier and the later one; those of the address, or the last two. Raises HTTPException."""
    records = [record for record in about.records if not record.pruned]
    by_id = {record.id: record for record in records}
    for name in (query.before, query.after):
        if name and name not in by_id:
            message = about.words.text("There is no such survey here, or nothing but its counts is left.")
            raise HTTPException(404, message)
    after = by_id[query.after] if query.after else records[-1]
    earlier = [record for record in records if record.id < after.id]
    before = by_id[query.before] if query.before else (earlier or records)[-1]
    if before.id == after.id:
        raise HTTPException(400, about.words.text("Choose two different surveys."))
    return (before, after) if before.id < after.id else (after, before)


def _fates(about: Look, query: CompareQuery, counts: Mapping[Fate, int]) -> Table[FateRow]:
    words = about.words
    return Table(
        name="fates",
        caption=words.text("What became of the affected endpoints"),
        path="/compare",
        columns=(
            Column[FateRow](
                key="fate",
                title=words.text("Fate"),
                value=lambda row: str(row.fate),
                shown=lambda row: words.text(FATES[row.fate]),
                swatch=lambda row: str(row.fate),
            ),
            Column[FateRow](
                key="meaning",
                title=words.text("Meaning"),
                value=lambda row: words.text(FATE_MEANINGS[row.fate]),
            ),
            number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
        ),
        rows=[FateRow(fate, counts[fate]) for fate in Fate],
        query=query,
        words=words,
        searchable=False,
        alone=False,
    )


def _by_country(
    about: Look, query: CompareQuery, rows: Sequence[CountryDifference]
) -> Table[CountryDifference]:
    words = about.words

    def fate(which: Fate) -> Column[CountryDifference]:
        return number_column(str(which), words.text(FATES[which]), lambda row: getattr(row, which))

    return Table(
        name="countries",
        caption=words.text("The same by country"),
        path="/compare",
        columns=(
            Column[CountryDifference](
                key="country",
                title=words.text("Country"),
                value=lambda row: row.country,
                shown=lambda row: words.territory(row.country),
                href=lambda row: f"/country/{row.country or 'ZZ'}",
            ),
            *(fate(which) for which in Fate),
        ),
        rows=rows,
        query=query,
        words=words,
        alone=False,
    )


async def compare(request: Request) -> Response:
    query = query_of(request, CompareQuery)
    about = await look(request, query)
    if about.record is None:
        return about.nothing()
    if sum(1 for record in about.records if not record.pruned) < 2 and not (query.before or query.after):
        return about.page("compare_one.html")
    before, after = _chosen(about, query)
    query = msgspec.structs.replace(query, before=before.id, after=after.id)
    rows = await about.fates(before, after)
    tables: list[Table[Any]] = [_fates(about, query, in_all(rows)), _by_country(about, query, rows)]
    return download_of(tables) or about.page(
        "compare.html",
        before=before,
        after=after,
        hosts_before=(await about.ask("overview", survey=before)).hosts_either,
        hosts_after=(await about.ask("overview", survey=after)).hosts_either,
        choices=[record for record in reversed(about.records) if not record.pruned],
        tables=[table.view() for table in tables],
        source=chart_address(about, "fates", before=before.id, after=after.id),
    )


async def fates_chart(request: Request) -> Response:
    query = query_of(request, CompareQuery)
    about = await look(request, query)
    words = about.words
    rows: Sequence[CountryDifference] = ()
    if about.record is not None:
        before, after = _chosen(about, query)
        rows = await about.fates(before, after)
    parts = [(str(fate), words.text(FATES[fate])) for fate in _MOVED]
    moved = [(row, [getattr(row, fate) for fate in _MOVED]) for row in rows]
    named = [
        (words.territory(row.country), numbers, f"/country/{row.country or 'ZZ'}")
        for row, numbers in sorted(moved, key=lambda one: -sum(one[1]))
        if any(numbers)
    ]
    return about.chart(stacked_bars(parts, named[:RANKED], words))


routes = [
    Route("/compare", compare, name="compare"),
    Route("/charts/fates.json", fates_chart, name="fates-chart"),
]
