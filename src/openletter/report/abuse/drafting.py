"""From a survey to a folder of drafts: whose the rows are, whom their networks name, a file for each."""

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import Exchange
from openletter.report.abuse.contact_cache import ContactCache
from openletter.report.abuse.desk import Desk, NoDesk, desks_of
from openletter.report.abuse.draft import Draft, Transcripts, make_draft, shown_keys
from openletter.report.abuse.looking_up import Looking
from openletter.report.abuse.network import Network
from openletter.report.abuse.unowned import Choice, unowned_rows
from openletter.report.mail.mailbox import Mailbox
from openletter.store.columns import TRANSCRIPT
from openletter.store.database import connect, quoted
from openletter.store.error import named
from openletter.store.file_set import Kind
from openletter.store.files import make_folder
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory

_TRANSCRIPTS = """
SELECT w.key, o.transcript FROM read_parquet([{files}]) o JOIN wanted w
ON o.ip_sort = w.ip_sort AND o.port = w.port AND o.host = w.host
"""


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """One draft that was written."""

    contact: str
    role: str
    file: Path
    networks: int
    hosts: int
    endpoints: int
    languages: tuple[str, ...]


class Drafting(msgspec.Struct, frozen=True, kw_only=True):
    drafts: tuple[Drafted, ...]
    without: tuple[NoDesk, ...]
    asked: int
    """Questions to registries."""


def write_drafts(
    store: Store,
    records: Sequence[SurveyRecord],
    directory: Directory,
    folder: Path,
    sender: Mailbox,
    look_up: Callable[[ContactCache, Iterable[str]], Looking],
    *,
    choice: Choice,
    now: float,
    day: date | None = None,
    strict: bool = False,
    reply_to: Mailbox | None = None,
) -> Drafting:
    """``look_up`` asks registries about addresses that are not in the cache (:class:`openletter.report.abuse.looking_up.LookUp`);
    ``now``: Unix seconds, for what of the cache still holds. Nothing is sent. Raises StoreError."""
    rows = unowned_rows(store, records, directory.list(), choice, day=day, strict=strict)
    make_folder(folder)
    if not rows.num_rows:
        return Drafting(drafts=(), without=(), asked=0)
    with ContactCache(store.root) as cache:
        cache.forget(now)
        looking = look_up(cache, rows.column("ip").unique().to_pylist())

        def network_of(ip: str) -> Network | None:
            known = cache.find(ip, now)
            return known.network if known is not None else None

        desks, without = desks_of(rows, network_of, looking.left)
    transcripts = _transcripts(store, records, desks)
    drafts = []
    for desk in desks:
        draft = make_draft(desk, sender, transcripts, reply_to=reply_to)
        drafts.append(_written(desk, draft, folder))
    return Drafting(drafts=tuple(drafts), without=without, asked=looking.asked)


def _written(desk: Desk, draft: Draft, folder: Path) -> Drafted:
    path = folder / draft.file
    beside = folder / f".{draft.file}.{os.getpid()}"
    with named(path):
        try:
            # It tells whose servers let passwords cross: nobody but its owner is to read it.
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(draft.octets)
            beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
    return Drafted(
        contact=desk.contact,
        role=desk.role,
        file=path,
        networks=len(desk.networks),
        hosts=desk.digest.counts.faulty.hosts,
        endpoints=desk.digest.counts.faulty.endpoints,
        languages=draft.languages,
    )


def _transcripts(store: Store, records: Sequence[SurveyRecord], desks: Iterable[Desk]) -> Transcripts:
    """Of all endpoints whose evidence a draft shows, by one question a survey; the latest survey's word counts."""
    wanted = pa.concat_tables(
        [_shown_rows(desk) for desk in desks]
        or [pa.table({name: pa.array([], pa.string()) for name in ("key", "ip_sort", "port", "host")})]
    )
    found: dict[str, tuple[Exchange, ...]] = {}
    assert TRANSCRIPT.decode is not None
    for record in records:
        kept = store.current(Kind.OBSERVATIONS, record.id)
        if kept is None or not wanted.num_rows:
            continue
        files = ", ".join(quoted(path) for path in store.files_of(kept))
        with connect(store.root) as database:
            database.register("wanted", wanted)
            for row in database.sql(_TRANSCRIPTS.format(files=files)).to_arrow_table().to_pylist():
                found[row["key"]] = TRANSCRIPT.decode(row["transcript"])
    return found


def _shown_rows(desk: Desk) -> pa.Table:
    keys = pa.array(shown_keys(desk), pa.string())
    rows = desk.rows.select(["key", "ip_sort", "port", "host"])
    return rows.filter(pa.compute.is_in(rows.column("key"), value_set=keys))
