"""Reports of a survey for a thousand subscribers.

Wanted: all CSV reports of 1,000 subscribers and a survey with a million exposed endpoints in at most 60 s and 2 GB on two cores,
and on a sample the same octets as a loop makes (bench/reports_naive.py).

    bench/reports.py [--store FOLDER] [--scale N] [--sample N]

Generates the store of the simulated world at 1:N (lab store) where FOLDER has none; 6 has over a million exposed endpoints.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, summarize_address_range
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from openletter.dialogue.observation import Observation
from openletter.generated.generating import Order, generate
from openletter.lab.internet.networks import systems
from openletter.lab.internet.population import SEED, World
from openletter.report.reporting import ReportRun, make_reports
from openletter.report.shadowserver.certificate_cells import certificate_columns
from openletter.store.certificates import Certificates
from openletter.store.file_set import Kind
from openletter.store.files import read_table
from openletter.store.observation_table import from_table
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber
from reports_naive import naive_reports
from steps import Report

SUBSCRIBERS = 1_000
SECONDS = 60.0
OCTETS = 2_000_000_000
CERTIFICATES = 2_000


def subscribers_of(scale: int) -> list[Subscriber]:
    """Everybody's networks, dealt out: two thirds as CIDRs, a third as autonomous systems; one in ten also has a neighbour's, so
    that some belong to two."""
    every = list(systems(World(scale, SEED)))
    told = []
    for number in range(SUBSCRIBERS):
        own = every[number::SUBSCRIBERS] or [every[number % len(every)]]
        more = every[number + 1 : number + 2] if number % 10 == 0 else []
        cidrs = tuple(
            str(cidr)
            for system in (*own, *more)
            for cidr in summarize_address_range(ip_address(system.first), ip_address(system.last))
        )
        by_number = number % 3 == 0
        told.append(
            Subscriber(
                id=number + 1,
                slug=f"s{number}",
                name=f"Subscriber {number}",
                networks=() if by_number else cidrs,
                asns=tuple(system.number for system in (*own, *more)) if by_number else (),
            )
        )
    return told


class Halves:
    """Told how far the making is, remembers when its first half was over."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.over: float | None = None

    def __call__(self, done: int, of: int) -> None:
        if self.over is None and 2 * done >= of > 0:
            self.over = time.perf_counter()


def _made(store: Store, told: list[Subscriber], target: Path, halves: Halves) -> ReportRun:
    with Directory(store.root) as directory:
        record = store.latest(judged=True)
        return make_reports(store, record, directory, target, (Format.CSV,), subscribers=told, watch=halves)


def _exposed(store: Store) -> int:
    files = store.endpoint_files(store.latest(judged=True))
    return sum(int(pa.compute.sum(read_table(path, ["wide"]).column("wide")).as_py()) for path in files)


def _endpoints(store: Store) -> Iterator[tuple[dict[str, Any], Observation, bytes | None]]:
    record = store.latest(judged=True)
    observations = store.current(Kind.OBSERVATIONS, record.id)
    assert observations is not None
    pairs = zip(store.endpoint_files(record), store.files_of(observations), strict=True)
    with Certificates(store.root) as certificates:
        for endpoints, seen in pairs:
            rows = read_table(endpoints).to_pylist()
            ders = certificates.find({row["certificate"] for row in rows} - {""})
            for row, one in zip(rows, from_table(read_table(seen)), strict=True):
                yield row, one, ders.get(row["certificate"])


def _certificates() -> dict[str, bytes]:
    """As many distinct ones, issued by somebody."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    found = {}
    for number in range(CERTIFICATES):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mail{number}.example.org")])
        builder = x509.CertificateBuilder().subject_name(name).public_key(key.public_key())
        builder = builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")]))
        builder = builder.serial_number(number + 1).not_valid_before(now).not_valid_after(now + timedelta(90))
        der = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
        found[hashlib.sha256(der).hexdigest()] = der
    return found


def _sample(report: Report, scale: int, folder: Path) -> tuple[bool, float, int]:
    """Whether a loop makes the same files of a small world; its seconds for a row, and how many rows there were."""
    root = folder / "sample"
    generate(root, Order(scale=scale, days=1, seed=SEED))
    told = subscribers_of(scale)
    with Store(root) as store:
        target = folder / "sample-reports"
        run = _made(store, told, target, Halves())
        naive = report.step(
            f"a sample by a loop, {run.rows:,} rows",
            "equal",
            run.rows,
            lambda: naive_reports(_endpoints(store), told),
        )
    made = {path.name: path.read_bytes() for path in target.iterdir()}
    return made == naive, 1 / report.fastest, run.rows


def _measured(report: Report, root: Path, scale: int, folder: Path) -> tuple[ReportRun, float]:
    told = subscribers_of(scale)
    with Store(root) as store:
        exposed = _exposed(store)
        halves = Halves()
        began = time.perf_counter()
        run = report.step(
            f"CSV reports of {SUBSCRIBERS:,} subscribers, {exposed:,} exposed endpoints",
            f"{SECONDS:.0f} s, {OCTETS / 1e9:.0f} GB",
            exposed,
            lambda: _made(store, told, folder / "reports", halves),
        )
        seconds = time.perf_counter() - began
    first = (halves.over or began) - halves.began
    sys.stderr.write(
        f"  matched and put into lines in {first:.1f} s, put together in {seconds - first:.1f} s: {len(run.files):,} files, "
        f"{run.rows:,} rows, {run.octets / 1e9:.2f} GB\n"
    )
    return run, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", type=Path, help="made where it is not there; else one for the moment")
    parser.add_argument("--scale", type=int, default=6)
    parser.add_argument("--sample", type=int, default=3_000, help="scale of the sample's world")
    arguments = parser.parse_args()
    report = Report()
    with TemporaryDirectory(prefix="openletter-bench-") as made:
        folder = Path(made)
        root = arguments.store or folder / "store"
        if not (root / "manifest.sqlite").exists():
            generate(root, Order(scale=arguments.scale, days=1, seed=SEED))
        run, seconds = _measured(report, root, arguments.scale, folder)
        peak = report.peak
        ders = _certificates()
        report.step(
            f"of {CERTIFICATES:,} certificates never seen before",
            "",
            CERTIFICATES,
            lambda: certificate_columns(pa.array(list(ders)), ders),
        )
        a_certificate = 1 / report.fastest
        same, slow, rows = _sample(report, arguments.sample, folder)
    report.show(f"Reports for {SUBSCRIBERS:,} subscribers")
    ratio = slow / (seconds / run.rows)
    met = seconds <= SECONDS and peak <= OCTETS and same
    sys.stdout.write(
        f"{'met' if met else 'MISSED'}: {seconds:.1f} s of {SECONDS:.0f}, {peak / 1e9:.2f} GB of {OCTETS / 1e9:.0f}; "
        f"the sample of {rows:,} rows is {'equal' if same else 'NOT EQUAL'} to the loop's, which takes {ratio:,.0f} times "
        "as long for a row.\n"
        f"The simulated world shares some ten certificates; a million different ones would take one core "
        f"{1e6 * a_certificate:.0f} s more.\n"
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
