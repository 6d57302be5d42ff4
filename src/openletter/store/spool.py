"""The sink of a survey: each shard becomes one file of observations, and one of the certificates that they name.

The certificates are durable first, so that no observation ever names one that is not there. A file carries what the
manifest would say of it in its own metadata: one that was renamed in the moment before a crash is adopted later.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.dialogue.observation import Observation
from openletter.store.files import make_folder, publish_table, sha256_of
from openletter.store.observation_table import SCHEMA, to_batch
from openletter.store.silent import silent_endpoints
from openletter.survey import glance
from openletter.survey.sink import FindCertificate, Published, Silent

CERTIFICATE_SCHEMA: Any = pa.schema(
    [pa.field("sha256", pa.string(), nullable=False), pa.field("der", pa.binary(), nullable=False)]
)

_BATCH = 1_024
"""Observations that wait as Python objects; turned into columns they take a tenth."""

_SHARD_KEY = b"openletter.shard"


def spool_folder(survey: str) -> str:
    return f"spool/{survey}"


def certificate_file(file: str) -> str:
    """The file of certificates that belongs to one of observations, both below the store's root."""
    return "certificates/" + file.removeprefix("spool/")


class SpoolShard:
    """See :class:`openletter.survey.sink.ShardSink`."""

    def __init__(self, root: Path, file: str, shard: int, attempt: int, certificate: FindCertificate) -> None:
        self._root = root
        self._file = file
        self._shard = shard
        self._attempt = attempt
        self._certificate = certificate
        self._pending: list[Observation] = []
        self._batches: list[Any] = []
        self._ders: dict[str, bytes] = {}
        self._rows = 0
        self._answered = 0
        self._exposed = 0
        self._left_out = 0

    def leave_out(self) -> None:
        self._left_out += 1

    def add(self, observation: Observation, *, stood_before: bool = False) -> None:
        self._rows += 1
        self._answered += not stood_before and glance.answered(observation)
        self._exposed += glance.exposed(observation)
        for handshake in (observation.handshake, observation.legacy):
            for name in handshake.chain:
                if name not in self._ders and (der := self._certificate(name)) is not None:
                    self._ders[name] = der
        self._pending.append(observation)
        if len(self._pending) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._batches.append(to_batch(self._pending))
        self._pending.clear()

    def publish(self) -> Published:
        if self._pending:
            self._flush()
        names = sorted(self._ders)
        ders = pa.RecordBatch.from_arrays(
            [pa.array(names, pa.string()), pa.array([self._ders[name] for name in names], pa.binary())],
            schema=CERTIFICATE_SCHEMA,
        )
        publish_table(self._root / certificate_file(self._file), CERTIFICATE_SCHEMA, [ders])
        published = Published(
            shard=self._shard,
            attempt=self._attempt,
            file=self._file,
            rows=self._rows,
            answered=self._answered,
            exposed=self._exposed,
            octets=0,
            left_out=self._left_out,
        )
        metadata = {**SCHEMA.metadata, _SHARD_KEY: msgspec.json.encode(published)}
        schema = SCHEMA.with_metadata(metadata)
        written = publish_table(
            self._root / self._file, schema, (b.replace_schema_metadata(metadata) for b in self._batches)
        )
        self._batches.clear()
        return msgspec.structs.replace(published, octets=written.octets, sha256=written.sha256)


class SpoolSink:
    """See :class:`openletter.survey.sink.Sink`."""

    def __init__(self, root: Path, survey: str, attempt: int) -> None:
        self._root = root
        self._folder = spool_folder(survey)
        self._attempt = attempt
        make_folder(root / self._folder)
        make_folder(root / certificate_file(self._folder))

    def begin(self, shard: int, certificate: FindCertificate) -> SpoolShard:
        file = f"{self._folder}/{shard:06d}-{self._attempt}.parquet"
        return SpoolShard(self._root, file, shard, self._attempt, certificate)

    def silent(self, files: Sequence[str]) -> Sequence[Silent]:
        return silent_endpoints(self._root, files)


class SpoolSinkFactory(msgspec.Struct, frozen=True):
    """See :class:`openletter.survey.sink.SinkFactory`."""

    root: str
    survey: str
    attempt: int

    def __call__(self) -> SpoolSink:
        return SpoolSink(Path(self.root), self.survey, self.attempt)


def whole_files(root: Path, survey: str) -> Iterator[Published]:
    """The shards that lie whole in the spool, recorded or not, the earliest attempts first."""
    for path in sorted((root / spool_folder(survey)).glob("[0-9]*.parquet"), key=_attempt_of):
        try:
            metadata = pq.read_metadata(path).metadata
            published = msgspec.json.decode(metadata[_SHARD_KEY], type=Published)
        except (pa.ArrowInvalid, OSError, KeyError, msgspec.MsgspecError):
            continue
        if (root / certificate_file(published.file)).exists():
            yield msgspec.structs.replace(published, octets=path.stat().st_size, sha256=sha256_of(path))


def _attempt_of(path: Path) -> tuple[int, str]:
    attempt = path.stem.rpartition("-")[2]
    return (int(attempt) if attempt.isdigit() else 0, path.name)


def remove_leftovers(root: Path, survey: str, kept: set[str]) -> None:
    """Remove what a survey's folders hold besides the files in ``kept`` (of observations, below the root) and their
    certificates: halves of files, and shards that were published twice. Only while nobody else writes to the survey."""
    folder = root / spool_folder(survey)
    certificates = root / certificate_file(spool_folder(survey))
    wanted = {root / file for file in kept} | {root / certificate_file(file) for file in kept}
    for path in (
        *folder.glob("*.parquet*"),
        *folder.glob(".*.parquet.*"),
        *certificates.glob("*.parquet*"),
        *certificates.glob(".*.parquet.*"),
    ):
        if path not in wanted:
            path.unlink(missing_ok=True)
