"""``openletter check``: one screen a host."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from openletter.cli.arguments import FailOn, PortOption, RootsOption, trust_with
from openletter.cli.failure import EXIT_FOUND, EXIT_NOTHING_FOUND
from openletter.dialogue.observation import Endpoint, Observation
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target as Probe
from openletter.report.host import HostReport, host_reports
from openletter.report.record import to_json
from openletter.report.screen import print_hosts
from openletter.scope import address
from openletter.scope.error import ScopeError, shown
from openletter.scope.ports import PortPlan, parse_ports
from openletter.scope.resolve import Resolver, resolve_names, system_resolver
from openletter.scope.target import Target
from openletter.scope.target_file import gather_targets
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.verdict.classes import Severity

MAX_ADDRESSES = 256
"""More is a survey: it wants a store, a pace and perhaps an authorisation."""


def _targets(words: list[str]) -> list[Target]:
    targets = gather_targets(words, sys.stdin.buffer)
    if not targets:
        raise ScopeError(
            "no host was given; name one, as in openletter check mail.example.org, or - for a list"
        )
    return targets


def endpoints(targets: list[Target], plan: PortPlan, resolver: Resolver = system_resolver) -> list[Endpoint]:
    """The endpoints of a handful of targets, each once, in the order in which they were named.

    Raises :class:`ScopeError`: a name without an address, too many addresses, a port that nothing is known of.
    """
    names = resolve_names(targets, resolver)
    found: dict[tuple[str, str, int], Endpoint] = {}
    addresses: set[str] = set()
    for target in targets:
        if target.interval is not None:
            interval = target.interval
            if interval.last - interval.first >= MAX_ADDRESSES:
                raise ScopeError(
                    f"{shown(target.text)} is more than {MAX_ADDRESSES} addresses; openletter survey is for that"
                )
            ips = [address.text(number) for number in range(interval.first, interval.last + 1)]
        else:
            ips = names[target.name]
        services = (
            plan.services if target.port is None else (plan.service(target.port, target.text, target.where),)
        )
        for ip in ips:
            addresses.add(ip)
            for service in services:
                found.setdefault(
                    (target.name, ip, service.port),
                    Endpoint(
                        ip=ip,
                        port=service.port,
                        protocol=service.protocol,
                        mode=service.mode,
                        host=target.name,
                        country=target.country,
                    ),
                )
    if len(addresses) > MAX_ADDRESSES:
        raise ScopeError(f"more than {MAX_ADDRESSES} addresses; openletter survey is for that")
    return list(found.values())


def _probe(asked: list[Endpoint], engine: Engine, console: Console) -> list[Observation]:
    """Observations in the order of ``asked``."""
    seen: dict[int, Observation] = {}
    progress = Progress(
        TextColumn("asking"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        task = progress.add_task("asking", total=len(asked))

        def emit(probe: Probe, observation: Observation) -> None:
            seen[probe.token] = observation
            progress.advance(task)

        engine.run([Probe(endpoint, number) for number, endpoint in enumerate(asked)], emit)
    return [seen[number] for number in sorted(seen)]


def _worst(reports: list[HostReport]) -> Severity:
    return max((e.verdict.worst for r in reports for e in r.endpoints), default=Severity.NONE)


def check(
    hosts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HOST[:PORT]...",
            help="Names, addresses, host:port, and files of them (a path, or @file; - is standard input), one a line, "
            "# begins a comment.",
            show_default=False,
        ),
    ] = None,
    port: PortOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for each endpoint (docs/schema/endpoint.json).")
    ] = False,
    transcript: Annotated[bool, typer.Option("--transcript", help="Show what both sides said.")] = False,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            help="On your own servers: begin a login before TLS and break it off, without any password, to see "
            "whether it would be taken.",
        ),
    ] = False,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit with 1 when a finding is at least this severe.")
    ] = FailOn.MEDIUM,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", min=0.1, max=300, metavar="SECONDS", help="How long a server may take for a reply."
        ),
    ] = 15.0,
    roots: RootsOption = None,
) -> None:
    """Ask mail servers what they let through in the clear, and say how to mend it.

    The four ports of POP3 and IMAP are asked (110, 143, 993, 995) as any mail program does before it logs in.
    No password is sent, no mailbox opened.

    \b
      openletter check mail.example.org
      openletter check 192.0.2.7:143 --transcript
      openletter check --json - < hosts.txt
    """
    targets = _targets(hosts or ([] if sys.stdin.isatty() else ["-"]))
    asked = endpoints(targets, parse_ports(port or []))
    trust = trust_with(roots)
    book = CertificateBook()
    default = Deadlines()
    engine = Engine(
        FastClient(book),
        deadlines=default.scaled(timeout / default.reply),
        confirm=confirm,
    )
    observations = _probe(asked, engine, Console(stderr=True))
    reports = host_reports(observations, book, trust)
    if json:
        for report in reports:
            for endpoint in report.endpoints:
                sys.stdout.write(to_json(endpoint) + "\n")
    else:
        print_hosts(Console(), reports, transcript=transcript)
    failed = fail_on is not FailOn.NEVER and _worst(reports) >= Severity(fail_on.value)
    raise typer.Exit(EXIT_FOUND if failed else EXIT_NOTHING_FOUND)
