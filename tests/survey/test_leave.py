"""Until when a survey may ask. What a user loses when these fail: the word that was given to those who allowed it, in a survey
that takes longer than it was meant to; or hours of its window, on the day on which clocks are changed.
"""

import time
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from rich.console import Console

from openletter.cli.discover import Discovery, discovered
from openletter.cli.survey_plan import last_day
from openletter.scope.authorisation import Authorisation
from openletter.scope.build import build_scope
from openletter.scope.exclusion import Exclusions
from openletter.scope.target import parse_target
from openletter.store.spool import SpoolSinkFactory
from openletter.survey import leave as leave_module
from openletter.survey.effort import Effort
from openletter.survey.error import LeaveEndedError
from openletter.survey.hours import parse_hours
from openletter.survey.leave import Leave
from openletter.survey.messages import Assignment
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.survey.run import run
from openletter.survey.worker import Worker

UNTIL = date(2026, 3, 31)
EFFORT = Effort(processes=1, rate=10.0, network_rate=0.0, concurrency=10)


def plan_of(*targets, confirm=False, authorised=True):
    scope = build_scope([parse_target(target) for target in targets])
    leave = Authorisation(
        who="a", contact="b", basis="c", scope=("192.0.2.0/24",), until=UNTIL, confirm=confirm
    )
    return scope, Plan(
        scope=scope.description,
        endpoints=scope.endpoint_count,
        seed=1,
        shards=1,
        conditions=Conditions(confirm=confirm),
        vantage=Vantage(),
        authorisation=leave if authorised else None,
    )


@pytest.mark.parametrize(
    ("targets", "confirm", "until"),
    [
        (["8.8.0.0/23"], False, UNTIL),
        (["8.8.8.0/24"], False, None),
        (["8.8.8.8"], True, UNTIL),
        (["127.0.0.0/16"], True, None),
    ],
)
def test_a_survey_ends_with_the_leave_that_it_cannot_do_without(targets, confirm, until):
    assert last_day(*plan_of(*targets, confirm=confirm)) == until
    assert last_day(*plan_of(*targets, confirm=confirm, authorised=False)) is None


class Ledger:
    def finished(self):
        return ()

    def silent_count(self, files):
        return 0

    def record(self, published):
        return True


def clock_that_strikes(midnight):
    class Clock(datetime):
        @classmethod
        def now(cls, zone):
            assert zone is UTC
            over = timedelta(hours=time.monotonic() >= midnight)
            return datetime(2026, 3, 31, 23, 30, tzinfo=UTC) + over

    return Clock


def test_a_survey_that_outlasts_its_leave_is_ended(tmp_path, monkeypatch):
    """It began on the last day, and goes on over midnight."""
    midnight = time.monotonic() + 1.0
    monkeypatch.setattr(leave_module, "datetime", clock_that_strikes(midnight))
    _, plan = plan_of("127.0.0.9")
    with pytest.raises(LeaveEndedError, match="2026-03-31"):
        run(
            plan,
            effort=EFFORT,
            sink=SpoolSinkFactory(str(tmp_path), "s", 1),
            ledger=Ledger(),
            settle=60.0,  # so that nobody is asked in this test
            until=UNTIL,
        )
    assert time.monotonic() >= midnight


def test_looking_for_open_ports_ends_with_the_leave(tmp_path, monkeypatch):
    midnight = time.monotonic() + 1.0
    monkeypatch.setattr(leave_module, "datetime", clock_that_strikes(midnight))
    scope, plan = plan_of("127.0.0.0/28")
    plan = msgspec.structs.replace(plan, effort=msgspec.structs.replace(EFFORT, rate=1.0))
    until = Leave(UNTIL)
    with pytest.raises(LeaveEndedError, match="2026-03-31"):
        discovered(scope, plan, Discovery.CONNECT, tmp_path, Exclusions(), Console(quiet=True), until)
    assert midnight <= time.monotonic() < midnight + 20.0
    assert not list(tmp_path.rglob("*.parquet")), "a part was taken for the whole"


class Parent:
    def poll(self):
        return False

    def send(self, message):
        pass


def test_a_window_that_opens_early_is_not_slept_through(tmp_path, monkeypatch):
    """Clocks are put forward over the hour in which it waits; and hosts keep the gap that they were promised at the start."""
    _, plan = plan_of("127.0.0.9")
    closed = 3_600.0
    monkeypatch.setattr("openletter.survey.worker.closed_for", lambda *_: closed)
    paused = []
    began = time.monotonic()
    worker = Worker(
        Assignment(
            plan=plan,
            effort=Effort(
                processes=1, rate=1.0, network_rate=0.0, concurrency=1, hours=parse_hours("03:00-05:00")
            ),
            sink=SpoolSinkFactory(str(tmp_path), "s", 1),
            optout=None,
            settle=20.0,
        ),
        Parent(),
    )
    monkeypatch.setattr(worker.engine, "pause_until", lambda at: paused.append(at - began))
    worker._each_turn()
    closed = 0.0
    worker._each_turn()
    assert paused[0] >= 3_600.0
    assert 19.0 < paused[1] < 60.0, "it waits for an hour that the clocks left out, or not for the gap"
