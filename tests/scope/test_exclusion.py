"""An exclusion that is not understood is a promise that is broken."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.scope.address import shown_interval
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import gather_exclusions, parse_exclusion

ZMAP = b"""# From IANA IPv4 Special-Purpose Address Registry
0.0.0.0/8           # RFC1122: "This host on this network"
10.0.0.0/8          # RFC1918: Private-Use

192.0.2.7
198.51.100.9/24
203.0.113.5-203.0.113.9 # a range is taken as well
2001:db8::/32
"""


def test_zmap_s_format(tmp_path: Path) -> None:
    path = tmp_path / "blocklist.conf"
    path.write_bytes(ZMAP)
    found = gather_exclusions(["192.0.2.8"], [path])
    assert [shown_interval(i) for i in found.intervals] == [
        "0.0.0.0-0.255.255.255",
        "10.0.0.0-10.255.255.255",
        "192.0.2.7-192.0.2.8",
        "198.51.100.0-198.51.100.255",
        "203.0.113.5-203.0.113.9",
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    ]


def test_an_empty_file_excludes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none"
    path.write_bytes(b"")
    assert gather_exclusions(files=[path]).intervals == ()


@pytest.mark.parametrize("ip", ["10.0.0.0", "10.255.255.255", "2001:db8::1"])
def test_what_lies_inside_is_covered(ip: str) -> None:
    assert gather_exclusions(["10.0.0.0/8", "2001:db8::/32"]).covers(ip)


@pytest.mark.parametrize(
    "mapped",
    ["::ffff:192.0.2.7", "::ffff:c000:207", "::ffff:192.0.2.0/120", "::ffff:192.0.2.1-::ffff:192.0.2.9"],
)
def test_an_ipv4_mapped_address_stands_for_the_ipv4_address(mapped: str) -> None:
    """Who copies an address out of the log of a dual-stack server is left out, too."""
    assert gather_exclusions([mapped]).covers("192.0.2.7")
    assert not gather_exclusions([mapped]).covers("192.0.3.7")


def test_all_of_ipv6_excludes_no_ipv4() -> None:
    assert not gather_exclusions(["::/0"]).covers("192.0.2.7")


@pytest.mark.parametrize(
    "ip", ["9.255.255.255", "11.0.0.0", "2001:db7::1", "::a00:1", "", "mail.example.org"]
)
def test_what_lies_outside_is_not(ip: str) -> None:
    assert not gather_exclusions(["10.0.0.0/8", "2001:db8::/32"]).covers(ip)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.0.0.0/40", '"10.0.0.0/40" is no network; write it as 192.0.2.0/24'),
        (
            "mail.example.org",
            '"mail.example.org": an exclusion is a network or an address, as in 192.0.2.0/24',
        ),
        ("192.0.2.1:143", '"192.0.2.1:143": an exclusion is a network or an address, as in 192.0.2.0/24'),
        ("192.0.2.9-192.0.2.1", '"192.0.2.9-192.0.2.1" runs backwards; was 192.0.2.1-192.0.2.9 meant?'),
    ],
)
def test_a_line_that_is_not_understood_stops_everything(text: str, message: str) -> None:
    with pytest.raises(ScopeError) as caught:
        parse_exclusion(text)
    assert str(caught.value) == message


def test_an_error_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "optout.txt"
    path.write_text("10.0.0.0/8\nten slash eight\n")
    with pytest.raises(ScopeError, match=r"^optout\.txt line 2: "):
        gather_exclusions(files=[path])
    with pytest.raises(ScopeError, match="no such file"):
        gather_exclusions(files=[tmp_path / "gone"])


@given(st.lists(st.integers(0, 255), max_size=20), st.integers(0, 255))
def test_covering_is_membership(excluded: list[int], asked: int) -> None:
    exclusions = gather_exclusions([str(ip_address(n)) for n in map((0xC0000200).__add__, excluded)])
    assert exclusions.covers(str(ip_address(0xC0000200 + asked))) == (asked in excluded)
