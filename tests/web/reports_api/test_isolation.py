"""Alpha tries whatever there is to try, and never sees a row of beta. A row of another's is what a subscriber must never get."""

import json
from datetime import date, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openletter.web.reports_api.row_filter import FIELDS

B = "198.51.100.7"
QUERY, DEVICE, LIST, STATS = "reports/query", "reports/device-info", "reports/list", "reports/stats"
INJECTIONS = (
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "') OR true --",
    "x') UNION ALL SELECT * FROM read_parquet('**/*.parquet') --",
    "'; ATTACH 'subscribers.sqlite' AS s; --",
    "'; COPY (SELECT 1) TO '/tmp/x'; --",
    "$1",
    "?",
    "\\' OR 1=1 --",
    "%",
    "_",
    "*",
    "**",
    "\u0000",
    "\ud800",
    "’ OR ’1’=’1",
    "NULL",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "../../../../etc/passwd",
)
TRICKS = [
    # What beta has, asked for plainly.
    (QUERY, {"query": {"ip": B}}),
    (QUERY, {"query": {"ip": "198.51.100.0/24"}}),
    (QUERY, {"query": {"ip": "0.0.0.0/0"}}),
    (QUERY, {"query": {"ip": "::/0"}}),
    (QUERY, {"query": {"ip": ["192.0.2.0/24", "198.51.100.0/24", "2001:db8:b::/48"]}}),
    (QUERY, {"query": {"ip": "::ffff:198.51.100.7"}}),
    (QUERY, {"query": {"ip": "::ffff:0:0/96"}}),
    (QUERY, {"query": {"ip": "2001:db8:b::1"}}),
    (QUERY, {"query": {"cidr": "2001:db8::/32"}}),
    (QUERY, {"query": {"ip": {"not": "192.0.2.0/24"}}}),
    (QUERY, {"query": {"ip": {"not": []}}}),
    (QUERY, {"query": {"asn": 64666}}),
    (QUERY, {"query": {"asn": "AS64666"}}),
    (QUERY, {"query": {"asn": {"gte": 0}}}),
    (QUERY, {"query": {"asn": {"not": 64500}}}),
    (QUERY, {"query": {"geo": "JP"}}),
    (QUERY, {"query": {"geo": ["NL", "JP"]}}),
    (QUERY, {"query": {"geo": {"not": "NL"}}}),
    (QUERY, {"query": {"geo": "*"}}),
    (QUERY, {"query": {"region": "BETALAND"}}),
    (QUERY, {"query": {"hostname": "*.beta.example"}}),
    (QUERY, {"query": {"hostname": "mail1.beta.example"}}),
    (QUERY, {"query": {"banner": "*beta*"}}),
    (QUERY, {"query": {"network_name": "Beta Net"}}),
    (QUERY, {"query": {"protocol": "tcp"}}),
    (QUERY, {"query": {"port": [110, 143]}}),
    (QUERY, {"query": {"severity": {"lte": "critical"}}}),
    (QUERY, {"query": {"tag": ""}}),
    (QUERY, {"query": {}}),
    (QUERY, {}),
    # Another's list, another's name.
    (QUERY, {"report": "beta", "query": {"geo": "JP"}}),
    (QUERY, {"report": ["alpha", "beta"], "query": {"geo": "JP"}}),
    (QUERY, {"reports": ["beta"], "query": {}}),
    (LIST, {"reports": ["beta"]}),
    (LIST, {"reports": ["alpha", "beta"]}),
    (LIST, {"report": "beta"}),
    (LIST, {"reports": ["*"]}),
    (LIST, {"reports": ["%"]}),
    (LIST, {"subscriber": 2}),
    (LIST, {"subscriber_id": 2, "id": 2}),
    (STATS, {"report": "beta"}),
    (STATS, {"reports": ["beta"]}),
    ("reports/subscribed", {"report": "beta"}),
    ("reports/types", {"reports": ["beta"], "date": "-30:now"}),
    ("key/info", {"report": "beta", "secret": "x"}),
    (QUERY, {"query": {"subscriber": 2}}),
    (QUERY, {"query": {"subscriber": {"not": 1}}}),
    (QUERY, {"query": {"ip_sort": "x"}}),
    (QUERY, {"query": {"key": f"{B}:110"}}),
    (QUERY, {"query": {"1=1 OR ip": B}}),
    (QUERY, {"query": {'ip" = ip OR "ip': B}}),
    (QUERY, {"query": {"geo": {"= geo OR geo": "JP"}}}),
    # Facets tell values, too.
    (QUERY, {"facet": "ip", "limit": 10_000}),
    (QUERY, {"facet": "banner"}),
    (QUERY, {"facet": "asn", "query": {"geo": "JP"}}),
    (QUERY, {"facet": "hostname", "query": {"ip": "0.0.0.0/0"}}),
    (QUERY, {"facet": "ip) AS x FROM read_parquet('**') --"}),
    (QUERY, {"facet": "subscriber"}),
    (QUERY, {"facet": "*"}),
    # Pages and dates.
    *((QUERY, {"page": page}) for page in (0, -1, "0", "-1", 2, 10**9, 10**30, "9" * 400, 1.5, "1e3", True)),
    *((QUERY, {"limit": limit}) for limit in (0, -1, 10_000, 10_001, "all", "0x10", [1], {"a": 1})),
    *(
        (method, {"date": when})
        for method in (QUERY, LIST, STATS)
        for when in (
            "-400:now",
            "0001-01-01:9999-12-31",
            "2026-13-01",
            "now:now:now",
            ":",
            "now:-5",
            "' OR 1=1",
            "9" * 300,
        )
    ),
    (QUERY, {"sort": "ascending; DROP TABLE x"}),
    (QUERY, {"sort": ["descending"]}),
    # What cannot be a filter.
    (QUERY, {"query": "geo = 'JP'"}),
    (QUERY, {"query": [{"geo": "JP"}]}),
    (QUERY, {"query": {"geo": None}}),
    (QUERY, {"query": {"geo": True}}),
    (QUERY, {"query": {"geo": {"not": {"not": "NL"}}}}),
    (QUERY, {"query": {"geo": [["JP"]]}}),
    (QUERY, {"query": {"ip": 3325256711}}),
    (QUERY, {"query": {"ip": "198.51.100.7/33"}}),
    (QUERY, {"query": {"ip": ["192.0.2.1"] * 201}}),
    (QUERY, {"query": {"banner": "*" * 50}}),
    (QUERY, {"query": {name: ["x"] * 100 for name in FIELDS}}),
    (DEVICE, {"query": {"ip": B}}),
    (DEVICE, {"query": {"asn": "64666"}}),
    (DEVICE, {"query": {"geo": "JP"}}),
    (DEVICE, {"query": {"ip": "::/0"}}),
    (DEVICE, {"query": {"hostname": "*"}}),
    (DEVICE, {"query": {}}),
    (DEVICE, {}),
    ("reports/schema", {"type": "beta"}),
    ("reports/schema", {"type": {"a": 1}}),
    ("reports/download", {"id": "beta"}),
    ("reports/download", {"id": "../reports/beta.csv"}),
    ("reports/download", {"id": "%2e%2e/subscribers.sqlite"}),
    ("reports/download", {"id": ["a", "b"]}),
    ("reports/download", {"id": {"a": 1}}),
    ("reports/download", {}),
    ("../api2/reports/list", {"reports": ["beta"]}),
    ("reports/list/../../api/v1/surveys", {}),
    *((QUERY, {"query": {field: text}}) for text in INJECTIONS for field in ("hostname", "tag", "geo")),
    *((QUERY, {"query": {text: "x"}}) for text in INJECTIONS),
    *((LIST, {"type": text, "reports": [text]}) for text in INJECTIONS),
]


@pytest.mark.parametrize("batch", range(10))
def test_no_trick_shows_a_row_of_another(api, marked, batch):
    """More than two hundred of them, ten times a tenth."""
    assert len(TRICKS) >= 200
    for method, fields in TRICKS[batch::10]:
        answer = api.ask(method, **fields)
        assert answer.status_code in (200, 400, 403, 404), (method, fields, answer.text)
        # An error may say again what was asked for.
        if answer.status_code == 200:
            assert marked(answer.content) is None, (method, fields)
        else:
            assert list(answer.json()) == ["error"]


def test_the_marks_would_be_seen(api, marked):
    """Or the other tests would show nothing: beta sees its own, at the same methods."""
    for method, fields in ((QUERY, {}), (LIST, {}), (DEVICE, {"query": {"geo": "JP"}}), ("key/info", {})):
        assert marked(api.ask(method, api.owners.beta, **fields).content), method
    assert len(api.told(QUERY, api.owners.beta)) == 48


def test_the_id_of_anothers_report_opens_nothing_for_alpha(api, marked):
    (report, *_) = api.told(LIST, api.owners.beta)
    refused = api.ask("reports/download", id=report["id"])
    unknown = api.ask("reports/download", id="x")
    assert refused.status_code == unknown.status_code == 403
    assert refused.content == unknown.content
    # With the whole id one may read it: that is what it is for, and alpha cannot come by it.
    assert marked(api.client.get(f"/dl/{report['id']}").content)


def test_no_change_of_an_own_id_opens_anything(api):
    own = api.told(LIST)[0]["id"]
    other = api.told(LIST, api.owners.beta)[0]["id"]
    changed = [own[:at] + ("A" if own[at] != "A" else "B") + own[at + 1 :] for at in range(len(own))]
    mixed = [own[:at] + other[at:] for at in (27, 28, 34, 40)] + [other[:at] + own[at:] for at in (27, 34)]
    ends = ["", own + "=", own + "A", own[:-1], own.lower(), own + "/", own + "%00", f"../dl/{own}", own * 2]
    for wrong in (*changed, *mixed, *ends):
        answer = api.client.get(f"/dl/{wrong}")
        assert answer.status_code == 403 or (wrong.startswith("..") and answer.status_code == 200), wrong


def test_a_file_that_is_no_report_is_never_read(api):
    for path in (
        "..%2fsubscribers.sqlite",
        "%2e%2e%2fweb-secret",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "x%00y",
    ):
        answer = api.client.get(f"/dl/{path}")
        assert answer.status_code in (403, 404), path
        assert "error" in answer.json()


def test_who_loses_a_network_loses_its_rows_at_once(api_of, changed):
    from openletter.subscriber.directory import Directory

    own = api_of(changed)
    assert len(own.told(QUERY)) == 48
    with Directory(changed.root) as directory:
        directory.change("alpha", networks=("192.0.2.0/29",))
        assert {row["ip"] for row in own.told(QUERY)} == {f"192.0.2.{n}" for n in range(1, 8)}
        # What it does not want to be told of is not told here either.
        directory.change("alpha", reports=("scan_imap_vulnerable",))
        assert {row["type"] for row in own.told(QUERY)} == {"scan_imap_vulnerable"}
        directory.change("alpha", networks=())
        assert own.told(QUERY) == []


VALUES = st.recursive(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(["JP", "beta", B, "64666", "*", "%", "'", "mail1.beta.example", "pop3", "no-tls"]),
        st.integers(),
        st.booleans(),
        st.none(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.ip_addresses().map(str),
        st.sampled_from(["0.0.0.0/0", "::/0", "198.51.0.0/16"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["not", "gt", "gte", "lt", "lte", "or", ""]), inner, max_size=3),
    ),
    max_leaves=6,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    query=st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=12)), VALUES, max_size=4),
    more=st.fixed_dictionaries(
        {},
        optional={
            "page": VALUES,
            "limit": st.one_of(st.integers(1, 100), VALUES),
            "sort": st.sampled_from(["ascending", "descending", "x"]),
            "facet": st.sampled_from([*FIELDS, "x"]),
            "date": st.one_of(st.sampled_from(["now", "-3:now"]), st.text(max_size=12)),
        },
    ),
)
def test_no_filter_shows_a_row_of_another(api, marked, query, more):
    body = {**more, "query": query, "apikey": api.owners.alpha.key}
    octets = json.dumps(body).encode()
    answer = api.client.post(
        f"/api2/{QUERY}", content=octets, headers={"HMAC2": api.owners.alpha.sign(octets)}
    )
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert marked(answer.content) is None
        for row in answer.json():
            if "ip" in row:
                ip = ip_address(row["ip"])
                assert str(ip).startswith(("192.0.2.", "2001:db8:a:"))


def test_a_date_far_away_has_no_rows(api):
    far = (date.today() + timedelta(days=400)).isoformat()
    assert api.told(QUERY, date=far) == []
