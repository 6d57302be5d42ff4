"""Endpoints of a survey as a file: Parquet, CSV or JSON Lines, in pieces, so that memory does not grow with it."""

import io
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openletter.report.csv_cells import lines, table_lines
from openletter.report.json_lines import json_lines
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.export import endpoint_batches, schema_of


class FileFormat(StrEnum):
    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {
    FileFormat.PARQUET: "application/vnd.apache.parquet",
    FileFormat.CSV: "text/csv; charset=utf-8; header=present",
    FileFormat.JSONL: "application/jsonl; charset=utf-8",
}


def endpoint_file(verdicts: Verdicts, fitting: EndpointFilter, form: FileFormat) -> Iterator[bytes]:
    """The octets of the file, piece by piece. CSV begins with a line of names.

    Raises NotEnrichedError at once, StoreError with any piece.
    """
    batches, schema = endpoint_batches(verdicts, fitting), schema_of(verdicts)
    match form:
        case FileFormat.CSV:
            return chain([lines([schema.names]).encode()], map(table_lines, batches))
        case FileFormat.JSONL:
            return (json_lines(batch.to_pylist()) for batch in batches)
        case FileFormat.PARQUET:
            return _parquet(schema, batches)


class _Pieces(io.RawIOBase):
    """What a writer has written and nobody has fetched yet."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, octets: Any) -> int:
        self._written.append(bytes(octets))
        return len(octets)

    def fetch(self) -> bytes:
        fetched, self._written = b"".join(self._written), []
        return fetched


def _parquet(schema: Any, batches: Iterator[Any]) -> Iterator[bytes]:
    pieces = _Pieces()
    with pq.ParquetWriter(pa.PythonFile(pieces, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)
            yield pieces.fetch()
    yield pieces.fetch()
