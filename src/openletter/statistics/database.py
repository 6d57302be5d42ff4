"""A survey as tables for SQL: its counts, and behind them the endpoints.

``endpoints``   how many (``n``) endpoints there are of each country, protocol, class, severity and evidence
``hosts``       how many (``n``) hosts of each country and of each combination of what a host may be
``networks``    what was found in each /24 or /48
``asns``, ``products``, ``findings``, ``tls``, ``certificates``   the counts of a survey that was enriched
``verdict``     a row an endpoint

All but the last are the survey's roll-ups (:mod:`openletter.verdict.rollup`); the first three are counted anew where it
has none. DuckDB in memory, over the Parquet files: nothing is loaded, nothing is written, nothing comes from the
network, and no file of endpoints is opened before a question is asked of ``verdict``.
"""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from openletter.statistics.counts import (
    Counts,
    affected_intervals,
    counted,
    endpoints,
    hosts,
    hosts_either,
)
from openletter.statistics.error import NotEnrichedError
from openletter.statistics.interval import AffectedIntervals, of_sample
from openletter.store.database import connect, quoted, reading
from openletter.store.error import NoSurveyError, was_pruned
from openletter.store.file_set import Kind
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.rollup import QUESTIONS, verdict_view

Row = TypeVar("Row", bound=msgspec.Struct)


class Verdicts:
    """A context: the tables over some files of endpoints, and of roll-ups where there are some.

    Questions may be asked by several threads at once.
    """

    def __init__(
        self,
        files: Sequence[Path],
        rollups: Sequence[Path] = (),
        *,
        survey: str = "",
        sampled: bool = False,
        enriched: bool = False,
        pruned: bool = False,
    ) -> None:
        """``survey`` is what errors call them; ``sampled``: whether they are a random sample of the scope's hosts;
        ``enriched``: whether the endpoints have networks, names, products and certificates; ``pruned``: whether they are
        gone, and the roll-ups alone are left."""
        self.files = tuple(files)
        """Of endpoints, sorted by address."""
        self.survey = survey
        self.sampled = sampled
        self.enriched = enriched
        self.pruned = pruned
        self._lock = threading.Lock()
        self._verdict_is_there = False
        self._names_are_there = False
        self._opened = ExitStack()
        with ExitStack() as opened:
            self._database: Any = opened.enter_context(connect())
            # The files of a set never change, so what their footers say is kept, for all threads.
            self._database.execute("SET GLOBAL parquet_metadata_cache = true")
            # Reading a page's columns in a second pass takes three times as long as reading them in the first.
            self._database.execute("SET GLOBAL late_materialization_max_rows = 0")
            kept = {path.name: path for path in rollups}
            self._tables = {name.removesuffix(".parquet") for name in kept}
            for name, path in kept.items():
                view = f"CREATE VIEW {name.removesuffix('.parquet')} AS SELECT * FROM read_parquet({quoted(path)})"  # noqa: S608
                self._database.execute(view)
            for name, sql in QUESTIONS.items():
                if name not in kept:
                    self._open_verdict()
                    self._database.execute(f"CREATE TABLE {name.removesuffix('.parquet')} AS {sql}")
            self._opened = opened.pop_all()

    def bound(self, memory: str) -> None:
        """From now on all questions together hold at most that (``1GB``), what is kept of files among it.

        A question that needs more raises StoreError: without a bound it would be the process that ends.
        """
        self._database.execute("SET GLOBAL memory_limit = ?", [memory])
        self._database.execute("SET GLOBAL temp_directory = ''")

    def _open_verdict(self) -> None:
        with self._lock:
            if not self._verdict_is_there:
                verdict_view(self._database, self.files)
                self._verdict_is_there = True

    def networks_named(self, text: str) -> list[int]:
        """The numbers of the networks in ``verdict`` whose name holds the text, whatever the case of its letters; 0 among
        them where a network without a number is called so.

        Networks are few beside the endpoints; so they are looked up once, by the first who asks.
        """
        with reading():
            self._open_verdict()
            with self._lock:
                if not self._names_are_there:
                    self._database.execute(
                        "CREATE TABLE names AS SELECT DISTINCT asn, network_name FROM verdict WHERE network_name <> ''"
                    )
                    self._names_are_there = True
            with self._database.cursor() as cursor:
                sql = "SELECT DISTINCT asn FROM names WHERE contains(lower(network_name), lower(?)) ORDER BY asn"
                return [asn for (asn,) in cursor.execute(sql, [text]).fetchall()]

    def ask(self, sql: str, row: type[Row], parameters: Sequence[object] = ()) -> tuple[Row, ...]:
        """The answer, each row a struct whose fields are the columns in their order. Raises StoreError."""
        with reading(), self._database.cursor() as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(sql, list(parameters)).fetchall()
        return tuple(row(*values) for values in found)

    def ask_endpoints(self, sql: str, row: type[Row], parameters: Sequence[object] = ()) -> tuple[Row, ...]:
        """The same over ``verdict``."""
        with reading():
            self._open_verdict()
        return self.ask(sql, row, parameters)

    def table(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The answer as a ``pyarrow.Table``. Raises StoreError."""
        with reading(), self._database.cursor() as cursor:
            return cursor.sql(sql, params=list(parameters)).to_arrow_table()

    def need(self, table: str) -> None:
        """Raises NotEnrichedError where there is no such roll-up."""
        if table not in self._tables:
            raise NotEnrichedError(self.survey)

    def need_endpoints(self) -> None:
        """Raises NoSurveyError where there are counts alone: an answer of no endpoints would be taken for one."""
        if self.pruned:
            raise NoSurveyError(was_pruned(self.survey))

    def counts(self, numbers: Sequence[int], *, a_host: float = 1.0) -> Counts:
        """As :func:`openletter.statistics.counts.counted`, of these."""
        return counted(numbers, sampled=self.sampled, a_host=a_host)

    def intervals(
        self, strict: int, wide: int, answered: int, *, a_host: float = 1.0
    ) -> AffectedIntervals | None:
        """Of the two shares; none where this is no sample."""
        return affected_intervals(strict, wide, answered, a_host) if self.sampled else None

    def a_host(self, protocol: str | None = None) -> float:
        """How many endpoints a host was asked for, of one protocol or of both."""
        if protocol is None:
            counted, where = hosts_either(), "true"
        else:
            counted, where = hosts(protocol), f"protocol = '{protocol}'"
        (asked,) = self.ask(f"SELECT {endpoints(where)} FROM endpoints", Counts)  # noqa: S608 - our own words
        (of,) = self.ask(f"SELECT {counted} FROM hosts", Counts)  # noqa: S608
        return asked.probed / of.probed if of.probed else 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def verdicts_of(store: Store, record: SurveyRecord) -> Verdicts:
    """Those of a survey that is judged; of one that was pruned the counts alone. Raises NoSurveyError, StoreError."""
    rollups = store.current(Kind.ROLLUPS, record.id)
    counted = store.files_of(rollups) if rollups is not None else []
    if record.pruned and not counted:
        raise NoSurveyError(f"survey {record.id} was pruned, and nothing was counted before")
    files = [] if record.pruned else store.endpoint_files(record)
    return Verdicts(
        files,
        counted,
        survey=record.id,
        sampled=of_sample(record) < 1,
        enriched=store.is_enriched(record),
        pruned=record.pruned,
    )
