"""Without these, a store made of the world's days could show trends that are not those of the lab's own figures."""

from collections import Counter

import pytest

from openletter.lab.internet.days import (
    MENDED_A_DAY,
    REGRESSED_A_DAY,
    UNREACHED_EVERY,
    Days,
)
from openletter.lab.internet.population import World
from openletter.lab.internet.truth import Class

DAYS = 30


@pytest.fixture(scope="module")
def days():
    return Days(World(400), DAYS)


def exposed(days, day):
    """Addresses that are affected on a day, and those that are there, each reached on it."""
    wide, there = set(), set()
    for ip in days.world.addresses():
        truths = days.truths(ip, day)
        if any(truth.cls is not Class.UNREACHABLE for truth in truths):
            there.add(ip)
            if any(truth.wide for truth in truths):
                wide.add(ip)
    return wide, there


def test_the_first_day_is_the_world(days):
    """Figures of the first survey would not be those of January 2025."""
    for ip in days.world.addresses():
        for truth in days.truths(ip, 0):
            world = days.world.truth(ip, truth.port)
            assert truth == world or truth.cls is Class.UNREACHABLE


def test_hosts_are_mended_and_regress_at_the_rates_that_are_said(days):
    """The persistence page would be tried on a curve that nobody knows."""
    (before, there), (after, _) = exposed(days, 0), exposed(days, DAYS - 1)
    reached_then = {
        ip for ip in there if any(t.cls is not Class.UNREACHABLE for t in days.truths(ip, DAYS - 1))
    }
    at_risk = before & reached_then
    still = len(at_risk & after) / len(at_risk)
    assert still == pytest.approx((1 - MENDED_A_DAY) ** (DAYS - 1), abs=0.02)
    well = reached_then - before
    turned = len(well & after) / len(well)
    assert 0 < turned < 3 * (1 - (1 - REGRESSED_A_DAY) ** (DAYS - 1))


def test_one_host_in_a_hundred_is_not_reached_on_a_day(days):
    """Coverage would always be shown as whole."""
    ips = [ip for ip in days.world.addresses() if days.truths(ip, 7)]
    missed = sum(all(t.cls is Class.UNREACHABLE for t in days.truths(ip, 7)) for ip in ips)
    assert missed / len(ips) == pytest.approx(1 / UNREACHED_EVERY, abs=0.004)


def test_hosts_appear_and_stay(days):
    """A difference of two surveys would show nothing new."""
    there = [{ip for ip in days.world.addresses() if days.truths(ip, day)} for day in (0, 10, DAYS - 1)]
    assert there[0] < there[1] < there[2]


def test_what_is_mended_keeps_its_product(days):
    """A product's page would lose a product for each mended server."""
    kept = Counter()
    for ip in days.world.addresses():
        first = {t.port: t for t in days.truths(ip, 0)}
        last = {t.port: t for t in days.truths(ip, DAYS - 1)}
        for port in first.keys() & last.keys():
            if first[port].wide and last[port].cls is Class.TLS_REQUIRED:
                product = [t.manner.partition(":")[2].rpartition("-")[0] for t in (first[port], last[port])]
                kept[product[0] == product[1]] += 1
    assert kept[True] > 4 * kept[False]


def test_days_are_refused_that_are_none():
    """A store without a survey would be made, and every page of it would be an error."""
    with pytest.raises(ValueError, match="days is 0"):
        Days(World(4000), 0)
