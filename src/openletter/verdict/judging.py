"""A survey's verdicts, derived from its compacted observations file by file, by several processes; memory holds one file
a process, and the distinct facts.

The endpoints of a host are always in one file: so each file is joined with itself to find what the implicit-TLS port of
a host said. What an endpoint's verdict depends on is a handful of columns; rows that agree in all of them are judged
once. No row is ever a Python object.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import Mode, Observation, Protocol
from openletter.store.certificates import Certificates
from openletter.store.compaction import GROUP_ROWS, compact
from openletter.store.error import DamagedStoreError
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder
from openletter.store.files import make_folder, publish_whole_table, read_table
from openletter.store.observation_table import COLUMNS, from_table
from openletter.store.record import DataSet, SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import default_processes, spread
from openletter.tls.trust import Trust
from openletter.verdict.ambiguity import AMBIGUITIES
from openletter.verdict.chain_faults import NO_FAULTS, RowFaults, chain_faults
from openletter.verdict.classes import Severity
from openletter.verdict.facts import Sibling, derive, sibling_of
from openletter.verdict.grouping import group, refine
from openletter.verdict.public_address import are_public
from openletter.verdict.rollup import write_rollups
from openletter.verdict.verdict import RULES_VERSION, Verdict, judge_facts
from openletter.verdict.verdict_table import to_table


class Further(msgspec.Struct, frozen=True):
    """What is published together with verdicts: roll-ups, and what else was made of those."""

    sets: tuple[FileSet, ...]
    datasets: tuple[DataSet, ...] = ()


Furtherance = Callable[[Sequence[Path], Callable[[int, int], None]], Further]
"""Makes it of the files of the verdicts, and tells how much of how much is done."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a judging came to."""

    survey: str
    rules_version: str
    verdicts: int
    worst: Severity
    """Over all endpoints and their findings; ``none`` where there are none."""


INDECISIVE = frozenset(
    {
        "ip",
        "port",
        "host",
        "country",
        "started",
        "duration",
        "banner",
        "starttls_text",
        "server_id",
        "transcript",
    }
    | {f"{which}_{what}" for which in ("handshake", "legacy") for what in ("chain", "detail", "plaintext")}
)
"""Columns on which the facts of an observation do not depend: all that differs from server to server. The address
counts by whether it is public, the banner by the product that it is a mark of, a chain by its faults."""

_UNREAD = {"transcript", "duration", "starttls_text", "server_id"}
"""Columns that no verdict and no table of verdicts has any use for."""
_READ = ["ip_sort", *(column.name for column in COLUMNS if column.name not in _UNREAD)]
_MARK = "banner_mark"
_DECISIVE = (*(name for name in _READ if name not in INDECISIVE | {"ip_sort"}), _MARK)


def _banner_mark(banner: bytes) -> str:
    """Which of the known ambiguous products' banners this is."""
    return " ".join(
        str(number)
        for number, entry in enumerate(AMBIGUITIES)
        if entry.banner is not None and entry.banner.fullmatch(banner)
    )


def _with_banner_marks(table: Any) -> Any:
    banners = table.column("banner").combine_chunks().dictionary_encode()
    marks = pa.array(map(_banner_mark, banners.dictionary.to_pylist()), pa.string())
    return table.append_column(_MARK, marks.take(banners.indices))


class Judged(msgspec.Struct, frozen=True):
    """``which``, an integer ``pyarrow.Array``, names each row's verdict by its place in ``verdicts``."""

    verdicts: list[Verdict]
    which: Any


_SIBLINGS = (Sibling.TLS, Sibling.UNKNOWN, Sibling.NONE)
"""Of several implicit-TLS ports of a host the one with TLS counts, then one of which nothing is known."""


def _siblings(table: Any, kind: Any, examples: list[Observation]) -> Any:
    """For each row the place in ``_SIBLINGS`` of what the implicit-TLS port of its protocol on its host says."""
    says = [_SIBLINGS.index(sibling_of(seen)) if seen.mode is Mode.IMPLICIT else None for seen in examples]
    said = pa.array(says, pa.int64()).take(kind)
    protocols = list(Protocol)
    protocol = pa.array([protocols.index(seen.protocol) for seen in examples], pa.int8()).take(kind)
    host = table.column("ip_sort").combine_chunks().dictionary_encode().indices.cast(pa.int64())
    key = pc.add(pc.multiply(host, len(protocols)), protocol.cast(pa.int64()))
    found = pa.array([_SIBLINGS.index(Sibling.UNKNOWN)], pa.int64()).take(pa.array([0] * len(key), pa.int8()))
    cleartext = pa.array([seen.mode is Mode.CLEARTEXT for seen in examples], pa.bool_()).take(kind)
    # The weakest word first, so that a stronger one overwrites it.
    for place in reversed(range(len(_SIBLINGS))):
        saying = key.filter(pc.fill_null(pc.equal(said, place), False))
        heard = pc.and_(cleartext, pc.is_in(key, value_set=pc.unique(saying)))
        found = pc.if_else(heard, place, found)
    return found


def _row_faults(
    table: Any, kind: Any, examples: list[Observation], ders: Mapping[str, bytes], trust: Trust
) -> RowFaults:
    """Of each row: the faults of the chain in whose session the dialogue went on."""
    faults = [NO_FAULTS]
    of = pc.multiply(kind, 0)
    for which in ("handshake", "legacy"):
        session = [seen.tls.works and (seen.handshake.works == (which == "handshake")) for seen in examples]
        if any(session):
            found = chain_faults(table, f"{which}_chain", ders, trust)
            of = pc.if_else(pa.array(session).take(kind), pc.add(found.of, len(faults)), of)
            faults += found.distinct
    return RowFaults(faults, of)


def _named_certificates(table: Any) -> set[str]:
    names: set[str] = set()
    for which in ("handshake", "legacy"):
        names |= set(pc.unique(table.column(f"{which}_chain").combine_chunks().flatten()).to_pylist())
    return names


def judge_table(table: Any, ders: Mapping[str, bytes], trust: Trust) -> Judged:
    """A verdict for each row of a ``pyarrow.Table`` of observations. All endpoints of a host must be among them;
    ``ders`` are certificates by SHA-256."""
    if not table.num_rows:
        return Judged([], pa.array([], pa.int64()))
    kinds = group(_with_banner_marks(table), _DECISIVE)
    examples = from_table(table.take(kinds.first))
    siblings = _siblings(table, kinds.of, examples)
    faults = _row_faults(table, kinds.of, examples, ders, trust)
    public = are_public(table.column("ip_sort").combine_chunks())
    which = kinds.of
    for numbers in (siblings, faults.of, public.cast(pa.int64())):
        which = refine(which, numbers)
    rows = pc.index_in(pc.unique(which), value_set=which)
    looked_at = zip(
        table.column("ip").take(rows).to_pylist(),
        kinds.of.take(rows).to_pylist(),
        siblings.take(rows).to_pylist(),
        faults.of.take(rows).to_pylist(),
        strict=True,
    )
    verdicts = [
        judge_facts(
            derive(msgspec.structs.replace(examples[kind], ip=ip), _SIBLINGS[sibling], faults.distinct[fault])
        )
        for ip, kind, sibling, fault in looked_at
    ]
    return Judged(verdicts, which)


class _Work(msgspec.Struct, frozen=True):
    """One file to be judged."""

    root: str
    observations: str
    target: str
    roots: tuple[bytes, ...]


class _Done(msgspec.Struct, frozen=True):
    file: StoredFile
    worst: Severity


@lru_cache(maxsize=1)
def _trust(roots: tuple[bytes, ...]) -> Trust:
    """Kept for the files that this process judges next, with what it knows of their chains."""
    return Trust(roots)


def _judge_file(work: _Work) -> _Done:
    observations = _read(Path(work.observations))
    with Certificates(Path(work.root)) as kept:
        ders = kept.find(_named_certificates(observations))
    judged = judge_table(observations, ders, _trust(work.roots))
    target = Path(work.target)
    table = to_table(observations, judged.verdicts, judged.which)
    written = publish_whole_table(target, table, group_rows=GROUP_ROWS)
    stored = StoredFile(name=target.name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)
    return _Done(stored, max((verdict.worst for verdict in judged.verdicts), default=Severity.NONE))


def _read(path: Path) -> Any:
    """As one chunk. Raises DamagedStoreError."""
    try:
        return read_table(path, _READ).unify_dictionaries().combine_chunks()
    except KeyError as error:
        raise DamagedStoreError(f"{path}: lacks a column of observations ({error})") from error


def judge_survey(
    store: Store,
    record: SurveyRecord,
    trust: Trust,
    watch: Callable[[int, int], None] = lambda *_: None,
    *,
    processes: int | None = None,
    further: Furtherance | None = None,
) -> Judgement:
    """Derive the verdicts of all that is published of a survey, and put them in the place of those before; its
    observations are compacted first, where they are not.

    ``watch`` is told how much of how much is done. ``further`` makes the roll-ups, and what else is to be published in the
    same moment; without it there are the roll-ups of the verdicts alone. Raises StoreError, and what ``further`` does;
    then the verdicts before stand.
    """
    parts = 2 if further is None else 3

    def told(part: int) -> Callable[[int, int], None]:
        return lambda done, of: watch(part * of + done, parts * of)

    observations = compact(store, record, processes=processes, watch=told(0))
    with store.building(Kind.VERDICTS, Kind.ENDPOINTS, Kind.ROLLUPS, survey=record.id):
        folder = new_folder(Kind.VERDICTS, record.id, RULES_VERSION)
        make_folder(store.root / folder)
        work = [
            _Work(str(store.root), str(path), str(store.root / folder / path.name), trust.roots)
            for path in store.files_of(observations)
        ]
        hands = processes or default_processes(observations.rows)
        done = spread(_judge_file, work, processes=hands, watch=told(1))
        files = tuple(one.file for one in done)
        verdicts = FileSet(folder=folder, kind=Kind.VERDICTS, survey=record.id, files=files)
        if further is None:
            more = Further((write_rollups(store, record.id, store.files_of(verdicts)),))
        else:
            more = further(store.files_of(verdicts), told(2))
        store.manifest.publish([verdicts, *more.sets], rules_version=RULES_VERSION, datasets=more.datasets)
    store.remove_leaving()
    return Judgement(
        survey=record.id,
        rules_version=RULES_VERSION,
        verdicts=verdicts.rows,
        worst=max((one.worst for one in done), default=Severity.NONE),
    )
