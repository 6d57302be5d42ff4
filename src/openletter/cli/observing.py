"""What looks on while a survey runs: a log, metrics, and the count of faults that the user is told of at the end."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer
from rich.console import Console

from openletter import __version__
from openletter.cli.failure import CouldNotRunError, describe
from openletter.store.record import SurveyRecord
from openletter.survey.event import Event, Progress, WorkerSaid
from openletter.survey.journal import Journal
from openletter.survey.metrics import Metrics, serving
from openletter.survey.tally import Tally

LOOPBACK = "127.0.0.1"


def parse_address(text: str, option: str) -> tuple[str, int]:
    """``9100``, ``127.0.0.1:9100`` or ``[::1]:9100``; on loopback where no address stands.

    Raises ``typer.BadParameter``.
    """
    address, _, port = text.rpartition(":")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    elif ":" in address:
        address, port = "", ""
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise typer.BadParameter(
            f"{text}: write a port or an address and a port, as in 9100, 192.0.2.1:9100 or [::1]:9100",
            param_hint=option,
        )
    return address or LOOPBACK, int(port)


class Observers:
    """Hands on what happens, and counts what the summary of this run says."""

    def __init__(self) -> None:
        self.began = time.time()
        self.faults = 0
        self.probed = 0
        self.left_out = 0
        self.tells: list[Callable[[Event], None]] = []
        self.watches: list[Callable[[Tally], None]] = []

    def tell(self, event: Event) -> None:
        match event:
            case Progress(seen=seen):
                self.probed += seen.probed
                self.left_out += seen.left_out
            case WorkerSaid(said=said):
                self.faults += said.level >= logging.ERROR
        for tell in self.tells:
            tell(event)

    def watch(self, tally: Tally) -> None:
        for watch in self.watches:
            watch(tally)


@contextmanager
def observing(
    record: SurveyRecord, console: Console, *, log: Path | None, metrics: str | None
) -> Iterator[Observers]:
    """Log into a file, and answer Prometheus (``[ADDRESS:]PORT``), where either is wished.

    Raises CouldNotRunError where that cannot be: before anything is sent.
    """
    observers = Observers()
    with ExitStack() as stack:
        journal = None
        if log is not None:
            try:
                journal = Journal(log, record.id)
            except OSError as error:
                raise CouldNotRunError(f"--log {describe(error)}") from error
            stack.callback(journal.close)
            stack.enter_context(journal.records())
            _note_plan(journal, record)
            observers.tells.append(journal.tell)
        if metrics is not None:
            address, port = parse_address(metrics, "--metrics")
            shown = Metrics(record.id, __version__)
            try:
                page = stack.enter_context(serving(shown, address, port))
            except OSError as error:
                raise CouldNotRunError(
                    f"--metrics {metrics}: {(error.strerror or str(error)).lower()}"
                ) from error
            observers.tells.append(shown.tell)
            observers.watches.append(shown.watch)
            console.print(f"openletter: metrics at {page}", highlight=False, soft_wrap=True)
        yield observers
        if observers.faults:
            where = "the log says where" if journal is not None else "run it with --log FILE to see where"
            console.print(
                f"openletter: {observers.faults:,} dialogues ended by a fault of this program; {where}",
                highlight=False,
                soft_wrap=True,
            )
        if journal is not None and journal.lost:
            console.print(
                f"openletter: {journal.lost:,} lines of the log could not be written", highlight=False
            )


def _note_plan(journal: Journal, record: SurveyRecord) -> None:
    plan = record.plan
    allowed = plan.authorisation
    journal.note(
        "survey to be run",
        tool_version=__version__,
        begun_by=record.tool_version,
        endpoints=plan.endpoints,
        seed=plan.seed,
        vantage=plan.vantage.name,
        source=plan.vantage.source,
        confirm=plan.conditions.confirm,
        authorised=allowed.who if allowed else "",
        until=str(allowed.until) if allowed else "",
    )
