"""What the page of a finding shows: what a survey saw beside what a second look saw, and the finding's past."""

from collections.abc import Iterator, Sequence

import msgspec

from openletter.report.endpoint_view import EndpointView, endpoint_view
from openletter.report.recheck.finding import Finding
from openletter.report.recheck.ledger import Evidence, Recheck, Wait
from openletter.report.recheck.outcome import Outcome, is_conclusive, own_faults
from openletter.report.recheck.permission import Refusal
from openletter.report.stored import stored_report
from openletter.statistics.findings import severity_of
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import WIDE, Class, Severity
from openletter.verdict.verdict_table import VerdictRow
from openletter.web.labels import N_
from openletter.web.pages.endpoint_rows import class_name, finding_name
from openletter.web.recheck_words import HINDRANCES, OUTCOME_MEANINGS, OUTCOMES
from openletter.web.words import Words


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What was made of the endpoint at one time."""

    caption: str
    at: str
    class_name: str
    severity: Severity
    unknown: bool
    sound: bool
    """Nothing that its owner is told to mend was seen."""
    findings: tuple[str, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Of the latest look that has ended."""

    outcome: Outcome
    title: str
    words: str
    after: Sight | None
    """None where nobody was asked."""
    passwords: bool
    """Whether passwords may have been read until it was mended."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the finding's past."""

    at: str
    what: str
    class_name: str
    severity: Severity | None
    unknown: bool
    findings: tuple[str, ...]


class Fact(msgspec.Struct, frozen=True):
    term: str
    text: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is made of."""

    finding: Finding
    rechecks: tuple[Recheck, ...]
    """The latest first."""
    evidence: Evidence | None
    """Of the latest look that could tell something."""
    refusal: Refusal | None
    wait: Wait | None
    under_way: bool

    def with_evidence(self, evidence: Evidence | None) -> "State":
        return msgspec.structs.replace(self, evidence=evidence)

    @property
    def last(self) -> Recheck | None:
        """The latest look that has ended."""
        return next((one for one in self.rechecks if one.outcome is not None), None)

    @property
    def telling(self) -> Recheck | None:
        """The latest look whose verdict says more than the survey's."""
        last = self.last
        silent = (Outcome.UNREACHED, Outcome.UNKNOWN, Outcome.NOT_ASKED)
        seen = self.finding.detail.observation.started
        return last if last and last.outcome not in silent and last.asked > seen else None


def _sight(row: VerdictRow, whose: Subscriber, caption: str, at: float, words: Words) -> Sight:
    return Sight(
        caption=caption,
        at=words.moment(at),
        class_name=words.text(class_name(row.class_)),
        severity=row.worst,
        unknown=row.unknown,
        sound=is_conclusive(row) and not own_faults(row, whose),
        findings=tuple(words.text(finding_name(name)) for name in row.findings),
    )


def before(finding: Finding, words: Words) -> Sight:
    detail = finding.detail
    caption = words.text(N_("In the survey"))
    return _sight(detail.verdict, finding.subscriber, caption, detail.observation.started, words)


def result(state: State, words: Words) -> Result | None:
    """None where it was not asked again since the survey."""
    last = state.last
    if last is None or last.outcome is None or last.asked < state.finding.detail.observation.started:
        return None
    said = OUTCOME_MEANINGS.get(last.outcome)
    if last.hindrance is not None:
        said = HINDRANCES[last.hindrance]
    caption = words.text(N_("Asked again"))
    return Result(
        outcome=last.outcome,
        title=words.text(OUTCOMES[last.outcome]),
        words=words.text(said) if said else "",
        after=_sight(last.verdict, state.finding.subscriber, caption, last.asked, words)
        if last.verdict
        else None,
        passwords=last.outcome is Outcome.MENDED and any(_was_wide(state)),
    )


def _was_wide(state: State) -> Iterator[bool]:
    """Of each time at which it was seen: whether a password could cross in the clear."""
    yield from (Class(one.class_) in WIDE for one in state.finding.history if one.class_ in set(Class))
    yield from (one.verdict.wide for one in state.rechecks if one.verdict is not None)


def view(state: State, language: str) -> EndpointView:
    """What is to be told of the endpoint as it was seen last."""
    detail, telling, evidence = state.finding.detail, state.telling, state.evidence
    row, seen, chain = detail.verdict, detail.observation, detail.chain
    # Of other names of the same address this page says nothing.
    neighbours = [one for one in detail.of_host if one.host == row.host]
    if telling is not None and telling.verdict is not None and evidence is not None:
        row, seen, chain = telling.verdict, evidence.observation, evidence.chain
        neighbours = [one for one in neighbours if one.port != row.port] + [seen]
    report = stored_report(row, seen, chain, neighbours, language)
    return endpoint_view(report, chain, language)


def past(state: State, words: Words) -> list[Event]:
    """Surveys and looks, the latest first."""
    found: list[tuple[float, Event]] = [
        (
            one.started,
            Event(
                at=words.moment(one.started),
                what=words.text(N_("survey")),
                class_name=words.text(class_name(one.class_)),
                severity=max((Severity(one.severity), *map(severity_of, one.findings))),
                unknown=one.unknown,
                findings=tuple(words.text(finding_name(name)) for name in one.findings),
            ),
        )
        for one in state.finding.history
    ]
    found += [(one.asked, _event(one, words)) for one in state.rechecks if one.outcome is not None]
    return [event for _, event in sorted(found, key=lambda pair: -pair[0])]


def _event(of: Recheck, words: Words) -> Event:
    row = of.verdict
    outcome = words.text(OUTCOMES[of.outcome]) if of.outcome else ""
    return Event(
        at=words.moment(of.asked),
        what=words.text(N_("asked again: %(outcome)s"), outcome=outcome),
        class_name=words.text(class_name(row.class_)) if row else "",
        severity=row.worst if row else None,
        unknown=row.unknown if row else False,
        findings=tuple(words.text(finding_name(name)) for name in row.findings) if row else (),
    )


def told(finding: Finding, words: Words) -> Sequence[Fact]:
    """When its owner was told of it."""
    account = finding.told
    if account is None:
        return ()
    facts = [
        Fact(words.text(N_("First told of it")), words.day(account.first_reported)),
        Fact(words.text(N_("Last told of it")), words.day(account.last_reported)),
        Fact(words.text(N_("How often")), words.number(account.times)),
    ]
    if account.closed_at is not None:
        facts.append(Fact(words.text(N_("Told to be fixed")), words.day(account.closed_at)))
    return facts
