"""Reports of a survey, or of a day, for all subscribers: files that are whole or not there, and the same octets every time.

1. What subscribers have is put into tables once, and joined with each file of endpoints (:mod:`openletter.report.chunk`).
2. What came of it is put together into a file for each subscriber, type, day and format, in a folder that nobody reads
   (:mod:`openletter.report.assembling`). Of formats that are a whole document (HTML) there is one a subscriber
   (:mod:`openletter.report.documenting`).
3. The files are renamed into the place that they are for, and written into the index.

Rows are in the order of surveys, addresses, ports and names. A report covers a day (UTC): a survey that went on past midnight
has two. Of several surveys of a day the latest word on an endpoint counts.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import msgspec

from openletter.report.assembling import Assembled, Assembly, Piece, Wanted, assemble
from openletter.report.chunk import (
    LINE_FORMATS,
    Chunk,
    ChunkWork,
    make_chunk,
    write_interests,
)
from openletter.report.document import DOCUMENT_FORMATS
from openletter.report.document_rows import kept_by
from openletter.report.documenting import DocumentFile, DocumentWork, all_documents, publish_documents
from openletter.report.link import Links
from openletter.report.past_counts import PastCounts
from openletter.report.report_index import ReportFile, ReportIndex, new_id
from openletter.report.shadowserver.naming import file_name, filter_of
from openletter.report.told_rows import parts_of
from openletter.store.error import NoSurveyError, named
from openletter.store.file_set import Kind
from openletter.store.files import make_folder
from openletter.store.lock import Lock
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import default_processes, spread
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Format, Subscriber

FOLDER = "reports"
"""Below the store's root: where reports go that are not sent elsewhere."""

_LOCK = "reports.lock"
_MAKING = ".making-"
_TASKS_A_PROCESS = 4
"""Of assembling: so that nobody waits for the last one long."""


class ReportRun(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    surveys: tuple[str, ...]
    folder: Path
    files: tuple[ReportFile, ...]
    """By subscriber, type, day, format."""
    documents: tuple[DocumentFile, ...] = ()
    """By subscriber and format. The index has none of them: it is of the types that the Reports API knows."""
    removed: tuple[str, ...]
    """Names of files of an earlier run that have no rows any more."""

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def octets(self) -> int:
        return sum(file.octets for file in self.files)


def make_reports(
    store: Store,
    record: SurveyRecord | Sequence[SurveyRecord],
    directory: Directory,
    target: Path,
    formats: Collection[Format] | None = None,
    *,
    subscribers: Sequence[Subscriber] | None = None,
    day: date | None = None,
    strict: bool = False,
    links: Links | None = None,
    processes: int | None = None,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> ReportRun:
    """Write the reports into the folder ``target``, which is made where it is not there: those that are a line a row (CSV, JSON
    Lines, ...) by type and day, documents (HTML, ...) one a subscriber, of the day on which the first survey began.

    ``record``: of a survey, or of several, the oldest first. ``formats``: these for everybody, else those that each one asked
    for. ``subscribers``: those alone, else all that are active. ``day``: that day's rows alone. ``strict``: of what is
    vulnerable the strict count alone. ``links``: lead from documents to the pages of findings. ``watch`` is told how much of how
    much is done.

    Raises SurveyBusyError where another process makes reports of this store, StoreError; then the files before stand, of those
    that were being replaced some may be the new ones.
    """
    records = [record] if isinstance(record, SurveyRecord) else list(record)
    chosen = directory.list(active=True) if subscribers is None else tuple(subscribers)
    wanted = {one.id: _known(one.formats if formats is None else formats) for one in chosen}
    told = {one.id: one for one in chosen if wanted[one.id]}
    make_folder(target)
    if target.absolute() == store.root / FOLDER:
        with named(target):
            target.chmod(0o700)
    busy = "reports of this store are being made by another process; wait for it"
    with Lock(store.root / _LOCK, busy), named(target), _making(target) as making:
        lines, kept, whole = (Path(making) / name for name in ("lines", "kept", "whole"))
        for folder in (lines, kept, whole):
            folder.mkdir()
        everybody = tuple(told.values())
        has = write_interests(everybody, wanted, lines)
        used = tuple(one for one in LINE_FORMATS if any(one in some for some in wanted.values()))
        documents = tuple(one for one in DOCUMENT_FORMATS if any(one in some for some in wanted.values()))
        work = [
            ChunkWork(
                part=part,
                interests=has,
                formats=used,
                target=str(lines / f"{number:06d}"),
                documents=documents,
                kept=str(kept / f"{number:06d}"),
                hosts_seen=max((DOCUMENT_FORMATS[one].hosts_seen for one in documents), default=0),
            )
            for number, part in enumerate(parts_of(store, records, day, strict=strict))
        ]
        hands = processes or default_processes(sum(_rows(store, one) for one in records))
        chunks = spread(make_chunk, work, processes=hands, watch=lambda done, of: watch(done, 2 * of))
        outputs = _outputs(chunks, used, told, strict=strict)
        files = _assembled(outputs, work, used, whole, hands, watch)
        about = day or _day(records[0].started)
        made = all_documents(
            store,
            directory,
            DocumentWork(
                root=str(store.root),
                surveys=tuple(records),
                day=about,
                strict=strict,
                kept=kept_by([one.kept for one in work]),
                links=links,
                folder=str(whole),
            ),
            {one.id: (one, wanted[one.id]) for one in everybody},
            keeping=kept,
            processes=hands,
        )
        index = ReportIndex(store.root)
        names = {output.name for output, _ in files}
        lined = {one.id for one in everybody if any(format_ in LINE_FORMATS for format_ in wanted[one.id])}
        stale = [
            old
            for one in records
            for old in index.of_survey(one.id)
            if old.folder == index.folder(target)
            and old.subscriber_id in lined
            and old.file not in names
            and (day is None or old.date == day)
            and old.file.endswith(tuple(_ending(format_, strict=strict) for format_ in used))
            and (strict or not old.file.endswith(tuple(_ending(one, strict=True) for one in used)))
        ]
        run = _published(records, files, whole, target, index, stale)
        left = publish_documents(
            made, whole, target, everybody, about, documents, PastCounts(store.root), strict=strict
        )
        return msgspec.structs.replace(run, documents=made, removed=(*run.removed, *left))


def _ending(format_: Format, *, strict: bool) -> str:
    return f"{'_strict' if strict else ''}.{LINE_FORMATS[format_].suffix}"


@contextmanager
def _making(target: Path) -> Iterator[str]:
    """A folder for the moment; what a process that was killed has left there leaves with it."""
    for path in target.glob(f"{_MAKING}*"):
        rmtree(path, ignore_errors=True)
    with TemporaryDirectory(prefix=_MAKING, dir=target) as folder:
        yield folder


def _known(formats: Iterable[Format]) -> tuple[Format, ...]:
    return tuple(one for one in (*LINE_FORMATS, *DOCUMENT_FORMATS) if one in formats)


def _rows(store: Store, record: SurveyRecord) -> int:
    kinds = (Kind.ENDPOINTS, Kind.VERDICTS)
    return max((found.rows for kind in kinds if (found := store.current(kind, record.id))), default=0)


class _Output(msgspec.Struct, kw_only=True):
    """One report file, before it is there."""

    subscriber: Subscriber
    type: ReportType
    day: date
    name: str
    format: Format
    rows: int = 0
    pieces: list[Piece] = []


def _outputs(
    chunks: Sequence[Chunk], formats: Sequence[Format], told: Mapping[int, Subscriber], *, strict: bool
) -> list[_Output]:
    found: dict[tuple[int, str, date, int], _Output] = {}
    filters = {number: filter_of(one, strict=strict) for number, one in told.items()}
    for place, chunk in enumerate(chunks):
        for order, format_ in enumerate(formats):
            for one in chunk.slices.get(format_, ()):
                key = (one.subscriber, one.type, one.day, order)
                output = found.get(key)
                if output is None:
                    whose, kind = told[one.subscriber], ReportType(one.type)
                    suffix = LINE_FORMATS[format_].suffix
                    name = file_name(one.day, kind, whose.slug, filters[whose.id], suffix)
                    output = _Output(subscriber=whose, type=kind, day=one.day, name=name, format=format_)
                    found[key] = output
                output.rows += one.rows
                output.pieces.append(Piece(place * len(formats) + order, one.start, one.octets))
    return [found[key] for key in sorted(found)]


def _assembled(
    outputs: Sequence[_Output],
    work: Sequence[ChunkWork],
    formats: Sequence[Format],
    folder: Path,
    hands: int,
    watch: Callable[[int, int], None],
) -> list[tuple[_Output, Assembled]]:
    lines = tuple(f"{one.target}.{LINE_FORMATS[format_].suffix}" for one in work for format_ in formats)
    wanted = [Wanted(output.name, LINE_FORMATS[output.format].header, output.pieces) for output in outputs]
    size = max(1, -(-len(wanted) // (hands * _TASKS_A_PROCESS)))
    tasks = [
        Assembly(str(folder), lines, wanted[start : start + size]) for start in range(0, len(wanted), size)
    ]
    done = spread(assemble, tasks, processes=hands, watch=lambda done, of: watch(of + done, 2 * of))
    return list(zip(outputs, (file for some in done for file in some), strict=True))


def _published(
    records: Sequence[SurveyRecord],
    files: Sequence[tuple[_Output, Assembled]],
    made_in: Path,
    target: Path,
    index: ReportIndex,
    stale: Sequence[ReportFile],
) -> ReportRun:
    """Rename the files into their place and write them down; ``stale`` are those of an earlier run that have no rows now."""
    now = time.time()
    for output, _ in files:
        (made_in / output.name).replace(target / output.name)
    for old in stale:
        (target / old.file).unlink(missing_ok=True)
    written = index.record(
        (
            ReportFile(
                id=new_id(),
                subscriber_id=output.subscriber.id,
                survey=records[-1].id,
                type=output.type,
                date=output.day,
                folder=index.folder(target),
                file=output.name,
                rows=output.rows,
                octets=one.octets,
                sha256=one.sha256,
                made=now,
            )
            for output, one in files
        ),
        forget=stale,
    )
    return ReportRun(
        surveys=tuple(record.id for record in records),
        folder=target,
        files=written,
        removed=tuple(old.file for old in stale),
    )


def surveys_of(store: Store, day: date) -> list[SurveyRecord]:
    """Those with verdicts that were under way on a day (UTC), the oldest first. Raises NoSurveyError where there is none."""
    found = [
        record
        for record in store.surveys()
        if record.verdicts and not record.pruned and _day(record.started) <= day <= _last_day(record)
    ]
    if not found:
        raise NoSurveyError(f"{store.root}: no survey with verdicts was under way on {day}")
    return found


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _last_day(record: SurveyRecord) -> date:
    return _day(record.finished) if record.finished is not None else date.max
