"""An enriched survey says of each endpoint what looking at it alone says, is counted as that, and stands there with its
verdicts or not at all.

What a user loses when these fail: a network's owner is told of another's servers.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from openletter.dialogue.observation import HandshakeOutcome, Mode, Protocol, Tcp
from openletter.enrich import endpoint_table
from openletter.enrich.dataset import geo_data
from openletter.enrich.enriching import enrich_survey, enriching
from openletter.enrich.error import DataSetError
from openletter.enrich.name_cache import NameCache, Named
from openletter.enrich.product import recognise
from openletter.enrich.rollup import ALL_QUESTIONS
from openletter.store.compaction import compact
from openletter.store.error import NoSurveyError, StoreError
from openletter.store.file_set import Kind, Standing
from openletter.store.files import publish_whole_table, read_table
from openletter.store.observation_table import sort_key
from openletter.store.retention import prune
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.state import is_merged, merge_state
from openletter.verdict.verdict_table import SCHEMA as VERDICTS

TRUST = Trust(roots=[])
OWN = """# name: Own
cidr,country,region,city,asn,name
192.0.2.0/24,DE,Bavaria,Munich,64500,Example
192.0.2.128/25,AT,,Vienna,64501,Ejemplo
2001:db8::/32,JP,,,64502,Rei
"""
EXPIRES = datetime(2027, 3, 1, tzinfo=UTC)


def certificate(key, *, organisation="", names=()):
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "issuing authority")]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    builder = x509.CertificateBuilder().issuer_name(x509.Name(attributes)).public_key(key.public_key())
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")]))
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    builder = builder.serial_number(1).not_valid_before(EXPIRES - timedelta(days=90)).not_valid_after(EXPIRES)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def certificates():
    rsa_key, ec_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    ders = [
        certificate(rsa_key, organisation="Example CA", names=("*.example.net", "mx.example.net")),
        certificate(ec_key),
        b"no certificate at all",
    ]
    return {sha256(der).hexdigest(): der for der in ders}


@pytest.fixture
def sources(store, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    return geo_data([path], store.root)[:1]


@pytest.fixture
def observed(seen, session, certificates):
    first, second, broken = certificates
    pop3 = {"protocol": Protocol.POP3, "caps_pre": ("USER",)}
    implicit = {"mode": Mode.IMPLICIT, "caps_pre": (), "caps_post": ("IMAP4REV1",)}
    return [
        seen("192.0.2.1", banner=b"* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready."),
        seen("192.0.2.1", 993, **implicit, handshake=session(first, second)),
        seen("192.0.2.1", 110, **pop3, banner=b"+OK mx Cyrus POP3 v2.4.17 server ready <1@mx>"),
        seen(
            "192.0.2.200",
            993,
            **implicit,
            handshake=session(second, version="TLSv1.2"),
            host="mail.example.org",
        ),
        seen(
            "192.0.2.201",
            993,
            **implicit,
            handshake=session(outcome=HandshakeOutcome.ALERT, version="TLSv1.2"),
            legacy=session(broken, version="TLSv1", cipher="TLS_RSA_WITH_RC4_128_SHA"),
        ),
        seen("192.0.2.202", 993, **implicit, handshake=session(), country="CH"),
        seen(
            "198.51.100.1", tcp=Tcp.TIMEOUT, greeting="not_reached", caps_pre=(), caps_pre_source="not_asked"
        ),
        seen("2001:db8::1", banner=b"* OK ready", country="KR"),
    ]


@pytest.fixture
def judged(store, surveyed, observed, certificates):
    survey = surveyed(observed, certificates)
    judge_survey(store, store.survey(survey), TRUST, processes=1)
    return store.survey(survey)


def rows(store, record):
    tables = [read_table(path) for path in store.endpoint_files(store.survey(record.id))]
    return {(row["ip"], row["port"]): row for table in tables for row in table.to_pylist()}


def rollup(store, record, name):
    current = store.current(Kind.ROLLUPS, record.id)
    return read_table(store.root / current.folder / f"{name}.parquet").to_pylist()


def test_each_endpoint_has_its_place(store, judged, sources):
    done = enrich_survey(store, judged, sources)
    assert done.endpoints == 8
    assert [one.name for one in done.datasets] == ["Own"]
    found = {
        place: [row[name] for name in ("country", "country_source", "region", "city", "asn", "network_name")]
        for place, row in rows(store, judged).items()
    }
    munich, vienna = (
        ["DE", "data", "Bavaria", "Munich", 64500, "Example"],
        ["AT", "data", "", "Vienna", 64501, "Ejemplo"],
    )
    assert found == {
        ("192.0.2.1", 110): munich,
        ("192.0.2.1", 143): munich,
        ("192.0.2.1", 993): munich,
        ("192.0.2.200", 993): vienna,
        ("192.0.2.201", 993): vienna,
        ("192.0.2.202", 993): ["CH", "scope", *vienna[2:]],
        ("198.51.100.1", 143): ["", "", "", "", 0, ""],
        ("2001:db8::1", 143): ["KR", "scope", "", "", 64502, "Rei"],
    }


def test_each_endpoint_has_the_product_that_looking_at_it_alone_recognises(store, judged, observed):
    enrich_survey(store, judged, [])
    found = rows(store, judged)
    for one in observed:
        row, alone = found[one.ip, one.port], recognise(one)
        if alone.product == "unknown":
            assert [row[f"product{what}"] for what in ("", "_version", "_certainty")] == ["", "", ""]
        else:
            assert (row["product"], row["product_version"], row["product_certainty"]) == (
                alone.product,
                alone.version,
                alone.certainty,
            )
    assert {row["product"] for row in found.values()} == {"", "dovecot", "cyrus"}


def test_each_endpoint_has_its_session_and_the_leaf_of_it(store, judged, certificates):
    enrich_survey(store, judged, [])
    found = rows(store, judged)
    first, second, broken = certificates
    names = (
        "tls_version",
        "cipher",
        "certificate",
        "cert_issuer",
        "cert_key",
        "cert_signature",
        "cert_not_after",
    )
    gcm, none = "TLS_AES_256_GCM_SHA384", ["", "", "", "", "", "", None]
    expected = {
        ("192.0.2.1", 110): none,
        ("192.0.2.1", 143): none,
        ("192.0.2.1", 993): [
            "TLSv1.3", gcm, first, "Example CA", "RSA 2048", "sha256WithRSAEncryption", EXPIRES.timestamp(),
        ],
        ("192.0.2.200", 993): [
            "TLSv1.2", gcm, second, "issuing authority", "EC P-256", "ecdsa-with-SHA256", EXPIRES.timestamp(),
        ],
        ("192.0.2.201", 993): ["TLSv1", "TLS_RSA_WITH_RC4_128_SHA", broken, "", "", "", None],
        ("192.0.2.202", 993): ["TLSv1.3", gcm, "", "", "", "", None],
        ("198.51.100.1", 143): none,
        ("2001:db8::1", 143): none,
    }  # fmt: skip
    assert {place: [row[name] for name in names] for place, row in found.items()} == expected


def test_a_host_is_known_by_the_name_given_then_by_dns_then_by_its_certificate(store, judged):
    with NameCache(store.root) as names:
        names.keep([Named(sort_key("2001:db8::1"), "ptr.example.jp", 0, 1)])
    enrich_survey(store, judged, [])
    found = {place: (row["hostname"], row["hostname_source"]) for place, row in rows(store, judged).items()}
    assert found["192.0.2.200", 993] == ("mail.example.org", "given")
    assert found["192.0.2.1", 993] == ("mx.example.net", "certificate")
    assert found["2001:db8::1", 143] == ("ptr.example.jp", "ptr")
    assert found["192.0.2.202", 993] == ("", "")


def test_who_reads_verdicts_can_read_endpoints(store, judged, sources):
    """Statistics, the state and diff read either."""
    (before,) = [read_table(path) for path in store.endpoint_files(judged)]
    enrich_survey(store, judged, sources)
    (after,) = [read_table(path) for path in store.endpoint_files(store.survey(judged.id))]
    assert after.schema.names == endpoint_table.SCHEMA.names
    for name in VERDICTS.names:
        assert after.schema.field(name) == before.schema.field(name)
        if name != "country":
            assert after.column(name).to_pylist() == before.column(name).to_pylist()
    assert after.schema.metadata[b"openletter.rules"] == before.schema.metadata[b"openletter.rules"]


def test_roll_ups_count_what_the_endpoints_say(store, judged, sources):
    enrich_survey(store, judged, sources)
    answered = [row for row in rows(store, judged).values() if row["class"] != "unreachable"]
    assert sorted(path.name for path in store.files_of(store.current(Kind.ROLLUPS, judged.id))) == sorted(
        ALL_QUESTIONS
    )

    def count(*names):
        return Counter(tuple(row[name] for name in names) for row in answered)

    def told(name, *names):
        return {tuple(row[name] for name in names): row["n"] for row in rollup(store, judged, name)}

    for name, columns in {
        "products": ("product", "country", "protocol", "class", "strict", "wide"),
        "tls": ("tls_version", "cipher", "country", "protocol", "mode"),
    }.items():
        assert told(name, *columns) == count(*columns)
    findings = Counter(
        (finding, row["country"], row["protocol"]) for row in answered for finding in row["findings"]
    )
    assert told("findings", "finding", "country", "protocol") == findings
    severities = {str(modifier.name): str(modifier.severity) for modifier in MODIFIERS}
    assert findings
    for row in rollup(store, judged, "findings"):
        assert row["severity"] == severities[row["finding"]]
    shown = [row for row in answered if row["certificate"]]
    assert {
        (row["cert_issuer"], row["cert_key"], row["cert_signature"]): (row["n"], row["leaves"])
        for row in rollup(store, judged, "certificates")
    } == {
        key: (count, 1)
        for key, count in Counter(
            (r["cert_issuer"], r["cert_key"], r["cert_signature"]) for r in shown
        ).items()
    }
    asns = {(row["asn"], row["country"]): row for row in rollup(store, judged, "asns")}
    assert asns.keys() == {(64500, "DE"), (64501, "AT"), (64501, "CH"), (64502, "KR")}
    munich = asns[64500, "DE"]
    assert (munich["network_name"], munich["hosts_answered"], munich["endpoints"]) == ("Example", 1, 3)
    assert (munich["hosts_wide"], munich["pop3_wide"], munich["imap_wide"]) == (1, 1, 1)
    assert asns[64501, "AT"]["hosts_answered"] == 2
    assert asns[64501, "AT"]["hosts_wide"] == 0


def test_several_processes_say_what_one_says(store, surveyed, seen, sources):
    survey = surveyed([seen(f"192.0.2.{host}", banner=b"* OK %d" % (host % 9)) for host in range(1, 200)])
    compact(store, store.survey(survey), part_rows=50)
    judge_survey(store, store.survey(survey), TRUST, processes=1)
    record = store.survey(survey)
    enrich_survey(store, record, sources, processes=1)
    alone = rows(store, record)
    assert len(store.endpoint_files(record)) > 1
    enrich_survey(store, record, sources, processes=2)
    assert rows(store, record) == alone


def test_judging_and_enriching_in_one_step_is_what_it_is_in_two(
    store, surveyed, observed, certificates, sources
):
    survey = surveyed(observed, certificates)
    record = store.survey(survey)
    seen_by_readers = []
    publish = store.manifest.publish

    def watched(sets, **more):
        publish(sets, **more)
        seen_by_readers.append((store.survey(survey).rules_version != "", store.is_enriched(record)))

    store.manifest.publish = watched
    judge_survey(store, record, TRUST, further=enriching(store, record, sources))
    assert (True, False) not in seen_by_readers, "verdicts were there without countries"
    once = rows(store, record)
    judge_survey(store, record, TRUST)
    assert not store.is_enriched(record)
    enrich_survey(store, record, sources)
    assert rows(store, record) == once
    assert [one.name for one in store.survey(survey).datasets] == ["Own"]


def test_verdicts_that_are_made_anew_are_not_enriched_by_what_was_made_of_the_old_ones(
    store, judged, sources
):
    enrich_survey(store, judged, sources)
    assert store.survey(judged.id).datasets
    judge_survey(store, judged, TRUST)
    record = store.survey(judged.id)
    assert (record.enriched, record.datasets, store.is_enriched(record)) == ("", (), False)
    assert store.endpoint_files(record) == store.verdict_files(record)
    standings = [one.standing for one in store.manifest.sets(kind=Kind.ENDPOINTS)]
    assert standings == [Standing.PREVIOUS], "who reads them still can"


def test_the_state_takes_the_countries_of_an_enriched_survey_and_those_of_a_later_enriching(
    store, judged, sources
):
    def places():
        tables = [read_table(path) for path in store.files_of(store.current(Kind.STATE))]
        return {(r["ip"], r["port"]): (r["country"], r["asn"]) for t in tables for r in t.to_pylist()}

    merge_state(store)
    assert places()["192.0.2.1", 143] == ("", 0)
    enrich_survey(store, judged, sources)
    assert not is_merged(store.survey(judged.id))
    assert merge_state(store) == [judged.id]
    assert places()["192.0.2.1", 143] == ("DE", 64500)
    assert merge_state(store) == []


def test_a_pruned_survey_keeps_its_counts_and_whose_data_they_are_of(store, judged, surveyed, seen, sources):
    enrich_survey(store, judged, sources)
    later = surveyed([seen("192.0.2.1")], now=1_800_086_400.0)
    judge_survey(store, store.survey(later), TRUST)
    merge_state(store)
    assert prune(store, keep=1).surveys == (judged.id,)
    record = store.survey(judged.id)
    assert {one.kind for one in store.manifest.sets(survey=judged.id)} == {Kind.ROLLUPS}
    assert not (store.root / "endpoints" / judged.id).exists() or not any(
        (store.root / "endpoints" / judged.id).iterdir()
    )
    assert [one.name for one in record.datasets] == ["Own"]
    assert rollup(store, judged, "asns")
    with pytest.raises(NoSurveyError, match="pruned"):
        enrich_survey(store, record, sources)


def test_a_survey_without_verdicts_says_how_to_get_some(store, surveyed, seen):
    survey = surveyed([seen("192.0.2.1")])
    with pytest.raises(NoSurveyError, match="openletter judge"):
        enrich_survey(store, store.survey(survey), [])


def test_data_that_vanish_meanwhile_leave_what_was_there(store, judged, sources):
    enrich_survey(store, judged, sources)
    before, sets = rows(store, judged), store.manifest.sets()
    broken = msgspec.structs.replace(sources[0], path=sources[0].path + ".gone")
    with pytest.raises(DataSetError, match="cannot be read"):
        enrich_survey(store, judged, [broken])
    assert rows(store, judged) == before
    assert store.manifest.sets() == sets
    assert len(list((store.root / "endpoints" / judged.id).iterdir())) == 1


def test_observations_that_came_after_the_verdicts_are_not_taken_for_theirs(store, judged, seen, sources):
    current = store.current(Kind.OBSERVATIONS, judged.id)
    (path,) = store.files_of(current)
    table = read_table(path)
    publish_whole_table(path, table.slice(1))
    with pytest.raises(StoreError, match="judge the survey anew"):
        enrich_survey(store, judged, sources)
