"""Rows that documents will be made of, kept for the moment: of each file of endpoints those that go to anybody who gets a
document, each once, which of them go to whom, and all that was seen of the worst hosts.

Written by the process that has that file in memory, read by those that make the documents.
"""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openletter.report.line_format import one_array
from openletter.report.told import with_faults
from openletter.report.told_rows import Part, ToldRows
from openletter.store.database import connect
from openletter.store.error import DamagedStoreError, named
from openletter.verdict.classes import Severity

_SEVERITIES = [str(one) for one in Severity]

_WORST = """
SELECT ip_sort FROM (
  SELECT m.subscriber, r.ip_sort, min(list_position($severities, r.fault)) AS rank
  FROM (SELECT subscriber, unnest(rows) AS row FROM groups) m JOIN rows r ON r.row = m.row
  WHERE r.fault IS NOT NULL GROUP BY m.subscriber, r.ip_sort
  QUALIFY row_number() OVER (PARTITION BY m.subscriber ORDER BY rank, r.ip_sort) <= $most
) GROUP BY ip_sort ORDER BY ip_sort
"""


def keep_rows(told: ToldRows, groups: Any, part: Part, target: Path, hosts_seen: int) -> None:
    """``groups``: those rows of ``told.groups`` that say what documents hold, a format alone. Raises StoreError."""
    table = with_faults(told.table)
    whose: dict[int, list[Any]] = {}
    lists = one_array(groups.column("rows"))
    for place, subscriber in enumerate(groups.column("subscriber").to_pylist()):
        whose.setdefault(subscriber, []).append(lists[place].values)
    mine = pa.table(
        {
            "subscriber": pa.array(sorted(whose), pa.int64()),
            "rows": pa.array([pa.concat_arrays(whose[one]) for one in sorted(whose)], pa.list_(pa.int64())),
        }
    )
    _write(target, "rows", table)
    _write(target, "whose", mine)
    if hosts_seen:
        addresses = _worst_hosts(table, mine, hosts_seen)
        places = _places(Path(part.endpoints), addresses)
        _write(target, "endpoints", _taken(Path(part.endpoints), places))
        if part.observations:
            _write(target, "observations", _taken(Path(part.observations), places))


def _worst_hosts(table: Any, mine: Any, most: int) -> Any:
    """Addresses of the hosts that are among the ``most`` worst of anybody."""
    rows = table.select(["ip_sort", "fault"]).append_column(
        "row", pa.array(range(table.num_rows), pa.int64())
    )
    with connect() as database:
        database.register("rows", rows)
        database.register("groups", mine)
        found = database.sql(_WORST, params={"severities": _SEVERITIES, "most": most}).to_arrow_table()
    return one_array(found.column("ip_sort")).cast(pa.binary(16))


def _places(path: Path, addresses: Any) -> list[int]:
    """Of all rows of these addresses; a host is in one file whole."""
    try:
        column = pq.read_table(path, columns=["ip_sort"]).column("ip_sort")
    except (OSError, pa.ArrowInvalid) as error:
        raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error
    places: list[int] = pc.indices_nonzero(
        pc.is_in(column.cast(pa.binary()), value_set=addresses.cast(pa.binary()))
    ).to_pylist()
    return places


def _taken(path: Path, places: list[int]) -> Any:
    """Some rows of a Parquet file, a row group at a time: what servers said is large, and few of them are wanted."""
    taken = []
    try:
        with pq.ParquetFile(path) as file:
            start = at = 0
            for number in range(file.num_row_groups):
                rows = file.metadata.row_group(number).num_rows
                end = at
                while end < len(places) and places[end] < start + rows:
                    end += 1
                if end > at:
                    taken.append(file.read_row_group(number).take([one - start for one in places[at:end]]))
                start, at = start + rows, end
            schema = file.schema_arrow
    except (OSError, pa.ArrowInvalid) as error:
        raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error
    return pa.concat_tables(taken).unify_dictionaries() if taken else schema.empty_table()


def _write(target: Path, what: str, table: Any) -> None:
    path = target.with_name(f"{target.name}.{what}.arrow")
    table = table.unify_dictionaries().combine_chunks()
    with (
        named(path),
        pa.OSFile(str(path), "wb") as out,
        pa.ipc.new_file(out, table.schema) as file,
    ):
        file.write_table(table)


class KeptRows(msgspec.Struct, frozen=True):
    """What :func:`keep_rows` has written for one file of endpoints."""

    rows: Any
    """A table of ``TOLD_ROWS`` without its last two columns."""
    whose: dict[int, Any]
    """By subscriber: places in ``rows``."""
    endpoints: Any
    """None where no format shows them."""
    observations: Any

    def of(self, subscriber: int) -> Any:
        """A subscriber's rows; none where there are none."""
        return self.rows.take(self.whose[subscriber]) if subscriber in self.whose else None

    def seen(self, addresses: Any) -> tuple[Any, Any]:
        """Endpoints and observations of some addresses, an array of ``ip_sort``."""
        if self.endpoints is None:
            return None, None
        fitting = pc.is_in(
            one_array(self.endpoints.column("ip_sort")).cast(pa.binary()),
            value_set=addresses.cast(pa.binary()),
        )
        endpoints = self.endpoints.filter(fitting)
        return endpoints, None if self.observations is None else self.observations.filter(fitting)


def kept_by(targets: Collection[str]) -> tuple[str, ...]:
    """Those of the files' paths for which anything was kept."""
    return tuple(target for target in targets if Path(f"{target}.whose.arrow").exists())


@lru_cache(maxsize=64)
def kept_rows(target: str) -> KeptRows:
    """Mapped, not read: any process may have all of them. Raises StoreError."""
    whose = _read(target, "whose")
    lists = one_array(whose.column("rows"))
    return KeptRows(
        rows=_read(target, "rows"),
        whose={number: lists[at].values for at, number in enumerate(whose.column("subscriber").to_pylist())},
        endpoints=_read(target, "endpoints"),
        observations=_read(target, "observations"),
    )


def _read(target: str, what: str) -> Any:
    path = Path(f"{target}.{what}.arrow")
    if not path.exists():
        return None
    with named(path), pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()
