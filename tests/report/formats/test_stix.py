"""Bundles of STIX 2.1, read by the library, strictly. What a user loses when these fail: a platform that turns a bundle away, has
everything twice after a second import, or holds a mail server for an attacker's."""

import io
import json
import re
from datetime import date
from ipaddress import ip_address, ip_network

import msgspec
import pyarrow as pa
import pytest
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.report.faults import FINDINGS, LEAST, SOUND
from openletter.report.formats.stix import write_stix
from openletter.report.reporting import make_reports
from openletter.report.shadowserver.columns import SCHEMA
from openletter.report.standing import STANDINGS
from openletter.report.tlp import VARIABLE, Tlp
from openletter.report.told import TOLD_ROWS, Told, counts_of, with_faults
from openletter.report.visible import visible_text
from openletter.store.error import StoreError
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber

OWNER = Subscriber(id=1, slug="all_of_it", name="All", networks=("0.0.0.0/0", "::/0"))
TIMES = {"created", "modified", "first_seen", "last_seen", "first_observed", "last_observed", "stop_time"}
OBSERVABLES = {
    "autonomous-system",
    "domain-name",
    "ipv4-addr",
    "ipv6-addr",
    "network-traffic",
    "software",
    "x509-certificate",
}


def _in_seconds(one):
    """The library writes the milliseconds of some times and not of others."""
    return {
        name: value.removesuffix(".000Z") + "Z" if name in TIMES and value.endswith(".000Z") else value
        for name, value in one.items()
    }


def read(octets):
    """The bundle's objects by identifier, each accepted by the library as it is."""
    objects = json.loads(octets)["objects"]
    assert len({one["id"] for one in objects}) == len(objects)
    for one in objects:
        parsed = stix2.parse(one, allow_custom=False, version="2.1")
        assert _in_seconds(json.loads(parsed.serialize())) == _in_seconds(one)
        if one["type"] in OBSERVABLES:
            # The library's own way to the identifier, from the properties alone.
            same = type(parsed)(**{name: value for name, value in one.items() if name not in ("id", "type")})
            assert same.id == one["id"]
    found = {one["id"]: one for one in objects}
    for one in objects:
        for name, value in one.items():
            if name.endswith(("_ref", "_refs")):
                for reference in [value] if isinstance(value, str) else value:
                    assert reference in found, (one["id"], name)
    return found


def of_type(found, *kinds):
    return [one for one in found.values() if one["type"] in kinds]


@pytest.fixture(scope="module")
def told_of(zoo, report_table):
    """Makes what somebody is told out of report rows and of changes."""
    with Store(zoo) as store:
        record = store.latest(judged=True)

    def told(*rows, changes=()):
        table = with_faults(report_table(*rows)) if rows else with_faults(SCHEMA.empty_table())
        count = table.num_rows
        table = table.add_column(0, "subscriber", pa.array([1] * count, pa.int64()))
        for name in ("standing", "link"):
            table = table.append_column(name, pa.array([row.get(name) for row in rows], pa.string()))
        table = table.cast(TOLD_ROWS)
        whole = [{**dict.fromkeys(STANDINGS.names), "subscriber": 1, "host": "", **one} for one in changes]
        standings = pa.Table.from_pylist(whole, schema=STANDINGS)
        return Told(
            subscriber=OWNER,
            surveys=(msgspec.structs.replace(record, finished=record.started + 60 * 60 * 24),),
            day=date(2026, 11, 24),
            strict=False,
            rows=table,
            changes=standings,
            counts=counts_of(table, standings),
        )

    return told


def written(told):
    out = io.BytesIO()
    write_stix(told, out)
    return out.getvalue()


NETWORKS = ("127.128.0.0/25", "192.0.2.0/24", "2001:db8::/116", "198.51.100.0/28")
"""Of the zoo some: the library takes its time."""


@pytest.fixture(scope="module")
def bundle(zoo, tmp_path_factory):
    """Made twice."""
    made = []
    with Store(zoo) as store, Directory(zoo) as directory:
        record = store.latest(judged=True)
        some = msgspec.structs.replace(OWNER, networks=NETWORKS)
        for _ in range(2):
            target = tmp_path_factory.mktemp("stix")
            run = make_reports(store, record, directory, target, (Format.STIX,), subscribers=[some])
            (document,) = run.documents
            made.append((target / document.file).read_bytes())
    return made


def test_a_second_run_writes_the_same_octets_and_the_library_reads_them(bundle):
    octets, again = bundle
    assert octets == again
    found = read(octets)
    assert {one["type"] for one in found.values()} >= OBSERVABLES | {
        "vulnerability",
        "course-of-action",
        "infrastructure",
        "observed-data",
        "sighting",
    }
    assert not of_type(found, "indicator")
    assert [one["name"] for one in of_type(found, "marking-definition")] == ["TLP:AMBER"]
    (marking,) = of_type(found, "marking-definition")
    for one in of_type(found, "infrastructure", "observed-data", "sighting", *OBSERVABLES):
        assert one["object_marking_refs"] == [marking["id"]]


def test_every_endpoint_with_a_fault_is_there_with_its_faults(bundle, zoo_endpoints):
    found = read(bundle[0])
    faults = {one["id"]: one["labels"][0] for one in of_type(found, "vulnerability")}
    has, services = {}, {}
    for one in of_type(found, "relationship"):
        if one["relationship_type"] == "has":
            has.setdefault(one["source_ref"], set()).add(faults[one["target_ref"]])
        if one["target_ref"].startswith("network-traffic--"):
            services[one["source_ref"]] = found[one["target_ref"]]
    told = {}
    for one in of_type(found, "infrastructure"):
        service = services[one["id"]]
        told.setdefault((found[service["dst_ref"]]["value"], service["dst_port"]), []).append(
            (has[one["id"]], set(one["labels"]))
        )
    networks = [ip_network(network) for network in NETWORKS]
    wanted = 0
    for row, _, _ in zoo_endpoints.values():
        words = {name for name in row["findings"] if FINDINGS[name] >= LEAST}
        words |= {row["class"]} - {str(one) for one in SOUND}
        if not words or not any(ip_address(row["ip"]) in network for network in networks):
            continue
        ((faults_told, labels),) = told[row["ip"], row["port"]]
        assert faults_told == words
        assert {
            row["class"],
            *row["findings"],
            f"severity:{row['worst']}",
            f"evidence:{row['evidence']}",
        } <= labels
        assert ("strict" in labels, "wide" in labels) == (row["strict"], row["wide"])
        wanted += 1
    assert wanted == len(told) > 100


def test_the_count_of_a_sighting_is_that_of_its_endpoints(bundle):
    found = read(bundle[0])
    counts = {}
    for one in of_type(found, "relationship"):
        if one["relationship_type"] == "has":
            counts[one["target_ref"]] = counts.get(one["target_ref"], 0) + 1
    assert {one["sighting_of_ref"]: one["count"] for one in of_type(found, "sighting")} == counts


def test_a_later_survey_changes_what_the_earlier_one_said_and_adds_no_double(told_of):
    row = {
        "sha256_fingerprint": "AA:" * 31 + "AA",
        "asn": 64496,
        "hostname": "mail.example.org",
        "handshake": "TLSv1.2",
    }
    first = read(written(told_of(row)))
    later = read(written(told_of({**row, "timestamp": "2026-11-25 03:15:00", "banner": "+OK another"})))
    assert first.keys() ^ later.keys() == {
        one["id"] for found in (first, later) for one in of_type(found, "observed-data")
    }
    for identifier in first.keys() & later.keys():
        before, after = first[identifier], later[identifier]
        assert before.get("created") == after.get("created")
        if before != after:
            assert before["modified"] < after["modified"]


def test_what_is_mended_has_an_end_and_none_any_more_when_it_is_back(told_of):
    """An object that was revoked must never come again (STIX 2.1 §3.2): a platform would not show a fault that is back."""
    row = {"tag": "imap;no-tls;weak-version"}
    change = {"ip": "192.0.2.1", "port": 143, "protocol": "imap"}
    before = read(written(told_of(row)))
    fixed = {**change, "standing": "fixed", "words": [], "told": ["no_tls", "weak_version"]}
    after = read(written(told_of(changes=[fixed])))
    has = {one["id"] for one in of_type(before, "relationship") if one["relationship_type"] == "has"}
    over = {one["id"] for one in of_type(after, "relationship") if one.get("stop_time")}
    assert len(has) == 2
    assert over == has
    (infrastructure,) = of_type(after, "infrastructure")
    assert infrastructure["labels"] == ["fixed"]
    assert infrastructure["modified"] > before[infrastructure["id"]]["modified"]
    better = {**change, "standing": "open", "words": ["weak_version"], "told": ["no_tls", "weak_version"]}
    half = read(written(told_of({"tag": "imap;tls-required;weak-version"}, changes=[better])))
    assert sorted("stop_time" in half[one] for one in has) == [False, True]
    back = {**change, "standing": "back", "words": ["no_tls", "weak_version"], "told": []}
    again = read(written(told_of({**row, "timestamp": "2027-01-01 03:15:00"}, changes=[back])))
    assert not any("stop_time" in again[one] for one in has)
    assert all(again[one]["modified"] > after[one]["modified"] for one in has)
    for found in (before, after, half, again):
        assert not any("revoked" in one for one in found.values())


def test_what_was_asked_again_and_is_mended_is_said_once(told_of):
    """The survey still has the fault: told with it, a platform shows as open what the owner was told is fixed."""
    row = {"tag": "imap;no-tls", "standing": "fixed"}
    change = {"ip": "192.0.2.1", "port": 143, "protocol": "imap", "standing": "fixed"}
    found = read(written(told_of(row, changes=[{**change, "words": [], "told": ["no_tls"]}])))
    assert [one["labels"] for one in of_type(found, "infrastructure")] == [["fixed"]]
    assert not of_type(found, "sighting")


def test_what_does_not_concern_a_subscriber_any_more_and_is_still_there_has_no_end(told_of):
    row = {"tag": "imap;no-tls;weak-version"}
    change = {"ip": "192.0.2.1", "port": 143, "protocol": "imap", "standing": "open"}
    severe = {**change, "words": ["no_tls"], "told": ["no_tls", "weak_version"]}
    found = read(written(told_of(row, changes=[severe])))
    assert not any("stop_time" in one for one in found.values())


def test_what_is_as_it_should_be_is_left_out(told_of):
    found = read(written(told_of({"tag": "imap;implicit-tls", "type": "scan_imap", "severity": "info"})))
    assert {one["type"] for one in found.values()} == {"marking-definition", "identity"}


@pytest.mark.parametrize("tlp", Tlp)
def test_the_label_is_the_one_that_was_asked_for(told_of, tlp, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"TLP:{tlp.upper()}")
    found = read(written(told_of({})))
    (marking,) = of_type(found, "marking-definition")
    assert marking["name"] == {"clear": "TLP:WHITE"}.get(tlp, f"TLP:{tlp.upper()}")


def test_a_label_that_is_none_is_refused_before_anything_is_written(told_of, monkeypatch):
    monkeypatch.setenv(VARIABLE, "white")
    out = io.BytesIO()
    with pytest.raises(StoreError, match="OPENLETTER_TLP is 'white'; give clear, green, amber"):
        write_stix(told_of({}), out)
    assert not out.getvalue()


def test_the_link_of_a_finding_is_a_reference(told_of):
    found = read(written(told_of({"link": "https://mail.example.org/finding/abc"})))
    (infrastructure,) = of_type(found, "infrastructure")
    assert infrastructure["external_references"][0]["url"] == "https://mail.example.org/finding/abc"


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=20))
def test_any_text_stays_a_text(told_of, text):
    shown = visible_text(text) or None
    names = ("banner", "hostname", "network_name", "subject_common_name", "issuer_organization_name")
    row = {
        **dict.fromkeys(names, shown),
        "asn": 64496,
        "sha256_fingerprint": "AA" * 32,
        "cert_serial_number": "0B",
    }
    octets = written(told_of(row))
    assert re.match(rb'\{"type":"bundle","id":"bundle--[0-9a-f-]{36}","objects":\[\n', octets)
    found = read(octets)
    if shown:
        assert [one["value"] for one in of_type(found, "domain-name")] == [shown]
        (infrastructure,) = of_type(found, "infrastructure")
        assert infrastructure["description"].endswith(f"It says: {shown}")
