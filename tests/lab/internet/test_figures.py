"""When these fail, the world's table is no longer that of January 2025, and the demonstration compares with nothing."""

from hypothesis import given
from hypothesis import strategies as st

from openletter.lab.internet.figures import (
    EXPOSED_BOUND,
    EXPOSED_WORLD,
    PUBLISHED,
    REST_SHARES,
    WORLD,
    apportion,
    countries,
)

BY_NAME = {row.country: row for row in countries()}


def test_published_exposed_counts_are_kept():
    exposed = {row.country: row.exposed for row in countries() if row.published}
    assert exposed == {"US": 900_000, "DE": 523_000, "JP": 301_800, "PL": 381_800, "NL": 143_000}


def test_the_exposed_add_up_to_the_world():
    assert sum(row.exposed for row in countries()) == EXPOSED_WORLD


def test_no_unpublished_country_overtakes_the_fifth():
    assert all(0 < row.exposed < EXPOSED_BOUND for row in countries() if not row.published)


def test_the_unpublished_share_what_is_left_in_proportion_to_their_hosts():
    ratios = [row.exposed / row.on_110 for row in countries() if not row.published and row.country != "FR"]
    assert max(ratios) - min(ratios) < 0.001


def test_hosts_are_those_of_nicer_where_they_hold_the_exposed():
    us = BY_NAME["US"]
    assert (us.on_143, us.on_993, us.on_110, us.on_995) == (1_402_707, 1_376_546, 1_427_119, 1_347_756)
    raised = {row.country for row in PUBLISHED if BY_NAME[row.country].on_110 != row.on_110}
    assert raised == {"DE", "PL", "NL"}


def test_every_country_has_room_for_its_exposed():
    assert all(row.exposed <= min(row.on_110, row.on_143) for row in countries())


def test_the_rest_of_the_world_adds_up_to_nicer_and_stays_below_the_tenth():
    for column in ("on_110", "on_143", "on_993", "on_995"):
        rest = [getattr(BY_NAME[country], column) for country in REST_SHARES]
        named = sum(getattr(row, column) for row in PUBLISHED)
        assert sum(rest) + named == getattr(WORLD, column)
        assert max(rest) < getattr(BY_NAME["TR"], column)


@given(st.integers(0, 10**7), st.lists(st.integers(1, 10**6), min_size=1, max_size=40))
def test_apportioned_parts_add_up_and_are_within_one_of_their_share(total, shares):
    parts = apportion(total, shares)
    assert sum(parts) == total
    assert all(abs(part - total * share / sum(shares)) < 1 for part, share in zip(parts, shares, strict=True))
