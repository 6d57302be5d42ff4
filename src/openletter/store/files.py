"""Files that are whole or not there: written beside, synced, renamed, and the folder synced after that.

What bears its name has all its octets on the disk, whatever happened a moment later; what was being written when a
process died is a file that begins with a dot, and nobody reads those.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.store.error import DamagedStoreError, named

_COMPRESSION = "zstd"


class Written(msgspec.Struct, frozen=True):
    """A file that was published."""

    octets: int
    sha256: str
    """Of its octets, lower-case hex."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably. Raises :class:`~openletter.store.error.StoreError`."""
    with named(folder):
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)


def publish(path: Path, octets: Any) -> None:
    """Give a file its name once all of ``octets`` (a buffer) is on the disk.

    Raises :class:`~openletter.store.error.StoreError`; then there is no such file, or the one that was there before.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with named(path.parent):
        try:
            with beside.open("wb", buffering=0) as file:
                rest = memoryview(octets)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            beside.rename(path)
            sync_folder(path.parent)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def publish_table(path: Path, schema: Any, batches: Iterable[Any]) -> Written:
    """Write ``pyarrow`` batches of one schema as Parquet. Raises as ``publish``."""
    return publish_whole_table(path, pa.Table.from_batches(batches, schema))


def publish_whole_table(path: Path, table: Any, *, group_rows: int | None = None) -> Written:
    """The same with a ``pyarrow.Table``; ``group_rows`` are the rows of a row group, the least that a reader skips."""
    # Into memory first: Arrow's own file output hides the system's error number.
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression=_COMPRESSION, row_group_size=group_rows)
    octets = out.getvalue()
    publish(path, octets)
    return Written(int(octets.size), hashlib.sha256(octets).hexdigest())


def sha256_of(path: Path) -> str:
    """Of a file's octets, lower-case hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_table(path: Path, columns: list[str] | None = None) -> Any:
    """A Parquet file as ``pyarrow.Table``. Raises :class:`~openletter.store.error.DamagedStoreError`."""
    try:
        with path.open("rb") as file:
            return pq.ParquetFile(file).read(columns=columns)
    except FileNotFoundError:
        raise DamagedStoreError(f"{path}: the manifest names this file, and it is gone") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error


def columns_of(path: Path) -> set[str]:
    """The columns of a Parquet file. Raises :class:`~openletter.store.error.DamagedStoreError`."""
    try:
        return set(pq.read_schema(path).names)
    except (OSError, pa.ArrowInvalid) as error:
        raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error


def is_whole(path: Path) -> bool:
    """Whether the file reads as Parquet: its footer is written last."""
    try:
        pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError):
        return False
    return True
