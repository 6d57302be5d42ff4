"""Ranges of addresses over sorted files, so that two of them can be joined with one range in memory."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openletter.store.error import DamagedStoreError

_END = b"\xff" * 17
"""Behind every address."""


def ranges(files: Sequence[Path], rows: int) -> list[bytes]:
    """Where ranges of about ``rows`` rows begin, all files together, and where the last one ends; found in what the files
    say of their row groups, whose first column is the address. Raises DamagedStoreError."""
    groups: list[tuple[bytes, int]] = []
    for file in files:
        try:
            metadata = pq.read_metadata(file)
        except (OSError, pa.ArrowInvalid) as error:
            raise DamagedStoreError(f"{file}: cannot be read as Parquet ({error})") from error
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            statistics = group.column(0).statistics
            if group.num_rows and statistics is not None:
                groups.append((bytes(statistics.min), group.num_rows))
    bounds = [b""]
    held = 0
    for start, count in sorted(groups):
        if held + count > rows and held and start > bounds[-1]:
            bounds.append(start)
            held = 0
        held += count
    return [*bounds, _END]
