"""What ``openletter survey`` is to do, from what its options say and what is fit for those who are asked."""

import secrets
from datetime import date
from itertools import islice
from pathlib import Path

import msgspec
import typer

from openletter.cli.vantage import vantage_of
from openletter.discovery.target_authorisation import allowed_intervals, require_for_targets
from openletter.discovery.target_list import TargetList
from openletter.engine.deadlines import Deadlines
from openletter.scope.authorisation import FREE_PUBLIC_ADDRESSES, Authorisation, public_intervals, require
from openletter.scope.description import ScopeDescription, span_of
from openletter.scope.error import ScopeError
from openletter.scope.optout import OptOut, names_of
from openletter.scope.scope import Scope
from openletter.scope.target import Target
from openletter.store.optout import OptOutList
from openletter.survey.effort import Effort, suitable_processes
from openletter.survey.hours import Hours, parse_hours
from openletter.survey.plan import (
    Conditions,
    ListedTargets,
    Part,
    Plan,
    part_shard_count,
    shard_count,
)

MODEST_RATE = 200.0
"""Connections a second to strangers, where nobody said otherwise: a survey of all mail servers in a day."""
MODEST_NETWORK_RATE = 10.0
"""The same to one /24: a host has four ports, so it goes through such a network in under two minutes."""
CONCURRENCY = 4_000
"""Open connections, where the rate is the limit: at 200 a second each may take twenty seconds."""
LOCAL_CONCURRENCY = 1_000
"""The same for loopback and private addresses, where nothing else is a limit: what answers is often one machine, and
asked by more at once it is late."""
HOST_GAP = 0.5
"""Seconds between two connections to a stranger's host: a few lines in its log, and no more than a person makes."""
RETRIES = 1
"""For strangers: one lost packet in a hundred is usual over long ways, and a busy server may be silent once."""
RETRY_AFTER = 60.0
"""Seconds until strangers who kept silent are asked again: as long as a short block lasts."""

Asked = Scope | TargetList


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Options that have no default of their own: ``None`` where nothing was said."""

    rate: float | None
    network_rate: float | None
    concurrency: int | None
    processes: int | None
    hours: tuple[Hours, ...] | None
    host_gap: float | None
    retries: int | None
    retry_after: float | None


def is_public(asked: Asked) -> bool:
    """Whether any of it may be someone else's."""
    return _public_count(asked) > 0


def _public_count(asked: Asked) -> int:
    if isinstance(asked, TargetList):
        return asked.public_count
    return sum(part.size for part in public_intervals(asked))


def last_day(asked: Asked, plan: Plan) -> date | None:
    """The last day of the leave that a survey cannot do without; ``None`` where it needs none."""
    if plan.authorisation is None:
        return None
    needed = _public_count(asked) > FREE_PUBLIC_ADDRESSES or (plan.conditions.confirm and is_public(asked))
    return plan.authorisation.until if needed else None


def require_leave(asked: Asked, authorisation: Authorisation | None, today: date) -> None:
    """Raises ScopeError where it needs an authorisation and has none that holds."""
    if isinstance(asked, TargetList):
        require_for_targets(asked, authorisation, today)
    else:
        require(asked, authorisation, today)


def allow_confirm(asked: Asked, authorisation: Authorisation | None, today: date) -> None:
    """Raises ScopeError where its owners' leave for the confirmation is missing."""
    if not is_public(asked):
        return
    if authorisation is not None and authorisation.confirm:
        if isinstance(asked, Scope):
            if authorisation.covers(asked, today):
                return
        elif today <= authorisation.until and not asked.uncovered(allowed_intervals(authorisation))[0]:
            return
    raise ScopeError(
        "--confirm begins a login and breaks it off, so it needs the owners' leave: an --authorisation file "
        "that covers the whole scope and says confirm = true"
    )


def hours_of(text: str | None) -> tuple[Hours, ...] | None:
    """Raises ``typer.BadParameter``."""
    if text is None:
        return None
    try:
        return parse_hours(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--window") from None


def part_of(shards: int, shard: int | None, seed: int | None) -> Part:
    """The slice of this machine. Raises ``typer.BadParameter``."""
    if shards == 1 and shard in (None, 0):
        return Part()
    if shard is None:
        raise typer.BadParameter(f"say which of the {shards}, from 0 to {shards - 1}", param_hint="--shard")
    if shard >= shards:
        raise typer.BadParameter(
            f"{shard} of {shards}: they are counted from 0 to {shards - 1}", param_hint="--shard"
        )
    if seed is None:
        raise typer.BadParameter(
            "give every machine the same --seed, or their parts will not be those of one whole",
            param_hint="--shards",
        )
    return Part(index=shard, of=shards)


def effort_for(asked: Asked, endpoints: int, wishes: Wishes, before: Effort | None = None) -> Effort:
    """What holds for this run: what was said, else what held when the survey began, else what is fit."""
    public = is_public(asked)

    def first(wish: float | None, then: float | None, fit: float) -> float:
        return wish if wish is not None else then if then is not None else fit

    rate = first(wishes.rate, before.rate if before else None, MODEST_RATE if public else 0.0)
    return Effort(
        processes=wishes.processes or suitable_processes(endpoints, rate),
        rate=rate,
        network_rate=first(
            wishes.network_rate,
            before.network_rate if before else None,
            MODEST_NETWORK_RATE if public else 0.0,
        ),
        concurrency=wishes.concurrency
        or (before.concurrency if before else CONCURRENCY if public else LOCAL_CONCURRENCY),
        hours=wishes.hours if wishes.hours is not None else before.hours if before else (),
    )


def plan_for(
    asked: Asked,
    wishes: Wishes,
    *,
    seed: int | None,
    part: Part,
    timeout: float,
    confirm: bool,
    authorisation: Authorisation | None,
    vantage_name: str,
    sources: list[str],
) -> Plan:
    """Raises ``typer.BadParameter`` for a source that is not this machine's."""
    public = is_public(asked)
    endpoints = -(-asked.endpoint_count // part.of)
    effort = effort_for(asked, endpoints, wishes)
    order = secrets.randbits(63) if seed is None else seed
    peers = _peers(asked, order)
    fit_retries, fit_after, fit_gap = (RETRIES, RETRY_AFTER, HOST_GAP) if public else (0, 0.0, 0.0)
    return Plan(
        scope=_description(asked),
        targets=_listed(asked),
        endpoints=endpoints,
        seed=order,
        shards=part_shard_count(asked.endpoint_count, part.of)
        if part.of > 1
        else shard_count(endpoints, effort.processes),
        part=part,
        conditions=Conditions(
            timeout=timeout / Deadlines().reply,
            host_gap=fit_gap if wishes.host_gap is None else wishes.host_gap,
            confirm=confirm,
        ),
        vantage=vantage_of(vantage_name, sources, peers),
        authorisation=authorisation,
        retries=fit_retries if wishes.retries is None else wishes.retries,
        retry_after=fit_after if wishes.retry_after is None else wishes.retry_after,
        effort=effort,
    )


def _peers(asked: Asked, seed: int) -> list[str]:
    """Some who will be asked, of each family where a look at the first ones shows it."""
    ips = [host.ip for host in islice(asked.hosts(seed=seed), 200)]
    if isinstance(asked, Scope):
        ips += [span.first for span in (*asked.description.spans[:1], *asked.description.spans[-1:])]
    return ips


def _description(asked: Asked) -> ScopeDescription:
    if isinstance(asked, Scope):
        return asked.description
    return ScopeDescription(
        targets=tuple(asked.description.sources),
        plan=asked.plan,
        spans=(),
        exclusions=tuple(map(span_of, asked.exclusions.intervals)),
    )


def _listed(asked: Asked) -> ListedTargets | None:
    if isinstance(asked, Scope):
        return None
    return ListedTargets(
        id=asked.description.id,
        file=str(Path(asked.path).absolute()),
        addresses=asked.address_count,
        public=asked.public_count,
    )


def opted_out(store: Path, *, renew: bool) -> list[OptOut]:
    """The entries that hold; ``renew`` looks first where their names point today."""
    listed = OptOutList(store)
    if renew:
        listed.renew_names()
    return [entry for entry in listed.entries() if entry.holds]


def without_names(targets: list[Target], optouts: list[OptOut]) -> list[Target]:
    """Raises ScopeError where every target has opted out by its name."""
    names = names_of(optouts)
    left = [target for target in targets if target.name not in names]
    if targets and not left:
        raise ScopeError("nothing is left of the scope: every name of it has opted out")
    return left
