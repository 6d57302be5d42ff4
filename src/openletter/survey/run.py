"""The parent of a survey: starts the workers, hands out shards, counts, and stops them when it must.

Processes are started anew and not forked: threads of the columnar library do not survive a fork.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType

from openletter.survey import worker
from openletter.survey.effort import Effort
from openletter.survey.error import SurveyError, WorkerFailedError, WorkerLostError
from openletter.survey.event import (
    Begun,
    Ended,
    Event,
    Progress,
    ShardKept,
    StopAsked,
    WorkerGone,
    WorkerSaid,
)
from openletter.survey.gate import Barred
from openletter.survey.messages import Assignment, Failed, Seen, WantShard
from openletter.survey.plan import Plan
from openletter.survey.said import Said
from openletter.survey.sink import Ledger, Published, SinkFactory
from openletter.survey.tally import Counter, Tally

_TURN = 0.1
"""Seconds between two looks at the clock and the signals."""
_PATIENCE = 5.0
"""Seconds that a worker has to end when it is asked to."""


class Outcome(Enum):
    FINISHED = "finished"
    STOPPED = "stopped"
    """By Ctrl-C or SIGTERM."""


class _Hand:
    """A worker as the parent sees it."""

    def __init__(self, number: int, process: SpawnProcess, pipe: "Connection[object, object]") -> None:
        self.number = number
        self.process = process
        self.pipe = pipe
        self.listening = True


class _Run:
    def __init__(self, plan: Plan, ledger: Ledger, tell: Callable[[Event], None]) -> None:
        self.plan = plan
        self.ledger = ledger
        self.tell = tell
        self.done = tuple(ledger.finished())
        numbers = {published.shard for published in self.done}
        self.waiting = deque(shard for shard in range(plan.shards) if shard not in numbers)
        self.counter = Counter(endpoints=plan.endpoints, shards=plan.shards)
        self.counter.shards_done = len(numbers)
        for published in self.done:
            self.counter.add(published.rows, published.answered, published.exposed, published.left_out)
        self.hands: list[_Hand] = []
        self.stopping = False

    def start(self, effort: Effort, sink: SinkFactory, barred: Barred) -> None:
        self.tell(
            Begun(endpoints=self.plan.endpoints, shards=self.plan.shards, done=self.done, effort=effort)
        )
        context = multiprocessing.get_context("spawn")
        assignment = Assignment(plan=self.plan, effort=effort.share(), sink=sink, barred=barred)
        for number in range(min(effort.processes, len(self.waiting))):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=worker.main,
                args=(assignment, theirs, os.getpid()),
                name=f"openletter-worker-{number}",
                daemon=True,
            )
            process.start()
            theirs.close()
            self.hands.append(_Hand(number, process, ours))

    def listen(self) -> None:
        """Take what the workers say, for one turn. Raises :class:`SurveyError` where one is gone."""
        talking = {hand.pipe: hand for hand in self.hands if hand.listening}
        for pipe in wait(list(talking), _TURN):
            hand = talking[pipe]  # type: ignore[index]
            try:
                self._heard(hand, hand.pipe.recv())
            except (EOFError, ConnectionResetError):
                self._ended(hand)

    def _heard(self, hand: _Hand, message: object) -> None:
        match message:
            case WantShard():
                hand.pipe.send(self.waiting.popleft() if self.waiting and not self.stopping else None)
            case Seen():
                self.counter.add(message.probed, message.answered, message.exposed, message.left_out)
                self.tell(Progress(worker=hand.number, seen=message))
            case Published():
                if self.ledger.record(message):
                    self.counter.shards_done += 1
                    self.tell(ShardKept(published=message))
            case Said():
                self.tell(WorkerSaid(worker=hand.number, said=message))
            case Failed(why):
                self.tell(WorkerGone(worker=hand.number, why=why))
                raise WorkerFailedError(why)
            case _:
                raise SurveyError(f"a worker said what no worker says: {message!r}")

    def _ended(self, hand: _Hand) -> None:
        hand.listening = False
        hand.process.join(_PATIENCE)
        code = hand.process.exitcode
        if code == 0 or self.stopping:
            return
        pid = hand.process.pid
        if code is not None and code < 0:
            why = f"was killed by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                why += " (by hand, or by the system for want of memory: see dmesg)"
        else:
            why = f"ended with code {code}"
        self.tell(WorkerGone(worker=hand.number, why=why))
        raise WorkerLostError(f"worker process {pid} {why}; what was finished before is kept")

    def stop(self) -> None:
        """Ask the workers to end."""
        self.stopping = True
        self.tell(StopAsked())
        for hand in self.hands:
            if hand.process.is_alive():
                hand.process.terminate()

    def end(self) -> None:
        """See to it that no worker is left."""
        for hand in self.hands:
            if hand.listening and hand.process.is_alive():
                hand.process.terminate()
        deadline = time.monotonic() + _PATIENCE
        for hand in self.hands:
            # A worker that waits for a shard or for room in the pipe ends by the pipe's end.
            hand.pipe.close()
            hand.process.join(max(0.0, deadline - time.monotonic()))
            if hand.process.is_alive():
                hand.process.kill()
                hand.process.join()
            hand.process.close()


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM stop the survey; the same a second time is taken as usual."""

    def heard(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(
    plan: Plan,
    *,
    effort: Effort,
    sink: SinkFactory,
    ledger: Ledger,
    barred: Barred | None = None,
    watch: Callable[[Tally], None] = lambda _: None,
    tell: Callable[[Event], None] = lambda _: None,
) -> Outcome:
    """Do what the ledger has not of a plan. To be called in the main thread: signals come there.

    ``watch`` is called several times a second, ``tell`` when something happens; neither may raise.

    Shards that are published stay so, however this ends.

    Raises SurveyError where a worker died or failed, and what the ledger raises.
    """
    state = _Run(plan, ledger, tell)
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True

    with _signals(ask):
        try:
            state.start(effort, sink, barred or Barred())
            while any(hand.listening for hand in state.hands):
                state.listen()
                if asked and not state.stopping:
                    state.stop()
                watch(state.counter.tally(time.monotonic()))
        finally:
            state.end()
            finished = state.counter.shards_done == plan.shards
            tell(Ended(finished=finished))
    return Outcome.FINISHED if finished else Outcome.STOPPED
