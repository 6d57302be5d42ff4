"""Slower where a network begins to refuse. When one of these fails, a network that has closed its door is knocked at all the
same, or one that has not is left half asked."""

import random

import pytest

from openletter.engine.backoff import BackOff
from openletter.engine.pace import Pace

NETWORK = "192.0.2"


class Hosts:
    """Hosts of one network, one after another."""

    def __init__(self, back_off: BackOff) -> None:
        self.back_off = back_off
        self.count = 0

    def seen(self, hosts: int, *, refusing: bool, ports: int = 4) -> None:
        for _ in range(hosts):
            self.count += 1
            for _ in range(ports):
                self.back_off.outcome(NETWORK, f"192.0.2.{self.count}", refused=refusing)

    @property
    def factor(self) -> float:
        return self.back_off.factor(NETWORK)


@pytest.fixture
def hosts() -> Hosts:
    return Hosts(BackOff(0.1))


def test_a_network_that_begins_to_refuse_is_asked_ever_more_slowly_up_to_a_bound(hosts: Hosts) -> None:
    hosts.seen(20, refusing=False)
    assert hosts.factor == 1.0
    hosts.seen(9, refusing=True)
    assert hosts.factor == 2.0
    hosts.seen(8, refusing=True)
    assert hosts.factor == 4.0
    hosts.seen(100, refusing=True)
    assert hosts.factor == 16.0


def test_it_recovers_slowly(hosts: Hosts) -> None:
    hosts.seen(20, refusing=False)
    hosts.seen(9, refusing=True)
    hosts.seen(2, refusing=False)
    assert 1.0 < hosts.factor < 2.0
    hosts.seen(2, refusing=False)
    assert hosts.factor == pytest.approx(1.0)


def test_closed_ports_are_no_reason(hosts: Hosts) -> None:
    """Most addresses of most networks have no mail server, from the first to the last."""
    hosts.seen(250, refusing=True)
    assert hosts.factor == 1.0


def test_a_host_counts_once_and_not_for_its_closed_ports(hosts: Hosts) -> None:
    """A host with one open port of four refuses nobody."""
    for n in range(60):
        for refused in (True, True, False, True):
            hosts.back_off.outcome(NETWORK, f"192.0.2.{n}", refused=refused)
    assert hosts.factor == 1.0


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_a_steady_share_of_refusals_costs_little(share: float) -> None:
    hosts, chance = Hosts(BackOff(0.1)), random.Random(5)
    factors = []
    for _ in range(2_000):
        hosts.seen(1, refusing=chance.random() < share)
        factors.append(hosts.factor)
    assert sum(factors) / len(factors) < 1.5


def test_networks_do_not_pay_for_each_other(hosts: Hosts) -> None:
    hosts.seen(20, refusing=False)
    hosts.seen(40, refusing=True)
    assert hosts.factor > 1.0
    assert hosts.back_off.factor("192.0.3") == 1.0


def test_an_interval_that_is_long_already_is_not_made_endless() -> None:
    for interval, most in ((5.0, 2.0), (60.0, 1.0)):
        hosts = Hosts(BackOff(interval))
        hosts.seen(20, refusing=False)
        hosts.seen(200, refusing=True)
        assert hosts.factor == most


def test_the_interval_is_longer_by_the_factor() -> None:
    pace = Pace(network_rate=10.0)
    for n in range(60):
        for _ in range(4):
            pace.outcome(f"192.0.2.{n}", refused=n >= 20)
    assert pace.slot(NETWORK, 50.0) == 50.0
    assert pace.slot(NETWORK, 50.0) == pytest.approx(50.0 + 0.1 * 16 - 0.02)
    pace.slot("192.0.3", 50.0)
    assert pace.slot("192.0.3", 50.0) == pytest.approx(50.1 - 0.02)


def test_without_a_rate_for_networks_nothing_is_slowed() -> None:
    """Loopback, where every closed port is a reset."""
    pace = Pace(rate=1_000.0)
    for n in range(60):
        pace.outcome(f"192.0.2.{n}", refused=n >= 20)
    assert pace.slot(NETWORK, 50.0) == 50.0
    assert pace.slot(NETWORK, 50.0) == 50.0


def test_a_survey_of_the_internet_does_not_remember_every_network() -> None:
    back_off = BackOff(0.1)
    for n in range(40_000):
        back_off.outcome(f"10.{n >> 8}.{n & 255}", f"10.{n >> 8}.{n & 255}.1", refused=True)
    assert len(back_off._networks) <= 16_384
