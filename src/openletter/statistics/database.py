"""A survey as tables for SQL: its counts, and behind them the verdicts.

``endpoints``   how many (``n``) endpoints there are of each country, protocol, class, severity and evidence
``hosts``       how many (``n``) hosts of each country and of each combination of what a host may be
``networks``    what was found in each /24 or /48
``verdict``     a row an endpoint

The first three are the survey's roll-ups (:mod:`openletter.verdict.rollup`), or counted anew where it has none.
DuckDB in memory, over the Parquet files: nothing is loaded, nothing is written, nothing comes from the network.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from openletter.store.database import connect, quoted
from openletter.store.error import NoSurveyError
from openletter.store.file_set import Kind
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.rollup import QUESTIONS, verdict_view

Row = TypeVar("Row", bound=msgspec.Struct)


class Verdicts:
    """A context: the tables over some files of verdicts, and of roll-ups where there are some."""

    def __init__(self, files: Sequence[Path], rollups: Sequence[Path] = ()) -> None:
        self._opened = ExitStack()
        with ExitStack() as opened:
            self._database: Any = opened.enter_context(connect())
            verdict_view(self._database, files)
            kept = {path.name: path for path in rollups}
            for name, sql in QUESTIONS.items():
                what = "TABLE"
                if name in kept:
                    what, sql = "VIEW", f"SELECT * FROM read_parquet({quoted(kept[name])})"  # noqa: S608
                self._database.execute(f"CREATE {what} {name.removesuffix('.parquet')} AS {sql}")
            self._opened = opened.pop_all()

    def ask(self, sql: str, row: type[Row], parameters: Sequence[object] = ()) -> tuple[Row, ...]:
        """The answer, each row a struct whose fields are the columns in their order."""
        found: list[tuple[Any, ...]] = self._database.execute(sql, list(parameters)).fetchall()
        return tuple(row(*values) for values in found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def verdicts_of(store: Store, record: SurveyRecord) -> Verdicts:
    """Those of a survey that is judged; of one that was pruned the counts alone. Raises NoSurveyError, StoreError."""
    rollups = store.current(Kind.ROLLUPS, record.id)
    if record.pruned:
        if rollups is None:
            raise NoSurveyError(f"survey {record.id} was pruned, and nothing was counted before")
        return Verdicts([], store.files_of(rollups))
    return Verdicts(store.verdict_files(record), store.files_of(rollups) if rollups else ())
