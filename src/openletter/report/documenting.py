"""The second half of making documents: what is kept of one subscriber after the other becomes its files.

So memory holds one subscriber's rows, and each process has subscribers of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.document import DOCUMENT_FORMATS, document_name
from openletter.report.document_rows import kept_rows
from openletter.report.line_format import one_array
from openletter.report.link import Links
from openletter.report.past_counts import DayCount, PastCounts
from openletter.report.shadowserver.columns import WORDS
from openletter.report.shadowserver.naming import filter_of
from openletter.report.standing import STANDINGS, standings
from openletter.report.told import TOLD_ROWS, Seen, Told, ToldCounts, counts_of
from openletter.store.certificates import Certificates
from openletter.store.database import connect
from openletter.store.error import named
from openletter.store.files import sha256_of
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import spread
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import STRICT, WIDE, Severity

_KEY = ["ip_sort", "port", "host"]
_CHANGES = "changes.arrow"
_TASKS_A_PROCESS = 4
TREND_DAYS = 12
"""That a trend shows, with the document's own."""


class DocumentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was made."""

    subscriber_id: int
    format: Format
    date: date
    file: str
    octets: int
    sha256: str
    counts: ToldCounts


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One subscriber, and what its documents are made of beside the rows."""

    subscriber: Subscriber
    formats: tuple[Format, ...]
    changes: tuple[int, int]
    """Where in ``DocumentWork.changes`` its rows begin and end."""
    earlier: tuple[DayCount, ...]


class DocumentWork(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of some subscribers."""

    root: str
    """Of the store."""
    surveys: tuple[SurveyRecord, ...]
    day: date
    strict: bool
    kept: tuple[str, ...]
    """What :func:`openletter.report.document_rows.kept_by` names, the oldest survey first."""
    links: Links | None
    folder: str
    """Where they go."""
    changes: str = ""
    """File of how everything stands (``STANDINGS``)."""
    recipients: tuple[Recipient, ...] = ()


_LATEST = """
SELECT * EXCLUDE (number) FROM every
QUALIFY row_number() OVER (PARTITION BY subscriber, ip_sort, port, host ORDER BY number DESC) = 1
ORDER BY subscriber, ip_sort, port, host
"""
_STRICT_ALONE = """
SELECT * FROM every
WHERE list_contains($strict, class) OR NOT list_has_any(list_append(list_concat(words, told), class), $rest)
"""


def all_documents(
    store: Store,
    directory: Directory,
    work: DocumentWork,
    wanted: Mapping[int, tuple[Subscriber, Sequence[Format]]],
    *,
    keeping: Path,
    processes: int,
) -> tuple[DocumentFile, ...]:
    """By subscriber and format. ``work``: with nobody in it yet. ``wanted``: by id, each subscriber with all formats it gets.
    ``keeping``: a folder for the moment. Raises StoreError."""
    formats = {
        number: tuple(one for one in DOCUMENT_FORMATS if one in some) for number, (_, some) in wanted.items()
    }
    told = [wanted[number][0] for number in sorted(formats) if formats[number]]
    if not told:
        return ()
    path = keeping / _CHANGES
    places = _keep_changes(store, directory, work, told, path)
    past = PastCounts(store.root).before(work.day, TREND_DAYS - 1)
    everybody = tuple(
        Recipient(
            subscriber=one,
            formats=formats[one.id],
            changes=places.get(one.id, (0, 0)),
            earlier=past.get(one.id, ()),
        )
        for one in told
    )
    size = max(1, -(-len(everybody) // (processes * _TASKS_A_PROCESS)))
    tasks = [
        msgspec.structs.replace(work, changes=str(path), recipients=everybody[start : start + size])
        for start in range(0, len(everybody), size)
    ]
    try:
        return tuple(made for some in spread(make_documents, tasks, processes=processes) for made in some)
    finally:
        # What this process has mapped would be kept on the disk as long as it lives.
        kept_rows.cache_clear()


def publish_documents(
    made: Sequence[DocumentFile],
    made_in: Path,
    target: Path,
    subscribers: Sequence[Subscriber],
    day: date,
    formats: Sequence[Format],
    past: PastCounts,
    *,
    strict: bool,
) -> tuple[str, ...]:
    """Rename documents into their place, and take away those of an earlier run that the ``subscribers`` would have and do not any
    more; the names of these. What was counted is kept in ``past``."""
    for one in made:
        (made_in / one.file).replace(target / one.file)
    there = {one.file for one in made}
    leaving = sorted(
        path
        for whose in subscribers
        for format_ in formats
        for path in target.glob(document_name(day, whose.slug, "*", DOCUMENT_FORMATS[format_].suffix))
        if path.stem.endswith("_strict") is strict and path.name not in there
    )
    for path in leaving:
        path.unlink()
    if made and not strict:
        counts = {one.subscriber_id: one.counts for one in made}
        past.record(
            (
                whose,
                DayCount(
                    day=day,
                    faulty=one.faulty.hosts,
                    wide=one.wide.hosts,
                    strict=one.strict.hosts,
                ),
            )
            for whose, one in counts.items()
        )
    return tuple(path.name for path in leaving)


def _keep_changes(
    store: Store, directory: Directory, work: DocumentWork, subscribers: Sequence[Subscriber], path: Path
) -> dict[int, tuple[int, int]]:
    """Write down how all faults of some subscribers stand on the day, by one question for all; where each one's rows begin and
    end. Of several surveys the latest word counts."""
    found = []
    for number, record in enumerate(work.surveys):
        table = standings(store, record, directory, work.day, subscribers=subscribers)
        found.append(table.append_column("number", pa.array([number] * table.num_rows, pa.int64())))
    table = pa.concat_tables(found)
    with connect() as database:
        if len(work.surveys) > 1:
            database.register("every", table)
            table = database.sql(_LATEST).to_arrow_table().cast(STANDINGS)
            database.unregister("every")
        else:
            table = table.drop_columns(["number"])
        if work.strict:
            database.register("every", table)
            words = {"rest": sorted(WIDE - STRICT), "strict": sorted(STRICT)}
            table = database.sql(_STRICT_ALONE, params=words).to_arrow_table().cast(STANDINGS)
    table = table.combine_chunks()
    with named(path), pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, table.schema) as file:
        file.write_table(table)
    places: dict[int, tuple[int, int]] = {}
    start = 0
    for one in pc.value_counts(one_array(table.column("subscriber"))).to_pylist():
        places[one["values"]] = (start, start + one["counts"])
        start += one["counts"]
    return places


def make_documents(work: DocumentWork) -> list[DocumentFile]:
    """In the order of subscribers and formats; of a subscriber of whom there is nothing to tell none. Raises StoreError."""
    with named(Path(work.changes)), pa.memory_map(work.changes) as file:
        changes = pa.ipc.open_file(file).read_all()
    return [
        made
        for one in work.recipients
        for made in _made(work, one, changes.slice(one.changes[0], one.changes[1] - one.changes[0]))
    ]


def _made(work: DocumentWork, recipient: Recipient, changes: Any) -> Iterator[DocumentFile]:
    subscriber = recipient.subscriber
    found = [rows for target in work.kept if (rows := kept_rows(target).of(subscriber.id)) is not None]
    if not found and not changes.num_rows:
        return
    rows = _rows(found, subscriber, changes, work)
    told = Told(
        subscriber=subscriber,
        surveys=work.surveys,
        day=work.day,
        strict=work.strict,
        rows=rows,
        changes=changes,
        counts=counts_of(rows, changes),
        earlier=recipient.earlier,
    )
    for format_ in recipient.formats:
        form = DOCUMENT_FORMATS[format_]
        shown = told
        if form.hosts_seen:
            shown = msgspec.structs.replace(told, seen=tuple(_seen(work, rows, form.hosts_seen)))
        name = document_name(
            work.day, subscriber.slug, filter_of(subscriber, strict=work.strict), form.suffix
        )
        path = Path(work.folder) / name
        with named(path), path.open("wb") as out:
            form.write(shown, out)
        yield DocumentFile(
            subscriber_id=subscriber.id,
            format=format_,
            date=work.day,
            file=name,
            octets=path.stat().st_size,
            sha256=sha256_of(path),
            counts=told.counts,
        )


def _rows(found: Sequence[Any], subscriber: Subscriber, changes: Any, work: DocumentWork) -> Any:
    """All rows of one subscriber as ``TOLD_ROWS``."""
    if not found:
        return TOLD_ROWS.empty_table()
    table = pa.concat_tables(found).unify_dictionaries()
    order = pa.array(range(table.num_rows), pa.int64())
    table = table.append_column("order", order).sort_by(
        [("ip_sort", "ascending"), ("port", "ascending"), ("host", "ascending"), ("order", "ascending")]
    )
    keys = list(zip(*(table.column(name).to_pylist() for name in _KEY), strict=True))
    # Two days of one survey never have one endpoint both; two surveys may, and the later one knows better.
    last = [place for place, key in enumerate(keys) if place + 1 == len(keys) or keys[place + 1] != key]
    table, keys = table.take(last), [keys[place] for place in last]
    stands = dict(
        zip(
            zip(*(changes.column(name).to_pylist() for name in _KEY), strict=True),
            changes.column("standing").to_pylist(),
            strict=True,
        )
    )
    faults = one_array(table.column("fault"))
    standing = [
        stands.get(key) if fault is not None else None
        for key, fault in zip(keys, faults.to_pylist(), strict=True)
    ]
    whose = pa.array([subscriber.id] * table.num_rows, pa.int64())
    table = table.drop_columns(["order"]).add_column(0, "subscriber", whose)
    links = (
        work.links.column(table, work.day)
        if work.links is not None
        else pa.nulls(table.num_rows, pa.string())
    )
    made: Mapping[str, Any] = {"standing": pa.array(standing, pa.string()), "link": links}
    columns = [made[name] if name in made else one_array(table.column(name)) for name in TOLD_ROWS.names]
    return pa.Table.from_arrays(columns, schema=TOLD_ROWS)


def _seen(work: DocumentWork, rows: Any, most: int) -> Iterator[Seen]:
    """Of the hosts with the worst faults, by the order in which the first half has kept them."""
    faulty = rows.filter(pc.is_valid(one_array(rows.column("fault"))))
    worst: dict[bytes, int] = {}
    ranks = one_array(faulty.column("fault")).cast(WORDS)
    severities = [Severity(word).rank for word in ranks.dictionary.to_pylist()]
    for address, place in zip(faulty.column("ip_sort").to_pylist(), ranks.indices.to_pylist(), strict=True):
        worst[address] = min(worst.get(address, len(Severity)), severities[place])
    chosen = sorted(worst, key=lambda address: (worst[address], address))[:most]
    addresses = pa.array(sorted(chosen), pa.binary(16))
    with Certificates(Path(work.root)) as kept:
        for target in work.kept:
            endpoints, observations = kept_rows(target).seen(addresses)
            if endpoints is None or not endpoints.num_rows:
                continue
            names: set[str] = set()
            if observations is not None:
                for column in ("handshake_chain", "legacy_chain"):
                    names.update(
                        pc.unique(pc.list_flatten(one_array(observations.column(column)))).to_pylist()
                    )
            yield Seen(endpoints=endpoints, observations=observations, certificates=kept.find(names))
