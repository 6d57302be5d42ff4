"""The list of endpoints, page by page, against the same filter in plain Python.

What a user loses when these fail: an operator who works through a list misses servers, or sees some twice.
"""

import base64
from ipaddress import ip_address, ip_network
from itertools import count
from shutil import rmtree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Protocol
from openletter.enrich.product import Product
from openletter.statistics import endpoints as listing
from openletter.statistics.database import verdicts_of
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.endpoints import Sort, Total, count_endpoints, list_endpoints
from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.statistics.search import Taken, search
from openletter.statistics.walk import windows
from openletter.store.observation_table import sort_key
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.findings import FindingName

FILTERS = st.builds(
    EndpointFilter,
    country=st.sampled_from([None, None, "US", "ZZ", "FR"]),
    asn=st.sampled_from([None, None, None, 0, 64496, 7]),
    network=st.sampled_from([None, None, "198.51.0.0/25", "2001:db8::/32", "198.51.0.9", "203.0.113.0/24"]),
    class_=st.sampled_from([None, None, Class.NO_TLS, Class.UNREACHABLE, Class.STARTTLS_BROKEN]),
    severity=st.sampled_from([None, None, None, Severity.CRITICAL, Severity.NONE]),
    finding=st.sampled_from([None, None, FindingName.CERT_EXPIRED, FindingName.COMMAND_INJECTION]),
    product=st.sampled_from([None, None, Product.DOVECOT, Product.UNKNOWN, Product.GMAIL]),
    protocol=st.sampled_from([None, None, *Protocol]),
    port=st.sampled_from([None, None, None, 143, 25]),
    evidence=st.sampled_from([None, None, None, *Evidence]),
    strict=st.sampled_from([None, None, True, False]),
    wide=st.sampled_from([None, None, True, False]),
    text=st.sampled_from(
        [None, None, None, "MAIL1", "_", "%", "100%", "größe", "dove", "mx_3", "'", "\\", "zzz"]
    ),
)


def fits(row, asked):
    """The filter's meaning, in plain Python."""
    equal = {
        "asn": asked.asn,
        "class": asked.class_,
        "worst": asked.severity,
        "protocol": asked.protocol,
        "port": asked.port,
        "evidence": asked.evidence,
        "strict": asked.strict,
        "wide": asked.wide,
    }
    names = (row["hostname"], row["network_name"], row["product"])
    return (
        all(value is None or row[name] == value for name, value in equal.items())
        and (asked.country is None or row["country"] == asked.country.replace("ZZ", ""))
        and (asked.network is None or ip_address(row["ip"]) in ip_network(asked.network))
        and (asked.finding is None or asked.finding in row["findings"])
        and (asked.product is None or row["product"] == asked.product.replace("unknown", ""))
        and (not asked.text or any(asked.text.lower() in name.lower() for name in names))
    )


def key(row):
    return sort_key(row["ip"]), row["port"], row["host"]


def order(sort):
    if sort is Sort.SEVERITY:
        return lambda row: (Severity(row["worst"]).rank, *key(row))
    if sort is Sort.CLASS:
        return lambda row: (list(Class).index(row["class"]), *key(row))
    if sort is Sort.COUNTRY:
        return lambda row: (row["country"] == "", row["country"], *key(row))
    return key


def through(verdicts, asked, limit, sort=Sort.ADDRESS):
    """All pages, one after the other."""
    after = None
    for _ in count():
        page = list_endpoints(verdicts, asked, after=after, limit=limit, sort=sort)
        yield page
        after = page.next
        if after is None:
            return


@settings(max_examples=60, deadline=None)
@given(asked=FILTERS, limit=st.sampled_from([7, 50, 1000]), sort=st.sampled_from(list(Sort)))
def test_all_pages_together_are_the_filter(opened, rows, asked, limit, sort):
    wanted = sorted((row for row in rows if fits(row, asked)), key=order(sort))
    pages = list(through(opened, asked, limit, sort))
    found = [row for page in pages for row in page.rows]
    assert [(row.ip, row.port, row.host) for row in found] == [
        (r["ip"], r["port"], r["host"]) for r in wanted
    ]
    for row, by_hand in zip(found, wanted, strict=True):
        as_told = {**msgspec.to_builtins(row), "findings": list(row.findings)}
        assert as_told == {name: by_hand[name] for name in as_told}
    assert {page.total for page in pages} == {Total(len(wanted), True)}
    assert all(len(page.rows) == limit for page in pages[:-1])


def test_more_than_can_be_counted_is_said_so(opened, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 5)
    assert count_endpoints(opened, EndpointFilter(port=143)) == Total(5, False)
    assert count_endpoints(opened, EndpointFilter(text="mail")) == Total(5, False)
    # The roll-ups know this one.
    assert count_endpoints(opened, EndpointFilter(protocol=Protocol.POP3)).exact
    assert list_endpoints(opened, EndpointFilter(port=143), counted=False).total is None


def test_a_page_for_which_nothing_can_fit_reads_no_file(store, publish, rows):
    record = publish(rows)
    with verdicts_of(store, record) as verdicts:
        rmtree(store.root / "endpoints")
        page = list_endpoints(verdicts, EndpointFilter(class_=Class.STARTTLS_BROKEN, text="x"))
    assert (page.rows, page.next, page.total) == ((), None, Total(0, True))


def test_a_bare_survey_is_listed_with_what_it_has(store, publish, rows):
    with verdicts_of(store, publish(rows, enriched=False)) as verdicts:
        page = list_endpoints(verdicts, EndpointFilter(country="US", text="MAIL"), limit=1000)
        wanted = [row for row in rows if row["country"] == "US" and "mail" in row["host"]]
        assert [(row.ip, row.port) for row in page.rows] == [(row["ip"], row["port"]) for row in wanted]
        assert {(row.asn, row.hostname, row.product) for row in page.rows} == {(0, "", "")}
        for needs in (EndpointFilter(asn=64496), EndpointFilter(product=Product.DOVECOT)):
            with pytest.raises(NotEnrichedError):
                list_endpoints(verdicts, needs)


@pytest.mark.parametrize(
    "make",
    [
        lambda: EndpointFilter(text="x" * 10_240),
        lambda: EndpointFilter(text="a\0b"),
        lambda: EndpointFilter(text="\u202e"),
        lambda: EndpointFilter(network="192.0.2.0/33"),
        lambda: EndpointFilter(network="example.org"),
        lambda: EndpointFilter(network="1" * 10_240),
    ],
    ids=["10 kB of text", "a NUL", "text that turns around", "no prefix", "a name", "10 kB of network"],
)
def test_a_wrong_filter_is_one_short_line(make):
    with pytest.raises(BadQuestionError) as told:
        make()
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 200


def test_filters_of_words():
    """As a query string has them."""
    made = msgspec.convert({"class": "no_tls", "asn": "64496", "wide": "true"}, EndpointFilter, strict=False)
    assert made == EndpointFilter(class_=Class.NO_TLS, asn=64496, wide=True)
    for wrong in (
        {"class": "nonsense"},
        {"country": "jp"},
        {"asn": "-1"},
        {"port": "65536"},
        {"text": "x" * 300},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, EndpointFilter, strict=False)


def test_a_cursor_that_is_none_of_ours(opened):
    right = list_endpoints(opened, EndpointFilter(), limit=1).next
    wrong = ["", "x", "ä", "A" * 5_000, right[:-3], base64.urlsafe_b64encode(b"\xc0").decode()]
    for text in wrong:
        with pytest.raises(BadQuestionError, match="after"):
            list_endpoints(opened, EndpointFilter(), after=text)
    with pytest.raises(BadQuestionError, match="sorted by address"):
        list_endpoints(opened, EndpointFilter(), after=right, sort=Sort.SEVERITY)
    for limit in (0, -1, 1_001):
        with pytest.raises(BadQuestionError, match="limit"):
            list_endpoints(opened, EndpointFilter(), limit=limit)


def test_a_cursor_is_a_place_and_no_number(opened, rows):
    """A page begins behind an endpoint that is not there any more, or never was: what a newer survey has lost."""
    last = sorted(rows, key=key)[40]
    for ip, port in ((last["ip"], 0), (last["ip"], 65_535), ("198.51.100.7", 1), ("::", 0), ("ff::", 9)):
        cursor = listing._encode(listing._Cursor(Sort.ADDRESS, "", sort_key(ip), port, ""))
        page = list_endpoints(opened, EndpointFilter(), after=cursor, limit=1000)
        wanted = [row for row in sorted(rows, key=key) if key(row) > (sort_key(ip), port, "")]
        assert [(row.ip, row.port) for row in page.rows] == [(row["ip"], row["port"]) for row in wanted]


def test_windows_are_everything_once(opened):
    found = list(windows(opened.files))
    assert [name for window in found for name in window.files] == list(opened.files)
    assert len(found[0].files) == 1
    assert len(next(windows(opened.files, share=0.5)).files) == 2
    assert list(windows([])) == []


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("AS64496", Taken.ASN),
        ("as 64496", Taken.ASN),
        ("198.51.0.9", Taken.ADDRESS),
        ("[2001:db8:6::1]", Taken.ADDRESS),
        ("198.51.0.0/26", Taken.NETWORK),
        ("2001:db8::/33", Taken.NETWORK),
        (" example_net ", Taken.NAME),
        ("mail11", Taken.NAME),
        ("as99999999999", Taken.NAME),
    ],
)
def test_search(opened, rows, text, taken):
    found = search(opened, text, limit=1000)
    assert found.taken is taken
    wanted = [row for row in rows if fits(row, found.filter)]
    assert [(row.ip, row.port) for row in found.page.rows] == [(row["ip"], row["port"]) for row in wanted]
    if taken is Taken.ASN:
        assert [one.asn for one in found.networks] == [64496]
    if "example" in text:
        assert [one.name for one in found.networks] == ["EXAMPLE_NET Ltd"]


def test_search_for_nothing(opened):
    for text in ("", "  ", "x" * 10_240):
        with pytest.raises(BadQuestionError):
            search(opened, text)
