"""``openletter survey``: a pass over a scope, into a store."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter import __version__
from openletter.cli.arguments import DEFAULT_STORE, FailOn, PortOption, RootsOption, StoreOption, trust_with
from openletter.cli.discover import Discovery, check_discovery, discovered, link
from openletter.cli.explain import explanation
from openletter.cli.failure import EXIT_INTERRUPTED
from openletter.cli.geo import GeoOption, SectorsOption, Wanted, wanted
from openletter.cli.observing import parse_address
from openletter.cli.survey_plan import (
    CONCURRENCY,
    HOST_GAP,
    LOCAL_CONCURRENCY,
    RETRIES,
    RETRY_AFTER,
    Asked,
    Wishes,
    allow_confirm,
    effort_for,
    hours_of,
    last_day,
    opted_out,
    part_of,
    plan_for,
    require_leave,
    without_names,
)
from openletter.cli.survey_run import conclude, run_survey
from openletter.cli.vantage import check_sources
from openletter.discovery.target_list import find_target_list
from openletter.scope.authorisation import load as load_authorisation
from openletter.scope.build import build_scope
from openletter.scope.exclusion import Exclusions, gather_exclusions
from openletter.scope.optout import OptOut, intervals_of
from openletter.scope.ports import parse_ports
from openletter.scope.scope import Scope
from openletter.scope.target_file import gather_targets
from openletter.store.error import NoSurveyError, was_pruned
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.survey.asked import asked_by
from openletter.survey.effort import Effort
from openletter.survey.leave import Leave
from openletter.survey.plan import Part, Plan

_FIXED = frozenset(
    {
        *("port", "retries", "retry_after", "host_gap", "timeout", "confirm", "source", "vantage"),
        *("seed", "shards", "shard", "targets", "discover", "interface", "gateway_mac"),
    }
)
"""What a survey keeps from its beginning to its end."""


def survey(
    context: typer.Context,
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
    port: PortOption = None,
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
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            metavar="HOURS",
            envvar="OPENLETTER_WINDOW",
            help="Ask only then: 22:00-06:00 in local time, 22:00-06:00Z in UTC, several with commas. It waits outside. "
            "00:00-24:00 is around the clock.",
            show_default="around the clock",
        ),
    ] = None,
    host_gap: Annotated[
        float | None,
        typer.Option(
            "--host-gap",
            min=0,
            metavar="SECONDS",
            envvar="OPENLETTER_HOST_GAP",
            help="Between two connections to one host; there is never more than one at a time.",
            show_default=f"{HOST_GAP:g}; none on loopback and private addresses",
        ),
    ] = None,
    retries: Annotated[
        int | None,
        typer.Option(
            "--retries",
            min=0,
            max=9,
            metavar="N",
            envvar="OPENLETTER_RETRIES",
            help="After the whole pass, go N times through those that were silent, timed out or were reset, from the "
            "other end of the order. An answer counts more than silence.",
            show_default=f"{RETRIES}; 0 on loopback and private addresses",
        ),
    ] = None,
    retry_after: Annotated[
        float | None,
        typer.Option(
            "--retry-after",
            min=0,
            metavar="SECONDS",
            envvar="OPENLETTER_RETRY_AFTER",
            help="How long to wait before each of these.",
            show_default=f"{RETRY_AFTER:g}; 0 on loopback and private addresses",
        ),
    ] = None,
    shards: Annotated[
        int,
        typer.Option(
            "--shards",
            min=1,
            max=10_000,
            metavar="N",
            help="Cut the scope into N parts for as many machines, each with a store and a survey of its own; all "
            "need the same scope and --seed.",
        ),
    ] = 1,
    shard: Annotated[
        int | None,
        typer.Option(
            "--shard", min=0, metavar="I", help="Which part is this machine's, from 0.", show_default=False
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="ADDRESS",
            envvar="OPENLETTER_SOURCE",
            help="Connect from this address of the machine; an IPv4 and an IPv6 address may be given.",
            show_default="the system's choice",
        ),
    ] = None,
    vantage: Annotated[
        str,
        typer.Option(
            "--vantage",
            metavar="NAME",
            envvar="OPENLETTER_VANTAGE",
            help="What to call the place that is surveyed from; it is kept with the survey.",
            show_default="the host name",
        ),
    ] = "",
    targets: Annotated[
        str | None,
        typer.Option(
            "--targets",
            metavar="ID|PATH",
            help="Ask the hosts of a list that `openletter import` or --discover made, instead of a scope.",
            show_default=False,
        ),
    ] = None,
    discover: Annotated[
        Discovery,
        typer.Option(
            "--discover",
            help="Look first which ports are open, and ask only those: by connecting (connect), or with ZMap where it "
            "is installed and may send raw packets (zmap).",
        ),
    ] = Discovery.NONE,
    interface: Annotated[
        str | None,
        typer.Option(
            "--interface", help="Of ZMap: the network interface, where it is not that of the default route."
        ),
    ] = None,
    gateway_mac: Annotated[
        str | None,
        typer.Option(
            "--gateway-mac", metavar="MAC", help="Of ZMap: the gateway's hardware address, if it cannot tell."
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
    geo: GeoOption = None,
    sectors: SectorsOption = None,
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
      openletter survey networks.txt --authorisation leave.toml --rate 500 --window 22:00-06:00
      openletter survey networks.txt --seed 2026 --shards 3 --shard 0
      openletter survey --targets 20261124T031500Z-4f1a
      openletter survey --resume
    """
    console = Console(stderr=True)
    words = scope or []
    trust = trust_with(roots)
    excluded = gather_exclusions(files=exclude or ())
    allowed = load_authorisation(authorisation) if authorisation else None
    today = datetime.now(UTC).date()
    wishes = Wishes(
        rate=rate,
        network_rate=network_rate,
        concurrency=concurrency,
        processes=processes,
        hours=hours_of(window),
        host_gap=host_gap,
        retries=retries,
        retry_after=retry_after,
    )
    if metrics is not None:
        parse_address(metrics, "--metrics")

    def go(opened: Store, record: SurveyRecord, whom: Asked, effort: Effort, by: Wanted) -> None:
        known = by.kept(opened.root)
        done = run_survey(
            opened,
            record,
            effort,
            store,
            console,
            until=last_day(whom, record.plan),
            log=log,
            metrics=metrics,
        )
        raise typer.Exit(
            conclude(opened, record, trust, known, fail_on, store, json=json) if done else EXIT_INTERRUPTED
        )

    if resume:
        for option in context.command.params:
            # What the environment or openletter.toml says is for surveys that begin.
            said_by = context.get_parameter_source(option.name or "")
            if option.name in _FIXED and said_by is not None and said_by.name == "COMMANDLINE":
                raise typer.BadParameter(
                    "is fixed when a survey begins; leave it out, or begin another one without --resume",
                    param_hint=option.opts[0],
                )
        if len(words) > 1:
            raise typer.BadParameter("give one survey's id, or none for the latest", param_hint="--resume")
        with Store(store) as opened:
            record = opened.survey(words[0]) if words else opened.latest(unfinished=True)
            if record.pruned:
                raise NoSurveyError(was_pruned(record.id))
            allowed = allowed or record.plan.authorisation
            plan = record.plan.renewed(authorisation=allowed, excluded=excluded.intervals)
            held = asked_by(plan)
            check_sources(plan.vantage.sources)
            require_leave(held, allowed, today)
            if plan.conditions.confirm:
                allow_confirm(held, allowed, today)
            effort = effort_for(held, plan.endpoints, wishes, plan.effort)
            optouts = opted_out(store, renew=not explain)
            if explain:
                typer.echo(explanation(held, plan, effort, optouts))
                return
            if plan != record.plan:
                record = opened.renew_plan(record.id, authorisation=allowed, excluded=excluded.intervals)
            go(opened, record, held, effort, wanted(geo, sectors, store, console))
    part = part_of(shards, shard, seed)
    optouts = opted_out(store, renew=not explain)
    never = Exclusions((*excluded.intervals, *intervals_of(optouts)))
    asked = _asked(words, targets, port or [], never, optouts, store, shared=part.of > 1)

    def plan_of(asked: Asked, part: Part) -> Plan:
        return plan_for(
            asked,
            wishes,
            seed=seed,
            part=part,
            timeout=timeout,
            confirm=confirm,
            authorisation=allowed,
            vantage_name=vantage,
            sources=source or [],
        )

    require_leave(asked, allowed, today)
    if confirm:
        allow_confirm(asked, allowed, today)
    plan = plan_of(asked, part)
    check_discovery(asked, plan, discover)
    over = link(interface, gateway_mac)
    if explain:
        effort = effort_for(asked, plan.endpoints, wishes)
        typer.echo(explanation(asked, plan, effort, optouts, discover=discover))
        return
    # Before anything is asked: that a file is none would come out after hours.
    by = wanted(geo, sectors, store, console)
    with Store(store, create=True) as opened:
        if isinstance(asked, Scope) and discover is not Discovery.NONE:
            found = discovered(
                asked, plan, discover, store, never, console, Leave(last_day(asked, plan)), over
            )
            plan = msgspec.structs.replace(plan_of(found, Part()), vantage=plan.vantage)
        record = opened.add_survey(plan, now=time.time(), tool_version=__version__)
        go(opened, record, asked, effort_for(asked, plan.endpoints, wishes, plan.effort), by)


def _asked(
    words: list[str],
    targets: str | None,
    port: list[str],
    never: Exclusions,
    optouts: list[OptOut],
    store: Path,
    *,
    shared: bool,
) -> Asked:
    """``shared``: with other machines, whose opt-out lists may be others, and whose order must not."""
    if targets is None:
        given = gather_targets(words, sys.stdin.buffer)
        return build_scope(
            given if shared else without_names(given, optouts),
            plan=parse_ports(port),
            exclusions=never,
            ordered_without=not shared,
        )
    if words or port:
        raise typer.BadParameter(
            "a list has its hosts and ports already; leave the others out", param_hint="--targets"
        )
    return find_target_list(store, targets, never)
