"""Links to findings. What a user loses when these fail: an owner whose link leads nowhere, or a stranger who makes one up and
sees what is wrong with somebody else's server."""

import base64
import string
from datetime import date, timedelta

import pyarrow as pa
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from openletter.cli.base_url import parse_base_url
from openletter.report.link import (
    MAX_TOKEN,
    FindingLink,
    Links,
    finding_link,
    finding_token,
    link_secret,
    links_of,
    read_link,
)

KEY = bytes(range(32))
UNTIL = date(2027, 2, 22)
TOKEN = finding_token(KEY, 7, "192.0.2.1", 143, "mail.example.org", UNTIL)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
URL_SAFE = set(string.ascii_letters + string.digits + "-_")


@given(
    st.integers(0, 2**32 - 1),
    ADDRESSES,
    st.integers(1, 65_535),
    st.text(string.ascii_lowercase + string.digits + ".-ü", max_size=100),
    st.dates(date(1970, 1, 1), date(2140, 1, 1)),
)
def test_a_link_says_what_it_was_made_for(subscriber, ip, port, host, until):
    token = finding_token(KEY, subscriber, ip, port, host, until)
    assert set(token) <= URL_SAFE
    assert len(token) <= MAX_TOKEN
    assert read_link(KEY, token) == FindingLink(
        subscriber_id=subscriber, ip=ip, port=port, host=host, until=until
    )


def test_a_report_that_is_made_again_has_the_same_links_for_years():
    """Its octets are those of the last run; and a link in a mail holds though the program was renewed."""
    link = finding_link("https://mail.example.org/", KEY, 7, "192.0.2.1", 143, "", UNTIL)
    assert link == "https://mail.example.org/finding/AQAAAAdRhwCPBMAAAgFCNHjTQdmuA6e_qIHLE4fO0cgVDw"
    assert link == finding_link("https://mail.example.org", KEY, 7, "192.0.2.1", 143, "", UNTIL)


def test_no_octet_of_a_token_can_be_another():
    """Else whoever has a link to one endpoint has links to all."""
    octets = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    for place in range(len(octets)):
        for flip in (1, 128):
            forged = bytearray(octets)
            forged[place] ^= flip
            assert read_link(KEY, base64.urlsafe_b64encode(forged).rstrip(b"=").decode()) is None


def test_a_token_has_one_spelling():
    last = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    others = [TOKEN[:-1] + letter for letter in last if letter != TOKEN[-1]]
    for text in (*others, f"{TOKEN}=", f"{TOKEN}==", f" {TOKEN}", f"{TOKEN}\n", TOKEN[:-4], TOKEN + "AAAA"):
        assert read_link(KEY, text) is None


@given(
    st.one_of(
        st.text(max_size=700), st.binary(max_size=500).map(lambda b: base64.urlsafe_b64encode(b).decode())
    )
)
def test_anything_else_is_no_link(text):
    assert read_link(KEY, text) is None


def test_a_link_of_another_key_is_none():
    assert read_link(bytes(32), TOKEN) is None


@pytest.mark.parametrize(
    ("subscriber", "ip", "port", "host"),
    [
        (-1, "192.0.2.1", 143, ""),
        (1 << 32, "192.0.2.1", 143, ""),
        (1, "mail", 143, ""),
        (1, "192.0.2.1", 0, ""),
    ],
)
def test_what_is_no_endpoint_gets_no_link(subscriber, ip, port, host):
    with pytest.raises(ValueError):
        finding_token(KEY, subscriber, ip, port, host, UNTIL)


def test_a_store_has_one_key_of_its_own(tmp_path):
    """A report that another process writes leads to the page of this one; and the key of API secrets signs no links."""
    first = link_secret(tmp_path)
    assert first == link_secret(tmp_path)
    assert (tmp_path / "secrets-key").stat().st_mode & 0o777 == 0o600
    assert first not in (tmp_path / "secrets-key").read_bytes()


def test_rows_of_a_report_get_a_link_each(tmp_path):
    rows = pa.table(
        {
            "subscriber": pa.array([1, 2], pa.int64()),
            "ip": ["192.0.2.1", "2001:db8::1"],
            "port": pa.array([143, 995], pa.int64()),
            "host": ["", "mail.example.org"],
        }
    )
    links = links_of(tmp_path, "https://mail.example.org", days=10)
    made = links.column(rows, UNTIL).to_pylist()
    read = [read_link(link_secret(tmp_path), link.rpartition("/")[2]) for link in made]
    assert [(one.subscriber_id, one.ip, one.port, one.host) for one in read] == [
        (1, "192.0.2.1", 143, ""),
        (2, "2001:db8::1", 995, "mail.example.org"),
    ]
    assert {one.until for one in read} == {UNTIL + timedelta(days=10)}
    assert isinstance(links, Links)


def test_without_a_server_there_are_no_links_and_no_key(tmp_path):
    assert links_of(tmp_path, "") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ""),
        ("https://mail.example.org/", "https://mail.example.org"),
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_base_url_is_a_scheme_and_a_name(text, read):
    assert parse_base_url(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.org",
        "https://",
        "https://mail.example.org/below",
        "https://mail.example.org/?a=b",
        "https://mail.example.org/#a",
        "https://ada@mail.example.org",
        "https://mail.example.org:port",
        "javascript:alert(1)",
    ],
)
def test_another_base_url_is_refused_before_a_mail_bears_it(text):
    with pytest.raises(typer.BadParameter):
        parse_base_url(text)
