"""The promise of a scope: every host that was named, once, and none that was not."""

import itertools
import socket
import threading
import tracemalloc
from collections import Counter
from ipaddress import ip_address

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.scope.build import build_scope
from openletter.scope.description import ScopeDescription
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import gather_exclusions
from openletter.scope.ports import PortPlan, parse_ports
from openletter.scope.resolve import system_resolver
from openletter.scope.scope import Scope
from openletter.scope.target import parse_target

ONE_PORT = parse_ports(["imap=143"])
NAMES = {
    "mail.example.org": ["192.0.2.1", "2001:db8::1"],
    "imap.example.org": ["192.0.2.1"],
    "localhost": ["127.0.0.1", "::1"],
    "sink.example": ["0.0.0.0"],
}


def resolver(name: str) -> list[str]:
    if name not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return NAMES[name]


def scope(*texts: str, plan: PortPlan = ONE_PORT, exclude: tuple[str, ...] = ()) -> Scope:
    targets = [parse_target(text) for text in texts]
    return build_scope(targets, plan=plan, exclusions=gather_exclusions(exclude), resolver=resolver)


def hosts(of: Scope) -> dict[tuple[str, str], tuple[str, tuple[int, ...]]]:
    """(ip, name) to (country, ports); fails where a host comes twice."""
    found = {}
    for host in of.hosts(seed=1):
        assert (host.ip, host.name) not in found
        found[host.ip, host.name] = (host.country, tuple(s.port for s in host.services))
    return found


def ips(of: Scope) -> list[str]:
    return sorted({ip for ip, _ in hosts(of)}, key=lambda ip: (":" in ip, int(ip_address(ip))))


def test_networks_ranges_and_addresses_of_both_families() -> None:
    built = scope("192.0.2.0/31", "198.51.100.7-198.51.100.8", "203.0.113.9", "2001:db8::4/127")
    expected = [
        "192.0.2.0",
        "192.0.2.1",
        "198.51.100.7",
        "198.51.100.8",
        "203.0.113.9",
        "2001:db8::4",
        "2001:db8::5",
    ]
    assert ips(built) == expected
    assert built.address_count == built.endpoint_count == 7


def test_overlaps_count_once_and_the_country_of_the_smaller_wins() -> None:
    built = scope(
        "10.0.0.0/28",
        "10.0.0.4/30 country=NL",
        "10.0.0.4/31 country=DE",
        "10.0.0.0/29 country=JP",
        "10.0.0.5",
    )
    assert built.address_count == 16
    countries = {ip: country for (ip, _), (country, _) in hosts(built).items()}
    assert Counter(countries.values()) == {"": 8, "JP": 4, "NL": 2, "DE": 2}
    assert countries["10.0.0.5"] == "DE"


def test_exclusions_win_over_networks_names_and_ports() -> None:
    built = scope(
        "192.0.2.0/29", "192.0.2.1:143", "mail.example.org", exclude=("192.0.2.0/30", "2001:db8::/32")
    )
    assert ips(built) == ["192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"]
    assert built.exclusions.covers("192.0.2.1")
    assert not built.contains("192.0.2.1")
    assert built.contains("192.0.2.4")
    assert not built.contains("no address")


def test_special_ranges_are_left_out_of_larger_targets_only() -> None:
    assert ips(scope("127.128.0.0/31")) == ["127.128.0.0", "127.128.0.1"]
    assert ips(scope("9.255.255.254-10.0.0.1")) == ["9.255.255.254", "9.255.255.255"]
    everything = scope("0.0.0.0/0")
    assert 3_700_000_000 < everything.address_count < 3_710_000_000
    assert not everything.contains("10.0.0.1")
    assert not everything.contains("224.0.0.1")


def test_a_private_network_named_beside_the_internet_is_kept() -> None:
    built = scope("0.0.0.0/0", "10.0.0.0/24")
    assert built.contains("10.0.0.1")
    assert not built.contains("10.0.1.0")


def test_a_name_has_all_its_addresses_and_is_kept_with_them() -> None:
    assert hosts(scope("mail.example.org")) == {
        ("192.0.2.1", "mail.example.org"): ("", (143,)),
        ("2001:db8::1", "mail.example.org"): ("", (143,)),
    }


def test_two_names_of_one_address_are_asked_one_after_the_other_and_count_as_one_address() -> None:
    built = scope("mail.example.org", "imap.example.org", "192.0.2.0/30 country=NL")
    assert built.address_count == 5
    assert built.endpoint_count == 6
    found = list(built.hosts(seed=3))
    shared = [host for host in found if host.ip == "192.0.2.1"]
    assert [host.name for host in shared] == ["mail.example.org", "imap.example.org"]
    assert shared[0].count == shared[1].count
    assert {host.country for host in shared} == {"NL"}
    assert found.index(shared[1]) == found.index(shared[0]) + 1


def test_a_port_of_its_own_is_the_only_one_asked_unless_a_range_holds_the_address_too() -> None:
    plan = parse_ports(["imap=1143", "pop3=1110"])
    assert hosts(scope("192.0.2.9:1110", "[2001:db8::9]:993", plan=plan)) == {
        ("192.0.2.9", ""): ("", (1110,)),
        ("2001:db8::9", ""): ("", (993,)),
    }
    assert hosts(scope("192.0.2.9:993", "192.0.2.9", plan=plan)) == {
        ("192.0.2.9", ""): ("", (1143, 1110, 993))
    }
    both = scope("mail.example.org:1143", "192.0.2.1", exclude=("::/0",), plan=plan)
    assert hosts(both) == {
        ("192.0.2.1", "mail.example.org"): ("", (1143,)),
        ("192.0.2.1", ""): ("", (1110,)),
    }
    assert both.address_count == 1
    assert both.endpoint_count == 2


def test_endpoints_come_host_by_host_with_all_that_a_dialogue_needs() -> None:
    plan = parse_ports(["imap=1143", "pop3s=1995"])
    found = list(scope("10.0.0.0/28 country=PL", "mail.example.org", plan=plan).endpoints(seed=9))
    assert len(found) == 36
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert first.ip == second.ip
        assert (first.port, second.port) == (1143, 1995)
    assert (
        Endpoint(
            ip="192.0.2.1", port=1995, protocol=Protocol.POP3, mode=Mode.IMPLICIT, host="mail.example.org"
        )
        in found
    )
    assert {e.country for e in found if e.ip.startswith("10.")} == {"PL"}


TEXTS = st.one_of(
    st.builds(
        lambda a, n: f"10.0.0.{a & (256 - (1 << n)) & 255}/{32 - n}", st.integers(0, 255), st.integers(0, 6)
    ),
    st.builds(
        lambda a, b: f"10.0.0.{min(a, b)}-10.0.0.{max(a, b)}", st.integers(0, 255), st.integers(0, 255)
    ),
    st.builds(lambda a: f"10.0.0.{a}", st.integers(0, 255)),
    st.builds(lambda a: f"fd00::{a:x}", st.integers(0, 255)),
)


def _members(text: str) -> set[str]:
    interval = parse_target(text).interval
    assert interval is not None
    base = ip_address("fd00::") if ":" in text else ip_address("10.0.0.0")
    offset = interval.first - int(base) - ((1 << 32) if ":" in text else 0)
    return {str(base + offset + i) for i in range(interval.size)}


@settings(max_examples=120, deadline=None)
@given(
    given_texts=st.lists(
        st.tuples(TEXTS, st.sampled_from(["", " country=US", " country=JP"])), min_size=1, max_size=8
    ),
    excluded=st.lists(TEXTS, max_size=4),
    seed=st.integers(0, 1 << 32),
    of=st.integers(1, 5),
)
def test_hosts_are_the_union_less_the_exclusions_each_once_over_all_shards(
    given_texts: list[tuple[str, str]], excluded: list[str], seed: int, of: int
) -> None:
    expected = set().union(*(_members(text) for text, _ in given_texts))
    expected -= set().union(*(_members(text) for text in excluded))
    if not expected:
        with pytest.raises(ScopeError, match="nothing is left"):
            scope(*(text + label for text, label in given_texts), exclude=tuple(excluded))
        return
    built = scope(*(text + label for text, label in given_texts), exclude=tuple(excluded))
    walked = [host.ip for shard in range(of) for host in built.hosts(shard, of, seed=seed)]
    assert sorted(walked) == sorted(expected)
    assert built.address_count == built.endpoint_count == len(expected)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6), seed=st.integers(0, 99), of=st.integers(1, 4))
def test_a_scope_rebuilt_from_its_stored_description_walks_the_same_way(
    texts: list[str], seed: int, of: int
) -> None:
    built = scope(*texts, "mail.example.org country=FR", "10.0.0.9:995", exclude=("10.0.0.3", "fd00::8/125"))
    stored = msgspec.json.encode(built.description)
    again = Scope(msgspec.json.decode(stored, type=ScopeDescription))
    for shard in range(of):
        assert list(again.hosts(shard, of, seed=seed)) == list(built.hosts(shard, of, seed=seed))
    assert (again.address_count, again.endpoint_count) == (built.address_count, built.endpoint_count)
    assert again.exclusions.covers("10.0.0.3")
    assert msgspec.json.encode(again.description) == stored


def test_a_shard_is_resumed_behind_the_last_host_that_was_done() -> None:
    built = scope("10.0.0.0/26", "mail.example.org", "imap.example.org")
    whole = list(built.hosts(1, 3, seed=5))
    for index, host in enumerate(whole[:-1]):
        if whole[index + 1].count != host.count:
            assert whole[: index + 1] + list(built.hosts(1, 3, seed=5, begin=host.count + 1)) == whole


def test_the_whole_internet_costs_no_memory_to_hold_order_or_shard() -> None:
    tracemalloc.start()
    try:
        built = scope("0.0.0.0/0", "2000::/68")
        found = [host.ip for host in itertools.islice(built.hosts(7, 64, seed=2), 500)]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert len(set(found)) == 500
    assert all(built.contains(ip) for ip in found)


@pytest.mark.parametrize(
    ("texts", "exclude", "message"),
    [
        ((), (), "the scope is empty: give a network, a range, an address, a name or a file of them"),
        (("10.0.0.0/8",), ("0.0.0.0/0",), "nothing is left of the scope: every address of it is excluded"),
        (("224.0.0.1",), (), '"224.0.0.1" is multicast (RFC 5771); no mail server is asked there'),
        (("0.0.0.0",), (), '"0.0.0.0" is this network (RFC 791); no mail server is asked there'),
        (
            ("255.255.255.255:143",),
            (),
            '"255.255.255.255:143" is reserved, and the limited broadcast address (RFC 1112); '
            "no mail server is asked there",
        ),
        (
            ("224.0.0.0-255.255.255.255",),
            (),
            '"224.0.0.0-255.255.255.255" is special-purpose addresses only (RFC 6890); no mail server is asked there',
        ),
        (
            ("nowhere.example",),
            (),
            '"nowhere.example" does not resolve (name or service not known); is it spelled right?',
        ),
        (
            ("sink.example",),
            (),
            '"sink.example" resolves to 0.0.0.0; no mail server is asked there (RFC 6890)',
        ),
        (
            ("192.0.2.1:2525",),
            (),
            '"192.0.2.1:2525": what speaks on port 2525? Say it by --port, as in --port imap=2525',
        ),
        (
            ("2a00::/12",),
            (),
            "a scope of 83,076,749,736,557,242,056,487,941,267,521,536 addresses; at most 2**64 can be put in an order",
        ),
    ],
)
def test_errors(texts: tuple[str, ...], exclude: tuple[str, ...], message: str) -> None:
    with pytest.raises(ScopeError) as caught:
        scope(*texts, exclude=exclude)
    assert str(caught.value) == message


def test_a_name_that_does_not_resolve_is_named_with_its_line() -> None:
    with pytest.raises(ScopeError, match=r"^scope\.txt line 4: \"nowhere\.example\" does not resolve"):
        build_scope([parse_target("nowhere.example", "scope.txt line 4")], resolver=resolver)


def test_a_name_without_addresses_is_an_error_too() -> None:
    with pytest.raises(ScopeError, match="the name has no address"):
        build_scope([parse_target("empty.example")], resolver=lambda _: [])


def test_a_thousand_names_are_resolved_side_by_side() -> None:
    together = threading.Barrier(8, timeout=20)

    def slow(name: str) -> list[str]:
        together.wait()
        return ["192.0.2.1"]

    assert build_scope([parse_target(f"h{i}.example") for i in range(8)], resolver=slow).address_count == 1


def test_the_system_s_resolver_knows_localhost() -> None:
    assert "127.0.0.1" in system_resolver("localhost")


def test_localhost_is_meant_by_who_writes_it() -> None:
    assert ips(scope("localhost")) == ["127.0.0.1", "::1"]
