"""Report rows as CSV and JSON Lines, octet for octet. What a user loses when these fail: a spreadsheet that runs a stranger's
formula, or a reader that takes one cell for two."""

import csv
import io
import json
import unicodedata
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.report.line_format import octets_of
from openletter.report.shadowserver.columns import COLUMNS, NAMES, SCHEMA, Form
from openletter.report.shadowserver.csv import CSV, HEADER
from openletter.report.shadowserver.jsonl import JSONL
from openletter.report.shadowserver.rows import banner_text

KEYS = {
    "type": "scan_imap",
    "day": date(2026, 11, 24),
    "ip_sort": b"\0" * 16,
    "host": "",
    "key": "192.0.2.1:143",
    "mode": "cleartext",
    "evidence": "advertised",
}


def _table(*rows):
    whole = [{**dict.fromkeys(SCHEMA.names), **KEYS, **row} for row in rows]
    return pa.table(
        [pa.array([row[field.name] for row in whole], field.type) for field in SCHEMA], schema=SCHEMA
    )


def _lines(form, table):
    lines = form.lines(form.pieces(table), pa.array(range(table.num_rows), pa.int64()))
    octets, places = octets_of(lines)
    return bytes(octets[places[0] : places[-1]])


def _read(octets):
    return list(csv.DictReader(io.StringIO((HEADER + octets).decode(), newline="")))


def test_texts_are_quoted_numbers_bare_nothing_empty():
    row = {
        "timestamp": "2026-11-24 03:15:00",
        "severity": "medium",
        "ip": "192.0.2.1",
        "protocol": "tcp",
        "port": 143,
        "tag": "imap;no-tls",
        "asn": 64496,
        "banner": '* OK "ready"',
    }
    assert _lines(CSV, _table(row)) == (
        b'"2026-11-24 03:15:00","medium","192.0.2.1","tcp",143,,"imap;no-tls",64496,,,,,,,"* OK ""ready"""'
        + b"," * 45
        + b"\n"
    )
    assert HEADER.startswith(b'"timestamp","severity","ip","protocol","port","hostname",')
    assert HEADER.endswith(b',"validation_level"\n')


def test_json_lines_have_the_same_values_with_their_types():
    row = {"port": 143, "banner": '"\\ \u6f22 </script>', "ip": "192.0.2.1", "cert_valid": "N"}
    (line,) = _lines(JSONL, _table(row)).splitlines()
    found = json.loads(line)
    assert list(found) == list(NAMES)
    assert {name: value for name, value in found.items() if value is not None} == row


TRICKS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "  =1",
    "\u3000=1",
    "\u00a0=1",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A",
    "\ufe661",
    "\ufe621",
    "\ufe63A",
    "\ufe6bA",
    '="a"',
    " \t @A",
]


def test_no_cell_is_a_formula():
    """Whatever a program trims, and in whatever width it reads the first character."""
    texts = [column.name for column in COLUMNS if column.form is not Form.NUMBER]
    rows = [
        {**dict.fromkeys(texts, trick), "sha256_fingerprint": f"{trick}{n}"} for n, trick in enumerate(TRICKS)
    ]
    found = _read(_lines(CSV, _table(*rows)))
    assert len(found) == len(TRICKS)
    for trick, row in zip(TRICKS, found, strict=True):
        for name in texts:
            first = unicodedata.normalize("NFKC", row[name].strip())[:1]
            assert first, (trick, name)
            assert first not in "=+-@", (trick, name)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_any_text_comes_back_as_one_visible_cell(texts):
    columns = ("banner", "hostname", "issuer_common_name")
    rows = ({**dict.fromkeys(columns, text), "sha256_fingerprint": str(n)} for n, text in enumerate(texts))
    table = _table(*rows)
    octets = _lines(CSV, table)
    assert len(octets.splitlines()) == octets.count(b"\n") == len(texts)
    for row in _read(octets):
        assert row["banner"] == row["hostname"] == row["issuer_common_name"]
        assert all(character.isprintable() or character == "\u3000" for character in row["banner"])
    for line in _lines(JSONL, table).splitlines():
        assert list(json.loads(line)) == list(NAMES)


def test_rows_come_in_the_order_that_is_asked_for_each_with_its_own_certificate():
    """Half of a line is put together once for each certificate."""
    table = _table(
        {"ip": "1", "sha256_fingerprint": "AA", "cert_serial_number": "01", "subject_common_name": "a"},
        {"ip": "2"},
        {"ip": "3", "sha256_fingerprint": "BB", "cert_serial_number": "02", "subject_common_name": "a"},
        {"ip": "4", "sha256_fingerprint": "AA", "cert_serial_number": "01", "subject_common_name": "a"},
    )
    pieces = CSV.pieces(table)
    octets, places = octets_of(CSV.lines(pieces, pa.array([3, 2, 1, 2, 0])))
    found = _read(bytes(octets[: places[-1]]))
    assert [(row["ip"], row["cert_serial_number"], row["subject_common_name"]) for row in found] == [
        ("4", "01", "a"),
        ("3", "02", "a"),
        ("2", "", ""),
        ("3", "02", "a"),
        ("1", "01", "a"),
    ]


def test_no_rows_are_no_lines():
    assert _lines(CSV, _table()) == b""
    assert _lines(JSONL, _table()) == b""


@pytest.mark.parametrize(
    ("banner", "text"),
    [
        (b"+OK ready", "+OK ready"),
        (b"a\r\nb\nc\rd\r\n", "a|b|c|d|"),
        (b"\xff\x00", "\\xff\\x00"),
        ("漢字".encode(), "漢字"),
        (b"\x1b[31m", "\\x1b[31m"),
    ],
)
def test_a_banner_is_one_line_that_prints(banner, text):
    assert banner_text(banner) == text
