"""The first half of making reports: one file of endpoints becomes the lines of all subscribers, sorted by subscriber, type and
day, in one file a format with a list of where whose lines are. So memory holds one file of endpoints a process, however many
subscribers there are, and each distinct text is put into words once.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import LineFormat, octets_of, one_array
from openletter.report.shadowserver.csv import CSV
from openletter.report.shadowserver.jsonl import JSONL
from openletter.report.shadowserver.report_type import types_of
from openletter.report.shadowserver.rows import (
    ENDPOINT_COLUMNS,
    ENRICHED_COLUMNS,
    OBSERVATION_COLUMNS,
    report_rows,
    with_enrichment,
)
from openletter.store.certificates import Certificates
from openletter.store.database import connect, quoted
from openletter.store.error import DamagedStoreError, named
from openletter.store.files import columns_of, read_table
from openletter.subscriber.leaf_names import leaf_names
from openletter.subscriber.matching import match
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Severity

LINE_FORMATS: dict[Format, LineFormat] = {Format.CSV: CSV, Format.JSONL: JSONL}
"""Those that are a line a row."""

PIECE_ROWS = 16_384
"""Lines that are put together at once: some 15 MB, which stay in the processor's caches better than more would."""

DAY_S = 86_400

_TOLD = "ol_told"


class Interests(msgspec.Struct, frozen=True):
    """What subscribers have and want, in a folder: made once, read by every process."""

    folder: str


class ChunkWork(msgspec.Struct, frozen=True, kw_only=True):
    """One file of endpoints."""

    root: str
    """Of the store."""
    endpoints: str
    observations: str
    """Empty where they are not kept."""
    newer: tuple[str, ...]
    """Observations of later surveys: what those asked on the same day is not told from here."""
    began: float
    """When the survey began, Unix seconds."""
    interests: Interests
    formats: tuple[Format, ...]
    day: date | None
    """That day alone."""
    strict: bool
    """Of what is vulnerable the strict count alone."""
    target: str
    """Path of the files to be written, without a suffix."""


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
    tables: Mapping[str, Any],
    subscribers: Sequence[Subscriber],
    formats: Mapping[int, Sequence[Format]],
    folder: Path,
) -> Interests:
    """Put down what :func:`openletter.subscriber.matching.interests` has made, and beside it what each one wants: which of the
    ``formats``, which types, how severe."""
    told = pa.table(
        {
            "subscriber": pa.array([one.id for one in subscribers], pa.int64()),
            "minimum": pa.array([one.minimum.rank for one in subscribers], pa.int64()),
            "types": pa.array([list(map(str, one.reports)) for one in subscribers], pa.list_(pa.string())),
            "formats": pa.array(
                [list(map(str, formats[one.id])) for one in subscribers], pa.list_(pa.string())
            ),
        }
    )
    with named(folder):
        for name, table in {**tables, _TOLD: told}.items():
            with (
                pa.OSFile(str(folder / f"{name}.arrow"), "wb") as out,
                pa.ipc.new_file(out, table.schema) as file,
            ):
                file.write_table(table)
    return Interests(str(folder))


@lru_cache(maxsize=1)
def _read(interests: Interests) -> dict[str, Any]:
    tables = {}
    for path in Path(interests.folder).glob("*.arrow"):
        with pa.memory_map(str(path)) as file:
            tables[path.stem] = pa.ipc.open_file(file).read_all()
    return tables


def make_chunk(work: ChunkWork) -> Chunk:
    """Raises StoreError."""
    tables = dict(_read(work.interests))
    told = tables.pop(_TOLD)
    endpoints, observations = _reported(work)
    nothing: dict[Format, list[Slice]] = {format_: [] for format_ in work.formats}
    if not endpoints.num_rows:
        return Chunk(nothing)
    with Certificates(Path(work.root)) as kept:
        ders: Mapping[str, bytes] = {}
        domains = set(tables["ol_domain"].column("domain").to_pylist())
        if domains:
            ders = kept.find(_shown(endpoints))
        groups = _groups(
            work, tables, told, endpoints, observations, leaf_names(ders, domains) if domains else None
        )
        rows = pc.unique(pc.list_flatten(one_array(groups.column("rows"))))
        if not len(rows):
            return Chunk(nothing)
        rows = rows.take(pc.sort_indices(rows))
        endpoints = endpoints.take(rows).unify_dictionaries().combine_chunks()
        ders = kept.find(_shown(endpoints))
    table = report_rows(
        endpoints,
        observations.take(rows).combine_chunks() if observations is not None else None,
        ders,
        began=work.began,
    )
    written = {}
    for format_ in work.formats:
        some = groups.filter(pc.field("format") == format_.value)
        written[format_] = _write(LINE_FORMATS[format_], table, some, rows, Path(work.target))
    return Chunk(written)


def _shown(endpoints: Any) -> set[str]:
    return set(pc.unique(endpoints.column("certificate")).to_pylist()) - {""}


def _reported(work: ChunkWork) -> tuple[Any, Any]:
    """The endpoints that belong to one of the reports, and their observations."""
    path = Path(work.endpoints)
    there = columns_of(path)
    columns = [*ENDPOINT_COLUMNS, *(name for name in ENRICHED_COLUMNS if name in there)]
    endpoints = read_table(path, columns).unify_dictionaries().combine_chunks()
    observations = None
    if work.observations:
        columns = ["ip_sort", *OBSERVATION_COLUMNS]
        observations = read_table(Path(work.observations), columns).unify_dictionaries().combine_chunks()
        if not observations.column("ip_sort").equals(endpoints.column("ip_sort")):
            raise DamagedStoreError(f"{work.observations}: is not what {work.endpoints} was made of")
        observations = observations.drop_columns(["ip_sort"])
    belongs = pc.not_equal(one_array(endpoints.column("report")).cast(pa.string()), "none")
    if work.strict:
        vulnerable = pc.equal(one_array(endpoints.column("report")).cast(pa.string()), "vulnerable")
        belongs = pc.and_(belongs, pc.or_(pc.invert(vulnerable), one_array(endpoints.column("strict"))))
    if work.day is not None:
        belongs = pc.and_(belongs, pc.equal(_days(observations, endpoints.num_rows, work.began), work.day))
    endpoints = endpoints.filter(belongs).combine_chunks()
    if observations is not None:
        observations = observations.filter(belongs).combine_chunks()
    return with_enrichment(endpoints, observations), observations


def _days(observations: Any, rows: int, began: float) -> Any:
    started = pa.repeat(began, rows) if observations is None else one_array(observations.column("started"))
    return pc.floor(started).cast(pa.int64()).cast(pa.timestamp("s")).cast(pa.date32())


_GROUPS = """
SELECT format, m.subscriber, e.type, e.day, list(m.row ORDER BY m.row) AS rows
FROM matched m JOIN ol_told t ON m.subscriber = t.subscriber JOIN endpoints e ON e.row = m.row,
     unnest(t.formats) AS f(format)
WHERE e.rank <= t.minimum AND list_contains(t.types, e.type)
GROUP BY ALL ORDER BY ALL
"""
_SUPERSEDED = """
SELECT e.row FROM endpoints e ANTI JOIN (
  SELECT ip_sort, port, host, floor(started / {day_s})::BIGINT AS day FROM read_parquet([{files}])
  WHERE ip_sort BETWEEN {low}::BLOB AND {high}::BLOB
) n ON e.ip_sort = n.ip_sort AND e.port = n.port AND e.host = n.host AND date_diff('day', DATE '1970-01-01', e.day) = n.day
"""


def _groups(
    work: ChunkWork, tables: Mapping[str, Any], told: Any, endpoints: Any, observations: Any, names: Any
) -> Any:
    """Which rows go to whom: a table of ``format``, ``subscriber``, ``type``, ``day`` and the list of ``rows``, sorted."""
    known = pa.table(
        {
            "row": pa.array(range(endpoints.num_rows), pa.int64()),
            "rank": _severity_ranks(one_array(endpoints.column("worst"))),
            "type": types_of(
                *(one_array(endpoints.column(name)) for name in ("report", "protocol", "ip_sort"))
            ),
            "day": _days(observations, endpoints.num_rows, work.began),
            **{
                name: endpoints.column(name)
                for name in ("ip_sort", "port", "asn", "country", "host", "hostname", "certificate")
            },
        }
    )
    with connect() as database:
        database.register("endpoints", known)
        if work.newer:
            known = known.take(database.sql(_superseding(work, known)).to_arrow_table().column("row"))
            database.unregister("endpoints")
            database.register("endpoints", known)
        database.register("matched", match(database, tables, "endpoints", leaf_names=names))
        database.register("ol_told", told)
        return database.sql(_GROUPS).to_arrow_table().combine_chunks()


def _superseding(work: ChunkWork, known: Any) -> str:
    keys = pc.min_max(known.column("ip_sort").cast(pa.binary())).as_py()
    low, high = ("'" + "".join(f"\\x{octet:02x}" for octet in keys[end]) + "'" for end in ("min", "max"))
    files = ", ".join(quoted(Path(path)) for path in work.newer)
    return _SUPERSEDED.format(day_s=DAY_S, files=files, low=low, high=high)


def _severity_ranks(worst: Any) -> Any:
    words = worst.cast(pa.string()).dictionary_encode()
    ranks = [Severity(word).rank for word in words.dictionary.to_pylist()]
    return pa.array(ranks, pa.int64()).take(words.indices)


def _write(form: LineFormat, table: Any, groups: Any, rows: Any, target: Path) -> list[Slice]:
    """The lines of all groups into one file; ``rows``, sorted, are those that the rows of ``table`` stand for."""
    pieces = form.pieces(table)
    lists = one_array(groups.column("rows"))
    wanted = pc.index_in(pc.list_flatten(lists), value_set=rows)
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
