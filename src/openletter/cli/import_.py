"""``openletter import``: what other scanners found."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from openletter import __version__
from openletter.cli.arguments import DEFAULT_STORE, RootsOption, StoreOption, trust_with
from openletter.cli.geo import GeoOption, Knowledge, SectorsOption, knowledge
from openletter.cli.judge import judge_with_progress
from openletter.discovery.file_format import Format, detect, new_reading, read
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, open_source
from openletter.discovery.target_authorisation import allowed_intervals
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.scope.authorisation import load as load_authorisation
from openletter.scope.error import ScopeError, shown
from openletter.scope.exclusion import Exclusions, gather_exclusions
from openletter.scope.optout import intervals_of
from openletter.scope.ports import PortPlan, parse_ports
from openletter.store.foreign_survey import import_zgrab2
from openletter.store.optout import OptOutList
from openletter.store.store import Store

_WITH_PORT = re.compile(r"(\d{1,5})=(.+)", re.DOTALL)
_TELL_EVERY = 10_000
"""Findings between two looks at the terminal."""


class ImportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """How the reading of a file went."""

    file: str
    format: Format
    lines: int
    found: int
    repeats: int
    closed: int
    other: int
    malformed: int
    malformed_lines: list[int]
    cut: bool


class ImportedTargets(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``--json`` for a list of hosts to ask."""

    targets: str
    """Its id."""
    addresses: int
    endpoints: int
    public: int
    other_ports: int
    special: int
    excluded: int
    unauthorised: int
    files: list[ImportedFile]


class ImportedSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``--json`` for a foreign scan that was judged."""

    survey: str
    origin: str
    addresses: int
    endpoints: int
    verdicts: int
    files: list[ImportedFile]


class _File:
    """An argument; ``143=FILE`` says which port the scan was of, where the file cannot."""

    def __init__(self, argument: str, stack: ExitStack) -> None:
        match = _WITH_PORT.fullmatch(argument)
        self.port: int | None = None
        self.argument = argument
        if match is not None and not Path(argument).exists():
            self.port, self.argument = int(match[1]), match[2]
            if not 1 <= self.port <= 65_535:
                raise ScopeError(f"{shown(argument)}: a port is a number from 1 to 65535, as in 143=zmap.txt")
        # What has been looked into is no longer there for another to read, so it is opened once and kept.
        self._standard_input = stack.enter_context(open_source("-")) if self.argument == "-" else None
        with self.open() as source:
            self.name = source.name
            self.form = detect(source)

    def open(self) -> AbstractContextManager[Source]:
        """Not opened before it is entered."""
        return (
            open_source(self.argument) if self._standard_input is None else nullcontext(self._standard_input)
        )


def _told(reading: Reading, form: Format) -> ImportedFile:
    return ImportedFile(
        file=reading.name,
        format=form,
        lines=reading.lines,
        found=reading.found,
        repeats=reading.repeats,
        closed=reading.closed,
        other=reading.other,
        malformed=reading.malformed,
        malformed_lines=reading.malformed_lines,
        cut=reading.cut,
    )


def _warn(console: Console, reading: Reading) -> None:
    """What a user should know of a file that was not wholly right."""
    if reading.malformed:
        numbers = ", ".join(map(str, reading.malformed_lines))
        more = " ..." if reading.malformed > len(reading.malformed_lines) else ""
        console.print(
            f"openletter: {shown(reading.name)}: {reading.malformed:,} records cannot be read and are left out "
            f"(line {numbers}{more})",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if reading.cut:
        console.print(
            f"openletter: {shown(reading.name)} ends inside a record: it was cut, and what stands before that is taken",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description} · {task.completed:,} {task.fields[what]}"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        yield progress


def _targets(
    files: list[_File],
    forced: Format | None,
    plan: PortPlan,
    exclusions: Exclusions,
    authorisation: Path | None,
    store: Path,
    console: Console,
) -> ImportedTargets:
    allowed = None if authorisation is None else allowed_intervals(load_authorisation(authorisation))
    told: list[ImportedFile] = []
    with ExitStack() as stack:
        writer = stack.enter_context(TargetListWriter(store, plan, exclusions=exclusions, allowed=allowed))
        progress = stack.enter_context(_progress(console))
        for file in files:
            with file.open() as source:
                form = forced or file.form
                reading = new_reading(source, form)
                task = progress.add_task(source.name, total=None, what="found")
                for count, found in enumerate(read(source, form, reading, port=file.port)):
                    writer.add(found)
                    if count % _TELL_EVERY == 0:
                        progress.update(task, completed=count)
            _warn(console, reading)
            told.append(_told(reading, form))
        made = writer.publish(now=time.time(), sources=[one.file for one in told])
    return ImportedTargets(
        targets=made.id,
        addresses=made.addresses,
        endpoints=made.endpoints,
        public=made.public,
        other_ports=writer.other_ports,
        special=writer.special,
        excluded=writer.excluded,
        unauthorised=writer.unauthorised,
        files=told,
    )


def _survey(
    files: list[_File],
    plan: PortPlan,
    exclusions: Exclusions,
    store: Store,
    roots: Path | None,
    known: Knowledge,
    console: Console,
) -> ImportedSurvey:
    trust = trust_with(roots)
    readings = [Reading(file.name, "JSON of zgrab2") for file in files]
    with _progress(console) as progress:
        tasks = {file.name: progress.add_task(file.name, total=None, what="records") for file in files}
        done = import_zgrab2(
            store,
            [file.open() for file in files],
            readings,
            plan=plan,
            exclusions=exclusions,
            tool_version=__version__,
            watch=lambda name, count: progress.update(tasks[name], completed=count),
        )
    for reading in readings:
        _warn(console, reading)
    judgement = judge_with_progress(store, store.survey(done.survey), trust, known)
    return ImportedSurvey(
        survey=done.survey,
        origin="zgrab2",
        addresses=done.addresses,
        endpoints=done.observations,
        verdicts=judgement.verdicts,
        files=[_told(reading, Format.ZGRAB2) for reading in readings],
    )


def _left_out(made: ImportedTargets) -> str:
    reasons = (
        (made.other_ports, "on other ports"),
        (made.excluded, "excluded"),
        (made.special, "special addresses where no mail server is asked"),
        (made.unauthorised, "beyond the authorisation"),
    )
    return ", ".join(f"{count:,} {why}" for count, why in reasons if count)


def import_(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="What a scanner wrote, plain or compressed (gzip, zstd); - is standard input. 143=FILE says which port "
            "was scanned, where the file does not.",
            show_default=False,
        ),
    ],
    store: StoreOption = DEFAULT_STORE,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="What the files are; else it is seen from their first lines."),
    ] = None,
    port: Annotated[
        list[str] | None,
        typer.Option(
            "--port",
            metavar="PROTOCOL=PORT",
            envvar="OPENLETTER_PORT",
            help="Ports that are of use, and what speaks there, instead of the registered four; imap, imaps, pop3 or "
            "pop3s; may be repeated.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            "--exclude",
            metavar="FILE",
            envvar="OPENLETTER_EXCLUDE",
            help="Networks and addresses that are left out, one a line; may be repeated.",
            show_default=False,
        ),
    ] = None,
    authorisation: Annotated[
        Path | None,
        typer.Option(
            "--authorisation",
            metavar="FILE",
            help="Leave out public addresses that this authorisation does not cover.",
            show_default=False,
        ),
    ] = None,
    roots: RootsOption = None,
    geo: GeoOption = None,
    sectors: SectorsOption = None,
    json: Annotated[bool, typer.Option("--json", help="Sum up as a line of JSON.")] = False,
) -> None:
    """Take over what another scanner found: open ports to be asked, or what zgrab2 heard to be judged.

    ZMap (CSV, JSON or bare addresses, 2.1 to 4), masscan (-oJ, -oD, -oL, -oX), nmap (-oX) and plain lists become a list of
    targets for `openletter survey --targets`. JSON of zgrab2's modules imap and pop3 becomes a survey with verdicts.
    Nothing is asked of any server.

    \b
      openletter import zmap.csv
      openletter import 143=zmap-143.txt 110=zmap-110.txt
      zcat masscan.json.gz | openletter import -
      openletter import zgrab2-imap.json zgrab2-pop3.json
    """
    console = Console(stderr=True)
    plan = parse_ports(port or [])
    if files.count("-") > 1:
        raise typer.BadParameter("standard input can be read once", param_hint="FILE")
    with ExitStack() as stack:
        given = [_File(argument, stack) for argument in files]
        kinds = {(form or file.form) is Format.ZGRAB2 for file in given}
        if len(kinds) > 1:
            raise ScopeError(
                "zgrab2's output becomes a survey and the others a list of targets: import them one after the other"
            )
        opened = stack.enter_context(Store(store, create=True))
        optouts = [entry for entry in OptOutList(store).entries() if entry.holds]
        never = Exclusions((*gather_exclusions(files=exclude or ()).intervals, *intervals_of(optouts)))
        if kinds == {True}:
            known = knowledge(geo, sectors, opened.root, console)
            made: ImportedSurvey | ImportedTargets = _survey(
                given, plan, never, opened, roots, known, console
            )
        else:
            made = _targets(given, form, plan, never, authorisation, store, console)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
    elif isinstance(made, ImportedSurvey):
        typer.echo(
            f"survey {made.survey}: {made.endpoints:,} endpoints of {made.addresses:,} addresses, as zgrab2 saw them, judged"
        )
    else:
        left_out = _left_out(made)
        typer.echo(
            f"targets {made.targets}: {made.endpoints:,} endpoints of {made.addresses:,} addresses"
            + (f"; left out: {left_out}" if left_out else "")
        )
