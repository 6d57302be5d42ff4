"""Going through sorted files of endpoints a few at a time, so that the first rows that fit are found without a look at the
rest: one file, then more and more, since who has found little goes far."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import ceil
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.store.error import DamagedStoreError

GROWTH = 32
"""How many times as many files the next window has, where nobody says otherwise."""
END = b"\xff" * 17
"""Behind every address."""


class Window(msgspec.Struct, frozen=True):
    """Some files, and where in them it begins and ends."""

    files: tuple[Path, ...]
    low: bytes | None
    """The first address, where there may be others before it in these files."""
    high: bytes | None
    """The address before which it ends, where there may be others behind it in these files."""


@lru_cache(maxsize=256)
def _layout(files: tuple[Path, ...]) -> tuple[tuple[bytes, ...], tuple[Path, ...]]:
    """The first address of each file that holds any, sorted, and the files in that order. Files of a set never change, so
    what their footers say is kept."""
    found = []
    for file in files:
        try:
            metadata = pq.read_metadata(file)
        except (OSError, pa.ArrowInvalid) as error:
            raise DamagedStoreError(f"{file}: cannot be read as Parquet ({error})") from error
        if metadata.num_rows:
            statistics = metadata.row_group(0).column(0).statistics
            found.append((bytes(statistics.min) if statistics is not None else b"", file))
    found.sort()
    return tuple(start for start, _ in found), tuple(file for _, file in found)


def windows(
    files: Sequence[Path],
    low: bytes = b"",
    high: bytes = END,
    *,
    share: float = 0.0,
    growth: int = GROWTH,
) -> Iterator[Window]:
    """Windows that together are the addresses from ``low`` to before ``high``, in their order. The rows of each file are
    sorted by address, and all of an address are in one file.

    ``share``: how much of all files the first window is to have, at least one. Raises DamagedStoreError.
    """
    starts, sorted_files = _layout(tuple(files))
    first = max(0, bisect_right(starts, low) - 1)
    end = bisect_left(starts, high)
    length = max(1, ceil(min(1.0, share) * len(starts)))
    while first < end:
        last = min(end, first + length)
        yield Window(
            sorted_files[first:last],
            low if starts[first] < low else None,
            high if last == end and high < END else None,
        )
        first, length = last, length * growth
