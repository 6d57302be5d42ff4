"""``openletter diff``: two surveys against each other."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import pyarrow as pa
import typer

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.forms import (
    CsvOption,
    JsonOption,
    ParquetOption,
    at_most_one,
    write_json,
    write_octets,
    write_parquet,
)
from openletter.cli.tables import data_console, print_basis, print_changes, print_difference
from openletter.report.csv_cells import lines
from openletter.report.flat import flat_structs
from openletter.report.json_lines import json_lines
from openletter.statistics.diff import Change, Fate, changes, difference
from openletter.store.error import NoSurveyError
from openletter.store.store import Store

SHOWN = 50
"""Endpoints that are listed on a terminal; lines of JSON have them all."""

PORTION = 10_000
"""Endpoints that are written at once."""


def diff(
    before: Annotated[
        str | None, typer.Argument(metavar="A", help="The earlier survey.", show_default="the last but one")
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="B", help="The later survey.", show_default="the latest")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    only: Annotated[
        list[Fate] | None,
        typer.Option("--only", help="List these alone; may be repeated.", show_default=False),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    parquet: ParquetOption = None,
) -> None:
    """Say which endpoints let passwords cross in the clear in one survey and not in the other.

    \b
    appeared   affected now; before, not there, without an answer, or not known what it exposed
    regressed  affected now; it answered before and was not
    fixed      affected before; it answers now and is not
    gone       affected before; not there now, or without an answer
    unclear    affected before; it answers now, and what it exposes is not known
    changed    affected in both, with another class or other findings

    Lines of JSON are one that sums up, then one an endpoint; CSV and Parquet have a row an endpoint.

    \b
      openletter diff
      openletter diff 20261124T031500Z-4f1a 20261125T031500Z-9c20 --only regressed --json
    """
    at_most_one(json, csv, parquet)
    with Store(store) as opened:
        judged = [record for record in opened.surveys() if record.verdicts]
        if (before is None or after is None) and len(judged) < 2 - (before is not None):
            raise NoSurveyError(f"{store}: there are not two judged surveys in this store to compare")
        later = opened.survey(after) if after else judged[-1]
        earlier = (
            opened.survey(before) if before else next((r for r in reversed(judged) if r.id < later.id), None)
        )
        if earlier is None:
            raise NoSurveyError(f"{store}: there is no judged survey before {later.id}")
        listed = changes(opened, earlier, later, only or [fate for fate in Fate if fate is not Fate.SAME])
        if csv:
            names = flat_structs((), Change).names
            write_octets(lines([names]).encode())
            for some in _portions(listed):
                write_octets(lines(flat_structs(some, Change).rows).encode())
            return
        if parquet is not None:
            write_parquet(parquet, _tables(listed))
            return
        found = difference(opened, earlier, later)
        if json:
            write_json(found)
            for some in _portions(listed):
                write_octets(json_lines(some))
        else:
            console = data_console()
            print_difference(console, found)
            shown = list(islice(listed, SHOWN + 1))
            print_changes(console, shown, SHOWN)
            if shown:
                print_basis(console, later, places=True)


def _portions(listed: Iterator[Change]) -> Iterator[list[Change]]:
    while some := list(islice(listed, PORTION)):
        yield some


def _tables(listed: Iterator[Change]) -> Iterator[pa.Table]:
    yield flat_structs((), Change).table()
    yield from (flat_structs(some, Change).table() for some in _portions(listed))
