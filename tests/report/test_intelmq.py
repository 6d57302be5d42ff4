"""IntelMQ's own Shadowserver parser reads every report of a survey of the whole simulated zoo.

What a user loses when these fail: reports that stand in a folder and that the tools of a CSIRT cannot read, or read as something
else. What the events must say is told here from the verdicts, the observations and the certificates, by other means than those
that the reports are made with.
"""

import csv
import json
import subprocess
from datetime import UTC, datetime
from hashlib import md5, sha1, sha256, sha512
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from openletter.report.reporting import make_reports
from openletter.report.visible import visible_text
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Class, Report
from openletter.verdict.findings import CertificateFault

PYTHON = Path(__file__).parents[2] / ".venv-intelmq" / "bin" / "python"
READER = Path(__file__).with_name("intelmq_reads.py")
SCHEMA = Path(__file__).parent / "fixtures" / "shadowserver-intelmq.json"
COLOURLESS = ("cert_weak_key", "cert_weak_signature")


@pytest.fixture(scope="module")
def made(zoo, tmp_path_factory):
    """A folder with the reports of somebody who owns everything."""
    target = tmp_path_factory.mktemp("reports")
    everything = Subscriber(id=1, slug="all_of_it", name="All", networks=("0.0.0.0/0", "::/0"))
    with Store(zoo) as store, Directory(zoo) as directory:
        run = make_reports(
            store,
            store.latest(judged=True),
            directory,
            target,
            (Format.CSV, Format.JSONL),
            subscribers=[everything],
        )
    return target, run


@pytest.fixture(scope="module")
def read(made, tmp_path_factory):
    """What IntelMQ made of them: events and errors by file."""
    if not PYTHON.exists():
        pytest.skip("NOT TESTED AGAINST IntelMQ: there is no .venv-intelmq; sh tools/setup.sh makes it")
    out = tmp_path_factory.mktemp("events") / "events.jsonl"
    done = subprocess.run(
        [PYTHON, READER, SCHEMA, made[0], out], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = [json.loads(line) for line in out.read_text().splitlines()]
    return {one["file"]: one for one in found}


def _type(row):
    end = "_vulnerable" if row["report"] == "vulnerable" else ""
    return f"scan{'6' if ':' in row['ip'] else ''}_{row['protocol']}{end}"


def test_the_zoo_has_everything_in_it(zoo_endpoints):
    """Or the rest would show less than it says."""
    rows = [row for row, _, _ in zoo_endpoints.values()]
    reported = {name for name in Class if any(row["class"] == name for row in rows)}
    never = {
        Class.UNREACHABLE,
        Class.SILENT,
        Class.NOT_MAIL,
        Class.REFUSED_BY_POLICY,
        Class.IMPLICIT_BROKEN,
        Class.UNKNOWN_AUTH,
    }
    assert reported == set(Class) - never
    assert {finding for row in rows for finding in row["findings"]} >= set(CertificateFault)
    assert {_type(row) for row in rows} == set(ReportType)
    assert {row["hostname_source"] for row in rows} == {"", "given", "ptr", "certificate"}
    assert {row["tls_version"] for row in rows} == {"", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}


def test_every_row_becomes_an_event_and_none_an_error(read, zoo_endpoints, made):
    assert len(read) == len(ReportType)
    assert [one["errors"] for one in read.values()] == [[]] * len(read)
    rows = {file.file: file.rows for file in made[1].files}
    assert {name: len(one["events"]) for name, one in read.items()} == {name: rows[name] for name in read}
    assert sum(len(one["events"]) for one in read.values()) == len(zoo_endpoints)


def _text(banner):
    shown = banner.decode("utf-8", "surrogateescape")
    return visible_text(shown.replace("\r\n", "|").replace("\n", "|").replace("\r", "|"))


def _place(row):
    naics = row["naics"].partition("-")[0]
    return {
        "source.asn": row["asn"] or None,
        "source.geolocation.cc": row["country"] or None,
        "source.geolocation.region": row["region"].upper() or None,
        "source.geolocation.city": _guarded(row["city"].upper()) or None,
        "extra.source.naics": int(naics) if naics else None,
        "extra.source.sector": row["sector"] or None,
    }


def _guarded(text):
    """As a spreadsheet may be given it."""
    return f"'{text}" if text.strip().startswith(("=", "+", "-", "@", "\uff1d")) else text


def _certificate(der):
    if der is None:
        return {}
    read = x509.load_der_x509_certificate(der)
    key = read.public_key()

    def colons(hash_):
        return ":".join(f"{octet:02X}" for octet in hash_(der).digest())

    def name(of, oid):
        found = of.get_attributes_for_oid(oid)
        return found[0].value if found else None

    def date(when):
        return f"{when:%b} {when.day:2d} {when:%H:%M:%S %Y} GMT"

    return {
        "extra.cert_expiration_date": date(read.not_valid_after_utc),
        "extra.cert_issue_date": date(read.not_valid_before_utc),
        "extra.cert_length": key.key_size,
        "extra.cert_serial_number": f"{read.serial_number:X}".zfill(
            2 * ((read.serial_number.bit_length() + 7) // 8)
        ),
        "extra.key_algorithm": "rsaEncryption" if isinstance(key, rsa.RSAPublicKey) else "id-ecPublicKey",
        "extra.md5_fingerprint": colons(md5),
        "extra.sha1_fingerprint": colons(sha1),
        "extra.sha256_fingerprint": colons(sha256),
        "extra.sha512_fingerprint": colons(sha512),
        "extra.ssl_version": read.version.value,
        "extra.issuer_common_name": name(read.issuer, x509.NameOID.COMMON_NAME),
        "extra.issuer_organization_name": name(read.issuer, x509.NameOID.ORGANIZATION_NAME),
        "extra.subject_common_name": name(read.subject, x509.NameOID.COMMON_NAME),
        "extra.subject_organization_name": name(read.subject, x509.NameOID.ORGANIZATION_NAME),
        "extra.self_signed": read.issuer == read.subject,
    }


def _expected(row, seen, der):
    """What the event of an endpoint must say; None: nothing."""
    started = datetime.fromtimestamp(int(seen.started), UTC)
    vulnerable = row["report"] == "vulnerable"
    faults = [fault for fault in row["findings"] if fault.startswith("cert_") and fault not in COLOURLESS]
    words = [row["protocol"], row["class"], *row["findings"]]
    return {
        "classification.taxonomy": "vulnerable" if vulnerable else "other",
        "classification.type": "vulnerable-system" if vulnerable else "other",
        "classification.identifier": f"{'vulnerable' if vulnerable else 'accessible'}-{row['protocol']}",
        "protocol.application": row["protocol"],
        "protocol.transport": "tcp",
        "time.source": started.isoformat(),
        "source.ip": row["ip"],
        "source.port": row["port"],
        "severity": row["worst"],
        "extra.tag": ";".join(words).replace("_", "-"),
        "extra.banner": _guarded(_text(seen.banner)) or None,
        "source.reverse_dns": row["hostname"] or None,
        "extra.hostname_source": row["hostname_source"] or None,
        "extra.cipher_suite": row["cipher"] or None,
        "extra.handshake": {"TLSv1": "TLSv1.0"}.get(row["tls_version"], row["tls_version"]) or None,
        "extra.sslv3_supported": "Y" if row["tls_version"] == "SSLv3" else None,
        "extra.cert_expired": "cert_expired" in row["findings"] if row["certificate"] else None,
        "extra.cert_valid": not faults if row["certificate"] else None,
        "extra.jarm": None,
        **_place(row),
        **_certificate(der),
    }


def test_the_fields_of_every_event_equal_the_verdict(read, zoo_endpoints):
    wanted = {}
    for row, seen, der in zoo_endpoints.values():
        wanted[_type(row), row["ip"], row["port"], row["hostname"]] = _expected(row, seen, der)
    assert len(wanted) == len(zoo_endpoints)
    differing = []
    found = 0
    for name, one in read.items():
        for event in one["events"]:
            place = (event["source.ip"], event["source.port"], event.get("source.reverse_dns", ""))
            found += 1
            differing += [
                (place, field, value, event.get(field))
                for field, value in wanted[name.split("-")[3], *place].items()
                if event.get(field) != value
            ]
    assert found == len(zoo_endpoints)
    assert not differing, differing[:10]


def test_json_lines_say_what_csv_says(made):
    """But for the apostrophe that keeps a spreadsheet from carrying a cell out."""

    for path in sorted(made[0].glob("*.csv")):
        with path.open(newline="") as file:
            cells = list(csv.DictReader(file))
        rows = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
        assert len(cells) == len(rows)
        for cell, row in zip(cells, rows, strict=True):
            for name, value in row.items():
                text = "" if value is None else str(value)
                assert cell[name] == text or cell[name] == f"'{text}", (path.name, name)


def test_rows_are_sorted_by_address(made):

    for path in made[0].glob("*.csv"):
        with path.open(newline="") as file:
            places = [(ip_address(row["ip"]), int(row["port"])) for row in csv.DictReader(file)]
        assert places == sorted(places)


def test_vulnerable_reports_hold_the_wide_count_and_preauth(zoo_endpoints):
    for row, _, _ in zoo_endpoints.values():
        assert (row["report"] == Report.VULNERABLE) == (row["wide"] or row["class"] == Class.PREAUTH_EXPOSED)
