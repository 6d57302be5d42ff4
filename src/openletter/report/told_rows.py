"""Which rows of the reports go to whom: endpoints matched to subscribers, with what each of them wants, and put into words; a
file of endpoints at a time, so that memory holds one of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import one_array
from openletter.report.shadowserver.columns import SCHEMA
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
from openletter.store.error import DamagedStoreError
from openletter.store.file_set import Kind
from openletter.store.files import columns_of, read_table
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.leaf_names import leaf_names
from openletter.subscriber.matching import interests, match
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Severity

DAY_S = 86_400

SUBSCRIBER_ROWS: Any = pa.schema([pa.field("subscriber", pa.int64(), nullable=False), *SCHEMA])
"""What :func:`subscriber_rows` gives."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file of endpoints of a survey, and what of it is to be told."""

    root: str
    """Of the store."""
    endpoints: str
    observations: str
    """Empty where they are not kept."""
    newer: tuple[str, ...]
    """Observations of later surveys: what those asked on the same day is not told from here."""
    began: float
    """When the survey began, Unix seconds."""
    day: date | None
    """That day alone."""
    strict: bool
    """Of what is vulnerable the strict count alone."""


class ToldRows(msgspec.Struct, frozen=True):
    table: Any
    """Each row that goes to anybody, once: a ``pyarrow.Table`` of the reports' ``SCHEMA``."""
    file_rows: Any
    """For each of them, which row of the file of endpoints it was made of: an array of integers that rise."""
    groups: Any
    """A table of ``format``, ``subscriber``, ``type``, ``day`` and the list of ``rows``, places in ``table``; sorted."""


def parts_of(
    store: Store, records: Sequence[SurveyRecord], day: date | None = None, *, strict: bool = False
) -> list[Part]:
    """All files of endpoints of some surveys, the oldest first. Raises NoSurveyError."""
    kept = [store.current(Kind.OBSERVATIONS, record.id) for record in records]
    observations = [
        {path.name: str(path) for path in store.files_of(one)} if one is not None else {} for one in kept
    ]
    return [
        Part(
            root=str(store.root),
            endpoints=str(path),
            observations=observations[number].get(path.name, ""),
            newer=tuple(name for later in observations[number + 1 :] for name in later.values()),
            began=record.started,
            day=day,
            strict=strict,
        )
        for number, record in enumerate(records)
        for path in store.endpoint_files(record)
    ]


def wants(subscribers: Sequence[Subscriber], formats: Mapping[int, Sequence[Format]]) -> Any:
    """What each one wants, as a table to be joined: which types, how severe, and which of its ``formats`` (by id)."""
    return pa.table(
        {
            "subscriber": pa.array([one.id for one in subscribers], pa.int64()),
            "minimum": pa.array([one.minimum.rank for one in subscribers], pa.int64()),
            "types": pa.array([list(map(str, one.reports)) for one in subscribers], pa.list_(pa.string())),
            "formats": pa.array(
                [list(map(str, formats[one.id])) for one in subscribers], pa.list_(pa.string())
            ),
        }
    )


def told_rows(part: Part, has: Mapping[str, Any], wanted: Any) -> ToldRows | None:
    """None where nothing of the part goes to anybody. ``has`` are :func:`openletter.subscriber.matching.interests`, ``wanted`` is
    what :func:`wants` makes. Raises StoreError."""
    endpoints, observations, file_rows = _reported(part)
    if not endpoints.num_rows:
        return None
    domains = set(has["ol_domain"].column("domain").to_pylist())
    with Certificates(Path(part.root)) as kept:
        names = leaf_names(kept.find(_shown(endpoints)), domains) if domains else None
        groups = _groups(part, has, wanted, endpoints, observations, names)
        lists = one_array(groups.column("rows"))
        rows = pc.unique(pc.list_flatten(lists))
        if not len(rows):
            return None
        rows = rows.take(pc.sort_indices(rows))
        endpoints = endpoints.take(rows).unify_dictionaries().combine_chunks()
        ders = kept.find(_shown(endpoints))
    table = report_rows(
        endpoints,
        observations.take(rows).combine_chunks() if observations is not None else None,
        ders,
        began=part.began,
    )
    places = pc.index_in(pc.list_flatten(lists), value_set=rows).cast(pa.int64())
    starts = pa.concat_arrays(
        [pa.array([0], pa.int64()), pc.cumulative_sum(pc.list_value_length(lists)).cast(pa.int64())]
    )
    told = pa.LargeListArray.from_arrays(starts, places)
    return ToldRows(
        table, file_rows.take(rows), groups.set_column(groups.schema.get_field_index("rows"), "rows", told)
    )


def subscriber_rows(
    store: Store,
    records: Sequence[SurveyRecord],
    subscribers: Sequence[Subscriber],
    *,
    day: date | None = None,
    strict: bool = False,
) -> Iterator[Any]:
    """What subscribers are told of some surveys, the oldest first, as ``pyarrow.Table`` of ``SUBSCRIBER_ROWS``, one for each file
    of endpoints that has any of it; sorted inside by subscriber, type, day, address, port and name. For whoever writes no files:
    a row stands there for each subscriber that it belongs to.

    Raises NoSurveyError, StoreError.
    """
    has = interests(subscribers)
    wanted = wants(subscribers, {one.id: (Format.CSV,) for one in subscribers})
    for part in parts_of(store, records, day, strict=strict):
        told = told_rows(part, has, wanted)
        if told is None:
            continue
        lists = one_array(told.groups.column("rows"))
        whose = one_array(told.groups.column("subscriber")).take(pc.list_parent_indices(lists))
        rows = told.table.take(pc.list_flatten(lists))
        yield pa.Table.from_arrays([whose, *rows.columns], schema=SUBSCRIBER_ROWS)


def _shown(endpoints: Any) -> set[str]:
    return set(pc.unique(endpoints.column("certificate")).to_pylist()) - {""}


def _reported(part: Part) -> tuple[Any, Any, Any]:
    """The endpoints that belong to one of the reports, their observations, and which rows of the file they are."""
    path = Path(part.endpoints)
    there = columns_of(path)
    columns = [*ENDPOINT_COLUMNS, *(name for name in ENRICHED_COLUMNS if name in there)]
    endpoints = read_table(path, columns).unify_dictionaries().combine_chunks()
    observations = None
    if part.observations:
        columns = ["ip_sort", *OBSERVATION_COLUMNS]
        observations = read_table(Path(part.observations), columns).unify_dictionaries().combine_chunks()
        if not observations.column("ip_sort").equals(endpoints.column("ip_sort")):
            raise DamagedStoreError(f"{part.observations}: is not what {part.endpoints} was made of")
        observations = observations.drop_columns(["ip_sort"])
    belongs = pc.not_equal(one_array(endpoints.column("report")).cast(pa.string()), "none")
    if part.strict:
        vulnerable = pc.equal(one_array(endpoints.column("report")).cast(pa.string()), "vulnerable")
        belongs = pc.and_(belongs, pc.or_(pc.invert(vulnerable), one_array(endpoints.column("strict"))))
    if part.day is not None:
        belongs = pc.and_(belongs, pc.equal(_days(observations, endpoints.num_rows, part.began), part.day))
    endpoints = endpoints.filter(belongs).combine_chunks()
    if observations is not None:
        observations = observations.filter(belongs).combine_chunks()
    return with_enrichment(endpoints, observations), observations, pc.indices_nonzero(belongs)


def _days(observations: Any, rows: int, began: float) -> Any:
    started = pa.repeat(began, rows) if observations is None else one_array(observations.column("started"))
    return pc.floor(started).cast(pa.int64()).cast(pa.timestamp("s")).cast(pa.date32())


_GROUPS = """
SELECT format, m.subscriber, e.type, e.day, list(m.row ORDER BY m.row) AS rows
FROM matched m JOIN wanted t ON m.subscriber = t.subscriber JOIN endpoints e ON e.row = m.row,
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
    part: Part, has: Mapping[str, Any], wanted: Any, endpoints: Any, observations: Any, names: Any
) -> Any:
    """Which rows go to whom: a table of ``format``, ``subscriber``, ``type``, ``day`` and the list of ``rows``, sorted."""
    known = pa.table(
        {
            "row": pa.array(range(endpoints.num_rows), pa.int64()),
            "rank": _severity_ranks(one_array(endpoints.column("worst"))),
            "type": types_of(
                *(one_array(endpoints.column(name)) for name in ("report", "protocol", "ip_sort"))
            ),
            "day": _days(observations, endpoints.num_rows, part.began),
            **{
                name: endpoints.column(name)
                for name in ("ip_sort", "port", "asn", "country", "host", "hostname", "certificate")
            },
        }
    )
    with connect() as database:
        database.register("endpoints", known)
        if part.newer:
            known = known.take(database.sql(_superseding(part, known)).to_arrow_table().column("row"))
            database.unregister("endpoints")
            database.register("endpoints", known)
        database.register("matched", match(database, has, "endpoints", leaf_names=names))
        database.register("wanted", wanted)
        return database.sql(_GROUPS).to_arrow_table().combine_chunks()


def _superseding(part: Part, known: Any) -> str:
    keys = pc.min_max(known.column("ip_sort").cast(pa.binary())).as_py()
    low, high = ("'" + "".join(f"\\x{octet:02x}" for octet in keys[end]) + "'" for end in ("min", "max"))
    files = ", ".join(quoted(Path(path)) for path in part.newer)
    return _SUPERSEDED.format(day_s=DAY_S, files=files, low=low, high=high)


def _severity_ranks(worst: Any) -> Any:
    words = worst.cast(pa.string()).dictionary_encode()
    ranks = [Severity(word).rank for word in words.dictionary.to_pylist()]
    return pa.array(ranks, pa.int64()).take(words.indices)
