"""Which rows a filter means, held against the same said in Python. A subscriber who filters must miss none and get no other."""

import fnmatch
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openletter.verdict.classes import Severity
from openletter.web.reports_api.refusal import BadRequestError
from openletter.web.reports_api.row_filter import FIELDS, read_filter


@pytest.fixture(scope="module")
def rows(api):
    return api.told("reports/query", limit=10_000)


def fits(row, field, value):
    """As the guide says it."""
    have = row[field]
    if field == "ip":
        network = ip_network(value, strict=False)
        return ip_address(have) in network
    if isinstance(have, int):
        return have == int(str(value).upper().removeprefix("AS"))
    if field == "tag" and "*" not in value:
        return set(value.lower().replace(",", " ").replace(";", " ").split()) <= set(have.split(";"))
    return have is not None and fnmatch.fnmatchcase(have.lower(), value.lower().replace("[", "[[]"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ip", "192.0.2.3"),
        ("ip", "192.0.2.0/30"),
        ("ip", "192.0.2.9/29"),
        ("ip", "2001:db8:a::/126"),
        ("ip", "0.0.0.0/0"),
        ("ip", "::/0"),
        ("port", 110),
        ("port", "143"),
        ("asn", 64500),
        ("asn", "AS64500"),
        ("asn", "as1"),
        ("geo", "nl"),
        ("geo", "N*"),
        ("hostname", "MAIL1.alpha.example"),
        ("hostname", "*.alpha.example"),
        ("hostname", "mail1*"),
        ("hostname", "mail1_.alpha.example"),
        ("hostname", "%"),
        ("banner", "*number 7 ready"),
        ("banner", "*NUMBER*READY*"),
        ("tag", "pop3"),
        ("tag", "no-tls;pop3"),
        ("tag", "imap, no-tls"),
        ("tag", "pop"),
        ("tag", "*no-tls*"),
        ("city", "utrecht"),
        ("severity", "MEDIUM"),
        ("type", "scan6_*"),
        ("type", "scan_pop3_vulnerable"),
        ("protocol", "tcp"),
        ("timestamp", "2*"),
    ],
)
def test_a_value_means_what_the_guide_says(api, rows, field, value):
    expected = [row for row in rows if fits(row, field, value)]
    assert api.told("reports/query", query={field: value}) == expected
    others = [row for row in rows if row not in expected]
    assert api.told("reports/query", query={field: {"not": value}}) == others


def test_values_in_a_list_are_alternatives_and_fields_hold_together(api, rows):
    query = {"ip": ["192.0.2.1", "192.0.2.2", "2001:db8:a::1"], "port": [110], "geo": ["NL", "XX"]}
    found = api.told("reports/query", query=query)
    assert {(row["ip"], row["port"]) for row in found} == {(ip, 110) for ip in query["ip"]}
    assert api.told("reports/query", query={"ip": []}) == []


def test_imap_and_pop3_are_protocols_too(api, rows):
    found = api.told("reports/query", query={"protocol": "IMAP"})
    assert found == [row for row in rows if row["tag"].startswith("imap;")]
    assert api.told("reports/query", query={"protocol": "udp"}) == []


def test_numbers_times_and_severities_have_an_order(api, rows):
    for word, holds in (
        ("gt", lambda a, b: a > b),
        ("gte", lambda a, b: a >= b),
        ("lt", lambda a, b: a < b),
        ("lte", lambda a, b: a <= b),
    ):
        assert api.told("reports/query", query={"port": {word: "143"}}) == [
            row for row in rows if holds(row["port"], 143)
        ]
        middle = rows[len(rows) // 2]["timestamp"]
        assert api.told("reports/query", query={"timestamp": {word: middle}}) == [
            row for row in rows if holds(row["timestamp"], middle)
        ]
        for severity in ("critical", "medium", "info"):
            assert api.told("reports/query", query={"severity": {word: severity}}) == [
                row for row in rows if holds(Severity(row["severity"]), Severity(severity))
            ]
    assert api.told("reports/query", query={"port": {"gte": 100, "lt": 143}}) == [
        row for row in rows if row["port"] == 110
    ]


def test_fields_beside_the_columns_can_be_asked_for(api, rows):
    assert api.told("reports/query", query={"network_name": "alpha net"}) == rows
    assert api.told("reports/query", query={"mode": "cleartext"}) == rows
    assert api.told("reports/query", query={"product": "dovecot"}) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("x", "object"),
        ({"x": 1}, '"x"'),
        ({"x\x1b[31m\ud800": 1}, "\\x1b"),
        ({"ip": "x"}, "192.0.2.0/24"),
        ({"ip": 1}, "ip"),
        ({"port": "x"}, "port: give a number"),
        ({"port": True}, "number"),
        ({"port": 1.5}, "number"),
        ({"port": 1 << 70}, "number"),
        ({"geo": {"eq": "NL"}}, '"eq"'),
        ({"geo": {"gt": "NL"}}, "numbers"),
        ({"severity": {"gt": "bad"}}, "critical"),
        ({"geo": ["NL"] * 201}, "200"),
        ({"banner": "*" * 5}, "4"),
        ({"banner": "x" * 1_001}, "1000"),
        ({"banner": "\udfff"}, "surrogate"),
        ({name: ["1"] * 20 for name in FIELDS if name != "ip"}, "1000"),
    ],
)
def test_what_cannot_be_meant_is_said(query, said):
    with pytest.raises(BadRequestError) as wrong:
        read_filter(query)
    assert said in str(wrong.value)
    assert str(wrong.value).isprintable()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_of_a_value_finds_its_row(api, rows, data):
    """Texts are taken as they are, whatever stands in them."""
    row = data.draw(st.sampled_from(rows))
    field = data.draw(st.sampled_from(["banner", "hostname", "tag", "timestamp"]))
    text = row[field] or ""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = api.told("reports/query", query={field: f"*{text[start:end]}*"})
    assert (row in found) is (row[field] is not None)
    assert all(text[start:end].lower() in one[field].lower() for one in found)
