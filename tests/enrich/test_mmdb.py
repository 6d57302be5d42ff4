"""A user's MMDB says what its own reader says of each address; a broken one is one clear line and not the end of the process.

What a user loses when these fail: the data that they paid for.
"""

import random

import maxminddb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.enrich.error import DataSetError
from openletter.enrich.mmdb import read_mmdb
from openletter.store.observation_table import sort_key

MUNICH = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BY", "names": {"en": "Bavaria", "de": "Bayern"}}],
    "city": {"names": {"en": "Munich", "de": "München"}},
}
RECORDS = {
    "1.2.3.0/24": MUNICH,
    "1.2.4.0/24": MUNICH,
    "9.0.0.0/8": {"country": {"iso_code": "US"}},
    "2001:db8::/32": {"country": {"iso_code": "JP"}},
    "2001:db8:1::/48": {"country": {"iso_code": "KR"}},
}


def look_up(table, ip):
    key = sort_key(ip)
    return next((row for row in table.to_pylist() if row["start"] <= key <= row["end"]), None)


@pytest.mark.parametrize(("ip_version", "ipv6"), [(6, True), (4, False)])
def test_a_database_of_cities(mmdb, ip_version, ipv6):
    records = {network: record for network, record in RECORDS.items() if ipv6 or ":" not in network}
    described, table = read_mmdb(mmdb(records, ip_version=ip_version))
    assert (described.name, described.provides) == ("Test-City", ("country", "region", "city"))
    assert described.date > "2026"
    found = look_up(table, "1.2.4.255")
    assert (found["country"], found["region"], found["city"]) == ("DE", "Bavaria", "Munich")
    assert look_up(table, "1.2.5.0") is None
    assert look_up(table, "9.9.9.9")["country"] == "US"
    if ipv6:
        assert look_up(table, "2001:db8:1::7")["country"] == "KR"
        assert look_up(table, "2001:db8:2::7")["country"] == "JP"


def test_neighbours_that_say_the_same_are_one_range(mmdb):
    _, table = read_mmdb(mmdb({"1.2.2.0/24": MUNICH, "1.2.3.0/24": MUNICH}))
    assert table.num_rows == 1


def test_a_database_of_networks(mmdb):
    record = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"}
    described, table = read_mmdb(mmdb({"1.2.3.0/24": record}, "Test-ASN"))
    assert described.provides == ("asn", "name")
    assert (look_up(table, "1.2.3.4")["asn"], look_up(table, "1.2.3.4")["name"]) == (64500, "Example Net")


def test_the_flat_schema_of_other_makers(mmdb):
    record = {
        "country": "de",
        "asn": "AS64500",
        "as_name": "Example Net",
        "region": "Bavaria",
        "city": "Munich",
    }
    described, table = read_mmdb(mmdb({"1.2.3.0/24": record}, "flat"))
    assert described.provides == ("country", "region", "city", "asn", "name")
    found = look_up(table, "1.2.3.4")
    assert (found["country"], found["asn"], found["city"]) == ("DE", 64500, "Munich")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, (1 << 32) - 1))
def test_it_says_of_an_address_what_the_library_s_own_reader_says(number):
    path = test_it_says_of_an_address_what_the_library_s_own_reader_says.path
    table = test_it_says_of_an_address_what_the_library_s_own_reader_says.table
    ip = ".".join(str(octet) for octet in number.to_bytes(4))
    with maxminddb.open_database(path) as reader:
        record = reader.get(ip)
    found = look_up(table, ip)
    assert (found and found["country"]) == (record and record["country"]["iso_code"])


@pytest.fixture(autouse=True, scope="module")
def _compared(tmp_path_factory):
    from mmdb_writer import MMDBWriter
    from netaddr import IPSet

    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="x", languages=["en"])
    chance = random.Random(4)
    for _ in range(300):
        network = f"{chance.randrange(256)}.{chance.randrange(256)}.0.0/{chance.choice((10, 12, 16, 20))}"
        writer.insert_network(IPSet([network]), {"country": {"iso_code": chance.choice(("DE", "JP", "US"))}})
    path = tmp_path_factory.mktemp("mmdb") / "x.mmdb"
    writer.to_db_file(str(path))
    test = test_it_says_of_an_address_what_the_library_s_own_reader_says
    test.path, test.table = path, read_mmdb(path)[1]


def test_a_database_of_something_else_is_told(mmdb):
    with pytest.raises(DataSetError, match=r"'Test-Domain' holds neither countries nor networks"):
        read_mmdb(mmdb({"1.2.3.0/24": {"domain": "example.net"}}, "Test-Domain"))


def test_a_database_that_is_cut_off_anywhere_is_one_clear_line(mmdb, tmp_path):
    whole = mmdb(RECORDS).read_bytes()
    path = tmp_path / "cut.mmdb"
    for end in range(0, len(whole) - 1, 17):
        path.write_bytes(whole[:end])
        with pytest.raises(DataSetError) as caught:
            read_mmdb(path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)


def test_damaged_octets_never_end_the_process_and_never_take_for_ever(mmdb, tmp_path):
    """The library's faster reader was seen to abort the process at some of these."""
    whole = mmdb(RECORDS).read_bytes()
    path = tmp_path / "damaged.mmdb"
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            read_mmdb(path)
        except DataSetError:
            refused += 1
    assert refused > 50
