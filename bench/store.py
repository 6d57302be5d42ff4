"""The store at scale: compaction, judging, the state, and the questions that are asked of it, each with its time.

    python bench/store.py [--rows 20000000] [--state-rows 5000000] [--folder DIR]

Rows are made from a seed (``generated_survey``). Work is done in a folder of its own that is removed in the end; 20
million rows need some 6 GB. Memory is the greatest sum of the proportional shares (PSS) of this process and its workers.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec
import pyarrow.parquet as pq

from generated_survey import BEGAN, DAY, Generator, add_survey, write_spool
from openletter.statistics.country import by_country
from openletter.statistics.database import verdicts_of
from openletter.statistics.diff import difference
from openletter.statistics.history import address_history, countries_over_time
from openletter.statistics.network import in_network, top_networks
from openletter.statistics.overview import overview
from openletter.store.compaction import compact
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder
from openletter.store.files import publish_whole_table, read_table, sha256_of
from openletter.store.store import Store
from openletter.store.verification import verify
from openletter.store.workforce import default_processes
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.rollup import write_rollups
from openletter.verdict.state import merge_files, merge_state
from steps import Report

Result = TypeVar("Result")
SURVEYS = 30
OCTETS_A_ROW = 300
"""Of disk, spool and all sets of two surveys side by side."""


def _later_survey(store: Store, before: str, rows: int) -> str:
    """A second survey, of which only the verdicts are made: of a hundred endpoints one is gone, one is mended, and one
    in two hundred has another class."""
    record = add_survey(store, rows, BEGAN + DAY)
    folder = new_folder(Kind.VERDICTS, record.id, "bench")
    (store.root / folder).mkdir(parents=True)
    current = store.current(Kind.VERDICTS, before)
    assert current is not None
    files = []
    with duckdb.connect(":memory:") as database:
        for path in store.files_of(current):
            table: Any = read_table(path)
            database.register("v", table)
            sql = """
            SELECT * REPLACE (
              CASE WHEN h % 100 = 1 AND wide THEN 'tls_required' WHEN h % 200 = 2 THEN 'tls_optional' ELSE class END AS class,
              wide AND h % 100 <> 1 OR h % 200 = 2 AS wide, strict AND h % 100 <> 1 AND h % 200 <> 2 AS strict
            ) FROM (SELECT *, hash(ip, port) AS h FROM v) WHERE h % 100 <> 0 ORDER BY ip_sort, port, host
            """
            made = database.sql(sql).to_arrow_table().drop_columns(["h"]).cast(table.schema)
            written = publish_whole_table(store.root / folder / path.name, made, group_rows=32_768)
            files.append(
                StoredFile(name=path.name, rows=made.num_rows, octets=written.octets, sha256=written.sha256)
            )
    verdicts = FileSet(folder=folder, kind=Kind.VERDICTS, survey=record.id, files=tuple(files))
    rollups = write_rollups(store, record.id, store.files_of(verdicts))
    store.manifest.publish([verdicts, rollups], rules_version="bench")
    return record.id


def _more_rollups(store: Store, of: str, rows: int) -> None:
    """The days before, of which nothing is left but their counts."""
    current = store.current(Kind.ROLLUPS, of)
    assert current is not None
    for day in range(2, SURVEYS):
        record = add_survey(store, rows, BEGAN - day * DAY)
        folder = new_folder(Kind.ROLLUPS, record.id)
        (store.root / folder).mkdir(parents=True)
        for path in store.files_of(current):
            os.link(path, store.root / folder / path.name)
        files = tuple(
            msgspec.structs.replace(f, sha256=sha256_of(store.root / folder / f.name)) for f in current.files
        )
        store.manifest.publish([FileSet(folder=folder, kind=Kind.ROLLUPS, survey=record.id, files=files)])
        store.manifest.prune(record.id)


def _slices(store: Store, state: list[Path], rows: int) -> tuple[list[Path], list[Path], int]:
    """Files of a state of about ``rows`` endpoints, those of the latest survey for the same addresses, and the rows of both."""
    parts: list[Path] = []
    held = 0
    for path in state:
        if held < rows:
            parts.append(path)
            held += pq.read_metadata(path).num_rows
    names = store.verdict_files(store.latest(judged=True))
    last = pq.read_table(parts[-1], columns=["ip_sort"])["ip_sort"][-1].as_py()
    fresh = [path for path in names if pq.read_metadata(path).row_group(0).column(0).statistics.min <= last]
    return parts, fresh, sum(pq.read_metadata(path).num_rows for path in (*parts, *fresh))


def measure(rows: int, state_rows: int, folder: Path) -> None:
    report = Report()
    processes = default_processes(rows)
    with Store(folder / "store", create=True) as store:
        generator = Generator(rows, seed=7)
        record = add_survey(store, rows, BEGAN)
        spool = report.step("(making the rows)", "", rows, lambda: write_spool(store, generator, record))
        rows = sum(shard.rows for shard in store.shards(record.id))
        report.step(
            "compaction",
            "at most 1.5 GB for 16 million",
            rows,
            lambda: compact(store, record, processes=processes),
        )
        trust = Trust(roots=[])
        report.step(
            "judging",
            "16 million in 60 s",
            rows,
            lambda: judge_survey(store, record, trust, processes=processes),
        )
        record = store.survey(record.id)
        report.step("state, first survey", "", rows, lambda: merge_state(store))
        later = _later_survey(store, record.id, rows)
        after = store.survey(later)
        _more_rollups(store, record.id, rows)
        report.step("overview, from roll-ups", "", 0, lambda: _ask(store, record.id, overview), again=3)
        report.step("countries of one survey", "", 0, lambda: _ask(store, record.id, by_country), again=3)
        report.step(
            f"country by day, {SURVEYS} surveys",
            "0.17 s over 19 million",
            0,
            lambda: countries_over_time(store),
            again=3,
        )
        report.step(
            "top networks (/24)",
            "",
            0,
            lambda: _ask(store, record.id, lambda v: top_networks(v, 20)),
            again=3,
        )
        middle = generator.address(generator.hosts // 2)
        own = ip_network((middle & 0xFFFF0000, 16))
        report.step(
            "one owner's /16", "", 0, lambda: _ask(store, record.id, lambda v: in_network(v, own)), again=3
        )
        report.step(
            "one address, two surveys", "", 0, lambda: address_history(store, ip_address(middle)), again=3
        )
        found = report.step(
            "difference of two surveys", "0.6 s", 2 * rows, lambda: difference(store, record, after)
        )
        current = store.current(Kind.STATE)
        assert current is not None
        old, new, both = _slices(store, store.files_of(current), min(state_rows, rows))
        merged = folder / "merged"
        merged.mkdir()
        files = report.step(
            f"state: {state_rows / 1e6:g} M merged with as many",
            "",
            both,
            lambda: merge_files(old, new, at=BEGAN + 2 * DAY, target=merged, spill=store.root),
        )
        checked = report.step("verification of every file", "", 0, lambda: verify(store))
        sizes = {
            "spool": spool,
            **{
                str(kind): sum(s.octets for s in store.manifest.sets(kind=kind, survey=record.id))
                for kind in Kind
            },
        }
    report.show(f"{rows:,} rows, {processes} processes")
    print("octets a row: " + ", ".join(f"{name} {octets / rows:.1f}" for name, octets in sizes.items()))
    print(f"difference: {found}")
    print(
        f"merged: {sum(file.rows for file in files):,} rows of {both:,}; "
        f"verified: {checked.files:,} files, sound: {checked.sound}"
    )


def _ask(store: Store, survey: str, question: Callable[[Any], Result]) -> Result:
    with verdicts_of(store, store.survey(survey)) as verdicts:
        return question(verdicts)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--state-rows", type=int, default=5_000_000)
    options.add_argument(
        "--folder", type=Path, help="where to work; the system's temporary folder if none is named"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="openletter-bench-", dir=chosen.folder) as folder:
        free, needed = shutil.disk_usage(folder).free, chosen.rows * OCTETS_A_ROW
        if free < needed:
            sys.exit(
                f"{folder}: {free / 1e9:.1f} GB are free, and {needed / 1e9:.1f} GB are needed; name another --folder"
            )
        measure(chosen.rows, chosen.state_rows, Path(folder))


if __name__ == "__main__":
    main()
