"""A user's own ranges, as CSV or Parquet with named columns.

``start`` and ``end``, addresses of one family and both included, or ``cidr``; and at least one of ``country`` (ISO 3166-1
alpha-2), ``region``, ``city``, ``asn`` (``64500`` or ``AS64500``), ``name`` (the network's). Other columns
are left aside. Parquet may hold the addresses as sixteen octets each.

Comments at the head of a CSV, and the metadata of a Parquet schema, may say what the data are:

.. code-block:: text

    # name: our own networks
    # date: 2026-11-01
    # licence: CC BY 4.0
    cidr,country,asn,name
    192.0.2.0/24,DE,64500,Example
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openletter.enrich.error import DataSetError
from openletter.enrich.range_table import PLACES, Ranges
from openletter.scope.error import shown
from openletter.store.observation_table import sort_key
from openletter.store.record import DataSet

_MAPPED = b"\0" * 10 + b"\xff\xff"
_DESCRIBED = ("name", "version", "date", "licence", "attribution", "url")
_MAX_CHARACTERS = 256
_BATCH = 1 << 15
PARQUET_MARK = b"PAR1"


def _wants() -> str:
    return f"start and end, or cidr, and at least one of {', '.join(PLACES)}"


class _Columns:
    """Where in a row each thing stands."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        places = {name.strip().lower(): place for place, name in reversed(list(enumerate(names)))}
        self.values = tuple(name for name in PLACES if name in places)
        self.places = [places[name] for name in self.values]
        self.cidr = places.get("cidr")
        self.edges = (places.get("start"), places.get("end"))
        if not self.values or (self.cidr is None and None in self.edges):
            there = shown(", ".join(names))
            raise DataSetError(f"{path}: the columns are {there}; right would be {_wants()}")
        self.needed = 1 + max(place for place in (self.cidr, *self.edges, *self.places) if place is not None)


def _address(of: Any) -> bytes:
    if isinstance(of, bytes):
        if len(of) != 16:
            raise ValueError(f"{len(of)} octets are no address; right would be sixteen, or text")
        return of
    try:
        return sort_key(str(of).strip())
    except (OSError, ValueError):
        raise ValueError(f"{shown(str(of))} is no address, as 192.0.2.1 or 2001:db8::1") from None


def _network(of: str) -> tuple[bytes, bytes]:
    try:
        network = ip_network(of.strip())
    except ValueError as error:
        if "host bits set" in str(error):
            right = ip_network(of.strip(), strict=False)
            raise ValueError(f"{shown(of)} is no network in CIDR form; right would be {right}") from None
        raise ValueError(f"{shown(of)} is no network in CIDR form, as 192.0.2.0/24") from None
    return sort_key(str(network[0])), sort_key(str(network[-1]))


def _country(of: str) -> str:
    code = of.strip().upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ValueError(f"{shown(of)} is no country; right would be two letters (ISO 3166-1 alpha-2), as DE")
    return code


def _asn(of: Any) -> int:
    if of is None or of == "":
        return 0
    digits = str(of).strip().upper().removeprefix("AS")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else -1
    if not 0 <= number < 1 << 32:
        raise ValueError(f"{shown(str(of))} is no number of an autonomous system, as 64500 or AS64500")
    return number


def _value(name: str, of: Any) -> Any:
    if name == "asn":
        return _asn(of)
    text = "" if of is None else str(of)
    return _country(text) if name == "country" else text.strip()[:_MAX_CHARACTERS]


def _row(columns: _Columns, row: Sequence[Any]) -> tuple[Any, ...]:
    """Raises ValueError with what is wrong and what would be right."""
    if len(row) < columns.needed:
        raise ValueError(f"{len(row)} fields; right would be at least {columns.needed}")
    first, last = columns.edges
    if columns.cidr is not None and row[columns.cidr]:
        start, end = _network(str(row[columns.cidr]))
    elif first is not None and last is not None:
        start, end = _address(row[first]), _address(row[last])
        if start > end or (start[:12] == _MAPPED) != (end[:12] == _MAPPED):
            raise ValueError("the range ends before it starts, or in the other family of addresses")
    else:
        raise ValueError("no network; right would be one in CIDR form, as 192.0.2.0/24")
    values = (_value(name, row[place]) for name, place in zip(columns.values, columns.places, strict=True))
    return (start, end, *values)


def _collect(path: Path, what: str, columns: _Columns, rows: Iterable[tuple[int, Sequence[Any]]]) -> Any:
    ranges = Ranges(columns.values)
    found = False
    for number, row in rows:
        try:
            ranges.add(*_row(columns, row))
        except ValueError as error:
            raise DataSetError(f"{path} {what} {number}: {error}") from None
        found = True
    if not found:
        raise DataSetError(f"{path}: there is no range in it")
    return ranges.table()


def _dataset(path: Path, said: dict[str, str], columns: _Columns) -> DataSet:
    words = {key: said.get(key, "")[:_MAX_CHARACTERS] for key in _DESCRIBED}
    return DataSet(**{**words, "name": words["name"] or path.name, "provides": columns.values})  # type: ignore[arg-type]


def _lines(file: Iterable[str], said: dict[str, str]) -> Iterator[str]:
    """What follows the comments at the head; those are noted in ``said``."""
    at_head = True
    for line in file:
        if at_head and line.lstrip("\ufeff").startswith("#"):
            key, _, value = line.lstrip("\ufeff#").partition(":")
            said[key.strip().lower()] = value.strip()
            # The reader of CSV counts lines, so it is given one.
            yield "\n"
        else:
            at_head = False
            yield line


def read_csv(path: Path) -> tuple[DataSet, Any]:
    """What the file says of itself, and its ranges. Raises DataSetError, OSError."""
    said: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_lines(file, said))
        filled = ((reader.line_num, row) for row in reader if any(row))
        try:
            _, names = next(filled, (0, []))
            columns = _Columns(path, names)
            table = _collect(path, "line", columns, filled)
        except csv.Error as error:
            raise DataSetError(f"{path} line {reader.line_num}: is no CSV ({error})") from None
        except UnicodeDecodeError as error:
            raise DataSetError(f"{path} line {reader.line_num + 1}: is no UTF-8 ({error.reason})") from None
    return _dataset(path, said, columns), table


def read_parquet(path: Path) -> tuple[DataSet, Any]:
    """The same of a Parquet file."""
    try:
        with path.open("rb") as file, pq.ParquetFile(file) as parquet:
            names = parquet.schema_arrow.names
            columns = _Columns(path, names)
            said = {
                key.decode(errors="replace").lower(): value.decode(errors="replace")
                for key, value in (parquet.schema_arrow.metadata or {}).items()
            }
            table = _collect(path, "row", columns, _parquet_rows(parquet))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())
        raise DataSetError(f"{path}: cannot be read as Parquet ({words})") from None
    return _dataset(path, said, columns), table


def _parquet_rows(parquet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    number = 0
    for batch in parquet.iter_batches(_BATCH):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            yield number, row
