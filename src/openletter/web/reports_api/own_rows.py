"""The rows of one subscriber, in a file of its own: what the reports of some surveys hold for it, and nothing besides.

It is made by the join that the reports are made by, once for as long as neither the surveys nor what the subscriber has change,
and then asked page after page. The files lie in a folder that nobody else can read and that goes when the server ends.
"""

import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pyarrow.parquet as pq

from openletter.report.told_rows import SUBSCRIBER_ROWS, subscriber_rows
from openletter.store.error import named
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.subscriber import Subscriber
from openletter.web.once import Once
from openletter.web.reports_api.refusal import BadRequestError

MAX_ROWS = 5_000_000
"""Of one file: some 300 MB."""
_OCTETS = 1 << 30
"""Of all files together."""
_FILES = 200
_THREADS = 2


class OwnRows:
    """A Parquet file of ``SUBSCRIBER_ROWS``; it goes with the last who holds this."""

    def __init__(self, path: Path, rows: int) -> None:
        self.path = path
        self.rows = rows
        self.octets = path.stat().st_size
        weakref.finalize(self, path.unlink, missing_ok=True)


class _Asked(msgspec.Struct, frozen=True):
    """Key of a file."""

    published: str
    surveys: tuple[str, ...]
    subscriber: bytes
    """All that it has and wants: whoever changes gets another file."""
    generation: int


class OwnRowsFiles:
    """Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: TemporaryDirectory[str] | None = None
        self._made = 0
        self._generation = 0
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="own-rows")
        self._files: Once[OwnRows] = Once(
            self._executor, octets=_OCTETS, entries=_FILES, size=lambda rows: rows.octets
        )

    def ask(
        self, store: Store, published: str, records: Sequence[SurveyRecord], subscriber: Subscriber
    ) -> "Future[OwnRows]":
        """``published`` names the state that ``store`` shows. Do not cancel it. Ends with StoreError, or BadRequestError where
        there are too many."""
        surveys = tuple(record.id for record in records)
        key = _Asked(published, surveys, msgspec.json.encode(subscriber), self._generation)
        return self._files.ask(key, lambda: self._make(store, records, subscriber))

    def forget(self) -> None:
        """Files that were made are not there any more: somebody has tidied up."""
        with self._lock:
            self._generation += 1

    def _next(self) -> Path:
        with self._lock:
            if self._folder is not None and not Path(self._folder.name).is_dir():
                self._folder.cleanup()
                self._folder = None
            if self._folder is None:
                self._folder = TemporaryDirectory(
                    prefix="openletter-reports-api-", ignore_cleanup_errors=True
                )
            self._made += 1
            return Path(self._folder.name) / f"{self._made}.parquet"

    def _make(self, store: Store, records: Sequence[SurveyRecord], subscriber: Subscriber) -> OwnRows:
        path = self._next()
        rows = 0
        try:
            with named(path), pq.ParquetWriter(path, SUBSCRIBER_ROWS, compression="zstd") as writer:
                for table in subscriber_rows(store, records, [subscriber]):
                    rows += table.num_rows
                    if rows > MAX_ROWS:
                        raise BadRequestError(f"There are more than {MAX_ROWS} rows; ask for fewer days.")
                    writer.write_table(table)
            return OwnRows(path, rows)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None
