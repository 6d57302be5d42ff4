"""The parent of a survey: starts the workers, hands out shards, counts, and stops them when it must.

Processes are started anew and not forked: threads of the columnar library do not survive a fork.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import msgspec

from openletter.survey import worker
from openletter.survey.ctrl_c import ctrl_c_held_back, on_stop
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
from openletter.survey.hours import closed_for
from openletter.survey.leave import Leave
from openletter.survey.messages import Assignment, Failed, Seen, Share, Task, WantPass, WantShard
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
        self.idle = False
        """It has nothing open, and waits for the next pass."""


class _Run:
    def __init__(self, plan: Plan, ledger: Ledger, tell: Callable[[Event], None]) -> None:
        self.plan = plan
        self.ledger = ledger
        self.tell = tell
        self.done = tuple(ledger.finished())
        self.published = {published.shard: published for published in self.done}
        self.counter = Counter(shards=plan.shards * plan.passes)
        self.hands: list[_Hand] = []
        self.effort: Effort
        self.stopping = False
        self.finished = False
        self.passing = 0
        """The pass that is under way."""
        self.waiting: deque[int] = deque()
        self.begins_at = 0.0
        """When the pass may begin, of the monotonic clock."""
        for published in self.done:
            self.counter.add(0, published.answered, published.exposed)
        self.begin_next_pass(self_made=False)

    def begin_next_pass(self, *, self_made: bool = True) -> None:
        """Go on to the next pass that is not done. ``self_made``: this run has worked at the one before."""
        while True:
            self.passing += 1
            if self.passing > self.plan.passes:
                self.finished = True
                return
            numbers = self.plan.numbers(self.passing)
            done = [self.published[number] for number in numbers if number in self.published]
            endpoints = self.plan.endpoints if self.passing == 1 else self._silent(numbers)
            self.waiting = deque(number for number in numbers if number not in self.published)
            self.counter.shards_done = len(self.published)
            self.counter.begin_pass(self.passing, endpoints)
            for published in done:
                self.counter.add(published.rows, 0, 0, published.left_out)
            if self.waiting and endpoints:
                # Whoever was asked last may be among the first, and by another process, which knows nothing of that.
                rest = max(self.plan.retry_after, self.plan.conditions.host_gap) if self_made else 0.0
                self.begins_at = time.monotonic() + rest
                return

    def _silent(self, numbers: range) -> int:
        """How many endpoints are asked in a later pass."""
        return sum(self.ledger.silent_count(self._earlier(number)) for number in numbers)

    def _earlier(self, number: int) -> tuple[str, ...]:
        # A shard without anybody to ask again has no file of its own in a later pass.
        return tuple(
            self.published[before].file for before in self.plan.earlier(number) if before in self.published
        )

    def start(self, effort: Effort, sink: SinkFactory, optout: Path | None, settle: float) -> None:
        self.effort = effort
        self.tell(
            Begun(
                endpoints=self.plan.endpoints,
                shards=self.plan.shards * self.plan.passes,
                done=self.done,
                effort=effort,
            )
        )
        context = multiprocessing.get_context("spawn")
        count = min(effort.processes, len(self.waiting))
        share = msgspec.structs.replace(effort, processes=max(1, count)).share()
        assignment = Assignment(
            plan=self.plan,
            # The limit of open files was looked at for so many connections, whoever else is there.
            effort=msgspec.structs.replace(share, concurrency=effort.share().concurrency),
            sink=sink,
            optout=optout,
            settle=settle,
        )
        for number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=worker.main,
                args=(assignment, theirs, os.getpid()),
                name=f"openletter-worker-{number}",
                daemon=True,
            )
            with ctrl_c_held_back():
                process.start()
            theirs.close()
            self.hands.append(_Hand(number, process, ours))

    def go_on(self) -> None:
        """Where nothing is left of a pass begin the next one; let the workers begin it when it is time."""
        idle = [hand for hand in self.hands if hand.listening and hand.idle]
        working = [hand for hand in self.hands if hand.listening and not hand.idle]
        if self.stopping:
            self._release(idle, None)
            return
        if not self.finished and not self.waiting and not working:
            self.begin_next_pass()
        if self.finished:
            self._release(idle, None)
        elif self.waiting and time.monotonic() >= self.begins_at:
            self._release(idle, self.passing)
            if idle:
                self._share_out()

    def _release(self, idle: list[_Hand], answer: int | None) -> None:
        for hand in idle:
            hand.idle = False
            self._say(hand, answer)

    def _share_out(self) -> None:
        """Those who work get what those who do not work leave."""
        working = [hand for hand in self.hands if hand.listening and not hand.idle]
        if working and not self.stopping:
            share = msgspec.structs.replace(self.effort, processes=len(working)).share()
            for hand in working:
                self._say(hand, Share(share.rate, share.network_rate))

    @staticmethod
    def _say(hand: _Hand, message: object) -> None:
        # Where it is gone, that is noticed when it is listened to.
        with suppress(OSError):
            hand.pipe.send(message)

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
            case WantPass():
                hand.idle = True
                self._share_out()
            case WantShard():
                self._say(hand, self._task())
            case Seen():
                self.counter.add(message.probed, message.answered, message.exposed, message.left_out)
                self.tell(Progress(worker=hand.number, seen=message))
            case Published():
                if self.ledger.record(message):
                    self.published[message.shard] = message
                    self.counter.shards_done += 1
                    self.tell(ShardKept(published=message))
            case Said():
                self.tell(WorkerSaid(worker=hand.number, said=message))
            case Failed(why):
                self.tell(WorkerGone(worker=hand.number, why=why))
                raise WorkerFailedError(why)
            case _:
                raise SurveyError(f"a worker said what no worker says: {message!r}")

    def _task(self) -> Task | None:
        if not self.waiting or self.stopping:
            return None
        number = self.waiting.popleft()
        return Task(number, self._earlier(number))

    def _ended(self, hand: _Hand) -> None:
        hand.listening = False
        hand.process.join(_PATIENCE)
        code = hand.process.exitcode
        if code == 0 or self.stopping:
            self._share_out()
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

    def pause(self) -> float:
        """Seconds until anybody may be asked; 0 while somebody is."""
        before_pass = self.begins_at - time.monotonic() if self.waiting else 0.0
        return max(0.0, before_pass, closed_for(self.effort.hours, time.time()))

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


def run(
    plan: Plan,
    *,
    effort: Effort,
    sink: SinkFactory,
    ledger: Ledger,
    optout: Path | None = None,
    settle: float = 0.0,
    until: date | None = None,
    watch: Callable[[Tally], None] = lambda _: None,
    tell: Callable[[Event], None] = lambda _: None,
) -> Outcome:
    """Do what the ledger has not of a plan. To be called in the main thread: signals come there.

    ``settle``: seconds before the first connection; see :class:`~openletter.survey.messages.Assignment`.
    ``until``: the last day (UTC) on which it may ask, where its leave ends.
    ``watch`` is called several times a second, ``tell`` when something happens; neither may raise.

    Shards that are published stay so, however this ends.

    Raises SurveyError where a worker died or failed and where its leave ended, and what the ledger raises.
    """
    state = _Run(plan, ledger, tell)
    leave = Leave(until)
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True

    with on_stop(ask):
        try:
            state.start(effort, sink, optout, settle)
            while any(hand.listening for hand in state.hands):
                leave.require()
                state.listen()
                if asked and not state.stopping:
                    state.stop()
                state.go_on()
                watch(state.counter.tally(time.monotonic(), pause=state.pause()))
        finally:
            state.end()
            tell(Ended(finished=state.finished))
    return Outcome.FINISHED if state.finished else Outcome.STOPPED
