"""The first half of making reports: one file of endpoints becomes the lines of all subscribers, sorted by subscriber, type and
day, in one file a format with a list of where whose lines are. So each distinct text is put into words once, however many
subscribers there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.document_rows import keep_rows
from openletter.report.formats.cef import CEF
from openletter.report.formats.ecs import ECS
from openletter.report.line_format import LineFormat, octets_of, one_array
from openletter.report.shadowserver.csv import CSV
from openletter.report.shadowserver.jsonl import JSONL
from openletter.report.told_rows import Part, ToldRows, told_rows, wants
from openletter.store.error import named
from openletter.subscriber.matching import interests
from openletter.subscriber.subscriber import Format, Subscriber

LINE_FORMATS: dict[Format, LineFormat] = {
    Format.CSV: CSV,
    Format.JSONL: JSONL,
    Format.CEF: CEF,
    Format.ECS: ECS,
}
"""Those that are a line a row."""

PIECE_ROWS = 16_384
"""Lines that are put together at once: some 15 MB, which stay in the processor's caches better than more would."""

_WANTED = "wanted"


class Interests(msgspec.Struct, frozen=True):
    """What subscribers have and want, in a folder: made once, read by every process."""

    folder: str


class ChunkWork(msgspec.Struct, frozen=True, kw_only=True):
    """One file of endpoints."""

    part: Part
    interests: Interests
    formats: tuple[Format, ...]
    target: str
    """Path of the files to be written, without a suffix."""
    documents: tuple[Format, ...] = ()
    """Formats that get their rows as they are, later."""
    kept: str = ""
    """Path of what is kept for these, without a suffix."""
    hosts_seen: int = 0
    """Of so many hosts of each subscriber they show all that was seen."""


class Slice(msgspec.Struct, frozen=True, array_like=True):
    """Lines of one report, behind one another in a file."""

    subscriber: int
    type: str
    day: date
    rows: int
    start: int
    octets: int


class Chunk(msgspec.Struct, frozen=True):
    slices: dict[Format, list[Slice]]
    """By subscriber, type, day."""


def write_interests(
    subscribers: Sequence[Subscriber], formats: Mapping[int, Sequence[Format]], folder: Path
) -> Interests:
    """Put down what subscribers have, and which of the ``formats``, by id, each one wants. Raises StoreError."""
    with named(folder):
        for name, table in {**interests(subscribers), _WANTED: wants(subscribers, formats)}.items():
            with (
                pa.OSFile(str(folder / f"{name}.arrow"), "wb") as out,
                pa.ipc.new_file(out, table.schema) as file,
            ):
                file.write_table(table)
    return Interests(str(folder))


@lru_cache(maxsize=1)
def _read(folder: Interests) -> dict[str, Any]:
    tables = {}
    for path in Path(folder.folder).glob("*.arrow"):
        with pa.memory_map(str(path)) as file:
            tables[path.stem] = pa.ipc.open_file(file).read_all()
    return tables


def make_chunk(work: ChunkWork) -> Chunk:
    """Raises StoreError."""
    has = dict(_read(work.interests))
    told = told_rows(work.part, has, has.pop(_WANTED))
    if told is None:
        return Chunk({format_: [] for format_ in work.formats})
    target = Path(work.target)
    if work.documents:
        _keep(told, work)
    return Chunk(
        {
            format_: _write(
                LINE_FORMATS[format_],
                told.table,
                told.groups.filter(pc.field("format") == format_.value),
                target,
            )
            for format_ in work.formats
        }
    )


def _keep(told: ToldRows, work: ChunkWork) -> None:
    """What documents will hold; who gets two formats is there once."""
    keys = ("format", "subscriber", "type", "day")
    first: dict[tuple[object, ...], int] = {}
    wanted = {one.value for one in work.documents}
    columns = (told.groups.column(name).to_pylist() for name in keys)
    for place, (format_, *key) in enumerate(zip(*columns, strict=True)):
        if format_ in wanted:
            first.setdefault(tuple(key), place)
    if first:
        groups = told.groups.take(sorted(first.values()))
        keep_rows(told, groups, work.part, Path(work.kept), work.hosts_seen)


def _write(form: LineFormat, table: Any, groups: Any, target: Path) -> list[Slice]:
    """The lines of all groups into one file."""
    pieces = form.pieces(table)
    lists = one_array(groups.column("rows"))
    wanted = pc.list_flatten(lists)
    lengths = pc.list_value_length(lists).to_pylist()
    path = target.with_name(f"{target.name}.{form.suffix}")
    with named(path), path.open("wb") as out:
        sizes = _sizes(lengths, _written(form, pieces, wanted, out))
        columns = (groups.column(name).to_pylist() for name in ("subscriber", "type", "day"))
        slices = []
        start = 0
        for whose, kind, day, length, size in zip(*columns, lengths, sizes, strict=True):
            slices.append(Slice(whose, kind, day, length, start, size))
            start += size
    return slices


def _written(form: LineFormat, pieces: Any, wanted: Any, out: BinaryIO) -> Iterator[memoryview]:
    """Write the lines, piece by piece; where in each piece its lines begin, with the end of the last one behind that."""
    for start in range(0, len(wanted), PIECE_ROWS):
        lines = form.lines(pieces, wanted.slice(start, PIECE_ROWS))
        octets, places = octets_of(lines)
        out.write(octets[places[0] : places[-1]])
        yield places


def _sizes(lengths: Sequence[int], pieces: Iterator[memoryview]) -> Iterator[int]:
    """Octets of each group of so many lines."""
    places = memoryview(b"\0\0\0\0").cast("i")
    at = 0
    for length in lengths:
        size = 0
        while length:
            if at == len(places) - 1:
                places, at = next(pieces), 0
            some = min(length, len(places) - 1 - at)
            size += places[at + some] - places[at]
            at += some
            length -= some
        yield size
