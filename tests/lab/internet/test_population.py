"""When these fail, the truth of the simulated Internet is not what its description says, or differs from one process to
the next, and no survey can be measured against it."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from ipaddress import IPv4Address, IPv4Network

import pytest

from openletter.lab.internet.casting import MANNERS
from openletter.lab.internet.country_table import country_table, formatted
from openletter.lab.internet.figures import PORTS, countries
from openletter.lab.internet.population import FIRST, SPACE, World
from openletter.lab.internet.roles import CLOSED
from openletter.lab.internet.truth import STRICT, WIDE, Class, Evidence

DIGEST = """
import hashlib, sys
from openletter.lab.internet.population import World
world = World(1000)
digest = hashlib.sha256()
for truth in world.truths():
    digest.update(repr(truth).encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def world():
    return World(1000)


@pytest.fixture(scope="module")
def truths(world):
    return list(world.truths())


def counts_by_country(world):
    """Per country: exposed and strict hosts on each cleartext port, and open hosts of the world's four ports."""
    wide, strict, hosts = Counter(), Counter(), Counter()
    for ip in world.addresses():
        country = world.country(ip)
        for port in PORTS:
            role = world.endpoint(ip, port)
            hosts[country, port] += role.open and role.manner != "silent"
            wide[country, port] += role.truth.wide
            strict[country, port] += role.truth.strict
    return wide, strict, hosts


@pytest.mark.parametrize("scale", [100, 1000])
def test_counts_a_country_are_exact(scale):
    wide, strict, hosts = counts_by_country(World(scale))
    for row in countries():
        exposed = round(row.exposed / scale)
        for port, count in ((110, row.on_110), (143, row.on_143), (993, row.on_993), (995, row.on_995)):
            assert hosts[row.country, port] == round(count / scale)
        for port in (110, 143):
            assert wide[row.country, port] == exposed
            assert strict[row.country, port] == round(exposed / 17)


def test_the_country_table_is_what_walking_the_world_gives(world):
    exposed = {110: set(), 143: set()}
    hosts = Counter()
    for ip in world.addresses():
        roles = {port: world.endpoint(ip, port) for port in PORTS}
        hosts[world.country(ip)] += any(role.open and role.manner != "silent" for role in roles.values())
        for port, found in exposed.items():
            if roles[port].truth.wide:
                found.add(ip)
    for row in country_table(world):
        pop3, imap = ({ip for ip in exposed[port] if world.country(ip) == row.country} for port in (110, 143))
        assert row.hosts == hosts[row.country]
        assert (row.pop3_wide, row.imap_wide) == (len(pop3), len(imap))
        assert (row.both_wide, row.either_wide) == (len(pop3 & imap), len(pop3 | imap))
    assert [row.country for row in country_table(world)][:5] == ["US", "DE", "PL", "JP", "NL"]
    assert "US" in formatted(country_table(world)).splitlines()[1]


def test_a_host_exposed_on_the_implicit_port_is_exposed_on_the_other_too(truths):
    """Counted by host, the table holds whichever ports are looked at."""
    wide = {(truth.ip, truth.port) for truth in truths if truth.wide}
    assert all((ip, 110 if port == 995 else 143) in wide for ip, port in wide if port in (993, 995))


def test_the_world_at_scale_one_fits_its_space_and_is_dense():
    world = World(1)
    assert 0.95 < world.size / SPACE <= 1
    hosts = sum(row.hosts for row in country_table(world))
    assert 0.55 < hosts / SPACE < 0.60


def test_at_scale_one_every_place_is_taken_once():
    """By arithmetic in full, and by walking a slice: places of neighbours, and back from each place to its address."""
    for stretch in World(1).stretches[::6]:
        for offset in range(0, stretch.size, 997):
            place = stretch.place(offset)
            assert 0 <= place < stretch.size
            assert stretch.offset(place) == offset


def test_a_slice_of_scale_one_holds_its_share_of_each_country():
    world = World(1)
    japan = next(stretch for stretch in world.stretches if stretch.quota.country == "JP")
    middle = FIRST + japan.first + japan.size // 2
    roles = [world.endpoint(ip, 110) for ip in range(middle, middle + 20_000)]
    assert sum(role.truth.wide for role in roles) / len(roles) == pytest.approx(
        301_800 / japan.size, rel=0.05
    )


@pytest.mark.parametrize("scale", [1000, 333])
def test_places_are_a_bijection(scale):
    for stretch in World(scale).stretches:
        assert {stretch.place(offset) for offset in range(stretch.size)} == set(range(stretch.size))


def test_another_process_sees_the_same_world(world, truths):
    digest = hashlib.sha256()
    for truth in truths:
        digest.update(repr(truth).encode())
    other = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, timeout=60
    )
    assert other.stdout.strip() == digest.hexdigest()


def test_another_seed_moves_the_hosts_and_keeps_the_counts(truths):
    other = list(World(1000, seed=7).truths())
    assert other != truths
    assert Counter((t.country, t.port, t.wide) for t in other) == Counter(
        (t.country, t.port, t.wide) for t in truths
    )


def test_blocks_are_disjoint_in_order_and_the_whole_world(world):
    blocks = [(IPv4Network(cidr), country) for cidr, country in world.blocks()]
    expected = FIRST
    for block, country in blocks:
        assert int(block.network_address) == expected
        assert (
            world.country(int(block.network_address))
            == world.country(int(block.broadcast_address))
            == country
        )
        expected += block.num_addresses
    assert expected == FIRST + world.size


def test_every_manner_and_every_class_is_met_at_one_to_a_thousand(truths):
    assert {truth.manner for truth in truths} == {*MANNERS, "closed", "silent"}
    assert {truth.cls for truth in truths} == set(Class)
    assert {truth.evidence for truth in truths} == set(Evidence)
    assert len(MANNERS) >= 36


def test_flags_follow_the_class(truths):
    for truth in truths:
        assert (truth.strict, truth.wide) == (truth.cls in STRICT, truth.cls in WIDE)


def test_no_tls_stands_only_beside_a_port_without_tls(truths):
    by_endpoint = {(truth.ip, truth.port): truth for truth in truths}
    sibling = {110: 995, 143: 993}
    for truth in truths:
        if truth.cls in (Class.NO_TLS, Class.CLEARTEXT_PORT_OPEN):
            beside = by_endpoint[truth.ip, sibling[truth.port]].cls
            assert (beside is Class.IMPLICIT_TLS) == (truth.cls is Class.CLEARTEXT_PORT_OPEN)


def test_endpoints_are_the_open_ones(world, truths):
    listed = {(str(IPv4Address(ip)), port) for ip, port in world.endpoints()}
    assert listed == {(truth.ip, truth.port) for truth in truths if truth.manner != "closed"}
    assert 15_000 < len(listed) < 18_000


def test_few_endpoints_make_a_surveyor_wait(truths):
    assert sum(truth.manner in ("silent", "mute", "imap:drip", "pop3:drip") for truth in truths) < 120


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.127.255.255", "127.255.255.255", "10.0.0.1", "0.0.0.0"])
def test_what_is_outside_the_world_is_closed(world, ip):
    number = int(IPv4Address(ip))
    assert world.endpoint(number, 143) is CLOSED
    assert (world.truth(number, 143).cls, world.country(number)) == (Class.UNREACHABLE, "")


def test_other_ports_are_closed(world):
    assert all(world.endpoint(FIRST + offset, 25) is CLOSED for offset in range(500))


def test_a_scope_is_told_alone(world):
    told = list(world.truths(["127.128.0.4/31", "127.128.0.1/32"]))
    assert [truth.ip for truth in told[::4]] == ["127.128.0.4", "127.128.0.5", "127.128.0.1"]
    assert [truth.port for truth in told[:4]] == list(PORTS)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_without_tls_can_be_set(share):
    wide, strict, _ = counts_by_country(World(1000, no_tls_share=share))
    for (country, port), count in wide.items():
        if port == 110:
            assert strict[country, port] == round(count * share)


@pytest.mark.parametrize("scale", [50_000, 10_000_000])
def test_a_world_too_small_for_its_countries_is_still_a_world(scale):
    assert len(list(World(scale).truths())) == 4 * World(scale).size


@pytest.mark.parametrize(("scale", "share"), [(0, 0.1), (-5, 0.1), (10, 1.1), (10, -0.1)])
def test_a_setting_that_is_none_is_refused(scale, share):
    with pytest.raises(ValueError, match="it must"):
        World(scale, no_tls_share=share)


def test_a_truth_goes_into_json(truths):
    assert json.loads(json.dumps({"class": truths[0].cls}))["class"] == truths[0].cls.value
