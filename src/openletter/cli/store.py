"""``openletter store``: what is kept, whether it is whole, and how it is kept small."""

import re
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.failure import EXIT_FOUND, EXIT_NOTHING_FOUND
from openletter.cli.group import Group
from openletter.cli.progress import working
from openletter.cli.tables import data_console, print_surveys
from openletter.store.compaction import compact as compact_survey
from openletter.store.compaction import is_compacted
from openletter.store.file_set import Kind
from openletter.store.record import State
from openletter.store.retention import prune as prune_store
from openletter.store.store import Store
from openletter.store.verification import verify as verify_store
from openletter.verdict.state import merge_state

app = typer.Typer(
    cls=Group, help="What is kept, whether it is whole, and how it is kept small.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Lines of JSON.")]

_SECONDS = {"h": 3_600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}


class SurveyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A survey, as ``store list --json`` has it."""

    survey: str
    state: str
    started: float
    finished: float | None
    probed: int
    """Endpoints, each once, however often it was asked."""
    octets: int
    """Of all its files."""
    kept: str
    """``spool`` as it came in, ``compacted``, or ``counts`` alone, when it was pruned."""
    rules_version: str
    in_state: bool


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    compacted: tuple[str, ...]
    merged: tuple[str, ...]


def _write(line: msgspec.Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.flush()


def _size(octets: int) -> str:
    if octets < 1_000:
        return f"{octets} B"
    units = ("kB", "MB", "GB", "TB")
    power = next((p for p in range(1, len(units)) if octets < 1_000 ** (p + 1)), len(units))
    return f"{octets / 1_000**power:,.1f} {units[power - 1]}"


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+)([hdwy])", text)
    if found is None:
        raise typer.BadParameter(
            f"{text}: an age is a number of hours, days, weeks or years: 36h, 90d, 26w, 2y",
            param_hint="--older-than",
        )
    return int(found[1]) * _SECONDS[found[2]]


@app.command("list")
def list_(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Say which surveys there are, and what is kept of each."""
    with Store(store) as opened:
        lines = []
        for record in opened.surveys():
            shards = opened.shards(record.id)
            sets = [one for one in opened.manifest.sets(survey=record.id) if not one.kind.of_all]
            spool = sum(shard.octets for shard in shards) if record.spooled else 0
            compacted = any(one.kind is Kind.OBSERVATIONS for one in sets)
            lines.append(
                SurveyLine(
                    survey=record.id,
                    state=record.state,
                    started=record.started,
                    finished=record.finished,
                    # Later passes ask some of these again.
                    probed=sum(shard.rows for shard in shards if record.plan.pass_of(shard.shard) == 1),
                    octets=spool + sum(one.octets for one in sets),
                    kept="counts" if record.pruned else "compacted" if compacted else "spool",
                    rules_version=record.rules_version,
                    in_state=bool(record.merged),
                )
            )
        state = opened.current(Kind.STATE)
    if json:
        for line in lines:
            _write(line)
        return
    rows = [
        (
            line.survey,
            f"{datetime.fromtimestamp(line.started, UTC):%Y-%m-%d %H:%M}",
            line.state,
            f"{line.probed:,}",
            line.kept,
            _size(line.octets),
            line.rules_version or "–",
            "yes" if line.in_state else "no",
        )
        for line in lines
    ]
    words = f"state: {state.rows:,} endpoints, {_size(state.octets)}" if state else "state: none yet"
    print_surveys(data_console(), rows, words)


@app.command("compact")
def compact(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Compact what is not compacted yet, and bring the state up to date.

    A survey is compacted when it is judged, so this has something to do after a crash, and for surveys that nobody
    judged. Files that were replaced, and that readers were still left with, are removed.
    """
    console = Console(stderr=True)
    done = []
    with Store(store) as opened:
        for record in opened.surveys():
            if record.state is State.FINISHED and not record.pruned and not is_compacted(opened, record):
                with working(console, f"compacting {record.id}") as watch:
                    compact_survey(opened, record, watch=watch)
                done.append(record.id)
        with working(console, "merging the state") as watch:
            merged = merge_state(opened, watch=watch)
        prune_store(opened)
    if json:
        _write(Compacted(compacted=tuple(done), merged=tuple(merged)))
    else:
        typer.echo(f"{len(done)} surveys compacted, {len(merged)} merged into the state")


@app.command("prune")
def prune(
    store: StoreOption = DEFAULT_STORE,
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, metavar="N", help="Keep the latest N surveys.", show_default=False),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Give up surveys that began longer ago: 36h, 90d, 26w, 2y.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Give up the endpoints of old surveys.

    Their counts stay, by country, class and network, so that they go on to be shown over time; so does what the state
    knows of each endpoint. The latest finished survey always stays. Without --keep or --older-than only files go that were
    replaced by others.

    \b
      openletter store prune --keep 30 --dry-run
      openletter store prune --older-than 90d
    """
    before = None if older_than is None else time.time() - _seconds(older_than)
    with Store(store) as opened:
        done = prune_store(opened, keep=keep, older_than=before, dry_run=dry_run)
    if json:
        _write(done)
        return
    would = "would be pruned" if dry_run else "pruned"
    for survey in done.surveys:
        typer.echo(f"survey {survey}: {would}")
    for survey in done.kept_back:
        typer.echo(
            f"survey {survey}: is old enough, and kept: it is not finished, not judged or not in the state"
        )
    typer.echo(
        f"{len(done.surveys)} surveys {would}, {_size(done.octets)} {'to be freed' if dry_run else 'freed'}"
    )


@app.command("verify")
def verify(
    store: StoreOption = DEFAULT_STORE,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Remove what a process that died was writing. Nothing else is touched."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check every file against the manifest: there, of its size, its SHA-256, its rows and its columns.

    Exit code 0 where nothing is wrong, else 1. Leftovers of a process that died are told, and wrong is nothing about
    them.
    """
    with Store(store) as opened, working(Console(stderr=True), "verifying") as watch:
        found = verify_store(opened, repair=repair, watch=watch)
    if json:
        _write(found)
    else:
        for complaint in found.complaints:
            typer.echo(f"{complaint.path}: {complaint.words}")
        for name in found.removed:
            typer.echo(f"{name}: removed")
        wrong = sum(not complaint.harmless for complaint in found.complaints)
        things = "1 thing is" if wrong == 1 else f"{wrong} things are"
        verdict = "all is well" if found.sound else f"{things} wrong"
        typer.echo(
            f"{found.files:,} files, {found.rows:,} rows, {_size(found.octets)}, "
            f"{found.certificates:,} certificates: {verdict}"
        )
    raise typer.Exit(EXIT_NOTHING_FOUND if found.sound else EXIT_FOUND)
