"""Without these, an endpoint would bear somebody else's name, or none though it has one."""

from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openletter.enrich.endpoint_table import HostnameSource
from openletter.enrich.host_name import certificate_name, host_name
from openletter.enrich.names import exposed_addresses, named
from openletter.store.observation_table import sort_key
from openletter.tls.distinguished_name import DistinguishedName

KEYS = [sort_key(f"192.0.2.{number}") for number in range(1, 6)]


def test_the_given_name_wins_then_dns_then_the_certificate():
    """A server that was asked for by name would be reported under another one."""
    found = named(
        pa.array(KEYS, pa.binary(16)),
        pa.array(["given.example.net", "", "", "", ""]),
        pa.array(["c1", "c1", "c1", "c2", ""]),
        {KEYS[0]: "ptr.example.net", KEYS[1]: "ptr.example.net"},
        {"c1": "leaf.example.net"},
    )
    assert found.hostname.to_pylist() == [
        "given.example.net",
        "ptr.example.net",
        "leaf.example.net",
        "",
        "",
    ]
    assert found.source.to_pylist() == [
        HostnameSource.GIVEN,
        HostnameSource.PTR,
        HostnameSource.CERTIFICATE,
        HostnameSource.NONE,
        HostnameSource.NONE,
    ]


def test_columns_of_no_row_are_empty_columns():
    """A survey without an endpoint could not be enriched."""
    none = named(pa.array([], pa.binary(16)), pa.array([], pa.string()), pa.array([], pa.string()), {}, {})
    assert len(none.hostname) == len(none.source) == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mail.Example.NET", "mail.example.net"),
        ("mail.example.net.", "mail.example.net"),
        ("_dc.example.net", "_dc.example.net"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("", ""),
        ("localhost", ""),
        ("*.example.net", ""),
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("mail..example.net", ""),
        ("mail.example.net\n", ""),
        ("mail.exa mple.net", ""),
        ("mail.example.net\u202e", ""),
        ("ｍail.example.net", ""),
        ("a" * 64 + ".example.net", ""),
        (".".join(["abcdefg"] * 32) + ".net", ""),
    ],
)
def test_a_name_is_known_by_its_form(text, name):
    """Strangers' words would stand on pages where a name is expected."""
    assert host_name(text) == name


def leaf(*dns_names, common_name=""):
    """What ``certificate_name`` looks at."""
    return SimpleNamespace(dns_names=dns_names, subject=DistinguishedName(common_name=common_name))


def test_a_certificate_names_a_host_by_its_first_plain_name():
    """A wildcard, or the company's title, would be shown as a host."""
    assert certificate_name(leaf("*.example.net", "mail.example.net", "a.example.net")) == "mail.example.net"
    assert certificate_name(leaf("*.example.net", common_name="cn.example.net")) == "cn.example.net"
    assert certificate_name(leaf(common_name="Example Ltd")) == ""


def test_only_affected_addresses_without_a_given_name_are_asked_for(tmp_path):
    """A resolver would be asked for five times as many names as anybody needs."""
    table = pa.table(
        {
            "ip_sort": pa.array([KEYS[0], KEYS[0], KEYS[1], KEYS[2]], pa.binary(16)),
            "wide": [True, True, False, True],
            "host": ["", "", "", "given.example.net"],
        }
    )
    pq.write_table(table, tmp_path / "000000.parquet")
    assert exposed_addresses([tmp_path / "000000.parquet"]) == [KEYS[0]]
