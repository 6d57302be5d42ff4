"""A column of addresses is told public from private as each of them alone is.

What a user loses when this fails: a server of the Internet whose password can be guessed from anywhere passes for a
private one, or the other way round.
"""

import ipaddress

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.scope.special import SPECIAL
from openletter.store.observation_table import sort_key
from openletter.verdict.public_address import are_public


def check(addresses):
    found = are_public(pa.array([sort_key(str(address)) for address in addresses], pa.binary(16)))
    assert found.to_pylist() == [address.is_global for address in addresses]


def test_on_both_sides_of_every_edge_of_the_registries():
    edges = []
    private = [*ipaddress.IPv4Network("192.0.0.0/24").subnets(new_prefix=32)]
    networks = [ipaddress.ip_network(block.prefix) for block in SPECIAL] + private
    for network in networks:
        kind = type(network.network_address)
        for number in (int(network.network_address), int(network.broadcast_address)):
            edges += [kind(n) for n in range(number - 1, number + 2) if 0 <= n < 2**network.max_prefixlen]
    check([e for e in edges if e.version == 4 or e.ipv4_mapped is None])


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
            lambda a: a.version == 4 or not a.ipv4_mapped
        )
    )
)
def test_anywhere(addresses):
    check(addresses)
