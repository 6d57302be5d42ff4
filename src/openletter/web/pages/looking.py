"""What every public page begins with: the survey that its address names, and how to ask questions of it."""

from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openletter.statistics.country import CountryCounts
from openletter.statistics.diff import CountryDifference, Fate
from openletter.statistics.interval import of_sample
from openletter.statistics.where import NOT_KNOWN
from openletter.store.record import SurveyRecord
from openletter.web.charts.shape import Chart
from openletter.web.query import BadQueryError, read
from openletter.web.render import render, snapshot_of, words_of
from openletter.web.snapshot import Snapshot
from openletter.web.table import TableQuery
from openletter.web.words import Words

Query = TypeVar("Query", bound=TableQuery)


def query_of(request: Request, shape: type[Query]) -> Query:
    """Raises ``HTTPException`` 400 with what is wrong."""
    try:
        return read(request.scope["query_string"], shape)
    except BadQueryError as error:
        words = words_of(request)
        raise HTTPException(
            400, words.text("The address of this page has a mistake: %(what)s", what=str(error))
        ) from None


class Look:
    """One request for a page, and the survey that it is about."""

    def __init__(self, request: Request, query: TableQuery, snapshot: Snapshot, words: Words) -> None:
        """Raises ``HTTPException`` 404 for a survey that is not there, or has not been judged."""
        self.words = words
        self._request = request
        self._query = query
        self._snapshot = snapshot
        self.records: tuple[SurveyRecord, ...] = snapshot.judged()
        """All judged surveys, the oldest first."""
        self.record: SurveyRecord | None = self.records[-1] if self.records else None
        if chosen := query.survey or query.at:
            self.record = next((one for one in self.records if one.id == chosen), None)
            if self.record is None:
                raise HTTPException(404, words.text("There is no such survey, or it has not been judged."))

    @property
    def language(self) -> str:
        return self.words.locale.language

    @property
    def suffix(self) -> str:
        """What goes behind the address of another page, so that it is about the same survey."""
        return f"?{urlencode({'survey': self._query.survey})}" if self._query.survey else ""

    @property
    def named(self) -> bool:
        """Whether the address names the survey."""
        return bool(self._query.survey)

    @property
    def enriched(self) -> bool:
        return self.record is not None and self._snapshot.is_enriched(self.record)

    @property
    def sampled(self) -> bool:
        return self.record is not None and of_sample(self.record) < 1

    @property
    def pruned(self) -> bool:
        """Whether nothing but its counts is left of the survey."""
        return self.record is not None and self.record.pruned

    @property
    def earlier(self) -> SurveyRecord | None:
        """The survey before this one."""
        before = [one for one in self.records if self.record is not None and one.id < self.record.id]
        return before[-1] if before else None

    async def ask(self, name: str, *, survey: SurveyRecord | None = None, **parameters: object) -> Any:
        """The answer to one of :data:`openletter.statistics.question.QUESTIONS`, about this survey or another one."""
        about = survey or self.record
        said = {key: value for key, value in parameters.items() if value is not None}
        return await self._snapshot.ask(name, survey=about.id if about else None, **said)

    async def fates(self, before: SurveyRecord, after: SurveyRecord) -> tuple[CountryDifference, ...]:
        """What became of each affected endpoint from one survey to a later one, by country."""
        preceding = [one for one in self.records if one.id < after.id]
        # Asked without a name, the question is asked of the next survey by itself when that is published.
        named = None if preceding and preceding[-1].id == before.id else before.id
        found: tuple[CountryDifference, ...] = await self.ask(
            "difference-by-country", survey=after, before=named
        )
        return found

    async def changed(self) -> dict[Fate, int] | None:
        """How many endpoints met each fate since the survey before; none where there is none, or one was pruned."""
        before, after = self.earlier, self.record
        if before is None or after is None or before.pruned or after.pruned:
            return None
        return in_all(await self.fates(before, after))

    def _link(self, path: str | None = None, **changed: object) -> str:
        """The address of a page about the same survey; without a path this page in another state."""
        if path is not None:
            return path + self.suffix
        said = dict(self._query.said())
        said.update({name: str(value) for name, value in changed.items()})
        for gone in ("page", "format", "table", "sort"):
            said.pop(gone, None)
        return f"{self._request.url.path}?{urlencode(said)}"

    def page(self, template: str, *, status_code: int = 200, **context: object) -> Response:
        kept = [
            (name, value)
            for name, value in self._query.said()
            if name not in ("survey", "at", "page", "format")
        ]
        return render(
            self._request,
            template,
            status_code,
            record=self.record,
            records=self.records,
            enriched=self.enriched,
            sampled=self.sampled,
            sample=of_sample(self.record) if self.record else 1.0,
            pruned=self.pruned,
            here=self._request.url.path,
            kept=kept,
            link=self._link,
            rate=self.words.rate,
            **context,
        )

    def nothing(self) -> Response:
        return self.page("nothing_yet.html")

    def not_enriched(self) -> Response:
        return self.page("not_enriched.html")

    def chart(self, data: Chart) -> Response:
        return Response(msgspec.json.encode(data), media_type="application/json")

    def country_choices(self, countries: tuple[CountryCounts, ...]) -> list[tuple[str, str]]:
        """Code and name, in the order of the names."""
        choices = [(one.country or NOT_KNOWN, self.words.territory(one.country)) for one in countries]
        return sorted(choices, key=lambda choice: (choice[0] == NOT_KNOWN, choice[1]))


def in_all(countries: Iterable[CountryDifference]) -> dict[Fate, int]:
    """Of all countries together."""
    counts = dict.fromkeys(Fate, 0)
    for one in countries:
        for fate in Fate:
            counts[fate] += getattr(one, fate)
    return counts


async def look(request: Request, query: TableQuery) -> Look:
    """Raises ``HTTPException``."""
    return Look(request, query, snapshot_of(request), words_of(request))


def chart_address(about: Look, name: str, **parameters: object) -> str:
    """Of the data of a chart of this page."""
    said = {key: str(value) for key, value in parameters.items() if value is not None}
    if about.record is not None:
        # Even if another one is published before the chart is drawn.
        said["survey" if about.named else "at"] = about.record.id
    # The words in it are in one language, so that a cache must not give it to a reader of another.
    said["lang"] = about.language
    return f"/charts/{name}.json?{urlencode(said)}"
