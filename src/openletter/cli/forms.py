"""In what form a verb writes what it found: for people, or as lines of JSON, CSV or a Parquet file."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from openletter.cli.output_file import output_file
from openletter.report.csv_cells import lines
from openletter.report.flat import Flat
from openletter.report.json_lines import json_lines

JsonOption = Annotated[bool, typer.Option("--json", help="Lines of JSON on standard output.")]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="CSV on standard output, safe to open in a spreadsheet.")
]
ParquetOption = Annotated[
    Path | None,
    typer.Option("--parquet", metavar="FILE", help="Write a Parquet file instead.", show_default=False),
]


def at_most_one(json: bool, csv: bool, parquet: Path | None) -> None:
    """Raises ``typer.BadParameter``."""
    if json + csv + (parquet is not None) > 1:
        raise typer.BadParameter("choose one of --json, --csv and --parquet", param_hint="--json")


def write_octets(octets: bytes) -> None:
    sys.stdout.buffer.write(octets)
    sys.stdout.flush()


def write_json(line: msgspec.Struct) -> None:
    """One line of JSON on standard output."""
    write_octets(json_lines([line]))


def write_flat(found: Flat, parquet: Path | None) -> None:
    """As a file of Parquet where one is named, else as CSV on standard output."""
    if parquet is None:
        write_octets(lines([found.names, *found.rows]).encode())
    else:
        write_parquet(parquet, [found.table()])


def write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    """Tables of one schema, at least one. Raises CouldNotRunError."""
    writer = None
    with output_file(path, "--parquet") as file:
        for table in tables:
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()
