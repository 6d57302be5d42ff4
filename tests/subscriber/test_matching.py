"""Whose an endpoint is. What a user loses when these fail: a report with somebody else's hosts in it, or one that lacks one's
own."""

import random
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import duckdb
import pyarrow as pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.store.observation_table import sort_key
from openletter.subscriber.leaf_names import leaf_names, names_of
from openletter.subscriber.matching import match
from openletter.subscriber.subscriber import Subscriber, checked


def _subscriber(number, **more):
    return checked(Subscriber(id=number, slug=f"s{number}", name="S", **more))


def _endpoints(rows):
    defaults = {"asn": 0, "country": "", "host": "", "hostname": "", "certificate": ""}
    rows = [{**defaults, **row} for row in rows]
    return pa.table(
        {
            "row": pa.array(range(len(rows)), pa.int64()),
            "ip_sort": pa.array([sort_key(row["ip"]) for row in rows], pa.binary(16)),
            "asn": pa.array([row["asn"] for row in rows], pa.uint32()),
            **{
                name: pa.array([row[name] for row in rows], pa.string())
                for name in ("country", "host", "hostname", "certificate")
            },
        }
    )


def _matched(subscribers, rows, **more):
    with duckdb.connect(":memory:") as database:
        database.register("endpoints", _endpoints(rows))
        found = match(database, subscribers, "endpoints", **more)
    return list(zip(found.column("subscriber").to_pylist(), found.column("row").to_pylist(), strict=True))


def _belongs(one, row):
    """The same said in plain Python."""
    address = ip_address(row["ip"])
    names = [row.get("host", ""), row.get("hostname", "")]
    return (
        any(address in ip_network(cidr) for cidr in one.networks)
        or row.get("asn") in one.asns
        or row.get("country") in one.countries
        or any(name == d or name.endswith(f".{d}") for name in names for d in one.domains if name)
    )


def _naive(subscribers, rows):
    return sorted(
        (one.id, place) for one in subscribers for place, row in enumerate(rows) if _belongs(one, row)
    )


def test_a_network_may_belong_to_several_and_lie_in_another():
    subscribers = [
        _subscriber(1, networks=("192.0.2.0/24",)),
        _subscriber(2, networks=("192.0.2.128/25", "192.0.0.0/16")),
        _subscriber(3, networks=("192.0.2.200/32",)),
    ]
    rows = [{"ip": ip} for ip in ("192.0.2.1", "192.0.2.200", "192.0.3.0", "192.1.0.0")]
    assert _matched(subscribers, rows) == [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 1)]


def test_all_of_one_family_is_not_all_of_the_other():
    """IPv4 lies in the midst of IPv6 where addresses are sorted."""
    rows = [
        {"ip": ip}
        for ip in ("0.0.0.0", "255.255.255.255", "::", "::fffe:ffff:ffff", "::1:0:0:0", "ffff::ffff")
    ]
    subscribers = [
        _subscriber(1, networks=("0.0.0.0/0",)),
        _subscriber(2, networks=("::/0",)),
        _subscriber(3, networks=("::ffff:0:0/96",)),
    ]
    assert _matched(subscribers, rows) == [(1, 0), (1, 1), (2, 2), (2, 3), (2, 4), (2, 5)]


def test_one_who_has_it_in_many_ways_has_it_once():
    whose = _subscriber(
        1, networks=("192.0.2.0/24",), asns=(64496,), countries=("NL",), domains=("example.org",)
    )
    row = {
        "ip": "192.0.2.1",
        "asn": 64496,
        "country": "NL",
        "host": "a.example.org",
        "hostname": "a.example.org",
    }
    assert _matched([whose], [row]) == [(1, 0)]


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("example.org", True),
        ("mail.example.org", True),
        ("a.b.example.org", True),
        ("badexample.org", False),
        ("example.org.evil.example", False),
        ("org", False),
        ("", False),
    ],
)
def test_a_domain_is_itself_and_what_is_below_it(name, belongs):
    whose = _subscriber(1, domains=("example.org",))
    for column in ("host", "hostname"):
        assert _matched([whose], [{"ip": "192.0.2.1", column: name}]) == ([(1, 0)] if belongs else [])


def test_what_is_unknown_belongs_to_nobody():
    whose = [_subscriber(1, asns=(64496,)), _subscriber(2, countries=("NL",)), _subscriber(3)]
    assert _matched(whose, [{"ip": "192.0.2.1"}]) == []
    assert _matched([], [{"ip": "192.0.2.1"}]) == []
    assert _matched(whose, []) == []


def _certificate(common_name, *names):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_every_name_of_a_certificate_counts_also_where_dns_has_another():
    der = _certificate("Some Appliance", "a.example.net", "*.example.org", "x y.example.com")
    assert names_of(der) == ("a.example.net", "example.org")
    assert names_of(b"no certificate") == ()
    subscribers = [
        _subscriber(1, domains=("example.org",)),
        _subscriber(2, domains=("example.net",)),
        _subscriber(3, domains=("example.com",)),
    ]
    row = {"ip": "192.0.2.1", "hostname": "host-1.isp.example", "certificate": "ab"}
    names = leaf_names({"ab": der}, {"example.org", "example.net", "example.com"})
    assert _matched(subscribers, [row], leaf_names=names) == [(1, 0), (2, 0)]


_octet = st.integers(0, 3)
_address = st.one_of(
    st.builds("10.0.{}.{}".format, _octet, st.integers(0, 255)),
    st.builds("2001:db8::{:x}:{:x}".format, _octet, _octet),
)
_network = st.one_of(
    st.builds(
        lambda n, p: str(ip_network((0x0A000000 + n, p), strict=False)),
        st.integers(0, 1023),
        st.integers(20, 32),
    ),
    st.builds(
        lambda n, p: str(ip_network(((0x20010DB8 << 96) + n, p), strict=False)),
        st.integers(0, 0x3FFFF),
        st.integers(108, 128),
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(_network, max_size=5), min_size=1, max_size=6),
    st.lists(_address, min_size=1, max_size=30),
)
def test_any_networks_are_joined_as_a_loop_would(networks, addresses):
    subscribers = [_subscriber(1 + n, networks=tuple(some)) for n, some in enumerate(networks)]
    rows = [{"ip": ip} for ip in addresses]
    assert _matched(subscribers, rows) == _naive(subscribers, rows)


def test_all_ways_together_are_joined_as_a_loop_would():
    chance = random.Random(5)
    rows = [
        {
            "ip": f"10.{chance.randrange(4)}.{chance.randrange(4)}.{chance.randrange(256)}",
            "asn": chance.randrange(6),
            "country": chance.choice(["", "NL", "DE", "JP"]),
            "host": chance.choice(["", "a.example.org"]),
            "hostname": chance.choice(["", "b.a.example.org", "x.example.net"]),
        }
        for _ in range(500)
    ]
    subscribers = [
        _subscriber(
            1 + n,
            networks=tuple(
                f"10.{chance.randrange(4)}.0.0/{chance.choice([16, 22, 24])}" for _ in range(n % 3)
            ),
            asns=tuple({1 + chance.randrange(5)} if n % 4 == 0 else ()),
            countries=("NL",) if n % 5 == 0 else (),
            domains=chance.choice([(), ("example.org",), ("a.example.org", "example.net")]),
        )
        for n in range(20)
    ]
    assert _matched(subscribers, rows) == _naive(subscribers, rows)
