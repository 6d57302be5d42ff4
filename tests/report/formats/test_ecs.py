"""Lines of the Elastic Common Schema, held against its published field list. What a user loses when these fail: an index that
turns events away for a field of the wrong type, or rules that match what the verdict does not say."""

import json
import re
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.report.formats.ecs import ECS, VERSION
from openletter.report.visible import visible_text

FIELDS = json.loads((Path(__file__).parent.parent / "fixtures" / "ecs-fields.json").read_text())
SEVERITY = {"info": 0, "low": 21, "medium": 47, "high": 73, "critical": 99}


def _is_date(value):
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)


def _is_ip(value):
    return isinstance(value, str) and str(ip_address(value)) == value


TYPES = {
    "keyword": lambda value: isinstance(value, str),
    "wildcard": lambda value: isinstance(value, str),
    "match_only_text": lambda value: isinstance(value, str),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "ip": _is_ip,
}


def no_doubles(pairs):
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def read(line):
    return json.loads(line, object_pairs_hook=no_doubles)


def flat(value, name=""):
    """Leaves by their dotted names."""
    if not isinstance(value, dict):
        return {name: value}
    return {
        path: leaf
        for key, inner in value.items()
        for path, leaf in flat(inner, f"{name}.{key}" if name else key).items()
    }


def check(event):
    """Asserts that each field is the schema's, of its type and among its allowed values."""
    leaves = flat(event)
    for name, value in leaves.items():
        if name.startswith("openletter."):
            assert value is not None
            continue
        field = FIELDS[name]
        assert isinstance(value, list) == field.get("array", False), name
        for one in value if isinstance(value, list) else [value]:
            assert TYPES[field["type"]](one), (name, one)
            assert one != "", name
            assert one in field.get("allowed", [one]), (name, one)
            assert one in field.get("expected", [one]), (name, one)
            assert re.fullmatch(field.get("pattern", ".*"), str(one), re.DOTALL), (name, one)
    expected = FIELDS["event.category"]["allowed"]
    for category in leaves["event.category"]:
        assert set(leaves["event.type"]) <= set(expected[category])
    return leaves


@pytest.fixture(scope="module")
def events(formats_made):
    return [
        (path.name, read(line))
        for path in sorted(formats_made[0].glob("*.ndjson"))
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]
    ]


def test_every_field_is_the_schema_s_and_of_its_type(events):
    names = set()
    for _, event in events:
        names |= check(event).keys()
    wanted = {
        "@timestamp",
        "ecs.version",
        "event.kind",
        "host.ip",
        "host.name",
        "destination.ip",
        "destination.port",
    }
    wanted |= {
        "destination.geo.country_iso_code",
        "destination.as.number",
        "tls.version",
        "tls.cipher",
        "rule.id",
    }
    wanted |= {
        "tls.server.x509.not_after",
        "tls.server.hash.sha256",
        "vulnerability.severity",
        "observer.product",
    }
    assert wanted <= names


def test_each_event_has_an_id_of_its_own(events):
    assert len({event["event"]["id"] for _, event in events}) == len(events)


def _name(name, oid):
    return [", ".join(found)] if (found := [one.value for one in name.get_attributes_for_oid(oid)]) else None


def _certificate(der):
    if der is None:
        return {}
    read_ = x509.load_der_x509_certificate(der)
    oid = x509.NameOID

    def date(when):
        return f"{when:%Y-%m-%dT%H:%M:%SZ}"

    return {
        "tls.server.not_after": date(read_.not_valid_after_utc),
        "tls.server.not_before": date(read_.not_valid_before_utc),
        "tls.server.x509.not_after": date(read_.not_valid_after_utc),
        "tls.server.x509.public_key_size": read_.public_key().key_size,
        "tls.server.x509.version_number": "3",
        "tls.server.x509.subject.common_name": _name(read_.subject, oid.COMMON_NAME),
        "tls.server.x509.issuer.common_name": _name(read_.issuer, oid.COMMON_NAME),
        "tls.server.x509.issuer.organization": _name(read_.issuer, oid.ORGANIZATION_NAME),
        "openletter.certificate.self_signed": read_.issuer == read_.subject,
    }


def _expected(row, seen, der):
    """What the event of an endpoint must say; None: nothing."""
    vulnerable = row["report"] == "vulnerable"
    six = ":" in row["ip"]
    banner = seen.banner.decode("utf-8", "surrogateescape").replace("\r\n", "|")
    number = {"SSLv3": "3.0", "TLSv1": "1.0"}.get(row["tls_version"], row["tls_version"].removeprefix("TLSv"))
    sure = row["product_certainty"] in ("certain", "likely")
    kind = f"scan{'6' if six else ''}_{row['protocol']}{'_vulnerable' if vulnerable else ''}"
    return {
        "@timestamp": f"{datetime.fromtimestamp(int(seen.started), UTC):%Y-%m-%dT%H:%M:%SZ}",
        "ecs.version": VERSION,
        "event.kind": "state",
        "event.category": ["network", "vulnerability"] if vulnerable else ["network"],
        "event.dataset": f"openletter.{kind}",
        "event.severity": SEVERITY[row["worst"]],
        "event.code": row["class"],
        "rule.id": row["class"],
        "rule.category": row["report"],
        "vulnerability.id": row["class"] if vulnerable else None,
        "vulnerability.severity": row["worst"].capitalize() if vulnerable else None,
        "network.protocol": row["protocol"],
        "network.type": "ipv6" if six else "ipv4",
        "network.application": row["product"] if sure else None,
        "service.version": (row["product_version"] or None) if sure else None,
        "destination.ip": row["ip"],
        "destination.port": row["port"],
        "destination.domain": row["hostname"] or None,
        "destination.geo.country_iso_code": row["country"] or None,
        "destination.geo.region_name": row["region"].upper() or None,
        "destination.geo.city_name": row["city"].upper() or None,
        "destination.as.number": row["asn"] or None,
        "destination.as.organization.name": row["network_name"] or None,
        "server.ip": row["ip"],
        "server.port": row["port"],
        "host.ip": [row["ip"]],
        "host.name": row["hostname"] or None,
        "related.hosts": [row["hostname"]] if row["hostname"] else None,
        "tls.established": bool(row["tls_version"]),
        "tls.version": number or None,
        "tls.version_protocol": ("ssl" if row["tls_version"] == "SSLv3" else "tls") if number else None,
        "tls.cipher": row["cipher"] or None,
        "tls.server.hash.sha256": row["certificate"].upper() or None,
        **_certificate(der),
        "openletter.class": row["class"],
        "openletter.severity": row["worst"],
        "openletter.strict": row["strict"],
        "openletter.wide": row["wide"],
        "openletter.evidence": row["evidence"],
        "openletter.mode": row["mode"],
        "openletter.clause": row["clause"] or None,
        "openletter.findings": row["findings"],
        "openletter.product.name": row["product"] or None,
        "openletter.product.certainty": row["product_certainty"] or None,
        "openletter.hostname_source": row["hostname_source"] or None,
        "openletter.sector": row["sector"] or None,
        "openletter.certificate.expired": "cert_expired" in row["findings"] if row["certificate"] else None,
        "openletter.banner": visible_text(banner.replace("\n", "|").replace("\r", "|")) or None,
        "tags": [word.replace("_", "-") for word in (row["protocol"], row["class"], *row["findings"])],
    }


def test_every_reported_endpoint_is_one_event_that_says_what_the_verdict_says(events, zoo_endpoints):
    found = {}
    for name, event in events:
        leaves = flat(event)
        assert leaves["event.dataset"] == f"openletter.{name.split('-')[3]}"
        place = (leaves["destination.ip"], leaves["destination.port"], leaves.get("destination.domain", ""))
        assert place not in found
        found[place] = leaves
    assert len(found) == len(zoo_endpoints)
    for row, seen, der in zoo_endpoints.values():
        event = found[row["ip"], row["port"], row["hostname"]]
        wanted = _expected(row, seen, der)
        assert {name: event.get(name) for name in wanted} == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_comes_back_as_the_value_that_it_was(report_table, lines_of, texts):
    names = ("banner", "hostname", "network_name", "city", "subject_common_name", "product", "sector")
    rows = (
        {
            **dict.fromkeys(names, text or None),
            "sha256_fingerprint": f"AA:{n}",
            "product_certainty": "certain",
        }
        for n, text in enumerate(texts)
    )
    octets = lines_of(ECS, report_table(*rows))
    lines = octets.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(texts)
    for text, line in zip(texts, lines, strict=True):
        leaves = check(read(line))
        assert (leaves["destination.ip"], leaves["openletter.class"]) == ("192.0.2.1", "no_tls")
        assert leaves.get("openletter.banner", "") == visible_text(text)
        assert leaves.get("destination.domain", "") == visible_text(text)


def test_a_guess_at_the_product_is_not_told_as_a_fact(report_table, lines_of):
    rows = [
        {"product": "dovecot", "product_certainty": certainty, "port": port}
        for port, certainty in enumerate(("certain", "likely", "guess"), 1)
    ]
    events = [read(line) for line in lines_of(ECS, report_table(*rows)).splitlines()]
    assert [event["network"].get("application") for event in events] == ["dovecot", "dovecot", None]
    assert ["service" in event for event in events] == [True, True, False]
    assert [event["openletter"]["product"]["certainty"] for event in events] == ["certain", "likely", "guess"]


def test_a_name_with_the_signs_of_a_distinguished_name_stays_one_attribute(report_table, lines_of):
    """RFC 4514: or a certificate could say that it is somebody else's."""
    row = {
        "sha256_fingerprint": "AA",
        "subject_common_name": 'a, O=Bank+"\\',
        "subject_organization_name": "#b",
    }
    (event,) = (read(line) for line in lines_of(ECS, report_table(row)).splitlines())
    assert event["tls"]["server"]["subject"] == 'CN=a\\, O\\=Bank\\+\\"\\\\, O=\\#b'
