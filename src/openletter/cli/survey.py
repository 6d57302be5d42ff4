"""``openletter survey``: a pass over a scope, into a store."""

import secrets
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter import __version__
from openletter.cli.arguments import DEFAULT_STORE, FailOn, RootsOption, StoreOption, trust_with
from openletter.cli.explain import explanation
from openletter.cli.failure import EXIT_INTERRUPTED
from openletter.cli.observing import parse_address
from openletter.cli.survey_run import conclude, run_survey
from openletter.engine.deadlines import Deadlines
from openletter.scope.authorisation import Authorisation, public_intervals, require
from openletter.scope.authorisation import load as load_authorisation
from openletter.scope.build import build_scope
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import Exclusions, gather_exclusions
from openletter.scope.optout import OptOut, intervals_of, names_of
from openletter.scope.ports import parse_ports
from openletter.scope.scope import Scope
from openletter.scope.target import Target, parse_target
from openletter.scope.target_file import read_targets
from openletter.store.optout import OptOutList
from openletter.store.store import Store
from openletter.survey.effort import Effort, suitable_processes
from openletter.survey.plan import Conditions, Plan, Vantage, shard_count

MODEST_RATE = 200.0
"""Connections a second to strangers, where nobody said otherwise: a survey of all mail servers in a day."""
MODEST_NETWORK_RATE = 10.0
"""The same to one /24: a host has four ports, so it goes through such a network in under two minutes."""
CONCURRENCY = 4_000
"""Open connections, where the rate is the limit: at 200 a second each may take twenty seconds."""
LOCAL_CONCURRENCY = 1_000
"""The same for loopback and private addresses, where nothing else is a limit: what answers is often one machine, and
asked by more at once it is late."""


def _targets(words: list[str]) -> list[Target]:
    targets: list[Target] = []
    for word in words:
        if word.startswith(("@", "/", "./", "../")) or Path(word).is_file():
            targets += read_targets(Path(word.removeprefix("@")))
        else:
            targets.append(parse_target(word))
    return targets


def _opted_out(store: Path, *, renew: bool) -> list[OptOut]:
    """The entries that hold; ``renew`` looks first where their names point today."""
    listed = OptOutList(store)
    if renew:
        listed.renew_names()
    return [entry for entry in listed.entries() if entry.holds]


def _without_names(targets: list[Target], optouts: list[OptOut]) -> list[Target]:
    names = names_of(optouts)
    left = [target for target in targets if target.name not in names]
    if targets and not left:
        raise ScopeError("nothing is left of the scope: every name of it has opted out")
    return left


def _is_public(scope: Scope) -> bool:
    return bool(public_intervals(scope))


def _effort(
    scope: Scope,
    rate: float | None,
    network_rate: float | None,
    concurrency: int | None,
    processes: int | None,
) -> Effort:
    public = _is_public(scope)
    overall = rate if rate is not None else MODEST_RATE if public else 0.0
    network = network_rate if network_rate is not None else MODEST_NETWORK_RATE if public else 0.0
    return Effort(
        processes=processes or suitable_processes(scope.endpoint_count, overall),
        rate=overall,
        network_rate=network,
        concurrency=concurrency or (CONCURRENCY if public else LOCAL_CONCURRENCY),
    )


def _allow_confirm(scope: Scope, authorisation: Authorisation | None) -> None:
    if not _is_public(scope):
        return
    today = datetime.now(UTC).date()
    if authorisation is None or not authorisation.confirm or not authorisation.covers(scope, today):
        raise ScopeError(
            "--confirm begins a login and breaks it off, so it needs the owners' leave: an --authorisation file "
            "that covers the whole scope and says confirm = true"
        )


def _plan(
    scope: Scope,
    effort: Effort,
    *,
    seed: int | None,
    timeout: float,
    confirm: bool,
    authorisation: Authorisation | None,
) -> Plan:
    return Plan(
        scope=scope.description,
        endpoints=scope.endpoint_count,
        seed=secrets.randbits(63) if seed is None else seed,
        shards=shard_count(scope.endpoint_count, effort.processes),
        conditions=Conditions(timeout=timeout / Deadlines().reply, confirm=confirm),
        vantage=Vantage(name=socket.gethostname()),
        authorisation=authorisation,
    )


def survey(
    scope: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCOPE...",
            help="Networks (192.0.2.0/24), ranges (192.0.2.1-192.0.2.9), addresses, names, host:port, and files of "
            "them (a path, or @file), one a line; behind each may stand country=NL. With --resume: the survey's id.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    port: Annotated[
        list[str] | None,
        typer.Option(
            "--port",
            metavar="PROTOCOL=PORT",
            envvar="OPENLETTER_PORT",
            help="Ask this port instead of the registered four; imap, imaps, pop3 or pop3s; may be repeated.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            "--exclude",
            metavar="FILE",
            envvar="OPENLETTER_EXCLUDE",
            help="Networks and addresses that are never asked, one a line (ZMap's blocklist format); may be repeated.",
            show_default=False,
        ),
    ] = None,
    authorisation: Annotated[
        Path | None,
        typer.Option(
            "--authorisation",
            metavar="FILE",
            envvar="OPENLETTER_AUTHORISATION",
            help="Who allowed it (TOML: who, contact, basis, scope, until); needed above 256 public addresses.",
            show_default=False,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0,
            metavar="N",
            envvar="OPENLETTER_RATE",
            help="Connections begun a second, 0 for no limit.",
            show_default="200; no limit on loopback and private addresses",
        ),
    ] = None,
    network_rate: Annotated[
        float | None,
        typer.Option(
            "--network-rate",
            min=0,
            metavar="N",
            envvar="OPENLETTER_NETWORK_RATE",
            help="The same to any one /24 or /48.",
            show_default="10; no limit on loopback and private addresses",
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            min=1,
            metavar="N",
            envvar="OPENLETTER_CONCURRENCY",
            help="Connections open at once.",
            show_default=f"{CONCURRENCY:,}; {LOCAL_CONCURRENCY:,} on loopback and private addresses",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            min=1,
            max=1024,
            metavar="N",
            envvar="OPENLETTER_PROCESSES",
            help="Processes that share the work, and all limits in equal parts.",
            show_default="one a core, fewer for a low rate",
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            min=0.1,
            max=300,
            metavar="SECONDS",
            envvar="OPENLETTER_TIMEOUT",
            help="How long a server may take for a reply; the other deadlines go with it.",
        ),
    ] = 15.0,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            help="Begin a login before TLS and break it off, without any password, to see whether it would be taken; "
            "only where the authorisation says confirm = true, and on loopback and private addresses.",
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with a survey that was broken off: the one named, or the latest."
        ),
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what would be sent to whom, and send nothing.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="Of the order of addresses.", show_default="random"),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="FILE",
            envvar="OPENLETTER_LOG",
            help="Append what happens to this file, a line of JSON each; nothing that a server said is in it.",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="[ADDRESS:]PORT",
            envvar="OPENLETTER_METRICS",
            help="Answer Prometheus there while it runs; on loopback where no address is given.",
            show_default=False,
        ),
    ] = None,
    roots: RootsOption = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(
            "--fail-on",
            envvar="OPENLETTER_FAIL_ON",
            help="Exit with 1 when a finding is at least this severe.",
        ),
    ] = FailOn.MEDIUM,
    json: Annotated[bool, typer.Option("--json", help="Sum up as a line of JSON.")] = False,
) -> None:
    """Ask every host of a scope what it lets through in the clear, and keep the answers.

    The four ports of POP3 and IMAP are asked as any mail program does before it logs in. No password is sent, no
    mailbox opened; --explain says what would be sent. Ctrl-C ends it at any time; what is done is kept, and --resume
    goes on.

    \b
      openletter survey 192.0.2.0/24 --explain
      openletter survey 192.0.2.0/24 mail.example.org --exclude never.txt
      openletter survey networks.txt --authorisation leave.toml --rate 500
      openletter survey --resume
    """
    console = Console(stderr=True)
    words = scope or []
    trust = trust_with(roots)
    excluded = gather_exclusions(files=exclude or ())
    allowed = load_authorisation(authorisation) if authorisation else None
    today = datetime.now(UTC).date()
    if metrics is not None:
        parse_address(metrics, "--metrics")
    if resume:
        if len(words) > 1:
            raise typer.BadParameter("give one survey's id, or none for the latest", param_hint="--resume")
        with Store(store) as opened:
            record = opened.survey(words[0]) if words else opened.latest(unfinished=True)
            asked = Scope(record.plan.scope)
            allowed = allowed or record.plan.authorisation
            require(asked, allowed, today)
            if record.plan.conditions.confirm:
                _allow_confirm(asked, allowed)
            effort = _effort(asked, rate, network_rate, concurrency, processes)
            optouts = _opted_out(store, renew=not explain)
            if explain:
                plan = msgspec.structs.replace(record.plan, authorisation=allowed)
                typer.echo(explanation(asked, plan, effort, optouts))
                return
            if allowed is not None and allowed != record.plan.authorisation:
                record = opened.renew_authorisation(record.id, allowed)
            done = run_survey(
                opened, record, effort, store, console, excluded=excluded, log=log, metrics=metrics
            )
            raise typer.Exit(
                conclude(opened, record, trust, fail_on, store, json=json) if done else EXIT_INTERRUPTED
            )
    optouts = _opted_out(store, renew=not explain)
    asked = build_scope(
        _without_names(_targets(words), optouts),
        plan=parse_ports(port or []),
        exclusions=Exclusions((*excluded.intervals, *intervals_of(optouts))),
    )
    require(asked, allowed, today)
    if confirm:
        _allow_confirm(asked, allowed)
    effort = _effort(asked, rate, network_rate, concurrency, processes)
    plan = _plan(asked, effort, seed=seed, timeout=timeout, confirm=confirm, authorisation=allowed)
    if explain:
        typer.echo(explanation(asked, plan, effort, optouts))
        return
    with Store(store, create=True) as opened:
        record = opened.add_survey(plan, now=time.time(), tool_version=__version__)
        done = run_survey(opened, record, effort, store, console, excluded=excluded, log=log, metrics=metrics)
        raise typer.Exit(
            conclude(opened, record, trust, fail_on, store, json=json) if done else EXIT_INTERRUPTED
        )
