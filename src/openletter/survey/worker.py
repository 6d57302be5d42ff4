"""One process of a survey: one engine, fed shard after shard without a pause between them.

An endpoint that keeps us waiting holds up its shard, not the next ones: several shards are open at a time, and each
is published when the last of its endpoints is done: observed, or left out since its owner does not wish to be asked.
A worker that is stopped gives up what is open; only whole shards count.
"""

import signal
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection

from openletter.dialogue.observation import Endpoint, Observation, Protocol, Tcp
from openletter.engine.connecting import OutOfResourcesError
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine
from openletter.engine.pace import Pace
from openletter.engine.schedule import Target
from openletter.survey import glance
from openletter.survey.asked import asked_by, endpoints_of
from openletter.survey.error import SurveyError
from openletter.survey.gate import Gate
from openletter.survey.hours import closed_for
from openletter.survey.messages import (
    Assignment,
    Failed,
    Seen,
    Share,
    Sum,
    Task,
    WantPass,
    WantShard,
)
from openletter.survey.orphan import end_with_parent
from openletter.survey.said import send_records
from openletter.survey.shelf import Shelf
from openletter.survey.sink import ShardSink
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

TELL_EVERY = 0.2
"""Seconds between two words to the parent."""


class _OpenShard:
    __slots__ = ("all_begun", "sink", "stood", "under_way")

    def __init__(self, sink: ShardSink) -> None:
        self.sink = sink
        self.under_way = 0
        """Endpoints given to the engine and not done yet."""
        self.all_begun = False
        self.stood: frozenset[Endpoint] = frozenset()
        """Those that took a connection in an earlier pass."""


class Worker:
    def __init__(self, assignment: Assignment, parent: "Connection[object, object]") -> None:
        plan, effort = assignment.plan, assignment.effort
        deadlines = Deadlines().scaled(plan.conditions.timeout)
        book = CertificateBook()
        self._plan = plan
        self._asked = asked_by(plan)
        self._parent = parent
        self._sink = assignment.sink()
        self._shelf = Shelf(book, turn=deadlines.total)
        self._open: dict[int, _OpenShard] = {}
        self._sums: dict[tuple[Protocol, Tcp], list[int]] = {}
        """Probed, exposed and stood before, since the last word to the parent."""
        self._left_out = 0
        self._open_told = 0
        self._tell_at = 0.0
        self._stopped = False
        self._hours = effort.hours
        self._pace = Pace(effort.rate, effort.network_rate)
        self._gate = Gate(self._asked.exclusions.intervals, assignment.optout, shut=self.stop)
        self.engine = Engine(
            FastClient(book),
            deadlines=deadlines,
            pace=self._pace,
            concurrency=effort.concurrency,
            host_gap=plan.conditions.host_gap,
            confirm=plan.conditions.confirm,
            sources=plan.vantage.sources,
            may_connect=self._gate.may_connect,
            each_turn=self._each_turn,
        )
        self._settled_at = time.monotonic() + assignment.settle

    def stop(self) -> None:
        """Give up what is open; ``run`` returns soon. Safe to call from a signal handler."""
        self._stopped = True
        self.engine.stop()

    def run(self) -> None:
        """Work until the parent has no more passes, or until it is stopped.

        Raises SurveyError where it cannot be known any more who may be asked.
        """
        while not self._stopped and self._next_pass():
            self._each_turn()
            self.engine.run(self._targets(), self._observed, self._not_asked)
            self._tell()
        if self._gate.fault is not None:
            raise SurveyError(f"{self._gate.fault}; nobody is asked until that is mended")

    def _each_turn(self) -> None:
        """While the engine runs, nothing but a share can come from the parent."""
        while self._parent.poll():
            self._take(self._parent.recv())
        # Said anew each time, also that nothing is closed: clocks are put forward and back.
        opens_at = time.monotonic() + closed_for(self._hours, time.time())
        self.engine.pause_until(max(self._settled_at, opens_at))
        if self._stopped:
            # The signal may have come a moment before the engine began.
            self.engine.stop()
        if time.monotonic() >= self._tell_at:
            self._tell()

    def _take(self, message: object) -> None:
        assert isinstance(message, Share)
        self._pace.change(message.rate, message.network_rate)

    def _answer(self, question: WantPass | WantShard) -> object:
        self._parent.send(question)
        while isinstance(message := self._parent.recv(), Share):
            self._take(message)
        return message

    def _next_pass(self) -> bool:
        return self._answer(WantPass()) is not None

    def _targets(self) -> Iterator[Target]:
        while True:
            self._tell()
            task = self._answer(WantShard())
            if task is None:
                return
            assert isinstance(task, Task)
            number = task.number
            shard = self._open[number] = _OpenShard(self._sink.begin(number, self._shelf.find))
            for endpoint in self._endpoints(task, shard):
                shard.under_way += 1
                yield Target(endpoint, number)
            shard.all_begun = True
            if not shard.under_way:
                self._publish(number)

    def _endpoints(self, task: Task, shard: _OpenShard) -> Iterable[Endpoint]:
        if not task.earlier:
            return endpoints_of(self._plan, self._asked, task.number)
        silent = self._sink.silent(task.earlier)
        shard.stood = frozenset(one.endpoint for one in silent if one.stood)
        return [one.endpoint for one in silent]

    def _observed(self, target: Target, observation: Observation) -> None:
        shard = self._open[target.token]
        stood_before = bool(shard.stood) and target.endpoint in shard.stood
        shard.sink.add(observation, stood_before=stood_before)
        key = observation.protocol, observation.tcp
        counts = self._sums.get(key)
        if counts is None:
            counts = self._sums[key] = [0, 0, 0]
        counts[0] += 1
        counts[1] += glance.exposed(observation)
        counts[2] += stood_before
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
            worker.stop()

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
