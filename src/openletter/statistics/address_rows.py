"""All rows of one address in sorted files. Only files that may hold them are opened, and of these only the pages that do
are read; what the footers say is kept, since the files of a set never change."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openletter.statistics.database import Verdicts
from openletter.store.database import connect, quoted
from openletter.store.error import DamagedStoreError

_REMEMBERED = 8_192
"""Files whose footers are kept: some 2 kB each."""

FILE = "file"
"""Name of the column that says which file a row is of."""


@lru_cache(_REMEMBERED)
def _spans(path: Path) -> tuple[tuple[bytes, bytes], ...]:
    """The first and the last address of each row group."""
    metadata = pq.read_metadata(path)
    spans = []
    for group in (metadata.row_group(number) for number in range(metadata.num_row_groups)):
        statistics = group.column(0).statistics
        known = statistics is not None and statistics.has_min_max
        spans.append((bytes(statistics.min), bytes(statistics.max)) if known else (b"", b"\xff" * 17))
    return tuple(spans)


def _may_hold(path: Path, key: bytes) -> bool:
    try:
        found = any(low <= key <= high for low, high in _spans(path))
    except (OSError, pa.ArrowInvalid) as error:
        if path.exists():
            raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error
        found = True
    if found and not path.exists():
        raise DamagedStoreError(f"{path}: the manifest names this file, and it is gone")
    return found


def rows_of_address(
    files: Sequence[Path],
    key: bytes,
    columns: Sequence[str] | None = None,
    *,
    through: Verdicts | None = None,
) -> Any:
    """A ``pyarrow.Table`` of the rows whose ``ip_sort`` is ``key``, with ``FILE`` besides, by port and name; ``None`` where
    there is none.

    ``through`` is a database that is open already; without it one is opened for this. Raises StoreError.
    """
    wanted = [path for path in files if _may_hold(path, key)]
    if not wanted:
        return None
    names = "*" if columns is None else ", ".join(f'"{name}"' for name in (*columns, FILE))
    listed = ", ".join(map(quoted, wanted))
    found = f"read_parquet([{listed}], filename = '{FILE}')"
    sql = f"SELECT {names} FROM {found} WHERE ip_sort = ? ORDER BY {FILE}, port, host"  # noqa: S608
    if through is not None:
        rows = through.table(sql, [key])
    else:
        with connect() as database:
            rows = database.sql(sql, params=[key]).to_arrow_table()
    return rows.combine_chunks() if rows.num_rows else None
