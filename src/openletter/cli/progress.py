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
            "{task.description}{task.completed:,}/{task.total:,} endpoints · {task.fields[rate]:,.0f}/s · "
            "{task.fields[answered]:,} answered · {task.fields[exposed]:,} exposed so far · "
            "{task.fields[left]}"
        ),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=endpoints, rate=0.0, answered=0, exposed=0, left="– left")

        def watch(tally: Tally) -> None:
            again = tally.passing > 1
            progress.update(
                task,
                description="once more: " if again else "",
                total=tally.endpoints if again else endpoints,
                completed=tally.probed + tally.left_out,
                rate=tally.rate,
                answered=tally.answered,
                exposed=tally.exposed,
                left=f"waits {duration(tally.pause)}"
                if tally.pause
                else f"{duration(tally.seconds_left)} left",
            )

        yield watch


@contextmanager
def working(console: Console, words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for long work on files; what is to be told how many of how many are done."""
    progress = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description} · {task.fields[left]} left"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task(words, total=None, left="– left")

        def watch(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)
            progress.update(task, left=duration(progress.tasks[0].time_remaining))

        yield watch
