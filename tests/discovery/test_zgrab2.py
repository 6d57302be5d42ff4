"""A foreign scan is judged by what it saw, and by nothing that it did not try.

What a user loses when this fails: servers called open or closed on the word of a scan that never asked.
"""

import io

import msgspec
import pytest

from openletter.dialogue.observation import (
    Greeting,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.discovery.error import DiscoveryError
from openletter.discovery.file_format import Format, detect
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, open_source
from openletter.discovery.zgrab2 import read_observations, seconds
from openletter.scope.ports import REGISTERED, PortPlan, Service
from openletter.verdict.facts import Sibling, derive
from openletter.verdict.verdict import judge_facts


def observe(octets: bytes, plan: PortPlan = REGISTERED) -> tuple[list[Observation], Reading]:
    reading = Reading("grabs", "JSON of zgrab2")
    source = Source("grabs", io.BytesIO(octets))
    return [seen.observation for seen in read_observations(source, reading, plan)], reading


def record(protocol: str = "imap", **response: object) -> bytes:
    whole = {"status": "success", "protocol": protocol, "timestamp": "2026-11-24T04:01:11Z", **response}
    return msgspec.json.encode({"ip": "192.0.2.1", "data": {protocol: whole}}) + b"\n"


@pytest.fixture(scope="module")
def old(fixtures):
    with open_source(str(fixtures / "zgrab2-0.1.json")) as source:
        assert detect(source) is Format.ZGRAB2
        return {seen.observation.ip: seen for seen in read_observations(source, Reading("", ""), REGISTERED)}


@pytest.fixture(scope="module")
def new(fixtures):
    with open_source(str(fixtures / "zgrab2-1.0.json")) as source:
        assert detect(source) is Format.ZGRAB2
        return {
            seen.observation.ip: seen.observation
            for seen in read_observations(source, Reading("", ""), REGISTERED)
        }


def test_a_starttls_that_worked_is_known_with_its_certificate_and_name(old):
    seen = old["192.0.2.1"].observation
    assert (seen.port, seen.protocol, seen.mode, seen.host) == (
        143,
        Protocol.IMAP,
        Mode.CLEARTEXT,
        "mail.example.org",
    )
    assert (seen.starttls_reply, seen.handshake.outcome) == (Reply.OK, HandshakeOutcome.OK)
    assert (seen.handshake.version, seen.handshake.cipher) == (
        "TLSv1.2",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    )
    assert list(old["192.0.2.1"].ders) == list(seen.handshake.chain)
    assert seen.caps_pre == ("IMAP4REV1", "SASL-IR", "STARTTLS", "AUTH=PLAIN")
    assert seen.caps_pre_source is ListSource.GREETING
    assert seen.started == 1_523_043_612.0


def test_tls_1_3_is_told_from_the_version_that_it_pretends_to_be(new):
    assert new["192.0.2.1"].handshake.version == "TLSv1.3"


def test_without_a_port_tls_that_came_first_means_the_port_where_it_does(old):
    seen = old["192.0.2.4"].observation
    assert (seen.port, seen.mode, seen.handshake.works) == (995, Mode.IMPLICIT, True)


def test_pop3_is_never_called_open_on_a_banner_alone(old):
    seen = old["192.0.2.2"].observation
    assert seen.apop
    assert judge_facts(derive(seen)).class_ == "unknown_auth"


def test_a_refused_connection_is_told_from_a_silent_one(old):
    assert old["192.0.2.3"].observation.tcp is Tcp.REFUSED


def test_an_open_login_beside_starttls_is_judged_as_our_own_would_be(new):
    assert judge_facts(derive(new["192.0.2.1"])).class_ == "tls_optional"


def test_starttls_refused_and_a_list_with_open_login_is_no_tls(new):
    assert new["192.0.2.5"].starttls_reply is Reply.BAD
    assert judge_facts(derive(new["192.0.2.5"])).class_ == "no_tls"
    assert judge_facts(derive(new["192.0.2.5"], Sibling.TLS)).class_ == "cleartext_port_open"


def test_starttls_that_was_never_tried_is_not_called_absent(new):
    """The same words from a dialogue of our own would have been followed by a try."""
    seen = new["192.0.2.6"]
    assert judge_facts(derive(seen)).class_ == "unknown_auth"
    assert judge_facts(derive(msgspec.structs.replace(seen, origin=""))).class_ == "no_tls"


def test_a_failed_handshake_keeps_its_alert(new):
    handshake = new["192.0.2.7"].handshake
    assert (handshake.outcome, handshake.detail) == (HandshakeOutcome.ALERT, "handshake_failure")


def test_the_list_inside_tls_is_not_taken_for_one_before_it(new):
    seen = new["192.0.2.8"]
    assert (seen.caps_pre, seen.caps_post) == ((), ("IMAP4REV1", "AUTH=PLAIN"))
    assert judge_facts(derive(seen)).class_ == "implicit_tls"


def test_a_banner_in_the_clear_from_993_is_a_fault_of_the_server(new):
    assert judge_facts(derive(new["192.0.2.9"])).class_ == "cleartext_on_tls_port"


def test_a_server_that_kept_silent_is_silent(new):
    assert judge_facts(derive(new["192.0.2.10"])).class_ == "silent"


def test_what_says_nothing_of_a_server_is_left_out(new, fixtures):
    assert set(new) == {"192.0.2.1", *(f"192.0.2.{n}" for n in range(5, 11))}
    _, reading = observe((fixtures / "zgrab2-1.0.json").read_bytes())
    assert (reading.found, reading.other, reading.malformed) == (7, 3, 0)


def test_every_observation_says_that_it_is_foreign(new):
    assert {seen.origin for seen in new.values()} == {"zgrab2"}


@pytest.mark.parametrize("name", ["zgrab2-0.1.json", "zgrab2-1.0.json"])
def test_any_cut_file_gives_the_observations_before_the_cut(fixtures, name):
    octets = (fixtures / name).read_bytes()
    whole, _ = observe(octets)
    for end in range(len(octets)):
        seen, reading = observe(octets[:end])
        assert seen == whole[: len(seen)]
        assert reading.malformed == 0


def test_tls_tried_on_the_cleartext_port_says_nothing():
    seen, reading = observe(
        record(port=143, status="unknown-error", result={"tls": {"handshake_log": {}}}, error="EOF")
    )
    assert (seen, reading.other) == ([], 1)


def test_an_odd_port_is_what_the_user_says():
    line = record(port=1143, result={"banner": "* OK ready\r\n"})
    assert observe(line)[0] == []
    (seen,), _ = observe(line, PortPlan((Service(1143, Protocol.IMAP, Mode.CLEARTEXT),)))
    assert (seen.port, seen.greeting) == (1143, Greeting.OK)
    assert observe(line, PortPlan((Service(1143, Protocol.POP3, Mode.CLEARTEXT),)))[0] == []


@pytest.mark.parametrize("completed", [True, False])
def test_newer_versions_say_themselves_whether_the_handshake_was_completed(completed):
    line = record(
        port=143,
        status="tls-application-error",
        error="EOF",
        result={
            "banner": "* OK\r\n",
            "starttls": "a001 OK\r\n",
            "tls": {"handshake_completed_successfully": completed},
        },
    )
    assert observe(line)[0][0].handshake.works is completed


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("read tcp: connection reset by peer", HandshakeOutcome.RESET),
        ("EOF", HandshakeOutcome.CLOSED),
        ("read tcp: i/o timeout", HandshakeOutcome.TIMEOUT),
        ("tls: first record does not look like a TLS handshake", HandshakeOutcome.PLAINTEXT),
        ("tls: server selected unsupported protocol version 300", HandshakeOutcome.INVALID),
    ],
)
def test_how_a_handshake_failed_is_read_from_gos_words(error, outcome):
    line = record(
        port=143,
        status="unknown-error",
        error=error,
        result={"banner": "* OK\r\n", "starttls": "a001 OK\r\n", "tls": {}},
    )
    assert observe(line)[0][0].handshake.outcome is outcome


@pytest.mark.parametrize(
    ("said", "reply", "behind"),
    [
        ("a001 OK go\r\n", Reply.OK, b""),
        ("* CAPABILITY IMAP4rev1\r\na001 OK go\r\n* OK injected\r\n", Reply.OK, b"* OK injected\r\n"),
        ("a001 NO not now\r\n", Reply.NO, b""),
        ("* BAD what\r\n", Reply.BAD, b""),
        ("220 hello\r\n", Reply.GARBAGE, b""),
    ],
)
def test_the_answer_to_starttls_is_found_among_what_was_said(said, reply, behind):
    (seen,), _ = observe(record(port=143, status="x", result={"banner": "* OK\r\n", "starttls": said}))
    assert (seen.starttls_reply, seen.bytes_after_starttls_ok) == (reply, behind)


def test_another_protocol_behind_the_port_is_told():
    (seen,), _ = observe(record(port=143, result={"banner": "SSH-2.0-OpenSSH_9.2\r\n"}))
    assert (seen.greeting, seen.guess) == (Greeting.OTHER, "ssh")


def test_hostile_records_bring_nothing_down():
    lines = [
        record(port=99_999, result={"banner": "* OK\r\n"}),
        record(port=143, result={"banner": 5}),
        record(port=143, result={"banner": "x" * 100_000}),
        record(port=143, timestamp="9999-99-99", result={"banner": "* OK \u0000\u001b[2J\r\n"}),
        record(
            port=143,
            result={"tls": {"handshake_log": {"server_certificates": {"chain": [{"raw": "!"}] * 99}}}},
        ),
    ]
    seen, reading = observe(b"".join(lines))
    assert (len(seen), reading.other) == (2, 3)
    assert max(len(one.banner) for one in seen) <= 512


def test_what_is_nested_without_end_is_left_out():
    right = record(port=143, result={"banner": "* OK\r\n"})
    seen, reading = observe(right + b'{"ip": "192.0.2.9", "data": ' + b"[" * 100_000 + b"\n" + right)
    assert (len(seen), reading.malformed) == (2, 1)


def test_gos_zero_time_is_none():
    """A survey of the year 1 would else be the oldest of the store for ever."""
    assert seconds("0001-01-01T00:00:00Z") == 0.0
    assert seconds("2026-01-02T03:04:05Z") > 0


def test_json_of_something_else_is_refused():
    with pytest.raises(DiscoveryError, match="zgrab2"):
        observe(b'{"hello": 1}\n' * 20)
