"""Running a survey and summing it up, with all that looks on; ``openletter survey`` says what is to be run."""

import time
from contextlib import suppress
from datetime import date
from pathlib import Path

from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, FailOn
from openletter.cli.failure import EXIT_FOUND, EXIT_NOTHING_FOUND, CouldNotRunError
from openletter.cli.forms import write_json
from openletter.cli.geo import Knowledge
from openletter.cli.judge import judge_with_progress
from openletter.cli.keeping import Keeper
from openletter.cli.observing import observing
from openletter.cli.progress import surveying
from openletter.cli.stats import summary
from openletter.cli.tables import data_console, print_overview
from openletter.enrich.error import DataSetError
from openletter.statistics.database import verdicts_of
from openletter.statistics.overview import overview
from openletter.store.error import StoreError
from openletter.store.optout import OptOutList
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.survey.effort import Effort, affordable
from openletter.survey.error import LeaveEndedError, SurveyError
from openletter.survey.run import Outcome, run
from openletter.tls.trust import Trust
from openletter.verdict.classes import Severity


def _resume_line(record: SurveyRecord, store: Path) -> str:
    where = "" if store == DEFAULT_STORE else f" --store {store}"
    return f"openletter survey --resume {record.id}{where}"


def _settle(record: SurveyRecord, effort: Effort) -> float:
    """Seconds until hosts and networks have had their gap, whatever an earlier run did in the moment it was killed, or a
    connect scan in its last one."""
    if not record.runs and record.plan.targets is None:
        return 0.0
    return max(record.plan.conditions.host_gap, 1 / effort.network_rate if effort.network_rate else 0.0)


def run_survey(
    opened: Store,
    record: SurveyRecord,
    effort: Effort,
    store: Path,
    console: Console,
    *,
    until: date | None,
    log: Path | None,
    metrics: str | None,
) -> bool:
    """Run it, unless it was finished before; whether it is done to the end. ``until``: the last day of its leave."""
    if record.state is State.FINISHED:
        return True
    affordable_effort = affordable(effort)
    if affordable_effort.concurrency < effort.concurrency:
        console.print(
            f"openletter: {affordable_effort.concurrency:,} connections at once instead of {effort.concurrency:,}: "
            "the system allows no more open files (ulimit -n)",
            highlight=False,
        )
    with (
        observing(record, console, log=log, metrics=metrics) as observers,
        opened.run(record.id) as this_run,
    ):
        keeper = Keeper(opened, record.id)

        def end(state: State, outcome: str) -> None:
            this_run.end(state, time.time())
            keeper.end(outcome, began=observers.began, probed=observers.probed, left_out=observers.left_out)

        state = State.INTERRUPTED
        try:
            keeper.begin(affordable_effort)
            with surveying(console, record.plan.endpoints) as watch:
                observers.watches.append(watch)
                outcome = run(
                    record.plan,
                    effort=affordable_effort,
                    sink=this_run.sink,
                    ledger=this_run,
                    optout=OptOutList(opened.root).path,
                    settle=_settle(record, affordable_effort),
                    until=until,
                    watch=observers.watch,
                    tell=observers.tell,
                )
            if outcome is Outcome.FINISHED:
                state = State.FINISHED
        except (SurveyError, StoreError) as error:
            with suppress(StoreError):
                end(state, "failed")
            renewed = " --authorisation FILE" if isinstance(error, LeaveEndedError) else ""
            raise CouldNotRunError(f"{error}: {_resume_line(record, store)}{renewed}") from error
        end(state, outcome.value)
        done = this_run.finished()
    if state is not State.FINISHED:
        rows = sum(p.rows + p.left_out for p in done if record.plan.pass_of(p.shard) == 1)
        console.print(
            f"openletter: stopped; {rows:,} of {record.plan.endpoints:,} endpoints are kept; "
            f"go on with: {_resume_line(record, store)}",
            highlight=False,
            soft_wrap=True,
        )
    return state is State.FINISHED


def conclude(
    opened: Store,
    record: SurveyRecord,
    trust: Trust,
    known: Knowledge,
    fail_on: FailOn,
    store: Path,
    *,
    json: bool,
) -> int:
    """Judge, enrich, sum up; the exit code."""
    try:
        judgement = judge_with_progress(opened, record, trust, known)
    except (DataSetError, StoreError) as error:
        raise CouldNotRunError(
            f"{error}; all is asked, judge it with: {_resume_line(record, store)}"
        ) from error
    record = opened.survey(record.id)
    with verdicts_of(opened, record) as verdicts:
        found = overview(verdicts)
    Keeper(opened, record.id).write(found)
    if json:
        write_json(summary(record, found))
    else:
        print_overview(data_console(), record, found)
    failed = fail_on is not FailOn.NEVER and judgement.worst >= Severity(fail_on.value)
    return EXIT_FOUND if failed else EXIT_NOTHING_FOUND
