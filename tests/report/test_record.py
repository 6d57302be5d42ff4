"""The JSON of ``check --json``: other people's programs read it, so its shape is published and held."""

import ast
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.dialogue.observation import (
    Exchange,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Side,
    Tcp,
)
from openletter.report.host import host_reports
from openletter.report.record import escaped, schema, to_json
from openletter.tls.book import CertificateBook
from openletter.tls.trust import Trust

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "endpoint.json"


def endpoint(**facts: object) -> Observation:
    given: dict[str, object] = {
        "ip": "192.0.2.7",
        "port": 143,
        "protocol": Protocol.IMAP,
        "mode": Mode.CLEARTEXT,
        "started": 1_700_000_000.0,
        "tcp": Tcp.OPEN,
        "greeting": Greeting.OK,
        "banner": b"* OK \x1b[31mready \xff\x00",
        "caps_pre": ("IMAP4REV1", "AUTH=PLAIN"),
        "caps_pre_source": ListSource.COMMAND,
        "starttls_reply": Reply.BAD,
        "transcript": (Exchange(Side.SERVER, b"* OK \x1b[31mready\r\n"),),
    }
    return Observation(**{**given, **facts})  # type: ignore[arg-type]


def lines(*observations: Observation) -> list[dict[str, object]]:
    reports = host_reports(observations, CertificateBook(), Trust(roots=[]))
    return [json.loads(to_json(e)) for report in reports for e in report.endpoints]


def test_published_schema_is_that_of_the_code() -> None:
    """Else a program written against the published schema breaks without a word in the changelog."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json.loads(json.dumps(schema()))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"tcp": Tcp.REFUSED, "greeting": Greeting.NOT_REACHED, "banner": b"", "caps_pre": ()},
        {"host": "mail.example.org"},
        {
            "starttls_reply": Reply.OK,
            "handshake": Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* BYE\xff"),
        },
        {
            "port": 993,
            "mode": Mode.IMPLICIT,
            "handshake": Handshake(
                outcome=HandshakeOutcome.OK, version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256"
            ),
        },
    ],
)
def test_output_holds_to_the_schema(facts: dict[str, object]) -> None:
    """Else a validating reader throws our lines away."""
    for line in lines(endpoint(**facts)):
        jsonschema.Draft202012Validator(schema()).validate(line)


def test_contract_of_the_design() -> None:
    """The fields that the design promises are there under their names, and ``host`` only where a name was given."""
    (line,) = lines(endpoint())
    promised = {
        "ip",
        "port",
        "protocol",
        "class",
        "severity",
        "evidence",
        "strict",
        "wide",
        "findings",
        "observation",
    }
    assert promised <= line.keys()
    assert "host" not in line
    (named,) = lines(endpoint(host="mail.example.org"))
    assert named["host"] == "mail.example.org"


def test_siblings_are_joined_within_a_host() -> None:
    """Else a server whose TLS port works is called one that has no TLS."""
    with_tls = endpoint(
        port=993,
        mode=Mode.IMPLICIT,
        handshake=Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256"),
    )
    assert [line["class"] for line in lines(endpoint(), with_tls)] == ["cleartext_port_open", "implicit_tls"]
    assert [line["class"] for line in lines(endpoint())] == ["no_tls"]


@given(st.binary(max_size=200))
def test_escaped_octets_can_be_turned_back(octets: bytes) -> None:
    """Else evidence is lost on its way into JSON, or a control character finds its way to a terminal."""
    text = escaped(octets)
    assert text.isascii()
    assert text.isprintable()
    quoted = text.replace("'", "\\'")
    assert ast.literal_eval(f"b'{quoted}'") == octets
