"""Bars on standard error, on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from openletter.survey.tally import Tally


def duration(seconds: float | None) -> str:
    """``2 d 03 h``, ``1 h 05 min``, ``3 min 20 s``, ``12 s``; a dash where it is not known."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    for unit, name, smaller, smaller_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            return f"{whole // unit} {name} {whole % unit // smaller:02d} {smaller_name}"
    return f"{whole} s"


@contextmanager
def surveying(console: Console, endpoints: int) -> Iterator[Callable[[Tally], None]]:
    """A bar for a survey; what is to be told its tallies."""
    progress = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn(
            "{task.completed:,}/{task.total:,} endpoints · {task.fields[rate]:,.0f}/s · "
            "{task.fields[answered]:,} answered · {task.fields[exposed]:,} exposed so far · "
            "{task.fields[left]} left"
        ),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=endpoints, rate=0.0, answered=0, exposed=0, left="–")

        def watch(tally: Tally) -> None:
            progress.update(
                task,
                completed=tally.probed + tally.left_out,
                rate=tally.rate,
                answered=tally.answered,
                exposed=tally.exposed,
                left=duration(tally.seconds_left),
            )

        yield watch


@contextmanager
def judging(console: Console) -> Iterator[Callable[[int, int], None]]:
    """A bar for files that are judged; what is to be told how many of how many."""
    progress = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("judging"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
