"""Addresses joined with ranges, column by column: millions of addresses take seconds, where a look-up each takes minutes.

DuckDB's ASOF JOIN finds for each address the last range that begins at or before it; whether the range also holds it is
tested here, for ranges do not follow one another without a gap.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openletter.enrich.dataset import GeoData
from openletter.enrich.error import DataSetError
from openletter.enrich.range_table import PLACES, VALUES
from openletter.store.database import connect

_JOIN = """
SELECT CASE WHEN r."end" >= a.ip THEN r.place END AS place
FROM addresses a ASOF LEFT JOIN ranges r ON a.ip >= r.start ORDER BY a.place
"""

_MAPPED = b"\0" * 10 + b"\xff\xff"
_IPV4 = (_MAPPED + bytes(4), _MAPPED + b"\xff" * 4)
"""The first and the last address of IPv4."""


def _numbered(names: list[str], *columns: Any) -> Any:
    rows = len(columns[0])
    return pa.table([pa.array(range(rows), pa.int64()), *columns], names=["place", *names])


def _joined(addresses: Any, starts: Any, ends: Any) -> Any:
    with connect() as database:
        database.register("addresses", _numbered(["ip"], addresses))
        database.register("ranges", _numbered(["start", "end"], starts, ends))
        return database.sql(_JOIN).to_arrow_table().column("place").combine_chunks()


def _last_octets(column: Any) -> Any:
    """Of sixteen octets the last eight, as numbers: enough to tell addresses of IPv4 apart, and many times faster to
    compare. A uint64 ``pyarrow.Array``."""
    octets = memoryview(column.buffers()[1])[16 * column.offset : 16 * (column.offset + len(column))]
    words = array("Q")
    words.frombytes(octets)
    if sys.byteorder == "little":
        words.byteswap()
    return pa.Array.from_buffers(pa.uint64(), len(column), [None, pa.py_buffer(words[1::2])])


def _position(column: Any, key: bytes) -> int:
    """How many of a sorted column are less than the key."""
    return bisect_left(range(len(column)), key, key=lambda place: column[place].as_py())


def _find_ipv4(addresses: Any, starts: Any, ends: Any) -> Any:
    low, high = _IPV4
    first = max(0, _position(starts, low) - 1)
    count = _position(starts, high + b"\0") - first
    if not count:
        return pa.nulls(len(addresses), pa.int64())
    starts, ends = starts.slice(first, count), ends.slice(first, count)
    if starts[0].as_py() < low or ends[count - 1].as_py() > high:
        # A range of IPv6 that reaches in here: its last octets say nothing of where it begins.
        return pc.add(_joined(addresses, starts, ends), first)
    return pc.add(_joined(_last_octets(addresses), _last_octets(starts), _last_octets(ends)), first)


def find(addresses: Any, ranges: Any) -> Any:
    """For each of an array of addresses (sixteen octets) the row of the range in a table (sorted, disjoint) that holds it;
    null where none does. An int64 ``pyarrow.Array``."""
    found = pa.nulls(len(addresses), pa.int64())
    if not ranges.num_rows:
        return found
    ipv4 = pc.starts_with(addresses.cast(pa.binary()), _MAPPED)
    starts, ends = (ranges.column(edge).combine_chunks() for edge in ("start", "end"))
    for family, search in ((ipv4, _find_ipv4), (pc.invert(ipv4), _joined)):
        asked = addresses.filter(family)
        if len(asked):
            found = pc.replace_with_mask(found, family, search(asked, starts, ends))
    return found


def read_ranges(path: Path, low: bytes, high: bytes) -> Any:
    """The ranges of a Parquet file that addresses from ``low`` to ``high`` may be in, and some beside them.

    Raises DataSetError.
    """
    try:
        with path.open("rb") as file, pq.ParquetFile(file) as parquet:
            starts = [
                bytes(parquet.metadata.row_group(number).column(0).statistics.min)
                for number in range(parquet.num_row_groups)
            ]
            # The group before the first that begins behind ``low`` may still reach there.
            first = max(0, sum(start <= low for start in starts) - 1)
            last = sum(start <= high for start in starts)
            words = [name for name in parquet.schema_arrow.names if VALUES.get(name) == VALUES["name"]]
            groups = list(range(first, max(first, last)))
        return pq.ParquetFile(path, read_dictionary=words).read_row_groups(groups).unify_dictionaries()
    except (OSError, pa.ArrowException, AttributeError) as error:
        raise DataSetError(
            f"{path}: the ranges cannot be read ({error}); remove the file and try again"
        ) from error


def _empty(name: str, rows: int) -> Any:
    kind = VALUES[name]
    value = pa.scalar(0, kind) if name == "asn" else pa.scalar("", pa.string())
    return pa.repeat(value, rows).cast(kind)


def _known(column: Any) -> Any:
    plain = column if column.type == VALUES["asn"] else column.dictionary_decode()
    nothing = 0 if column.type == VALUES["asn"] else ""
    return pc.fill_null(pc.not_equal(plain, nothing), False)


TOGETHER = (("country", "region", "city"), ("asn", "name"))
"""What one data set says together is taken together: a city of one maker is never put into another's country."""


def locate(addresses: Any, sources: Sequence[GeoData]) -> dict[str, Any]:
    """What is known of each of an array of addresses, sixteen octets each and sorted: an array of each of ``PLACES``.

    Of several data sets the first that knows the first word of a group (``TOGETHER``) of an address has its say on the
    group. Raises DataSetError, StoreError.
    """
    rows = len(addresses)
    found = {name: _empty(name, rows) for name in PLACES}
    if not rows:
        return found
    for source in sources:
        ranges = read_ranges(Path(source.path), addresses[0].as_py(), addresses[-1].as_py())
        place = find(addresses, ranges)
        for group in TOGETHER:
            told = [name for name in group if name in ranges.schema.names]
            if told:
                _fill(found, told, group, ranges, place)
    return found


def _fill(found: dict[str, Any], told: list[str], group: Sequence[str], ranges: Any, place: Any) -> None:
    new = {name: ranges.column(name).combine_chunks().take(place) for name in told}
    open_ = pc.invert(_any(_known(found[name]) for name in group))
    here = pc.and_(open_, _any(_known(column) for column in new.values()))
    for name, column in new.items():
        found[name] = _chosen(here, column, found[name])


def _any(flags: Any) -> Any:
    first, *rest = flags
    for one in rest:
        first = pc.or_(first, one)
    return first


def _chosen(here: Any, new: Any, old: Any) -> Any:
    """``new`` where ``here`` holds, else ``old``."""
    if new.type == VALUES["asn"]:
        return pc.if_else(here, new, old)
    return pc.if_else(here, new.dictionary_decode(), old.dictionary_decode()).dictionary_encode()
