"""Compaction: the files of a survey's spool become few sorted ones, in which an endpoint is there once.

1. Ranges of addresses are chosen by a sample, such that each holds about as many rows as fit well in memory. No range
   cuts a /24 or a /48, so a host and its network are always in one file.
2. The spool is read through, some files at a time, and its rows are dealt out to the ranges, in files for the moment.
3. Range by range the rows are sorted; of several of one endpoint one stays (:mod:`openletter.store.better`).
4. The certificates that are not known yet are written down.
5. The new set is published; the spool of a finished survey goes at the next compaction or prune, so that whoever
   reads it can end in peace.

Memory is bounded by the rows of a range and the number of processes, whatever the size of the survey.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.store.better import KEY, grades
from openletter.store.certificates import Certificates
from openletter.store.error import NoSurveyError, named, was_pruned
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder, part_name
from openletter.store.files import make_folder, publish_whole_table, read_table
from openletter.store.observation_table import SCHEMA
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import default_processes, spread

PART_ROWS = 262_144
"""Rows of a range at most."""
PART_OCTETS = 128_000_000
"""Octets in memory of a range's rows, about; sorting holds three times as many for a moment. What servers say differs in
length: rows of a terse world have 500 octets, others 2,000."""
GROUP_ROWS = 32_768
"""Rows of a row group, the least that a look at one address reads."""
_BATCH_OCTETS = 48_000_000
"""Octets in memory of the rows that are dealt out at once, about; a whole file at least."""
_SAMPLED_FILES = 16
_MAPPED = b"\0" * 10 + b"\xff\xff"


class _Deal(msgspec.Struct, frozen=True):
    """Some files of the spool, to be dealt out by one process."""

    number: int
    files: tuple[str, ...]
    bounds: tuple[bytes, ...]
    folder: str


class _Sort(msgspec.Struct, frozen=True):
    heaps: tuple[str, ...]
    target: str


def network_start(address: bytes) -> bytes:
    """The first address of the /24 or /48 around one, both as sixteen octets."""
    return address[:15] + b"\0" if address.startswith(_MAPPED) else address[:6] + b"\0" * 10


def _fitting(files: Sequence[Path], part_rows: int) -> int:
    """Rows of a range, at most ``part_rows``, such that it keeps to ``PART_OCTETS`` if all files are like the middle one."""
    if not files:
        return part_rows
    table = read_table(files[len(files) // 2])
    return max(1, min(part_rows, int(PART_OCTETS * table.num_rows // max(1, table.nbytes))))


def _bounds(files: Sequence[Path], rows: int, part_rows: int) -> tuple[bytes, ...]:
    """Where ranges begin, but for the first one, which begins with everything."""
    parts = -(-rows // part_rows)
    if parts <= 1:
        return ()
    every = max(1, len(files) // _SAMPLED_FILES)
    sample = sorted(key for file in files[::every] for key in read_table(file, ["ip_sort"])[0].to_pylist())
    cuts = (
        {network_start(sample[len(sample) * part // parts]) for part in range(1, parts)} if sample else set()
    )
    return tuple(sorted(cuts))


def _conformed(table: Any) -> Any:
    """With today's columns: a file of an older version lacks some, which then are what an observation has by default."""
    table = table.replace_schema_metadata(None)
    for place, field in enumerate(SCHEMA):
        if field.name not in table.schema.names:
            empty = pa.array([""], pa.string()).take(pa.array([0] * table.num_rows, pa.int8()))
            table = table.add_column(
                place, field, empty.cast(pa.string()).dictionary_encode().cast(field.type)
            )
    return table.cast(SCHEMA.remove_metadata())


def _batches(files: Sequence[str]) -> Iterator[Any]:
    waiting: list[Any] = []
    octets = 0
    for file in files:
        waiting.append(_conformed(read_table(Path(file))))
        octets += waiting[-1].nbytes
        if octets >= _BATCH_OCTETS:
            yield pa.concat_tables(waiting)
            waiting, octets = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _deal(work: _Deal) -> None:
    """Write the rows of some files of the spool to a heap for each range."""
    writers: dict[int, Any] = {}
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with named(Path(work.folder)), ExitStack() as opened:
        for batch in _batches(work.files):
            table = batch.unify_dictionaries().sort_by("ip_sort").combine_chunks()
            order = _Keys(table.column("ip_sort"))
            edges = [0, *(bisect_left(order, bound) for bound in work.bounds), table.num_rows]
            for part, (start, end) in enumerate(pairwise(edges)):
                if start == end:
                    continue
                if part not in writers:
                    path = Path(work.folder, f"{part:06d}-{work.number:06d}")
                    # A file of Python's: Arrow's own hides the system's error number.
                    file = opened.enter_context(path.open("wb"))
                    writers[part] = opened.enter_context(
                        pa.ipc.new_stream(file, table.schema, options=options)
                    )
                writers[part].write_table(table.slice(start, end - start))


class _Keys(Sequence[bytes]):
    """A sorted column for ``bisect``, without making a list of it."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, place: Any) -> Any:
        return self._column[place].as_py()


def _sort(work: _Sort) -> StoredFile:
    """Sort a range, leave one row for each endpoint, and write it under its name."""
    tables = []
    for heap in work.heaps:
        with pa.memory_map(heap) as source, pa.ipc.open_stream(source) as reader:
            tables.append(reader.read_all())
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    table = sorted_once(table.unify_dictionaries()).replace_schema_metadata(SCHEMA.metadata)
    path = Path(work.target)
    written = publish_whole_table(path, table, group_rows=GROUP_ROWS)
    for heap in work.heaps:
        Path(heap).unlink()
    return StoredFile(name=path.name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)


def sorted_once(table: Any) -> Any:
    """A ``pyarrow.Table`` of observations sorted by endpoint, each there once: the best, of equally good ones the latest."""
    if not table.num_rows:
        return table
    order = pa.table(
        [*(table.column(name) for name in KEY), grades(table), table.column("started")],
        [*KEY, "grade", "started"],
    )
    keys = [*((name, "ascending") for name in KEY), ("grade", "descending"), ("started", "descending")]
    rows = pc.sort_indices(order, sort_keys=keys)
    ordered = order.select(list(KEY)).take(rows)
    first = None
    for name in KEY:
        column = ordered.column(name).combine_chunks()
        column = column.cast(pa.binary()) if name == "ip_sort" else column
        differs = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        first = differs if first is None else pc.or_(first, differs)
    kept = pa.chunked_array([pa.array([True]), first], pa.bool_()).combine_chunks()
    if kept.false_count:
        rows = rows.filter(kept)
    return table.take(rows).combine_chunks()


def is_compacted(store: Store, record: SurveyRecord) -> bool:
    """Whether the compacted observations are made of all that is published of the survey."""
    current = store.current(Kind.OBSERVATIONS, record.id)
    return current is not None and (not record.spooled or current.shards == len(store.shards(record.id)))


def compact(
    store: Store,
    record: SurveyRecord,
    *,
    processes: int | None = None,
    part_rows: int = PART_ROWS,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> FileSet:
    """Compact all that is published of a survey, unless that was done before; the set that is then the current one.

    ``watch`` is told how much of how much is done. Raises NoSurveyError for one that was pruned, whose counts would be
    replaced by those of nothing; StoreError; then the set before stands, and the spool.
    """
    with store.building(Kind.OBSERVATIONS, survey=record.id):
        record = store.survey(record.id)
        if record.pruned:
            raise NoSurveyError(was_pruned(record.id))
        current = store.current(Kind.OBSERVATIONS, record.id)
        if current is not None and is_compacted(store, record):
            return current
        hands = processes or default_processes(sum(shard.rows for shard in store.shards(record.id)))
        new = _compacted(store, record, hands, part_rows, watch)
        store.manifest.publish([new])
    store.manifest.give_up_spool(spare_spools(store, but=record.id))
    store.remove_leaving()
    return new


def spare_spools(store: Store, *, but: str = "") -> list[str]:
    """The finished and compacted surveys that still have their spool, except the survey ``but``."""
    return [
        record.id
        for record in store.surveys()
        if record.id != but
        and record.spooled
        and record.state is State.FINISHED
        and is_compacted(store, record)
    ]


def _compacted(
    store: Store,
    record: SurveyRecord,
    processes: int,
    part_rows: int,
    watch: Callable[[int, int], None],
) -> FileSet:
    shards = store.shards(record.id)
    files = [store.observations(shard) for shard in shards if shard.rows]
    bounds = _bounds(files, sum(shard.rows for shard in shards), _fitting(files, part_rows))
    folder = new_folder(Kind.OBSERVATIONS, record.id)
    make_folder(store.root / folder)
    parts = len(bounds) + 1
    hands = min(processes, len(files)) if parts > 1 else min(1, len(files))
    whole = 2 * parts
    with TemporaryDirectory(prefix=".heaps-", dir=store.root / folder) as heaps:
        deals = [
            _Deal(number, tuple(map(str, files[number::hands])), bounds, heaps) for number in range(hands)
        ]
        spread(
            _deal, deals, processes=processes, watch=lambda done, of: watch(parts * done // max(1, of), whole)
        )
        with Certificates(store.root) as kept:
            for shard in shards:
                table = read_table(store.certificates(shard))
                kept.add(
                    zip(table.column("sha256").to_pylist(), table.column("der").to_pylist(), strict=True)
                )
        sorts = [
            _Sort(
                tuple(map(str, sorted(Path(heaps).glob(f"{part:06d}-*")))),
                str(store.root / folder / part_name(part)),
            )
            for part in range(parts)
        ]
        stored = spread(_sort, sorts, processes=processes, watch=lambda done, _: watch(parts + done, whole))
    return FileSet(
        folder=folder,
        kind=Kind.OBSERVATIONS,
        survey=record.id,
        shards=len(shards),
        files=tuple(stored),
    )
