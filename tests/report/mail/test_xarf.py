"""X-ARF for abuse desks. What a user loses when these fail: the desk's program puts the report aside, or a server's words become
fields of it.

The YAML is read by a reader of this file's own, which knows what the specification allows a scalar to look like and refuses
what programs that split lines at the first colon would take otherwise.
"""

import base64
import email
import hashlib
import json
import re
import subprocess
import uuid
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from openletter.dialogue.observation import Exchange, Side
from openletter.report.mail.mailbox import Mailbox
from openletter.report.mail.message import POLICY
from openletter.report.mail.xarf import (
    MAX_ATTACHED,
    MAX_EVIDENCE,
    attach_xarf,
    evidence_text,
    report_text,
    xarf_json,
    xarf_message,
    xarf_of,
)
from openletter.report.mail.xarf_schema import schema

REQUIRED = {
    "Reported-From": str,
    "Report-ID": str,
    "Category": str,
    "Report-Type": str,
    "Date": str,
    "Source": str,
    "Source-Type": str,
    "Attachment": str,
    "Schema-URL": str,
}
"""Of X-ARF 0.2, whatever the schema."""

REQUIRED_4 = {
    "xarf_version",
    "report_id",
    "timestamp",
    "reporter",
    "sender",
    "source_identifier",
    "category",
    "type",
    "service",
}
"""Of XARF 4 and its type vulnerability/misconfiguration."""

CSIRT = Mailbox("CSIRT of Example", "reports@example.org")
SAID = [
    Exchange(Side.SERVER, b"+OK ready\r\n"),
    Exchange(Side.CLIENT, b"CAPA\r\n"),
    Exchange(Side.SERVER, b"+OK\r\nUSER\r\n.\r\n"),
]


def row(**more):
    return {
        "ip": "192.0.2.1",
        "port": 110,
        "timestamp": "2026-11-24 00:00:01",
        "severity": "medium",
        "tag": "pop3;no-tls;password-guessing-exposed",
        "evidence": "advertised",
        "clause": "RFC 8314 §4, RFC 9051 §6.2.2",
        "hostname": "mail.example.net",
        "banner": "+OK ready",
        **more,
    }


def read_yaml(text):
    """A map of scalars, as YAML 1.1 and 1.2 both have it; anything else is an error."""
    first, *lines = text.splitlines()
    assert first == "---", "some desks want the mark of a document"
    found = {}
    for line in lines:
        name, colon, value = line.partition(": ")
        assert colon
        assert re.fullmatch(r"[A-Z][A-Za-z0-9-]*", name)
        assert name not in found
        if value.startswith('"'):
            found[name] = json.loads(value)
            continue
        assert ": " not in value
        assert " #" not in value
        assert not value.endswith((":", " "))
        assert value[0] not in "-?:,[]{}#&*!|>'%@`\""
        assert value.lower() not in {"true", "false", "yes", "no", "on", "off", "null", "~", ""}
        assert not re.fullmatch(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+", value), "a number of base 60 in YAML 1.1"
        if re.fullmatch(r"-?\d+", value):
            found[name] = int(value)
        elif re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", value) and value.count(".") < 2:
            found[name] = float(value)
        else:
            found[name] = value
    return found


def test_a_message_has_the_parts_and_fields_that_a_desk_looks_for():
    message = email.message_from_bytes(xarf_message(xarf_of(row(), CSIRT, SAID)).as_bytes(), policy=default)
    assert message["X-XARF"] == "PLAIN"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/mixed"
    text, report, said, four = message.iter_parts()
    for part in (text, report, said):
        assert part.get_content_type() == "text/plain"
        assert part.get_content_charset() == "utf-8"
    assert report.get_param("name") == "report.txt"
    fields = read_yaml(report.get_content())
    for name, kind in REQUIRED.items():
        assert isinstance(fields[name], kind)
    assert fields["Category"] in {"abuse", "fraud", "info", "private"}
    assert (fields["Source"], fields["Source-Type"], fields["Port"]) == ("192.0.2.1", "ip-address", 110)
    assert fields["Attachment"] == said.get_content_type()
    assert parsedate_to_datetime(fields["Date"]) == datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC)
    assert re.fullmatch(r"[0-9a-f]+@example\.org", fields["Report-ID"])
    assert fields["Version"] == 0.2
    assert said.get_content().splitlines() == ["S: +OK ready", "C: CAPA", "S: +OK", "S: USER", "S: ."]
    assert "192.0.2.1:110 (POP3)" in text.get_content()
    assert four.get_filename() == "xarf.json"


@pytest.mark.parametrize(("ip", "kind"), [("192.0.2.1", "ip-address"), ("2001:db8::1", "ipv6")])
def test_what_kind_of_source_it_is(ip, kind):
    """X-ARF 0.2, appendix B: ``ip-address`` is one of IPv4; a desk that holds to it turns another away."""
    assert read_yaml(report_text(xarf_of(row(ip=ip), CSIRT)))["Source-Type"] == kind


def test_newer_desks_find_version_4():
    report = json.loads(xarf_json(xarf_of(row(), CSIRT, SAID)))
    assert set(report) >= REQUIRED_4
    assert re.fullmatch(r"4\.\d+\.\d+", report["xarf_version"])
    assert uuid.UUID(report["report_id"]).version == 4
    for who in (report["reporter"], report["sender"]):
        assert set(who) == {"org", "contact", "domain"}, "nothing else is allowed there"
    assert (report["category"], report["type"]) == ("vulnerability", "misconfiguration")
    assert report["evidence_source"] in {"vulnerability_scan", "automated_scan", "researcher_analysis"}
    (evidence,) = report["evidence"]
    payload = base64.b64decode(evidence["payload"], validate=True)
    assert evidence["hash"] == "sha256:" + hashlib.sha256(payload).hexdigest()
    assert evidence["size"] == len(payload)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_+-]*:[a-z0-9][a-z0-9_+.-]*", tag) for tag in report["tags"])


@pytest.mark.parametrize(
    "more", [{}, {"clause": None, "hostname": None, "tag": "imap;tls-optional"}, {"ip": "2001:db8::1"}]
)
def test_it_holds_to_the_schema_that_it_names(more):
    """X-ARF's draft: what is not optional must be there; and nothing is there that the schema does not know."""
    fields = read_yaml(report_text(xarf_of(row(**more), CSIRT)))
    known = schema()["properties"]
    assert fields["Schema-URL"] == schema()["id"]
    assert {name for name, of in known.items() if not of.get("optional")} <= set(fields) <= set(known)
    kinds = {"string": str, "integer": int, "number": (int, float)}
    for name, value in fields.items():
        assert isinstance(value, kinds[known[name]["type"]])
        assert value in known[name].get("enum", [value])


def test_the_published_schema_is_that_of_the_code():
    published = Path(__file__).parents[3] / "docs" / "schema" / "xarf-info-cleartext-login-0.1.0.json"
    assert json.loads(published.read_text("utf-8")) == schema()


@pytest.mark.parametrize(
    "ip",
    ["192.0.2.1", "2001:db8::1", "::1", "2001:db8::", "2001:10:20:30:40:50:51:52", "1e5::", "fe80::1"],
)
def test_no_reader_of_yaml_takes_an_address_for_something_else(ip):
    assert read_yaml(report_text(xarf_of(row(ip=ip), CSIRT)))["Source"] == ip


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nCategory: abuse",
        "x: y # z",
        "yes",
        "1:30",
        '"quoted" \\u0041',
        "\u202emoc.elpmaxe",
        "漢字.example",
        "- a",
        "\x00\x1b[31m",
        "\x85next\u2028line",
    ],
)
def test_what_a_stranger_says_is_never_a_field(name):
    """Also not where a reader ends lines at what is no line end of ASCII."""
    text = report_text(xarf_of(row(hostname=name), CSIRT))
    fields = read_yaml(text)
    assert fields["Category"] == "info"
    assert fields["Source-Name"].isprintable()
    assert len(text.splitlines()) == len(fields) + 1


def test_a_header_cannot_be_made_to_hold_a_second_one():
    evil = Mailbox("CSIRT\r\nBcc: all@example.org", "reports@example.org")
    message = email.message_from_bytes(
        xarf_message(xarf_of(row(), evil)).as_bytes(policy=SMTP), policy=default
    )
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec == "reports@example.org"


def test_the_same_endpoint_gives_the_same_octets_and_another_one_another_number():
    one, again = (xarf_message(xarf_of(row(), CSIRT, SAID)).as_bytes() for _ in range(2))
    assert one == again
    assert xarf_of(row(), CSIRT).number != xarf_of(row(port=143), CSIRT).number


def test_evidence_has_a_bound_and_does_nothing():
    said = [Exchange(Side.SERVER, b"\x1b]0;x\x07\r\n" * 40_000)]
    text = evidence_text(said)
    assert len(text) < MAX_EVIDENCE + 100
    assert "\x1b" not in text
    assert text.endswith("left out\n")


def test_without_a_transcript_the_banner_is_the_evidence():
    assert xarf_of(row(), CSIRT).evidence == "S: +OK ready\n"
    assert "nothing was kept" in xarf_of(row(banner=None, clause=None, hostname=None), CSIRT).evidence


def test_they_hang_on_a_mail_as_messages_and_not_without_end():
    mail = EmailMessage(policy=POLICY)
    mail.set_content("see below")
    many = [xarf_of(row(ip=f"192.0.2.{n}"), CSIRT, SAID) for n in range(MAX_ATTACHED + 5)]
    assert attach_xarf(mail, many) == MAX_ATTACHED
    parts = list(email.message_from_bytes(mail.as_bytes(), policy=default).iter_attachments())
    assert len(parts) == MAX_ATTACHED
    assert {part.get_content_type() for part in parts} == {"message/rfc822"}
    assert parts[3].get_content()["X-XARF"] == "PLAIN"


def test_another_reader_of_yaml_reads_the_same():
    """The full language, by the reader that most desks' programs are built on; it is in IntelMQ's environment."""
    python = Path(__file__).parents[3] / ".venv-intelmq" / "bin" / "python"
    if not python.exists():
        pytest.skip(
            "NOT READ BY ANOTHER READER OF YAML: there is no .venv-intelmq; sh tools/setup.sh makes it"
        )
    addresses = ("192.0.2.1", "::1", "2001:10:20:30:40:50:51:52", "1e5::", "2001:db8::")
    names = ("yes", "1:30", '"q" \\u0041', "x: y # z", "漢字.example", "\x85next")
    texts = [report_text(xarf_of(row(ip=ip), CSIRT)) for ip in addresses]
    texts += [report_text(xarf_of(row(hostname=name), CSIRT)) for name in names]
    program = "import sys, json, yaml; print(json.dumps([yaml.safe_load(t) for t in json.load(sys.stdin)]))"
    run = subprocess.run(
        [python, "-c", program],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(run.stdout) == [read_yaml(text) for text in texts]
