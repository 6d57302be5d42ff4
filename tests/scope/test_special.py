"""A survey that wanders into private or reserved ranges asks machines that nobody named."""

from ipaddress import ip_address, ip_network

import pytest

from openletter.scope import address
from openletter.scope.address import Interval, merged
from openletter.scope.special import SPECIAL, SPECIAL_INTERVALS, block_around, holes_for, is_public

RFC_6890 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
    *("203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32"),
    *(
        "::1/128",
        "::/128",
        "64:ff9b::/96",
        "::ffff:0:0/96",
        "100::/64",
        "2001::/23",
        "2001::/32",
        "2001:2::/48",
    ),
    *("2001:db8::/32", "2001:10::/28", "2002::/16", "fc00::/7", "fe80::/10"),
)


def interval(prefix: str) -> Interval:
    network = ip_network(prefix)
    return Interval(address.number(network.network_address), address.number(network.broadcast_address))


def test_the_table_is_sorted_disjoint_and_well_written() -> None:
    assert len(SPECIAL_INTERVALS) == len(SPECIAL) == len({block.prefix for block in SPECIAL})
    assert sum(i.size for i in merged(SPECIAL_INTERVALS)) == sum(i.size for i in SPECIAL_INTERVALS)
    assert all(str(ip_network(block.prefix)) == block.prefix for block in SPECIAL)


@pytest.mark.parametrize("prefix", RFC_6890)
def test_every_block_of_rfc_6890_is_inside_the_table(prefix: str) -> None:
    assert block_around(interval(prefix)) is not None


def test_no_address_that_python_calls_private_or_multicast_is_called_public() -> None:
    ours = [*SPECIAL_INTERVALS]
    edges = {edge for i in ours for edge in (i.first - 1, i.first, i.last, i.last + 1) if edge >= 0}
    for edge in edges:
        if edge < 1 << 128:
            ip = ip_address(address.text(edge))
            if ip.is_private or ip.is_multicast or ip.is_loopback or ip.is_link_local or ip.is_unspecified:
                assert not is_public(edge), ip


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "1.1.1.1", "193.0.0.1", "223.255.255.255", "2a00::1", "2001:200::1", "2600::"]
)
def test_ordinary_addresses_are_public(ip: str) -> None:
    assert is_public(address.parse(ip))


@pytest.mark.parametrize(
    "prefix", ["127.128.0.0/9", "10.1.0.0/16", "192.168.1.7/32", "::1/128", "fd00::/8", "192.0.2.0/24"]
)
def test_what_is_named_on_purpose_is_left_whole(prefix: str) -> None:
    assert holes_for(interval(prefix)) == ()


@pytest.mark.parametrize(
    "prefix",
    [
        "224.0.0.1/32",
        "0.0.0.0/32",
        "255.255.255.255/32",
        "240.0.0.0/8",
        "ff02::1/128",
        "0.0.0.0/0",
        "126.0.0.0/7",
    ],
)
def test_what_cannot_be_meant_is_taken_out(prefix: str) -> None:
    assert holes_for(interval(prefix)) == SPECIAL_INTERVALS
