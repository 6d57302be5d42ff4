"""One process of a survey: one engine, fed shard after shard without a pause between them.

An endpoint that keeps us waiting holds up its shard, not the next ones: several shards are open at a time, and each
is published when the last of its endpoints is done: observed, or left out since its owner does not wish to be asked.
A worker that is stopped gives up what is open; only whole shards count.
"""

import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from openletter.dialogue.observation import Observation, Protocol, Tcp
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine, OutOfResourcesError
from openletter.engine.pace import Pace
from openletter.engine.schedule import Target
from openletter.scope.scope import Scope
from openletter.survey import glance
from openletter.survey.error import SurveyError
from openletter.survey.gate import Gate
from openletter.survey.messages import Assignment, Failed, Seen, Sum, WantShard
from openletter.survey.orphan import end_with_parent
from openletter.survey.said import send_records
from openletter.survey.shelf import Shelf
from openletter.survey.sink import ShardSink
from openletter.tls.book import CertificateBook
from openletter.tls.client import StandardClient

TELL_EVERY = 0.2
"""Seconds between two words to the parent."""


class _OpenShard:
    __slots__ = ("all_begun", "sink", "under_way")

    def __init__(self, sink: ShardSink) -> None:
        self.sink = sink
        self.under_way = 0
        """Endpoints given to the engine and not done yet."""
        self.all_begun = False


class Worker:
    def __init__(self, assignment: Assignment, parent: "Connection[object, object]") -> None:
        plan, effort = assignment.plan, assignment.effort
        deadlines = Deadlines().scaled(plan.conditions.timeout)
        book = CertificateBook()
        self._plan = plan
        self._scope = Scope(plan.scope)
        self._parent = parent
        self._sink = assignment.sink()
        self._shelf = Shelf(book, turn=deadlines.total)
        self._open: dict[int, _OpenShard] = {}
        self._sums: dict[tuple[Protocol, Tcp], list[int]] = {}
        """Probed and exposed, since the last word to the parent."""
        self._left_out = 0
        self._open_told = 0
        self._tell_at = 0.0
        barred = assignment.barred
        self._gate = Gate(
            (*self._scope.exclusions.intervals, *barred.exclusions),
            Path(barred.optout) if barred.optout else None,
            shut=lambda: self.engine.stop(),
        )
        self.engine = Engine(
            StandardClient(book),
            deadlines=deadlines,
            pace=Pace(effort.rate, effort.network_rate),
            concurrency=effort.concurrency,
            host_gap=plan.conditions.host_gap,
            confirm=plan.conditions.confirm,
            source=plan.vantage.source,
            may_connect=self._gate.may_connect,
        )

    def run(self) -> None:
        """Work until the parent has no more shards, or until the engine is stopped.

        Raises SurveyError where it cannot be known any more who may be asked.
        """
        self.engine.run(self._targets(), self._observed, self._not_asked)
        self._tell()
        if self._gate.fault is not None:
            raise SurveyError(f"{self._gate.fault}; nobody is asked until that is mended")

    def _targets(self) -> Iterator[Target]:
        while True:
            self._tell()
            self._parent.send(WantShard())
            number = self._parent.recv()
            if number is None:
                return
            assert isinstance(number, int)
            shard = self._open[number] = _OpenShard(self._sink.begin(number, self._shelf.find))
            for endpoint in self._scope.endpoints(number, self._plan.shards, seed=self._plan.seed):
                shard.under_way += 1
                yield Target(endpoint, number)
            shard.all_begun = True
            if not shard.under_way:
                self._publish(number)

    def _observed(self, target: Target, observation: Observation) -> None:
        shard = self._open[target.token]
        shard.sink.add(observation)
        key = observation.protocol, observation.tcp
        counts = self._sums.get(key)
        if counts is None:
            counts = self._sums[key] = [0, 0]
        counts[0] += 1
        counts[1] += glance.exposed(observation)
        self._done(target, shard)

    def _not_asked(self, target: Target) -> None:
        if self._gate.fault is not None:
            # It was not opted out: nobody is asked. So it is not done either.
            return
        shard = self._open[target.token]
        shard.sink.leave_out()
        self._left_out += 1
        self._done(target, shard)

    def _done(self, target: Target, shard: _OpenShard) -> None:
        shard.under_way -= 1
        if shard.all_begun and not shard.under_way:
            self._publish(target.token)
        if time.monotonic() >= self._tell_at:
            self._tell()

    def _publish(self, number: int) -> None:
        self._tell()
        self._parent.send(self._open.pop(number).sink.publish())
        self._shelf.turn(time.monotonic())

    def _tell(self) -> None:
        open_now = self.engine.open_connections
        if self._sums or self._left_out or open_now != self._open_told:
            sums = tuple(Sum(*key, *counts) for key, counts in self._sums.items())
            self._parent.send(Seen(sums, self._left_out, open_now))
            self._sums.clear()
            self._left_out = 0
            self._open_told = open_now
        self._tell_at = time.monotonic() + TELL_EVERY


def main(assignment: Assignment, parent: "Connection[object, object]", parent_id: int) -> None:
    """Where the process begins. Ctrl-C reaches every process of a terminal; the parent decides what it means, and says
    so by SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(parent_id)
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        if worker is not None:
            worker.engine.stop()

    worker: Worker | None = None
    signal.signal(signal.SIGTERM, stop)
    send_records(parent)
    try:
        worker = Worker(assignment, parent)
        if not stopped:
            worker.run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # Nobody is there any more to tell.
        return
    except OutOfResourcesError as error:
        parent.send(Failed(f"{error}; lower --concurrency or raise the limit of open files"))
    except Exception as error:
        parent.send(Failed(str(error) or type(error).__name__))
