"""The format of the opt-out list. What a user loses when these fail: a promise not to ask somebody again."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.scope.address import IPV6_BEGINS, Interval
from openletter.scope.error import ScopeError
from openletter.scope.optout import (
    OptOut,
    intervals_of,
    line_of,
    names_of,
    networks_of,
    parse_line,
    parse_optouts,
    read_optouts,
)

WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60)


@given(reason=WORDS, contact=WORDS, removed=st.sampled_from(["", "2026-11-24T03:15:00Z"]))
def test_what_is_written_is_read(reason, contact, removed):
    """Also reasons that hold a comment sign, quotes or what looks like a removal."""
    entry = OptOut(
        network="192.0.2.0/24", name="a.example", added="x", reason=reason, contact=contact, removed=removed
    )
    assert parse_line(line_of(entry)) == [entry]


def test_it_is_a_blocklist_of_zmap():
    """ZMap cuts a line at the comment sign and reads at most a thousand octets of it."""
    entry = OptOut(network="192.0.2.0/24", reason="no # thanks")
    line = line_of(entry)
    assert line.partition("#")[0].strip() == "192.0.2.0/24"
    removed = OptOut(network="192.0.2.0/24", removed="2026-11-24T03:15:00Z")
    assert line_of(removed).startswith("#")
    with pytest.raises(ScopeError, match="too long"):
        line_of(OptOut(network="192.0.2.0/24", reason="é" * 500))


def test_lines_that_a_person_wrote():
    text = b"# ours\n\n203.0.113.7   # the printer\r\n198.51.100.77/24\n192.0.2.1-192.0.2.2\n"
    entries = parse_optouts(text, "optout.txt")
    assert [(e.network, e.reason) for e in entries] == [
        ("203.0.113.7", "the printer"),
        ("198.51.100.0/24", ""),
        ("192.0.2.1", ""),
        ("192.0.2.2", ""),
    ]
    assert len(intervals_of(entries)) == 4


def test_what_was_taken_back_is_a_record_and_holds_no_more():
    kept = OptOut(network="192.0.2.0/24", name="b.example")
    back = OptOut(
        network="192.0.2.9", name="c.example", removed="2026-11-24T03:15:00Z", removal_reason="asked"
    )
    read = parse_optouts(f"{line_of(kept)}\n{line_of(back)}\n".encode(), "optout.txt")
    assert read == [kept, back]
    assert intervals_of(read) == [kept.interval]
    assert names_of(read) == {"b.example"}


@pytest.mark.parametrize("octets", [b"192.0.2.0/33\n", b"mail.example.org\n", b"\xff\xfe\n", b"1" * 5000])
def test_a_line_that_cannot_be_understood_is_named_and_not_passed_over(octets, tmp_path):
    path = tmp_path / "optout.txt"
    path.write_bytes(b"192.0.2.1\n" + octets)
    with pytest.raises(ScopeError, match=r"optout\.txt"):
        read_optouts(path)


def test_no_file_is_no_entries(tmp_path):
    assert read_optouts(tmp_path / "optout.txt") == []


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_networks_of_an_interval_of_ipv4(one, other):
    first, last = sorted((one, other))
    expected = ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    assert networks_of(Interval(first, last)) == [str(n).removesuffix("/32") for n in expected]


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_networks_of_an_interval_of_ipv6(one, other):
    first, last = sorted((one, other))
    expected = ipaddress.summarize_address_range(ipaddress.IPv6Address(first), ipaddress.IPv6Address(last))
    interval = Interval(first + IPV6_BEGINS, last + IPV6_BEGINS)
    assert networks_of(interval) == [str(n).removesuffix("/128") for n in expected]


def test_a_comment_without_end_is_a_comment():
    """Written by hand or by malice: a survey that runs must go on leaving the network out."""
    assert [e.network for e in parse_line("192.0.2.0/24 # " + "[" * 3000)] == ["192.0.2.0/24"]


def test_a_name_written_by_hand_counts_in_any_case():
    assert names_of(parse_line('192.0.2.1 # {"name":"Mail.Example.ORG"}')) == {"mail.example.org"}
