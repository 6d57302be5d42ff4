"""A survey in one file of JSON: what was asked of whom, by whose leave, from where, how fast, and how much of it is done.

It is for people and for tools that have no Parquet. What it says is taken from the manifest; nothing reads it back but
the times of earlier runs.
"""

from datetime import UTC, datetime

import msgspec

from openletter.scope.authorisation import Authorisation, public_intervals
from openletter.scope.scope import Scope
from openletter.statistics.overview import Overview
from openletter.store.record import DataSet, SurveyRecord
from openletter.survey.effort import Effort
from openletter.survey.plan import Conditions, Part, Vantage
from openletter.survey.sink import Published

SHOWN_TARGETS = 100
"""Of a scope as it was written; a file of networks may have a million."""


class PlanSummary(msgspec.Struct, frozen=True, kw_only=True):
    targets: tuple[str, ...]
    """As they were written, the first hundred."""
    targets_given: int
    list: str
    """Id of the target list that was asked; empty where it was a scope."""
    part: Part
    """Which slice of it this survey is."""
    addresses: int
    """Of the whole scope or list."""
    public_addresses: int
    excluded_addresses: int
    ports: tuple[str, ...]
    """``imap=143``; of targets without a port of their own."""
    endpoints: int
    seed: int
    shards: int
    conditions: Conditions
    retries: int
    authorisation: Authorisation | None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run: begun, resumed."""

    attempt: int
    began: str
    ended: str | None = None
    """``None`` while it runs, and for ever where it was killed."""
    outcome: str = "running"
    tool_version: str
    effort: Effort
    probed: int = 0
    left_out: int = 0
    endpoints_a_second: float | None = None
    """Over the whole run."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Of the shards that are durable."""

    shards: int
    probed: int
    """In the first pass."""
    asked_again: int
    """In later ones, since they kept silent."""
    left_out: int
    """Opted out before their turn came, in the first pass."""
    answered: int
    """In all passes: who kept silent on a connection that stood, and was asked again, counts again; ``overview`` counts
    each endpoint once."""
    exposed: int
    """By a quick look; ``overview`` has what the rules say."""
    octets: int


class SurveySummary(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    state: str
    started: str
    finished: str | None
    tool_version: str
    rules_version: str
    vantage: Vantage
    plan: PlanSummary
    counts: Counts
    runs: tuple[Run, ...]
    datasets: tuple[DataSet, ...] = ()
    """Of others, by which its countries and networks were found."""
    overview: Overview | None = None
    """Once it is judged."""


def moment(unix: float) -> str:
    """ISO 8601 in UTC, to the second."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def summarise(
    record: SurveyRecord,
    shards: list[Published],
    runs: tuple[Run, ...],
    overview: Overview | None = None,
) -> SurveySummary:
    scope, plan, listed = Scope(record.plan.scope), record.plan, record.plan.targets
    first = [shard for shard in shards if plan.pass_of(shard.shard) == 1]
    return SurveySummary(
        survey=record.id,
        state=record.state,
        started=moment(record.started),
        finished=moment(record.finished) if record.finished is not None else None,
        tool_version=record.tool_version,
        rules_version=record.rules_version,
        vantage=plan.vantage,
        plan=PlanSummary(
            targets=plan.scope.targets[:SHOWN_TARGETS],
            targets_given=len(plan.scope.targets),
            list=listed.id if listed else "",
            part=plan.part,
            addresses=listed.addresses if listed else scope.address_count,
            public_addresses=listed.public if listed else sum(part.size for part in public_intervals(scope)),
            excluded_addresses=sum(part.size for part in scope.exclusions.intervals),
            ports=tuple(_port(s.protocol, s.mode, s.port) for s in plan.scope.plan.services),
            endpoints=plan.endpoints,
            seed=plan.seed,
            shards=plan.shards,
            conditions=plan.conditions,
            retries=plan.retries,
            authorisation=plan.authorisation,
        ),
        counts=Counts(
            shards=len(shards),
            probed=sum(shard.rows for shard in first),
            asked_again=sum(shard.rows for shard in shards) - sum(shard.rows for shard in first),
            left_out=sum(shard.left_out for shard in first),
            answered=sum(shard.answered for shard in shards),
            exposed=sum(shard.exposed for shard in shards),
            octets=sum(shard.octets for shard in shards),
        ),
        runs=runs,
        datasets=record.datasets,
        overview=overview,
    )


def _port(protocol: str, mode: str, port: int) -> str:
    return f"{protocol}{'s' if mode == 'implicit' else ''}={port}"


def to_json(summary: SurveySummary) -> bytes:
    return msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"


def runs_of(octets: bytes | None) -> tuple[Run, ...]:
    """The runs that an earlier summary tells of; none where there is none, or where it was written over by hand."""
    if octets is None:
        return ()
    try:
        return msgspec.json.decode(octets, type=SurveySummary).runs
    except msgspec.MsgspecError:
        return ()
