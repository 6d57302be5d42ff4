"""``openletter lab store``: a store of the simulated world, made without a network."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from openletter.cli.progress import working
from openletter.generated.generating import Order, generate
from openletter.generated.truth import Generated
from openletter.lab.internet.population import SEED


@contextmanager
def _telling(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each kind of work, one after the other."""
    with ExitStack() as opened:
        words = ""
        bar: Callable[[int, int], None] = lambda *_: None  # noqa: E731 - the bar of nothing

        def watch(doing: str, done: int, of: int) -> None:
            nonlocal words, bar
            if doing != words:
                opened.close()
                bar = opened.enter_context(working(console, doing))
                words = doing
            bar(done, of)

        yield watch


def _said(folder: Path, made: Generated) -> str:
    last = made.surveys[-1]
    wide = sum(country.hosts_either.wide for country in last.countries)
    strict = sum(country.hosts_either.strict for country in last.countries)
    hosts = sum(country.hosts_either.probed for country in last.countries)
    return (
        f"{folder}: {made.days} surveys of the simulated world at 1:{made.scale:,}; the last one has "
        f"{last.endpoints.probed:,} endpoints on {hosts:,} hosts, {wide:,} of them affected (wide), {strict:,} strict"
    )


def lab_store(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder for the store.")],
    scale: Annotated[
        int,
        typer.Option(
            "--scale",
            min=1,
            max=100_000,
            metavar="N",
            help="The world at 1:N; 4 makes 4.7 million endpoints, 1000 makes 19,000.",
        ),
    ] = 1000,
    days: Annotated[
        int, typer.Option("--days", min=1, max=400, metavar="D", help="Surveys, a day apart.")
    ] = 30,
    full: Annotated[
        int,
        typer.Option("--full", min=0, metavar="K", help="So many of the latest keep what was said to them."),
    ] = 1,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Another seed, another place and another life for each host.")
    ] = SEED,
) -> None:
    """Make a store of the simulated world without a network: to try the dashboard and statistics on, or to measure them.

    Each distinct server of the world is spoken to once, in memory; what it said stands for all that are alike. From day
    to day some hosts are mended, some regress, some appear, and one in a hundred is not reached. What the surveys must
    show is written to generated.json beside them.

    \b
      openletter lab store world --scale 1000 --days 30
      openletter stats --store world
    """
    if full > days:
        raise typer.BadParameter(f"--full {full}: there are only {days} surveys (--days)")
    with _telling(Console(stderr=True)) as watch:
        made = generate(folder, Order(scale=scale, days=days, full=full, seed=seed), watch=watch)
    typer.echo(_said(folder, made))
