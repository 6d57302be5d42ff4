"""The published verdicts of a survey as two tables: ``verdict``, a row an endpoint, and ``host``, a row an address.

DuckDB in memory, over the Parquet files: nothing is loaded, nothing is written, nothing comes from the network.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import msgspec

from openletter.statistics.counts import HOST_COLUMNS

Row = TypeVar("Row", bound=msgspec.Struct)

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_NO_VERDICTS = """
CREATE VIEW verdict AS SELECT ''::BLOB AS ip_sort, '' AS country, '' AS protocol, '' AS class, '' AS severity,
'' AS evidence, false AS unknown, false AS strict, false AS wide WHERE false
"""


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


class Verdicts:
    """A context: the database over some files of verdicts."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._db = duckdb.connect(":memory:")
        for name, value in _SETTINGS.items():
            self._db.execute(f"SET {name} = {value}")
        if files:
            # A view takes no parameters, so the names are quoted by hand.
            listed = ", ".join(map(_quoted, files))
            self._db.execute(f"CREATE VIEW verdict AS SELECT * FROM read_parquet([{listed}])")  # noqa: S608
        else:
            self._db.execute(_NO_VERDICTS)
        self._db.execute(
            f"CREATE TEMP TABLE host AS SELECT {HOST_COLUMNS} FROM verdict GROUP BY ip_sort"  # noqa: S608
        )

    def ask(self, sql: str, row: type[Row]) -> tuple[Row, ...]:
        """The answer, each row a struct whose fields are the columns in their order."""
        found: list[tuple[Any, ...]] = self._db.execute(sql).fetchall()
        return tuple(row(*values) for values in found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
