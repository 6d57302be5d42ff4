"""Data sets of countries and networks: those that the program carries, and a user's own.

The program's are built at set-up (``tools/assets.py``) and say nothing of loopback, private and other special addresses. A
user's (``--geo``) is an MMDB, a Parquet or a CSV file, and counts for every address that it names; it is made into a sorted
table of ranges once, and that is kept in the store beside its surveys.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.enrich.error import DataSetError
from openletter.enrich.mmdb import is_mmdb, read_mmdb
from openletter.enrich.range_file import PARQUET_MARK, read_csv, read_parquet
from openletter.enrich.range_table import to_parquet
from openletter.store.files import make_folder, publish, sha256_of
from openletter.store.record import DataSet

CARRIED = Path(__file__).parent / "data"
_DATASETS = "DATASETS.json"
FOLDER = "geo"
"""In the store: what ``--geo`` was made into, by the SHA-256 of its file."""
_FORM = 1
"""Of what is kept there."""
_DESCRIPTION = b"openletter.dataset"
_SHOWN_DIGITS = 12


class GeoData(msgspec.Struct, frozen=True):
    """A data set and where its ranges are (:mod:`openletter.enrich.range_table`), as Parquet."""

    described: DataSet
    path: str


def carried(folder: Path = CARRIED) -> tuple[GeoData, ...]:
    """What the program carries; none where set-up has not built it. Raises DataSetError where it is broken."""
    path = folder / _DATASETS
    try:
        sets = msgspec.json.decode(path.read_bytes(), type=dict[str, DataSet])
    except FileNotFoundError:
        return ()
    except msgspec.MsgspecError as error:
        raise DataSetError(f"{path}: cannot be read ({error}); remove it and set up again") from error
    return tuple(GeoData(described, str(folder / name)) for name, described in sets.items())


class Prepared(msgspec.Struct, frozen=True):
    """A user's file that was read and found good."""

    described: DataSet
    name: str
    """Of what is kept of it, in ``FOLDER``."""
    octets: bytes | None
    """What is to be kept; ``None`` where it is."""


def prepare(path: Path, store: Path) -> Prepared:
    """Read a user's file, unless that was done before; ``store`` is the folder of a store, which need not be there yet.

    Raises DataSetError.
    """
    try:
        digest = sha256_of(path)
        name = f"{digest}-{_FORM}.parquet"
        described = _kept(store / FOLDER / name)
        if described is not None:
            return Prepared(described, name, None)
        described, table = _read(path)
    except OSError as error:
        raise DataSetError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not described.version:
        described = msgspec.structs.replace(described, version=f"sha256:{digest[:_SHOWN_DIGITS]}")
    octets = to_parquet(table, {_DESCRIPTION: msgspec.json.encode(described)})
    return Prepared(described, name, octets.to_pybytes())


def keep(prepared: Prepared, store: Path) -> GeoData:
    """Keep it in the store. Raises StoreError."""
    kept = store / FOLDER / prepared.name
    if prepared.octets is not None:
        make_folder(kept.parent)
        publish(kept, prepared.octets)
    return GeoData(prepared.described, str(kept))


def of_user(path: Path, store: Path) -> GeoData:
    """Both of it. Raises DataSetError, StoreError."""
    return keep(prepare(path, store), store)


def geo_data(paths: Sequence[Path], store: Path) -> tuple[GeoData, ...]:
    """A user's files in their order, and after them what the program carries: of what several know the first has its say."""
    return (*(of_user(path, store) for path in paths), *carried())


def _kept(path: Path) -> DataSet | None:
    try:
        metadata = pq.read_schema(path).metadata
        return msgspec.json.decode(metadata[_DESCRIPTION], type=DataSet)
    except (OSError, pa.ArrowException, LookupError, TypeError, msgspec.MsgspecError):
        return None


def _read(path: Path) -> tuple[DataSet, pa.Table]:
    with path.open("rb") as file:
        mark = file.read(len(PARQUET_MARK))
    if mark == PARQUET_MARK:
        return read_parquet(path)
    if path.suffix.lower() == ".mmdb" or is_mmdb(path):
        return read_mmdb(path)
    return read_csv(path)
