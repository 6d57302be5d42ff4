"""The arithmetic under every scope: an address lost or won here is lost or won for all."""

from ipaddress import ip_address
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openletter.scope import address
from openletter.scope.address import IPV6_BEGINS, Interval, covering, merged, shown_interval, without
from openletter.scope.labelled import Labelled, overlay

SMALL = st.builds(
    lambda a, b: Interval(IPV6_BEGINS - 20 + min(a, b), IPV6_BEGINS - 20 + max(a, b)),
    st.integers(0, 40),
    st.integers(0, 40),
).filter(lambda i: (i.first < IPV6_BEGINS) == (i.last < IPV6_BEGINS))


LAST_IPV4 = Interval(IPV6_BEGINS - 1, IPV6_BEGINS - 1)
FIRST_IPV6 = Interval(IPV6_BEGINS, IPV6_BEGINS)


def members(intervals: list[Interval]) -> set[int]:
    return {n for i in intervals for n in range(i.first, i.last + 1)}


@given(st.ip_addresses())
def test_text_and_number_are_each_other_s_inverse(ip: object) -> None:
    assert address.text(address.parse(str(ip))) == str(ip)
    assert address.number(ip_address(str(ip))) == address.parse(str(ip))


@pytest.mark.parametrize(
    "text", ["", "192.0.2", "192.0.2.256", "fe80::1%eth0", "mail.example.org", "192.0.2.1/32"]
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        address.parse(text)


@given(st.lists(SMALL))
@example([LAST_IPV4, FIRST_IPV6])
@example([FIRST_IPV6, Interval(IPV6_BEGINS, IPV6_BEGINS + 3)])
def test_merging_keeps_every_address_and_the_families_apart(intervals: list[Interval]) -> None:
    out = merged(intervals)
    assert members(out) == members(intervals)
    assert out == sorted(out)
    for before, after in pairwise(out):
        assert before.last + 1 < after.first or before.last < IPV6_BEGINS == after.first
    assert all((i.first < IPV6_BEGINS) == (i.last < IPV6_BEGINS) for i in out)


@given(SMALL, st.lists(SMALL))
def test_taking_away_is_the_difference(interval: Interval, holes: list[Interval]) -> None:
    assert members(without(interval, merged(holes))) == members([interval]) - members(holes)


@given(st.lists(SMALL), st.integers(0, 40))
def test_covering_is_membership(intervals: list[Interval], offset: int) -> None:
    number = IPV6_BEGINS - 20 + offset
    assert (covering(merged(intervals), number) is not None) == (number in members(intervals))


@given(st.lists(st.tuples(SMALL, st.sampled_from(["", "US", "JP"]))))
@example([(LAST_IPV4, "US"), (FIRST_IPV6, "US")])
def test_an_overlay_gives_each_address_the_label_of_the_piece_that_says_most(
    pieces: list[tuple[Interval, str]],
) -> None:
    out = overlay([Labelled(*piece) for piece in pieces])
    found: dict[int, str] = {}
    for interval, country in out:
        assert (interval.first < IPV6_BEGINS) == (interval.last < IPV6_BEGINS)
        for number in range(interval.first, interval.last + 1):
            assert number not in found
            found[number] = country
    expected = {}
    for number in members([interval for interval, _ in pieces]):
        holding = [p for p in pieces if p[0].first <= number <= p[0].last]
        expected[number] = min(holding, key=lambda p: (p[1] == "", p[0].size))[1]
    assert found == expected


def test_an_interval_is_shown_as_a_user_would_write_it() -> None:
    assert shown_interval(Interval(0xC0000201, 0xC0000201)) == "192.0.2.1"
    assert shown_interval(Interval(0xC0000201, 0xC0000203)) == "192.0.2.1-192.0.2.3"
