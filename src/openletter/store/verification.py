"""Whether a store is what its manifest says: every file there, with its size, its hash, its rows and its columns; and what
lies in its folders that the manifest does not know."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from shutil import rmtree

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.discovery.target_list import FOLDER as TARGETS
from openletter.store.certificates import FILE, Certificates
from openletter.store.error import SurveyBusyError
from openletter.store.file_set import FileSet, Kind, Standing, StoredFile, base_of
from openletter.store.files import sha256_of
from openletter.store.lock import Lock
from openletter.store.spool import certificate_file, spool_folder
from openletter.store.store import Store


class Fault(StrEnum):
    MISSING = "missing"
    SIZE = "size"
    HASH = "hash"
    ROWS = "rows"
    SCHEMA = "schema"
    """Files of one set have different columns, or a file is no Parquet."""
    CERTIFICATES = "certificates"
    LEFTOVER = "leftover"
    """A file or a set that was being written when a process died, or is being written now. Harmless."""
    UNKNOWN = "unknown"
    """Something that no program of ours put there under that name."""


class Complaint(msgspec.Struct, frozen=True):
    path: str
    """Below the store's root."""
    fault: Fault
    words: str

    @property
    def harmless(self) -> bool:
        return self.fault is Fault.LEFTOVER


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    files: int
    rows: int
    octets: int
    certificates: int
    complaints: tuple[Complaint, ...]
    removed: tuple[str, ...]
    """Leftovers that ``repair`` removed."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong. Leftovers are not."""
        return all(complaint.harmless for complaint in self.complaints)


class _Expected(msgspec.Struct, frozen=True):
    folder: str
    file: StoredFile
    of: str
    """Of which set: files of one have the same columns."""


_CHAINS = ("handshake_chain", "legacy_chain")
_TEMPORARY = re.compile(r"\..+\.\d+|\.(heaps|spill|import)-.+")
"""What ``files.publish`` writes beside, and folders for the moment."""
_LOCK = ".lock"
_SET = re.compile(r"([^/]*-)?[0-9a-f]{8}")


def _expected(store: Store) -> Iterator[_Expected]:
    for one in store.manifest.sets():
        if one.standing is not Standing.LEAVING:
            for file in one.files:
                yield _Expected(one.folder, file, one.folder)
    for record in store.surveys():
        for shard in store.shards(record.id) if record.spooled else ():
            folder, _, name = shard.file.rpartition("/")
            file = StoredFile(name=name, rows=shard.rows, octets=shard.octets, sha256=shard.sha256)
            yield _Expected(folder, file, folder)


def _check(
    path: Path, shown: str, file: StoredFile, columns: dict[str, list[str]], of: str
) -> Iterator[Complaint]:
    try:
        octets = path.stat().st_size
    except OSError:
        yield Complaint(shown, Fault.MISSING, "the manifest names this file, and it is gone")
        return
    if octets != file.octets:
        yield Complaint(shown, Fault.SIZE, f"has {octets:,} octets, and was published with {file.octets:,}")
        return
    try:
        if file.sha256 and sha256_of(path) != file.sha256:
            yield Complaint(shown, Fault.HASH, "its octets are not those that were published (SHA-256)")
            return
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid) as error:
        yield Complaint(shown, Fault.SCHEMA, f"cannot be read as Parquet ({error})")
        return
    if metadata.num_rows != file.rows:
        yield Complaint(
            shown, Fault.ROWS, f"has {metadata.num_rows:,} rows, and was published with {file.rows:,}"
        )
    names = metadata.schema.to_arrow_schema().names
    # Roll-ups are tables of different kinds.
    if not of.startswith(f"{Kind.ROLLUPS}/") and columns.setdefault(of, names) != names:
        yield Complaint(shown, Fault.SCHEMA, "has other columns than the files beside it")


def verify(
    store: Store, *, repair: bool = False, watch: Callable[[int, int], None] = lambda *_: None
) -> Verified:
    """Check every file; ``repair`` removes leftovers, and nothing else, where no process is at work on them.

    A process that writes to the store meanwhile may be told as a leftover. Raises StoreError.
    """
    expected = list(_expected(store))
    complaints: list[Complaint] = []
    columns: dict[str, list[str]] = {}
    named: set[str] = set()
    for number, one in enumerate(expected):
        watch(number, len(expected))
        shown = f"{one.folder}/{one.file.name}"
        found = list(_check(store.root / shown, shown, one.file, columns, one.of))
        if found and not _still_counts(store, one):
            # It was replaced and removed while we looked.
            continue
        complaints += found
        if not found and one.folder.startswith(f"{Kind.OBSERVATIONS}/"):
            named |= _certificates_in(store.root / shown)
    watch(len(expected), len(expected))
    certificates = 0
    if (store.root / FILE).exists():
        with Certificates(store.root) as kept:
            complaints += (Complaint(FILE, Fault.CERTIFICATES, words) for words in kept.faults())
            certificates = kept.count()
            if missing := kept.missing(sorted(named)):
                words = (
                    f"{len(missing):,} certificates that servers sent are not there, {missing[0]} among them"
                )
                complaints.append(Complaint(FILE, Fault.CERTIFICATES, words))
    elif named:
        words = f"is gone, and {len(named):,} certificates with it; findings about them hold until they are judged anew"
        complaints.append(Complaint(FILE, Fault.MISSING, words))
    removed: list[str] = []
    for complaint in _unrecorded(store):
        if repair and complaint.harmless and _remove(store, complaint.path):
            removed.append(complaint.path)
        else:
            complaints.append(complaint)
    return Verified(
        files=len(expected),
        rows=sum(one.file.rows for one in expected),
        octets=sum(one.file.octets for one in expected),
        certificates=certificates,
        complaints=tuple(complaints),
        removed=tuple(removed),
    )


def _certificates_in(observations: Path) -> set[str]:
    """The names of those that servers of a file sent."""
    found: set[str] = set()
    for batch in pq.ParquetFile(observations).iter_batches(columns=list(_CHAINS)):
        for column in batch.columns:
            found.update(column.flatten().unique().to_pylist())
    return found


def _still_counts(store: Store, one: _Expected) -> bool:
    return any(now.folder == one.folder and now.file.name == one.file.name for now in _expected(store))


def _unrecorded(store: Store) -> Iterator[Complaint]:
    """What is there without being named: leftovers and strangers."""
    sets = {one.folder: one for one in store.manifest.sets()}
    surveys = {record.id: record for record in store.surveys()}
    for path in sorted(store.root.iterdir()):
        if _TEMPORARY.fullmatch(path.name):
            yield Complaint(path.name, Fault.LEFTOVER, "was written for the moment")
    for name in sorted(_names(store.root / TARGETS, f"{TARGETS}/")):
        if _TEMPORARY.fullmatch(name.rpartition("/")[2]):
            yield Complaint(name, Fault.LEFTOVER, "an import that did not come to its end")
    for kind in Kind:
        bases = [base_of(kind, "")] if kind.of_all else sorted(_names(store.root / kind, f"{kind}/"))
        for base in bases:
            for name in sorted(_names(store.root / base, f"{base}/")):
                yield from _in_base(store, name, sets)
    for record in surveys.values():
        folder = spool_folder(record.id)
        files = {shard.file for shard in store.shards(record.id)} if record.spooled else set()
        known = files | {certificate_file(file) for file in files}
        for place in (folder, certificate_file(folder)):
            for name in sorted(_names(store.root / place, f"{place}/")):
                if name not in known:
                    words = "is no part of the survey; a resumed run takes it up or removes it"
                    yield Complaint(name, Fault.LEFTOVER, words)


def _names(folder: Path, prefix: str) -> set[str]:
    if not folder.is_dir():
        return set()
    return {f"{prefix}{path.name}" for path in folder.iterdir() if path.name != _LOCK}


def _in_base(store: Store, name: str, sets: dict[str, FileSet]) -> Iterator[Complaint]:
    known = sets.get(name)
    if known is None:
        ours = (store.root / name).is_dir() and _SET.fullmatch(name.rpartition("/")[2])
        words = "a set that was never published" if ours else "no program of ours put this there"
        yield Complaint(name, Fault.LEFTOVER if ours else Fault.UNKNOWN, words)
    elif known.standing is Standing.LEAVING:
        yield Complaint(name, Fault.LEFTOVER, "a set that was being removed")
    else:
        files = {f"{name}/{file.name}" for file in known.files}
        for inside in sorted(_names(store.root / name, f"{name}/") - files):
            temporary = _TEMPORARY.fullmatch(inside.rpartition("/")[2])
            words = "was written for the moment" if temporary else "no program of ours put this there"
            yield Complaint(inside, Fault.LEFTOVER if temporary else Fault.UNKNOWN, words)


def _remove(store: Store, name: str) -> bool:
    """Remove a leftover, unless a process may be writing it."""
    place = store.root / name
    first, _, rest = name.partition("/")
    if first in ("spool", "certificates"):
        survey = rest.partition("/")[0]
        # What was renamed in the moment before a crash is whole, and its survey takes it up.
        if store.survey(survey).spooled and not _TEMPORARY.fullmatch(place.name):
            return False
        lock = store.root / spool_folder(survey) / _LOCK
    elif first == TARGETS:
        lock = place / _LOCK
    elif first in (Kind.STATE, Kind.REPORTED):
        lock = store.root / first / _LOCK
    elif first in (Kind.ENDPOINTS, Kind.ROLLUPS):
        lock = store.root / base_of(Kind.VERDICTS, rest.partition("/")[0]) / _LOCK
    elif rest:
        lock = store.root / first / rest.partition("/")[0] / _LOCK
    else:
        return _remove_idle(store, place)
    if not lock.parent.is_dir():
        return _delete(place)
    try:
        with Lock(lock, "busy"):
            return _delete(place)
    except SurveyBusyError:
        return False


def _remove_idle(store: Store, place: Path) -> bool:
    """A folder or a file for the moment in the root itself: it may belong to any process, so only where none is at work."""
    for lock in store.root.glob(f"*/**/{_LOCK}"):
        try:
            with Lock(lock, "busy"):
                continue
        except SurveyBusyError:
            return False
    return _delete(place)


def _delete(place: Path) -> bool:
    if place.is_dir():
        rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    return not place.exists()
