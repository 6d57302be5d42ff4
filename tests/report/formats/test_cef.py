"""Lines of CEF, read by a strict reader that is written after the standard alone. What a user loses when these fail: a SIEM that
takes a stranger's banner for a field of the event, or says something else of a server than the verdict does."""

import re
from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter import __version__
from openletter.remedy.wording import CATALOGUES
from openletter.report.formats.cef import CEF
from openletter.report.visible import visible_text
from openletter.subscriber.report_type import ReportType

HEADER = re.compile(r"((?:[^|\\]|\\[|\\])*)\|")
KEY = re.compile(r"(?:^| )([A-Za-z0-9]+)=")
VALUE = re.compile(r"(?:[^=\\\r\n]|\\[=\\nr])*")
ESCAPE = re.compile(r"\\(.)")
PLAIN = {"n": "\n", "r": "\r"}

DICTIONARY = {
    "app": 31,
    "c6a3": "ipv6",
    "c6a3Label": 1023,
    "cat": 1023,
    "cn1": "long",
    "cn2": "long",
    "cn3": "long",
    "destinationServiceName": 1023,
    "deviceCustomDate1": "time",
    "dhost": 1023,
    "dpt": "port",
    "dst": "ipv4",
    "msg": 1023,
    "proto": 31,
    "reason": 1023,
    "rt": "time",
    **{f"cs{number}": 4000 for number in range(1, 7)},
    **{f"cs{number}Label": 1023 for number in range(1, 7)},
    **{f"cn{number}Label": 1023 for number in range(1, 4)},
    "deviceCustomDate1Label": 1023,
}
"""Of the extension dictionary (ArcSight CEF Implementation Standard, document version 27) what may be used here: the type, or
the length of a string in characters."""

TYPES = {
    "ipv4": re.compile(r"\d{1,3}(\.\d{1,3}){3}"),
    "ipv6": re.compile(r"[0-9a-f:]*:[0-9a-f:.]*"),
    "long": re.compile(r"\d{1,19}"),
    "port": re.compile(r"\d{1,5}"),
    "time": re.compile(r"-?\d{4,15}"),
}


def read(line):
    """Header fields and the extension's pairs; asserts everything that the standard asks."""
    fields = []
    at = 0
    while len(fields) < 7:
        found = HEADER.match(line, at)
        assert found, (fields, line[at : at + 80])
        fields.append(ESCAPE.sub(r"\1", found[1]))
        at = found.end()
    assert fields[0] == "CEF:0"
    rest = line[at:]
    keys = list(KEY.finditer(rest))
    assert keys
    assert keys[0].start() == 0
    pairs = {}
    for number, key in enumerate(keys):
        end = keys[number + 1].start() if number + 1 < len(keys) else len(rest)
        raw = rest[key.end() : end]
        assert VALUE.fullmatch(raw), raw
        assert raw, key[1]
        assert raw == raw.strip(), (key[1], raw)
        value = ESCAPE.sub(lambda one: PLAIN.get(one[1], one[1]), raw)
        assert key[1] not in pairs
        kind = DICTIONARY[key[1]]
        assert len(value) <= kind if isinstance(kind, int) else TYPES[kind].fullmatch(value), (key[1], value)
        pairs[key[1]] = value
    for key in pairs:
        assert key.removesuffix("Label") in pairs
        assert not re.fullmatch(r"c(s|n|6a)\d|deviceCustomDate\d", key) or f"{key}Label" in pairs
    return fields, pairs


def labelled(pairs):
    """Custom fields by their labels, the others by their keys."""
    return {pairs.get(f"{key}Label", key): value for key, value in pairs.items() if not key.endswith("Label")}


@pytest.fixture(scope="module")
def events(formats_made):
    return [
        (path.name, *read(line))
        for path in sorted(formats_made[0].glob("*.cef"))
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]
    ]


SEVERITY = {"info": 1, "low": 3, "medium": 5, "high": 8, "critical": 10}


def _expected(row, seen, der):
    """What the event of an endpoint must say, told from the stored verdict, observation and certificate."""
    words = CATALOGUES["en"].classes[row["class"]]
    shown = visible_text(
        seen.banner.decode("utf-8", "surrogateescape")
        .replace("\r\n", "|")
        .replace("\n", "|")
        .replace("\r", "|")
    ).strip()
    version = {"TLSv1": "TLSv1.0"}.get(row["tls_version"], row["tls_version"])
    said = {
        "cat": f"scan{'6' if ':' in row['ip'] else ''}_{row['protocol']}"
        + ("_vulnerable" if row["report"] == "vulnerable" else ""),
        "app": row["protocol"].upper() + ("S" if row["mode"] == "implicit" else ""),
        "proto": "TCP",
        "reason": row["clause"],
        "Findings": " ".join(row["findings"]),
        "Evidence": row["evidence"],
        "Strict": str(int(row["strict"])),
        "Wide": str(int(row["wide"])),
        "rt": f"{int(seen.started)}000",
        "Destination IPv6 Address" if ":" in row["ip"] else "dst": row["ip"],
        "dpt": str(row["port"]),
        "dhost": row["hostname"],
        "TLS": f"{version} {row['cipher']}".strip(),
        "AS number": str(row["asn"] or ""),
        "Network": row["network_name"],
        "Country": row["country"],
        "msg": shown,
    }
    if row["product_certainty"] in ("certain", "likely"):
        said["destinationServiceName"] = f"{row['product']} {row['product_version']}".strip()
    header = ("Openletter", "openletter", __version__, row["class"], words.title, str(SEVERITY[row["worst"]]))
    if der is not None:
        until = x509.load_der_x509_certificate(der).not_valid_after_utc
        said["Certificate expires"] = f"{int(until.timestamp())}000"
    return header, {key: value for key, value in said.items() if value}


def test_every_reported_endpoint_is_one_event_that_says_what_the_verdict_says(events, zoo_endpoints):
    found = {}
    for _, (_, *header), pairs in events:
        said = labelled(pairs)
        certificate = said.pop("Certificate", None)
        place = said.get("dst") or said["Destination IPv6 Address"]
        found.setdefault((place, int(said["dpt"]), said.get("dhost", "")), []).append(
            (header, said, certificate)
        )
    assert sum(map(len, found.values())) == len(zoo_endpoints) == len(events)
    for row, seen, der in zoo_endpoints.values():
        header, said = _expected(row, seen, der)
        ((event_header, event, certificate),) = found[row["ip"], row["port"], row["hostname"]]
        assert tuple(event_header) == header
        assert event == said
        assert (certificate is None) == (not row["certificate"])
        if certificate:
            assert certificate.replace(":", "").lower().endswith(f"sha-256 {row['certificate']}")


def test_events_lie_in_the_file_of_their_report(events):
    assert {name.split("-")[3] for name, _, _ in events} == set(ReportType)
    for name, _, pairs in events:
        assert name.split("-")[3] == pairs["cat"]


HOSTILE = [
    "+OK a|b|c",
    "dst=203.0.113.9 cat=x",
    "a \\",
    "\\",
    "\\=",
    "a\\\\= b",
    "a\nCEF:0|x|y|1|z|z|9|",
    "a\r\nb\rc",
    "\0",
    "\u202eabc\u2066",
    "  blanks  ",
    " ",
    "\u2028\u2029\x85",
    "\x1b[31m",
    "=",
    "msg=msg= msg=",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_stranger_says_becomes_a_field(report_table, lines_of, text):
    names = ("banner", "hostname", "network_name", "product", "subject_common_name", "cipher_suite")
    hostile = dict.fromkeys(names, text) | {"sha256_fingerprint": "AA", "product_certainty": "certain"}
    octets = lines_of(CEF, report_table(hostile, {"banner": "+OK"}))
    (first, second) = octets.decode().splitlines()
    assert octets.count(b"\n") == 2
    header, pairs = read(first)
    assert header[4:] == ["no_tls", CATALOGUES["en"].classes["no_tls"].title, "5"]
    assert (pairs["dst"], pairs["cat"]) == ("192.0.2.1", "scan_imap_vulnerable")
    shown = visible_text(text).strip()
    for key in ("msg", "dhost", "cs5", "cs3", "destinationServiceName"):
        assert pairs.get(key, "") == shown
    assert read(second)[1]["msg"] == "+OK"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_comes_back_as_the_value_that_it_was(report_table, lines_of, texts):
    rows = ({"banner": text, "hostname": text, "port": 1 + n} for n, text in enumerate(texts))
    octets = lines_of(CEF, report_table(*rows))
    lines = octets.decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(texts)
    for text, line in zip(texts, lines, strict=True):
        _, pairs = read(line)
        assert pairs.get("msg", "") == pairs.get("dhost", "") == visible_text(text).strip()


def test_what_is_longer_than_the_dictionary_allows_is_cut_and_says_so(report_table, lines_of):
    rows = [
        {"banner": text, "cipher_suite": text, "handshake": "TLSv1.2"} for text in ("x" * 1_024, "\0" * 5_000)
    ]
    octets = lines_of(CEF, report_table(*rows, {"banner": "x" * 1_023}))
    cut, escaped, whole = (read(line)[1] for line in octets.decode().splitlines())
    assert cut["msg"] == "x" * 1_022 + "…"
    assert escaped["msg"].endswith("…")
    assert (len(escaped["msg"]), len(escaped["cs3"])) == (1_023, 4_000)
    assert whole["msg"] == "x" * 1_023


def test_a_guess_at_the_product_is_not_told_as_a_fact(report_table, lines_of):
    rows = [
        {"product": "dovecot", "product_certainty": certainty, "port": port}
        for port, certainty in enumerate(("certain", "likely", "guess", None), 1)
    ]
    octets = lines_of(CEF, report_table(*rows))
    told = [read(line)[1].get("destinationServiceName") for line in octets.decode().splitlines()]
    assert told == ["dovecot", "dovecot", None, None]


def test_certificates_that_end_before_1970_and_after_2038(report_table, lines_of):
    dates = {"Jan  1 00:00:00 1960 GMT": datetime(1960, 1, 1, tzinfo=UTC)}
    dates["Dec 31 23:59:59 9999 GMT"] = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    rows = [{"sha256_fingerprint": f"AA:{n}", "cert_expiration_date": text} for n, text in enumerate(dates)]
    lines = lines_of(CEF, report_table(*rows)).decode().splitlines()
    for line, when in zip(lines, dates.values(), strict=True):
        assert read(line)[1]["deviceCustomDate1"] == f"{int(when.timestamp())}000"
