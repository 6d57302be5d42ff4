"""Databases of the MaxMind DB format 2.0 (``.mmdb``) as ranges: of countries, cities or networks, MaxMind's own schema or
the flat one of other makers.

The tree is walked here and records are read by the library's decoder in Python, which bounds what a record may hold: the
library's faster reader ends the whole process at some broken files. Many networks share a record; each is read once.
"""

import mmap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb
import msgspec
from maxminddb.decoder import Decoder

from openletter.enrich.error import DataSetError
from openletter.enrich.range_table import PLACES, Ranges
from openletter.store.record import DataSet

MARK = b"\xab\xcd\xefMaxMind.com"
"""Before the metadata, somewhere in the last 128 KiB."""
_SEARCHED = 128 * 1024
_SEPARATOR = 16
_MAPPED = 0xFFFF << 32
"""What makes sixteen octets of an IPv4 address."""
_MAX_CHARACTERS = 256


class _Metadata(msgspec.Struct):
    """What of the metadata is needed (format §Database Metadata)."""

    node_count: int
    record_size: int
    ip_version: int
    database_type: str = ""
    build_epoch: int = 0


def is_mmdb(path: Path) -> bool:
    """By its mark. Raises OSError."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _SEARCHED))
        return MARK in file.read()


class _Tree:
    """The binary search tree of a database whose octets are ``data``."""

    def __init__(self, data: Any, metadata: _Metadata) -> None:
        self._data = data
        self._count = metadata.node_count
        self._size = metadata.record_size // 4
        self._bits = 128 if metadata.ip_version == 6 else 32
        self.end = self._count * self._size
        if metadata.record_size not in (24, 28, 32) or self.end + _SEPARATOR > len(data):
            raise maxminddb.InvalidDatabaseError("its search tree is cut off")

    def _children(self, node: int) -> tuple[int, int]:
        octets = self._data[node * self._size : (node + 1) * self._size]
        if self._size == 7:
            left = (octets[3] >> 4) << 24 | int.from_bytes(octets[:3])
            return left, (octets[3] & 0xF) << 24 | int.from_bytes(octets[4:])
        half = self._size // 2
        return int.from_bytes(octets[:half]), int.from_bytes(octets[half:])

    def _ipv4(self) -> int:
        """Where IPv4 begins: 96 zeros down. Other places of an IPv6 tree may lead there too."""
        node = 0
        for _ in range(96 if self._bits == 128 else 0):
            if node >= self._count:
                break
            node, _ = self._children(node)
        return node

    def networks(self) -> Iterator[tuple[int, int, int]]:
        """First and last address as numbers of sixteen octets, and the offset of their record; neighbours that share one
        are together. Raises InvalidDatabaseError."""
        ipv4 = self._ipv4()
        seen = bytearray(self._count)
        first = last = -2
        record = -1
        for start, size, offset in self._leaves(ipv4, seen):
            if offset == record and start == last + 1:
                last = start + size - 1
                continue
            if record >= 0:
                yield first, last, record
            first, last, record = start, start + size - 1, offset
        if record >= 0:
            yield first, last, record

    def _leaves(self, ipv4: int, seen: bytearray) -> Iterator[tuple[int, int, int]]:
        count = self._count
        waiting = [(0, self._bits, 0)]
        while waiting:
            node, bits, start = waiting.pop()
            if node < count:
                if node == ipv4 and start:
                    continue
                if seen[node] or not bits:
                    raise maxminddb.InvalidDatabaseError("its search tree turns back on itself")
                seen[node] = 1
                left, right = self._children(node)
                waiting.append((right, bits - 1, start | 1 << (bits - 1)))
                waiting.append((left, bits - 1, start))
            elif node > count:
                in_ipv4 = self._bits == 32 or (start >> 32 == 0 and bits <= 32)
                yield start | _MAPPED if in_ipv4 else start, 1 << bits, node - count + self.end


def _text(of: Any) -> str:
    return of[:_MAX_CHARACTERS] if isinstance(of, str) else ""


def _name(of: Any) -> str:
    """English name of a place: under ``names`` as MaxMind has it, or plain."""
    if isinstance(of, dict):
        names = of.get("names")
        return _text(names.get("en")) if isinstance(names, dict) else ""
    return _text(of)


def _country(record: dict[str, Any]) -> str:
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country)
    return code.upper() if isinstance(code, str) and len(code) == 2 and code.isalpha() else ""


def _region(record: dict[str, Any]) -> str:
    subdivisions = record.get("subdivisions")
    if isinstance(subdivisions, list) and subdivisions:
        return _name(subdivisions[0])
    return _text(record.get("region"))


def _asn(record: dict[str, Any]) -> int:
    number = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(number, str):
        digits = number.upper().removeprefix("AS")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0
    return number if isinstance(number, int) and 0 < number < 1 << 32 else 0


def _network_name(record: dict[str, Any]) -> str:
    for key in ("autonomous_system_organization", "as_name", "name"):
        if key in record:
            return _text(record[key])
    return ""


_READ = {
    "country": _country,
    "region": _region,
    "city": lambda record: _name(record.get("city")),
    "asn": _asn,
}
_READ["name"] = _network_name


def _values(record: Any) -> tuple[Any, ...]:
    if not isinstance(record, dict):
        return tuple(0 if name == "asn" else "" for name in _READ)
    return tuple(read(record) for read in _READ.values())


def read_mmdb(path: Path) -> tuple[DataSet, Any]:
    """What the database says of itself, and its ranges. Raises DataSetError, OSError."""
    try:
        with maxminddb.open_database(path, maxminddb.MODE_MMAP) as reader:
            metadata = msgspec.convert(reader.metadata(), _Metadata, from_attributes=True)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            ranges = _ranges(data, metadata)
    except (maxminddb.InvalidDatabaseError, ValueError, LookupError, TypeError, RecursionError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise DataSetError(f"{path}: the database is broken or cut off ({words}); fetch it anew") from error
    table = ranges.table()
    provides = tuple(name for name in _READ if _has(table.column(name)))
    if not provides:
        raise DataSetError(
            f"{path}: {metadata.database_type!r} holds neither countries nor networks; give a database of countries, "
            "cities or ASNs"
        )
    built = (
        datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat() if metadata.build_epoch else ""
    )
    described = DataSet(
        name=metadata.database_type[:_MAX_CHARACTERS] or path.name,
        version="",
        date=built,
        licence="",
        attribution="",
        url="",
        provides=provides,
    )
    return described, table.select(["start", "end", *provides])


def _has(column: Any) -> bool:
    """Whether anything of it is known."""
    return any(value for value in column.unique().to_pylist())


def _ranges(data: Any, metadata: _Metadata) -> Ranges:
    tree = _Tree(data, metadata)
    decoder = Decoder(data, tree.end + _SEPARATOR)
    read: dict[int, tuple[Any, ...]] = {}
    ranges = Ranges(PLACES)
    for first, last, offset in tree.networks():
        values = read.get(offset)
        if values is None:
            record, _ = decoder.decode(offset)
            values = read[offset] = _values(record)
        ranges.add(first.to_bytes(16), last.to_bytes(16), *values)
    return ranges
