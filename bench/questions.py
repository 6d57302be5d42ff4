"""Each question of the statistics with its time, and beside it the same question asked of the endpoints without roll-ups.

    python bench/questions.py [--rows 5000000] [--folder DIR]

Rows are made by SQL from a seed (``generated_endpoints``); two surveys of them, and the counts of 28 more days. Times are
the best of three with the survey's tables open, as a server has them; a page of the endpoint list is measured at its filters'
easiest and hardest.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from generated_endpoints import address, endpoint_parts
from generated_survey import BEGAN, DAY, add_survey
from openletter.enrich.endpoint_table import SCHEMA
from openletter.enrich.product import Product
from openletter.enrich.rollup import ALL_QUESTIONS
from openletter.report.endpoint_file import FileFormat, endpoint_file
from openletter.statistics.database import Verdicts, verdicts_of
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.endpoints import Sort, list_endpoints
from openletter.statistics.question import QUESTIONS
from openletter.statistics.search import search
from openletter.store.compaction import GROUP_ROWS
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder, part_name
from openletter.store.files import publish_whole_table, sha256_of
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict import verdict_table
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName
from openletter.verdict.rollup import write_rollups
from openletter.verdict.state import merge_state

DAYS = 30
AGAIN = 3


class Raw(Verdicts):
    """The same tables, of which each is counted from the endpoints whenever it is looked at."""

    def __init__(self, of: Verdicts, rollups: list[Path]) -> None:
        super().__init__(of.files, rollups, survey=of.survey, enriched=of.enriched)
        self._open_verdict()
        for name, sql in ALL_QUESTIONS.items():
            self._database.execute(f"CREATE OR REPLACE VIEW {name.removesuffix('.parquet')} AS {sql}")


def publish(store: Store, rows: int, seed: int, began: float) -> SurveyRecord:
    """An enriched survey."""
    record = add_survey(store, rows, began)
    sets = []
    for kind in (Kind.VERDICTS, Kind.ENDPOINTS):
        folder = new_folder(kind, record.id)
        (store.root / folder).mkdir(parents=True)
        sets.append(FileSet(folder=folder, kind=kind, survey=record.id))
    files: list[list[StoredFile]] = [[], []]
    for number, table in enumerate(endpoint_parts(rows, seed, SCHEMA)):
        for place, (one, part) in enumerate(
            zip(sets, (table.select(verdict_table.SCHEMA.names), table), strict=True)
        ):
            name = part_name(number)
            written = publish_whole_table(store.root / one.folder / name, part, group_rows=GROUP_ROWS)
            files[place].append(
                StoredFile(name=name, rows=part.num_rows, octets=written.octets, sha256=written.sha256)
            )
    sets = [msgspec.structs.replace(one, files=tuple(kept)) for one, kept in zip(sets, files, strict=True)]
    rollups = write_rollups(store, record.id, store.files_of(sets[1]), ALL_QUESTIONS)
    store.manifest.publish([*sets, rollups], rules_version="bench")
    return store.survey(record.id)


def days_before(store: Store, of: SurveyRecord, rows: int) -> None:
    """Surveys of which nothing is left but their counts."""
    current = store.current(Kind.ROLLUPS, of.id)
    assert current is not None
    for day in range(1, DAYS - 1):
        record = add_survey(store, rows, of.started - day * DAY)
        folder = new_folder(Kind.ROLLUPS, record.id)
        (store.root / folder).mkdir(parents=True)
        for path in store.files_of(current):
            os.link(path, store.root / folder / path.name)
        files = tuple(
            msgspec.structs.replace(f, sha256=sha256_of(store.root / folder / f.name)) for f in current.files
        )
        store.manifest.publish([FileSet(folder=folder, kind=Kind.ROLLUPS, survey=record.id, files=files)])
        store.manifest.prune(record.id)


def best(work: Callable[[], object], again: int = AGAIN) -> float:
    """Seconds."""
    least = float("inf")
    for _ in range(again):
        began = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - began)
    return least


def new_table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


_NEEDED: dict[str, dict[str, object]] = {"network": {"asn": 17}, "product": {"product": "dovecot"}}
"""Of questions that are about one thing; they look at the endpoints themselves."""


def questions(store: Store, record: SurveyRecord, verdicts: Verdicts) -> Table:
    rollups = store.current(Kind.ROLLUPS, record.id)
    assert rollups is not None
    table = new_table("Questions", "question", "time", "without roll-ups", "ratio")
    with Raw(verdicts, store.files_of(rollups)) as raw:
        for name, question in QUESTIONS.items():
            asked = question.read(_NEEDED.get(name, {}))
            took = best(partial(question.ask, store, record, asked, verdicts=verdicts))
            slow, ratio = "", ""
            if not question.of_all_surveys and name not in _NEEDED:
                other = best(partial(question.ask, store, record, asked, verdicts=raw), 1)
                slow, ratio = f"{other * 1e3:,.0f} ms", f"{other / took:,.0f}"
            sys.stderr.write(f"{name}: {took * 1e3:.1f} ms\n")
            table.add_row(name, f"{took * 1e3:,.1f} ms", slow, ratio)
    return table


def pages(verdicts: Verdicts, hosts: int) -> Table:
    middle = IPv4Address(address(hosts // 2, hosts))
    filters: dict[str, dict[str, Any]] = {
        "all": {},
        "a country": {"country": "JP"},
        "a country and a class": {"country": "DE", "class_": Class.NO_TLS},
        "an AS": {"asn": 17},
        "a network, /16": {"network": f"{middle}/16"},
        "an address": {"network": str(middle)},
        "a finding": {"finding": FindingName.CERT_EXPIRED},
        "a class that nothing has": {"class_": Class.PREAUTH_EXPOSED},
        "product, country, port, strict: few fit": {
            "product": Product.CYRUS,
            "country": "DE",
            "port": 995,
            "strict": True,
        },
        "text in many names": {"text": "customer1"},
        "text in few names": {"text": "mail77.customer99"},
        "text in none": {"text": "nowhere.invalid"},
    }
    table = new_table("A page of 50 endpoints", "filter", "page", "page and total", "rows", "total")
    for name, values in filters.items():
        fitting = EndpointFilter(**values)
        found = list_endpoints(verdicts, fitting)
        bare = best(partial(list_endpoints, verdicts, fitting, counted=False))
        whole = best(partial(list_endpoints, verdicts, fitting))
        assert found.total is not None
        total = f"{found.total.count:,}{'' if found.total.exact else '+'}"
        table.add_row(name, f"{bare * 1e3:,.1f} ms", f"{whole * 1e3:,.1f} ms", str(len(found.rows)), total)
    by_severity = best(lambda: list_endpoints(verdicts, EndpointFilter(), sort=Sort.SEVERITY, counted=False))
    table.add_row("all, the worst first", f"{by_severity * 1e3:,.1f} ms")
    deep = list_endpoints(verdicts, EndpointFilter(network=str(middle)), limit=1).next
    far = best(lambda: list_endpoints(verdicts, EndpointFilter(), after=deep, counted=False))
    table.add_row("all, from the middle on", f"{far * 1e3:,.1f} ms")
    for text in ("AS17", str(middle), "mail77.customer9"):
        took = best(partial(search, verdicts, text))
        table.add_row(f"search for {text}", "", f"{took * 1e3:,.1f} ms")
    return table


def exports(verdicts: Verdicts) -> Table:
    table = new_table("Export of the affected (wide)", "format", "time", "octets")
    for form in FileFormat:
        octets = 0

        def write(form: FileFormat = form) -> None:
            nonlocal octets
            octets = sum(map(len, endpoint_file(verdicts, EndpointFilter(wide=True), form)))

        took = best(write, 1)
        table.add_row(str(form), f"{took:,.1f} s", f"{octets:,}")
    return table


def measure(rows: int, folder: Path) -> None:
    with Store(folder / "store", create=True) as store:
        began = time.perf_counter()
        publish(store, rows, 7, BEGAN)
        record = publish(store, rows, 8, BEGAN + DAY)
        days_before(store, store.surveys()[0], rows)
        merge_state(store)
        sys.stderr.write(f"two surveys of {rows:,} rows made in {time.perf_counter() - began:.0f} s\n")
        opened = best(lambda: verdicts_of(store, record).__exit__(None, None, None))
        with verdicts_of(store, record) as verdicts:
            tables = [questions(store, record, verdicts), pages(verdicts, rows // 4), exports(verdicts)]
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(
        f"{rows:,} endpoints, {DAYS} surveys; opening a survey's tables takes {opened * 1e3:.1f} ms"
    )
    for table in tables:
        console.print(table)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument(
        "--folder", type=Path, help="where to work; the system's temporary folder if none is named"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="openletter-bench-", dir=chosen.folder) as folder:
        measure(chosen.rows, Path(folder))


if __name__ == "__main__":
    main()
