"""Addresses joined with ranges say what a look-up of each would say.

What a user loses when these fail: servers counted in the wrong country.
"""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.enrich.dataset import GeoData
from openletter.enrich.join import find, locate, read_ranges
from openletter.enrich.range_table import GROUP_ROWS, Ranges, to_parquet
from openletter.store.observation_table import sort_key
from openletter.store.record import DataSet

V4 = st.integers((192 << 24) + 512, (192 << 24) + 700).map(lambda n: str(IPv4Address(n)))
V6 = st.integers(0, 90).map(lambda n: str(IPv6Address((0x20010DB8 << 96) + n)))


def edges(family):
    return st.tuples(family, family).map(lambda pair: sorted(pair, key=sort_key))


def addresses(*ips):
    return pa.array([sort_key(ip) for ip in ips], pa.binary(16))


def describe(name, *provides):
    return DataSet(name=name, version="1", date="", licence="", attribution="", url="", provides=provides)


@pytest.fixture
def source(tmp_path):
    """Writes a data set: its columns, and rows of (first, last, values...)."""

    def write(columns, *rows):
        ranges = Ranges(columns)
        for first, last, *values in rows:
            ranges.add(sort_key(first), sort_key(last), *values)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        path.write_bytes(to_parquet(ranges.table()))
        return GeoData(describe(path.name, *columns), str(path))

    return write


@settings(deadline=None, max_examples=60)
@given(st.lists(V4 | V6, max_size=30), st.lists(edges(V4) | edges(V6), max_size=8))
def test_a_join_is_what_a_look_up_of_each_address_is(ips, spans):
    ranges = Ranges(["asn"])
    for place, (first, last) in enumerate(spans):
        ranges.add(sort_key(first), sort_key(last), place + 1)
    table = ranges.table()
    rows = table.to_pylist()

    def look_up(ip):
        return next((n for n, row in enumerate(rows) if row["start"] <= sort_key(ip) <= row["end"]), None)

    asked = sorted(ips, key=sort_key)
    assert find(addresses(*asked), table).to_pylist() == [look_up(ip) for ip in asked]


def test_an_address_behind_the_end_of_the_last_range_before_it_is_in_none(source):
    data = source(["country"], ("1.0.0.0", "1.0.0.9", "AU"), ("1.0.0.20", "1.0.0.29", "JP"))
    found = locate(addresses("0.255.255.255", "1.0.0.9", "1.0.0.10", "1.0.0.20", "1.0.0.30"), [data])
    assert found["country"].to_pylist() == ["", "AU", "", "JP", ""]


def test_a_range_of_ipv6_around_all_of_ipv4_holds_what_no_other_does(source):
    """``::/0`` in a user's file, say, for what is left over."""
    data = source(
        ["country"],
        ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ZZ"),
        ("1.0.0.0", "1.0.0.9", "AU"),
        ("2001:db8::", "2001:db8::9", "JP"),
    )
    ips = ("::1", "0.0.0.0", "1.0.0.5", "1.0.0.10", "255.255.255.255", "2001:db8::5", "2001:db8::a")
    found = locate(addresses(*ips), [data])
    assert found["country"].to_pylist() == ["ZZ", "ZZ", "AU", "ZZ", "ZZ", "JP", "ZZ"]


def test_the_first_data_set_that_knows_has_its_say_and_places_are_not_mixed(source):
    """Munich would lie in Austria, where two makers disagree."""
    mine = source(
        ["country", "region", "city"],
        ("1.0.0.0", "1.0.0.9", "DE", "Bavaria", "Munich"),
        ("1.0.0.10", "1.0.0.19", "FR", "", ""),
        ("1.0.0.20", "1.0.0.29", "", "", ""),
    )
    networks = source(["asn", "name"], ("1.0.0.0", "1.0.0.255", 64500, "Example"))
    other = source(["country", "city"], ("1.0.0.0", "1.0.0.255", "AT", "Vienna"))
    found = locate(
        addresses("1.0.0.1", "1.0.0.11", "1.0.0.21", "1.0.0.31", "1.0.1.0"), [mine, networks, other]
    )
    assert found["country"].to_pylist() == ["DE", "FR", "AT", "AT", ""]
    assert found["city"].to_pylist() == ["Munich", "", "Vienna", "Vienna", ""]
    assert found["region"].to_pylist() == ["Bavaria", "", "", "", ""]
    assert found["asn"].to_pylist() == [64500] * 4 + [0]
    assert found["name"].to_pylist() == ["Example"] * 4 + [""]


def test_only_the_ranges_that_may_be_needed_are_read_and_none_is_missed(source):
    """A file of the world's networks is read for each part of a survey."""
    count = GROUP_ROWS * 3
    first = int(IPv4Address("1.0.0.0"))
    rows = [
        (str(IPv4Address(first + 4 * n)), str(IPv4Address(first + 4 * n + 2)), n + 1) for n in range(count)
    ]
    data = source(["asn"], *rows)
    for n in (0, GROUP_ROWS - 1, GROUP_ROWS, 2 * GROUP_ROWS, count - 1):
        ip = str(IPv4Address(first + 4 * n + 1))
        assert locate(addresses(ip), [data])["asn"].to_pylist() == [n + 1]
        assert read_ranges(Path(data.path), sort_key(ip), sort_key(ip)).num_rows <= 2 * GROUP_ROWS


def test_without_data_or_addresses_nothing_is_known(source):
    assert locate(addresses("192.0.2.1"), [])["country"].to_pylist() == [""]
    assert locate(addresses(), [source(["asn"], ("1.0.0.0", "1.0.0.9", 1))])["asn"].to_pylist() == []
