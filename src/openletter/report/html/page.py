"""All that the template says, worked out."""

from collections.abc import Iterable, Sequence

import msgspec

from openletter.remedy.words import Words
from openletter.report.clauses import Citation, citations
from openletter.report.html.changes import Changes, changes_of
from openletter.report.html.figures import Bar, Column, bars, trend
from openletter.report.html.hosts import HostEntry, faulty_hosts
from openletter.report.html.networks import NetworkLine, by_network
from openletter.report.html.remedies import Plan, plan_of
from openletter.report.html.words import HtmlWords
from openletter.report.told import Told
from openletter.store.record import DataSet, SurveyRecord
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName

MOST_LISTED = 3_000
"""Hosts with a fault that are listed one by one: some hundred printed pages. With more, networks are, and the worst hosts."""
WORST_LISTED = 250
"""Of those then."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """A class or a finding that occurs, explained once."""

    word: str
    words: Words
    clause: tuple[Citation, ...]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    told: Told
    bars: tuple[Bar, ...]
    trend: tuple[Column, ...]
    changes: Changes
    hosts: tuple[HostEntry, ...]
    """With a fault, the worst first."""
    plan: Plan
    networks: tuple[NetworkLine, ...]
    """Empty where all hosts are listed."""
    meanings: tuple[Meaning, ...]
    datasets: tuple[DataSet, ...]
    sampled: int
    """The survey asked one in so many addresses, by chance."""

    @property
    def unlisted(self) -> int:
        """Hosts with a fault that stand in no list here."""
        return self.told.counts.faulty.hosts - len(self.hosts)


def page_of(told: Told, words: HtmlWords) -> Page:
    many = told.counts.faulty.hosts > MOST_LISTED
    hosts = faulty_hosts(told, WORST_LISTED if many else MOST_LISTED)
    return Page(
        told=told,
        bars=bars(told.rows),
        trend=trend(told),
        changes=changes_of(told),
        hosts=hosts,
        plan=plan_of(hosts),
        networks=by_network(told.rows) if many else (),
        meanings=tuple(_meanings(hosts, words)),
        datasets=_datasets(told.surveys),
        sampled=max(record.plan.part.of for record in told.surveys),
    )


def _meanings(hosts: Sequence[HostEntry], words: HtmlWords) -> Iterable[Meaning]:
    """Of classes first, each in its own order."""
    used: set[str] = set()
    for place in (place for host in hosts for place in host.faulty):
        used.update(place.words)
        if place.card is not None:
            used.update((place.class_, *(one.name for one in place.card.remarks)))
    for class_ in Class:
        if class_ in used:
            about = words.catalogue.classes[class_]
            yield Meaning(word=class_, words=about, clause=citations(about.clause))
    for finding in FindingName:
        if finding in used:
            about = words.catalogue.findings[finding]
            yield Meaning(word=finding, words=about, clause=citations(about.clause))


def _datasets(surveys: Iterable[SurveyRecord]) -> tuple[DataSet, ...]:
    return tuple(dict.fromkeys(one for record in surveys for one in record.datasets))
