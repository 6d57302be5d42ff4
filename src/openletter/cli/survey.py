"""``openletter survey``: a pass over a scope, into a store."""

import secrets
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from openletter import __version__
from openletter.cli.arguments import DEFAULT_STORE, FailOn, RootsOption, StoreOption, trust_with
from openletter.cli.explain import explanation
from openletter.cli.failure import EXIT_FOUND, EXIT_INTERRUPTED, EXIT_NOTHING_FOUND, CouldNotRunError
from openletter.cli.judge import judge_with_progress
from openletter.cli.progress import surveying
from openletter.cli.stats import summary, write_json
from openletter.cli.tables import data_console, print_overview
from openletter.engine.deadlines import Deadlines
from openletter.scope.authorisation import Authorisation, public_intervals, require
from openletter.scope.authorisation import load as load_authorisation
from openletter.scope.build import build_scope
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import gather_exclusions
from openletter.scope.ports import parse_ports
from openletter.scope.scope import Scope
from openletter.scope.target import Target, parse_target
from openletter.scope.target_file import read_targets
from openletter.statistics.database import Verdicts
from openletter.statistics.overview import overview
from openletter.store.error import StoreError
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.survey.effort import Effort, affordable, suitable_processes
from openletter.survey.error import SurveyError
from openletter.survey.plan import Conditions, Plan, Vantage, shard_count
from openletter.survey.run import Outcome, run
from openletter.tls.trust import Trust
from openletter.verdict.classes import Severity

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


def _resume_line(record: SurveyRecord, store: Path) -> str:
    where = "" if store == DEFAULT_STORE else f" --store {store}"
    return f"openletter survey --resume {record.id}{where}"


def _survey(opened: Store, record: SurveyRecord, effort: Effort, store: Path, console: Console) -> bool:
    """Run it, unless it was finished before; whether it is done to the end."""
    if record.state is State.FINISHED:
        return True
    affordable_effort = affordable(effort)
    if affordable_effort.concurrency < effort.concurrency:
        console.print(
            f"openletter: {affordable_effort.concurrency:,} connections at once instead of {effort.concurrency:,}: "
            "the system allows no more open files (ulimit -n)",
            highlight=False,
        )
    with opened.run(record.id) as this_run:
        state = State.INTERRUPTED
        try:
            with surveying(console, record.plan.endpoints) as watch:
                outcome = run(
                    record.plan, effort=affordable_effort, sink=this_run.sink, ledger=this_run, watch=watch
                )
            if outcome is Outcome.FINISHED:
                state = State.FINISHED
        except (SurveyError, StoreError) as error:
            with suppress(StoreError):
                this_run.end(state, time.time())
            raise CouldNotRunError(f"{error}: {_resume_line(record, store)}") from error
        this_run.end(state, time.time())
        done = this_run.finished()
    if state is not State.FINISHED:
        rows = sum(published.rows for published in done)
        console.print(
            f"openletter: stopped; {rows:,} of {record.plan.endpoints:,} endpoints are kept; "
            f"go on with: {_resume_line(record, store)}",
            highlight=False,
            soft_wrap=True,
        )
    return state is State.FINISHED


def _conclude(
    opened: Store, record: SurveyRecord, trust: Trust, fail_on: FailOn, store: Path, *, json: bool
) -> int:
    """Judge, sum up; the exit code."""
    try:
        judgement = judge_with_progress(opened, record, trust)
    except StoreError as error:
        raise CouldNotRunError(
            f"{error}; all is asked, judge it with: {_resume_line(record, store)}"
        ) from error
    record = opened.survey(record.id)
    with Verdicts(opened.verdict_files(record)) as verdicts:
        found = overview(verdicts)
    if json:
        write_json(summary(record, found))
    else:
        print_overview(data_console(), record, found)
    failed = fail_on is not FailOn.NEVER and judgement.worst >= Severity(fail_on.value)
    return EXIT_FOUND if failed else EXIT_NOTHING_FOUND


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
    if resume:
        if len(words) > 1:
            raise typer.BadParameter("give one survey's id, or none for the latest", param_hint="--resume")
        with Store(store) as opened:
            record = opened.survey(words[0]) if words else opened.latest(unfinished=True)
            asked = Scope(record.plan.scope)
            require(asked, record.plan.authorisation, datetime.now(UTC).date())
            effort = _effort(asked, rate, network_rate, concurrency, processes)
            if explain:
                typer.echo(explanation(asked, record.plan, effort))
                return
            done = _survey(opened, record, effort, store, console)
            raise typer.Exit(
                _conclude(opened, record, trust, fail_on, store, json=json) if done else EXIT_INTERRUPTED
            )
    asked = build_scope(
        _targets(words), plan=parse_ports(port or []), exclusions=gather_exclusions(files=exclude or ())
    )
    allowed = load_authorisation(authorisation) if authorisation else None
    require(asked, allowed, datetime.now(UTC).date())
    if confirm:
        _allow_confirm(asked, allowed)
    effort = _effort(asked, rate, network_rate, concurrency, processes)
    plan = _plan(asked, effort, seed=seed, timeout=timeout, confirm=confirm, authorisation=allowed)
    if explain:
        typer.echo(explanation(asked, plan, effort))
        return
    with Store(store, create=True) as opened:
        record = opened.add_survey(plan, now=time.time(), tool_version=__version__)
        done = _survey(opened, record, effort, store, console)
        raise typer.Exit(
            _conclude(opened, record, trust, fail_on, store, json=json) if done else EXIT_INTERRUPTED
        )
