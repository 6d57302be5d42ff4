"""Views of a store that do not change under whoever reads them.

A page is answered from one snapshot: what its questions see are the sets that were published when the snapshot was made,
even if others are published while the page is being made. Snapshots come anew when the manifest says that something
else is published; that is looked for at most every 200 milliseconds. Before readers get a new one, the questions that were
asked last are asked of it, so that a publication slows nobody down; readers see the earlier one until then. A server looks
for publications by itself (:meth:`Snapshots.follow`), so that who comes after a night finds the new one ready.

Answers are kept under the sets that they are of: those about a survey outlive the publication of another survey.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool

from openletter.enrich.rollup import ASNS
from openletter.statistics.database import Verdicts, verdicts_of
from openletter.statistics.error import NotEnrichedError
from openletter.statistics.question import Question, question
from openletter.store.error import NoSurveyError, StoreError
from openletter.store.file_set import Kind, Standing
from openletter.store.frozen import FrozenStore, Watch, freeze
from openletter.store.record import SurveyRecord
from openletter.store.store import MANIFEST, Store
from openletter.web.databases import Databases
from openletter.web.once import Once

Answer = TypeVar("Answer")

LOOK_EVERY = 0.2
"""Seconds in which a publication may stay unnoticed."""
FOLLOW_EVERY = 1.0
"""Seconds between two looks of a server that nobody asks anything."""
FIRST_ASKED = ("overview", "countries", "timeline", "difference-by-country")
"""What the first page and the comparison ask of the latest survey. They are kept whole, so that their readers ask nothing,
and what they are made of would be forgotten among the questions of others."""
WARM_AT_MOST = 10.0
"""Seconds after which no more of what was asked lately is asked of the next snapshot: so long, and for as long as what is
asked first takes, readers may be kept on an earlier one."""
WARM_QUESTIONS = 60
ANSWER_OCTETS = 64 << 20
ANSWERS = 5_000
DATABASES = 6
DATABASE_MEMORY = "1GB"
"""Of each of them at most. All pages of five million endpoints together took a third of that."""
THREADS = min(8, (os.cpu_count() or 1) + 2)
"""That ask DuckDB, which has threads of its own for a question."""


class SnapshotGoneError(Exception):
    """Files of this snapshot were removed since; a newer one has them anew. Whoever asked begins again with that."""


class _Asked(msgspec.Struct, frozen=True):
    """Key of an answer."""

    name: str
    about: str
    """The sets that it is of, as a digest."""
    survey: str | None
    parameters: bytes


def _size(answer: object) -> int:
    # Objects take a multiple of what they take as octets.
    return 200 + 6 * len(msgspec.msgpack.encode(answer))


def _published(store: FrozenStore) -> float:
    times = [record.finished or record.started for record in store.surveys()]
    for one in store.manifest.sets():
        if one.standing is Standing.CURRENT:
            # A folder that left a moment ago is another's to complain of.
            with suppress(OSError):
                times.append((store.root / one.folder).stat().st_mtime)
    return max(times, default=0.0)


class Snapshot:
    """All that was published at one moment."""

    def __init__(self, store: FrozenStore, of: "Snapshots") -> None:
        self.store = store
        self.key: str = store.key
        """The same for the same published state, and for no other."""
        self.made = _published(store)
        """When the newest of what it shows was published; Unix seconds."""
        self._of = of
        self._current: dict[tuple[Kind, str], str] = {
            (one.kind, one.survey): one.folder
            for one in store.manifest.sets()
            if one.standing is Standing.CURRENT
        }
        counted = [of for kind, of in self._current if kind is Kind.ROLLUPS]
        self._judged = tuple(
            record
            for record in store.surveys()
            if record.verdicts or (record.pruned and record.id in counted)
        )
        self._about_all = sha256(
            msgspec.json.encode([self._judged, sorted(self._current.values())])
        ).hexdigest()

    def judged(self) -> tuple[SurveyRecord, ...]:
        """The surveys of which questions can be asked, the oldest first."""
        return self._judged

    def survey(self, survey: str) -> SurveyRecord:
        """Raises NoSurveyError."""
        return self.store.survey(survey)

    def latest(self) -> SurveyRecord:
        """The latest of those that were judged. Raises NoSurveyError."""
        if not self._judged:
            raise NoSurveyError("there is no judged survey in this store yet")
        return self._judged[-1]

    def is_enriched(self, record: SurveyRecord) -> bool:
        """Whether its networks, products and certificates were counted."""
        if self.store.is_enriched(record):
            return True
        rollups = self.store.current(Kind.ROLLUPS, record.id) if record.pruned else None
        return rollups is not None and any(file.name == ASNS for file in rollups.files)

    def _about(self, record: SurveyRecord) -> str:
        """Which sets an answer about this survey is of."""
        folders = [self._current.get((kind, record.id), "") for kind in Kind]
        return sha256(msgspec.json.encode([record, folders])).hexdigest()

    async def ask(self, name: str, *, survey: str | None = None, **parameters: object) -> Any:
        """The answer to one of :data:`~openletter.statistics.question.QUESTIONS`, about a survey or the latest one.

        Raises BadQuestionError, NoSurveyError, NotEnrichedError, StoreError; SnapshotGoneError, which is nobody's to
        catch but :class:`~openletter.web.freshness.Freshness`.
        """
        asked = question(name)
        return await self._ask(asked, survey, asked.read(parameters))

    async def _ask(self, asked: Question, survey: str | None, parameters: msgspec.Struct) -> Any:
        record = self.survey(survey) if survey is not None else None
        if asked.of_all_surveys:
            about = self._about_all
        else:
            record = record or self.latest()
            about = self._about(record)
        key = _Asked(asked.name, about, record.id if record else None, msgspec.json.encode(parameters))

        def compute() -> object:
            if asked.of_all_surveys or record is None:
                return self._reading(lambda: asked.ask(self.store, record, parameters))
            return self._reading(
                lambda: self._over(
                    record, lambda _, verdicts: asked.ask(self.store, record, parameters, verdicts=verdicts)
                )
            )

        future = self._of.answers.ask(key, compute)
        # Others wait for the same future: a reader who leaves must not cancel it.
        return await asyncio.shield(asyncio.wrap_future(future))

    async def over(self, record: SurveyRecord, function: Callable[[Store, Verdicts], Answer]) -> Answer:
        """What ``function`` makes, in a worker thread, of the store and the tables of a survey. Not kept.

        Raises what it raises, and what :meth:`ask` does.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._of.executor, lambda: self._reading(lambda: self._over(record, function))
        )

    async def of_store(self, function: Callable[[Store], Answer]) -> Answer:
        """The same of the store alone."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._of.executor, lambda: self._reading(lambda: function(self.store))
        )

    def _over(self, record: SurveyRecord, function: Callable[[Store, Verdicts], Answer]) -> Answer:
        def opened() -> Verdicts:
            made = verdicts_of(self.store, record)
            made.bound(DATABASE_MEMORY)
            return made

        with self._of.databases.borrow(self._about(record), opened) as found:
            return function(self.store, found)

    def _reading(self, function: Callable[[], Answer]) -> Answer:
        try:
            return function()
        except (NoSurveyError, NotEnrichedError):
            raise
        except StoreError as error:
            if self._of.is_past(self):
                raise SnapshotGoneError(str(error)) from error
            raise

    async def take_over(self, asked: list[tuple[str, str | None, bytes]], until: float) -> None:
        """Ask what was asked of an earlier snapshot. ``until``: of :func:`time.monotonic`."""
        for name, survey, parameters in asked:
            if monotonic() > until:
                return
            one = question(name)
            try:
                await self._ask(one, survey, msgspec.json.decode(parameters, type=one.parameters))
            except (StoreError, ValueError, SnapshotGoneError):
                # Whoever asks it will hear of it.
                continue


def _first_asked(of: Snapshot) -> list[tuple[str, str | None, bytes]]:
    if not of.judged():
        return []
    latest = of.latest().id
    return [(name, latest, msgspec.json.encode(question(name).read({}))) for name in FIRST_ASKED]


class Snapshots:
    """The snapshots of one store; a folder without a store is one in which nothing was published."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._lock = threading.Lock()
        self._watch = Watch(self._root)
        self._looked = -LOOK_EVERY
        self._snapshot: Snapshot | None = None
        self._renewing = False
        self.executor = ThreadPoolExecutor(THREADS, thread_name_prefix="question")
        self._renewer = ThreadPoolExecutor(1, thread_name_prefix="snapshot")
        self.answers: Once[object] = Once(self.executor, octets=ANSWER_OCTETS, entries=ANSWERS, size=_size)
        self.databases = Databases(DATABASES)

    def now(self) -> Snapshot:
        """The newest that is ready. Raises StoreError where there never was one."""
        with self._lock:
            if self._snapshot is None:
                self._watch.changed()
                self._looked = monotonic()
                self._snapshot = self._make()
                return self._snapshot
            if monotonic() - self._looked >= LOOK_EVERY and not self._renewing:
                self._looked = monotonic()
                if self._changed():
                    self._renewing = True
                    self._renewer.submit(self._renew, self._snapshot)
            return self._snapshot

    async def follow(self) -> None:
        """Notice each publication also while nobody asks, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY)
            # Whoever asks meanwhile is told of a store that cannot be read.
            with suppress(StoreError):
                # Not `asyncio.to_thread`: that would be left running by who cancels.
                await run_in_threadpool(self.now)

    def renewed(self) -> Snapshot:
        """One that is made now, whatever it costs. Raises StoreError."""
        made = self._make()
        with self._lock:
            if self._snapshot is None or self._snapshot.key != made.key:
                self._snapshot = made
            return self._snapshot

    def is_past(self, snapshot: Snapshot) -> bool:
        """Whether something else is published by now."""
        try:
            return self._make().key != snapshot.key
        except StoreError:
            return False

    def _changed(self) -> bool:
        try:
            return self._watch.changed()
        except StoreError:
            # Looked at again in a moment; what was published before stays true until then.
            return False

    def _make(self) -> Snapshot:
        if not (self._root / MANIFEST).exists():
            return Snapshot(FrozenStore(self._root, [], []), self)
        return Snapshot(freeze(self._root), self)

    def _renew(self, before: Snapshot) -> None:
        try:
            made = self._make()
            if made.key != before.key:
                asyncio.run(made.take_over(_first_asked(made), inf))
                asyncio.run(made.take_over(self._lately_asked(before, made), monotonic() + WARM_AT_MOST))
                with self._lock:
                    if self._snapshot is before:
                        self._snapshot = made
        except StoreError:
            # As above. The watch has told of it once, so it must be looked for again.
            with self._lock:
                self._watch = Watch(self._root)
        finally:
            with self._lock:
                self._renewing = False

    def _lately_asked(self, before: Snapshot, made: Snapshot) -> list[tuple[str, str | None, bytes]]:
        """The questions that were asked last; those about the latest survey, and the one before it, of those that are that
        now."""
        earlier, later = before.judged()[-2:], made.judged()[-2:]
        now_is = {was.id: record.id for was, record in zip(reversed(earlier), reversed(later), strict=False)}
        latest = earlier[-1].id if earlier else None
        found: dict[tuple[str, str | None, bytes], None] = {}
        for key in self.answers.recent(WARM_QUESTIONS):
            assert isinstance(key, _Asked)
            survey, parameters = key.survey, key.parameters
            if survey is not None and survey == latest:
                survey = now_is.get(survey, survey)
                for was, record in now_is.items():
                    parameters = parameters.replace(f'"{was}"'.encode(), f'"{record}"'.encode())
            found[key.name, survey, parameters] = None
        return list(found)

    def close(self) -> None:
        """After the last question."""
        self._renewer.shutdown(cancel_futures=True)
        self.executor.shutdown(cancel_futures=True)
        self.databases.close()
        with self._lock:
            self._watch.close()
