"""All rows of one address in sorted files: only the row groups that may hold them are read, and what the footers say of
these is kept, since the files of a set never change."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openletter.store.error import DamagedStoreError

_REMEMBERED = 8_192
"""Files whose footers are kept: some 2 kB each."""


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


def rows_of_address(files: Sequence[Path], key: bytes, columns: Sequence[str] | None = None) -> Any:
    """A ``pyarrow.Table`` of the rows whose ``ip_sort`` is ``key``; ``None`` where there is none. ``columns`` that a file
    does not have are left out of it. Raises DamagedStoreError."""
    found = []
    for path in files:
        try:
            groups = [number for number, (low, high) in enumerate(_spans(path)) if low <= key <= high]
            if groups:
                with path.open("rb") as opened:
                    table = pq.ParquetFile(opened).read_row_groups(
                        groups, columns=None if columns is None else ["ip_sort", *columns]
                    )
                found.append(table.filter(pc.equal(table.column("ip_sort"), pa.scalar(key, pa.binary(16)))))
        except FileNotFoundError:
            raise DamagedStoreError(f"{path}: the manifest names this file, and it is gone") from None
        except (OSError, pa.ArrowInvalid) as error:
            raise DamagedStoreError(f"{path}: cannot be read as Parquet ({error})") from error
    rows = pa.concat_tables(found).combine_chunks() if found else None
    return rows if rows is not None and rows.num_rows else None
