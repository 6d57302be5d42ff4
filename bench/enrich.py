"""Enrichment at scale: addresses joined with the data of countries and networks, and a whole survey enriched.

    python bench/enrich.py [--rows 4000000] [--folder DIR]

The join is measured against a look-up of each row in the same ranges (bisection in Python), on a part of the rows in the
order in which a survey finds them. Rows are made from a seed (``generated_survey``), four to a host; work is done in a
folder of its own that is removed in the end. Needs what set-up builds (``tools/assets.py``).
"""

import argparse
import random
import shutil
import struct
import sys
import tempfile
from bisect import bisect_right
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from generated_survey import BEGAN, Generator, add_survey, write_spool
from openletter.enrich.dataset import GeoData, carried
from openletter.enrich.enriching import enrich_survey
from openletter.enrich.join import locate
from openletter.enrich.range_table import ADDRESS
from openletter.store.store import Store
from openletter.store.workforce import default_processes
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import merge_state
from steps import Report

PORTS = 4
LOOKED_UP = 400_000
"""Rows of the reference."""
MAPPED = b"\0" * 10 + b"\xff\xff"


def addresses(hosts: int) -> Any:
    """That many addresses of IPv4, spread over the Internet and sorted, each four times."""
    drawn = sorted(random.Random(1).sample(range(1 << 24, 223 << 24), hosts))
    keys = pa.array([MAPPED + struct.pack(">I", address) for address in drawn], ADDRESS)
    return keys.take(pa.array([n // PORTS for n in range(hosts * PORTS)], pa.int32()))


def join(rows: Any, sources: tuple[GeoData, ...]) -> dict[str, Any]:
    """As enriching does it: distinct addresses are looked for, and their answers handed to their rows."""
    distinct = rows.dictionary_encode()
    return {
        name: column.take(distinct.indices) for name, column in locate(distinct.dictionary, sources).items()
    }


class LookUp:
    """The reference: the ranges in memory as Python has them, one bisection a row and data set."""

    def __init__(self, source: GeoData) -> None:
        table = pq.read_table(source.path)
        self._starts = table.column("start").to_pylist()
        self._ends = table.column("end").to_pylist()
        self._values = table.column("asn" if "asn" in table.schema.names else "country").to_pylist()

    def __call__(self, address: bytes) -> Any:
        place = bisect_right(self._starts, address) - 1
        return self._values[place] if place >= 0 and address <= self._ends[place] else None


def compare(report: Report, rows: int, sources: tuple[GeoData, ...]) -> float:
    """How many times as many rows a second the join takes."""
    asked = addresses(rows // PORTS)
    found = report.step(
        "join of country and network", "16 million in seconds", len(asked), lambda: join(asked, sources)
    )
    joined = report.fastest
    few = min(LOOKED_UP, len(asked))
    # In the order in which a survey finds them, which is none.
    places = random.Random(2).sample(range(len(asked)), few)
    sample = asked.take(pa.array(places, pa.int64())).to_pylist()
    country, asn = (
        LookUp(source)
        for name in ("country", "asn")
        for source in sources
        if name in source.described.provides
    )
    answers = report.step(
        "reference: a look-up each", "", few, lambda: [(country(one), asn(one)) for one in sample]
    )
    told = zip(
        *(found[name].take(pa.array(places, pa.int64())).to_pylist() for name in ("country", "asn")),
        strict=True,
    )
    unlike = sum((of[0] or "", of[1] or 0) != by_join for of, by_join in zip(answers, told, strict=True))
    if unlike:
        raise SystemExit(f"{unlike:,} of {few:,} answers differ: one of the two is wrong")
    return joined / report.fastest


def survey(report: Report, rows: int, sources: tuple[GeoData, ...], folder: Path) -> None:
    processes = default_processes(rows)
    with Store(folder / "store", create=True) as store:
        generator = Generator(rows, 1)
        record = add_survey(store, rows, BEGAN)
        report.step("making rows", "", rows, lambda: write_spool(store, generator, record))
        trust = Trust()
        report.step(
            "judging, with compaction",
            "",
            rows,
            lambda: judge_survey(store, record, trust, processes=processes),
        )
        report.step(
            "enriching, with roll-ups",
            "",
            rows,
            lambda: enrich_survey(store, record, sources, processes=processes),
        )
        report.step("state", "", rows, lambda: merge_state(store))
        octets = sum(path.stat().st_size for path in store.endpoint_files(store.survey(record.id)))
        sys.stderr.write(f"endpoint tables: {octets / rows:.1f} octets a row\n")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--folder", type=Path, help="where the work is done (default: a temporary one)")
    given = parser.parse_args()
    sources = carried()
    if not sources:
        sys.stderr.write("bench/enrich.py: no data of countries and networks is here; run tools/setup.sh\n")
        return 3
    report = Report()
    ratio = compare(report, given.rows, sources)
    folder = Path(tempfile.mkdtemp(prefix="openletter-bench-", dir=given.folder))
    try:
        survey(report, given.rows, sources, folder)
    finally:
        shutil.rmtree(folder)
    report.show(f"Enrichment of {given.rows:,} rows")
    print(f"The join takes {ratio:.1f} times as many rows a second as a look-up each.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
