"""DuckDB over the store's Parquet files: in memory, with a bound, and with nothing from the network.

A database file would lock out every other process, even readers, so there is none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from openletter.store.error import DiskFullError, StoreError

MEMORY = "700MB"
"""What a question may hold; beyond that it goes to the disk for a while."""

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}


def quoted(path: Path) -> str:
    """A path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def reading(spill: Path | None = None) -> Iterator[None]:
    """Errors of DuckDB under this, as StoreError; ``spill`` is where it puts what does not fit into memory."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DiskFullError(f"{spill}: no room to count what does not fit into memory ({error})") from error
    except duckdb.Error as error:
        raise StoreError(f"the store cannot be read: {str(error).splitlines()[0]}") from error


@contextmanager
def connect(spill: Path | None = None, *, memory: str = MEMORY) -> Iterator[Any]:
    """A database of its own; ``spill`` is a folder for what does not fit into ``memory``, none where that is ``None``.

    Raises StoreError for what goes wrong under it.
    """
    settings = dict(_SETTINGS)
    with reading(spill):
        if spill is None:
            with duckdb.connect(":memory:", config=settings) as database:
                yield database
        else:
            with TemporaryDirectory(prefix=".spill-", dir=spill) as folder:
                config = {**settings, "memory_limit": memory, "temp_directory": folder}
                with duckdb.connect(":memory:", config=config) as database:
                    yield database
