"""A foreign scan as a survey of the store, so that it is judged, counted and compared like one of our own.

Lines come in any order and from several files, while the endpoints of a host must be in one file of the survey (their
verdicts depend on each other). So the lines are first dealt out to heaps on the disk by a hash of their address; each heap
becomes a shard. The survey bears the time of its first record, not that of the import.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zlib import crc32

import msgspec

from openletter.discovery.reading import Reading
from openletter.discovery.source import Source
from openletter.discovery.zgrab2 import ORIGIN, Seen, observations, read_record, read_records, seconds
from openletter.scope.description import ScopeDescription
from openletter.scope.exclusion import Exclusions
from openletter.scope.ports import PortPlan
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage

_TELL_EVERY = 5_000
HEAPS = 64
"""Shards of an imported survey: a hundred million lines make some gigabytes each on disk, and its observations fit in memory."""
_FLUSH = 65_536


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    observations: int
    """Endpoints; of several records of one the latest counts."""
    addresses: int


class _Heaps:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting = [bytearray() for _ in range(HEAPS)]

    def add(self, ip: str, line: bytes) -> None:
        heap = crc32(ip.encode()) % HEAPS
        buffer = self._waiting[heap]
        buffer += line if line.endswith(b"\n") else line + b"\n"
        if len(buffer) >= _FLUSH:
            self._flush(heap)

    def _flush(self, heap: int) -> None:
        with self._path(heap).open("ab", buffering=0) as file:
            file.write(self._waiting[heap])
        self._waiting[heap].clear()

    def _path(self, heap: int) -> Path:
        return self._folder / f"{heap:02d}"

    @contextmanager
    def open(self, heap: int) -> Iterator[IO[bytes]]:
        self._flush(heap)
        with self._path(heap).open("rb") as file:
            yield file
        self._path(heap).unlink()


def _newest(heap: Iterable[bytes], plan: PortPlan, exclusions: Exclusions, reading: Reading) -> list[Seen]:
    """An observation for each endpoint of a heap, host by host."""
    found: dict[tuple[str, int, str], Seen] = {}
    for line in heap:
        grab = read_record(line)
        if exclusions.covers(grab.ip):
            reading.closed += 1
            continue
        for seen in observations(grab, plan, reading):
            one = seen.observation
            key = (one.ip, one.port, one.host)
            before = found.get(key)
            if before is None or before.observation.started <= one.started:
                found[key] = seen
            reading.repeats += before is not None
    return [found[key] for key in sorted(found)]


def import_zgrab2(
    store: Store,
    sources: Sequence[AbstractContextManager[Source]],
    readings: Sequence[Reading],
    *,
    plan: PortPlan,
    exclusions: Exclusions | None = None,
    tool_version: str,
    watch: Callable[[str, int], None] = lambda *_: None,
) -> Imported:
    """Read zgrab2's output into a new survey, which then is finished and not judged yet.

    Each source is opened when it is its turn. ``watch`` is told now and then which file is read, and how many records of
    it are.
    ``readings``, one a file, count lines; the first one counts the observations, and as ``closed`` the records of
    excluded addresses. Raises ScopeError, DiscoveryError (then there is no survey), StoreError.
    """
    with TemporaryDirectory(prefix=".import-", dir=store.root) as folder:
        heaps = _Heaps(Path(folder))
        records = 0
        first, last = float("inf"), 0.0
        for opening, reading in zip(sources, readings, strict=True):
            with opening as source:
                for number, (grab, line) in enumerate(read_records(source, reading)):
                    if number % _TELL_EVERY == 0:
                        watch(source.name, number)
                    heaps.add(grab.ip, line)
                    for response in (grab.data or {}).values():
                        records += 1
                        if at := seconds(response.timestamp):
                            first, last = min(first, at), max(last, at)
        now = time.time()
        begun = first if first < now else now
        record = store.add_survey(_plan(readings, plan, records), now=begun, tool_version=tool_version)
        ended = min(max(last, begun), now)
        return _fill(store, record, heaps, exclusions or Exclusions(), readings[0], ended)


def _plan(readings: Sequence[Reading], plan: PortPlan, records: int) -> Plan:
    return Plan(
        scope=ScopeDescription(targets=tuple(reading.name for reading in readings), plan=plan, spans=()),
        endpoints=records,
        seed=0,
        shards=HEAPS,
        conditions=Conditions(),
        vantage=Vantage(name=ORIGIN),
    )


def _fill(
    store: Store,
    record: SurveyRecord,
    heaps: _Heaps,
    exclusions: Exclusions,
    reading: Reading,
    ended: float,
) -> Imported:
    rows = 0
    addresses = 0
    with store.run(record.id) as this_run:
        sink = this_run.sink()
        for number in range(HEAPS):
            with heaps.open(number) as heap:
                seen = _newest(heap, record.plan.scope.plan, exclusions, reading)
            ders = {name: der for one in seen for name, der in one.ders.items()}
            shard = sink.begin(number, ders.get)
            hosts: set[str] = set()
            for one in seen:
                shard.add(one.observation)
                hosts.add(one.observation.ip)
            this_run.record(shard.publish())
            rows += len(seen)
            addresses += len(hosts)
        this_run.end(State.FINISHED, ended)
    return Imported(survey=record.id, observations=rows, addresses=addresses)
