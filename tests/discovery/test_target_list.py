"""A list of targets holds what was found, each host once, and gives it out in a seeded order.

What a user loses when this fails: hosts that are never asked, asked twice, or asked against someone's will.
"""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Mode, Protocol
from openletter.discovery import target_list, target_list_writer
from openletter.discovery.error import DiscoveryError
from openletter.discovery.found import Found
from openletter.discovery.target_authorisation import require_for_targets
from openletter.discovery.target_list import TargetList, TargetListDescription, find_target_list
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.scope.address import Interval, parse
from openletter.scope.authorisation import Authorisation
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import Exclusions, parse_exclusion
from openletter.scope.ports import REGISTERED, PortPlan, Service


def make(root, found, *, plan=REGISTERED, **options):
    with TargetListWriter(root, plan, **options) as writer:
        for one in found:
            writer.add(one)
        made = writer.publish(now=1_800_000_000.0, sources=["some.csv"])
    return find_target_list(root, made.id), writer


@pytest.fixture
def small_groups(monkeypatch):
    """Many row groups without many hosts."""
    monkeypatch.setattr(target_list_writer, "GROUP", 16)


def many(count: int) -> list[Found]:
    return [Found(ip=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", port=143) for n in range(count)]


addresses = st.one_of(
    st.ip_addresses(v=4, network="10.0.0.0/24"), st.ip_addresses(v=6, network="2001:db8::/122")
).map(str)
findings = st.lists(
    st.builds(Found, ip=addresses, port=st.sampled_from([110, 143, 993, 995, None])), max_size=60
)


@settings(max_examples=40)
@given(found=findings, seed=st.integers(), of=st.integers(1, 5))
def test_all_shards_together_hold_every_endpoint_once(tmp_path_factory, found, seed, of):
    targets, _ = make(tmp_path_factory.mktemp("store"), found)
    expected = {
        (one.ip, port) for one in found for port in ([one.port] if one.port else [110, 143, 993, 995])
    }
    got = [(e.ip, e.port) for shard in range(of) for e in targets.endpoints(shard, of, seed=seed)]
    assert sorted(got) == sorted(expected)
    assert (targets.endpoint_count, targets.address_count) == (len(expected), len({ip for ip, _ in expected}))


@pytest.mark.usefixtures("small_groups")
def test_the_order_is_the_seeds_and_that_of_no_other(tmp_path):
    targets, _ = make(tmp_path, many(500))
    orders = [[host.ip for host in targets.hosts(seed=seed)] for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert len(set(orders[0])) == 500
    assert len(targets.description.groups) > 20


def test_the_order_does_not_hang_on_the_order_of_the_findings(tmp_path):
    found = many(300)
    first, _ = make(tmp_path / "a", found)
    second, _ = make(tmp_path / "b", reversed(found))
    assert list(first.hosts(seed=5)) == list(second.hosts(seed=5))


@pytest.mark.usefixtures("small_groups")
def test_neighbours_are_far_apart(tmp_path):
    """Else one network after the other would be asked at the full rate."""
    targets, _ = make(tmp_path, many(2_560))
    for shard in range(4):
        hosts = [host.ip.rpartition(".")[0] for host in targets.hosts(shard, 4, seed=3)]
        begin = hosts[:100]
        assert max(begin.count(network) for network in set(begin)) < 30


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("of", [1, 3])
def test_a_shard_is_resumed_at_any_place(tmp_path, of):
    targets, _ = make(tmp_path, many(200))
    for shard in range(of):
        whole = list(targets.hosts(shard, of, seed=9))
        assert [host.count for host in whole] == list(range(len(whole)))
        for begin in (0, 1, 15, 16, 17, len(whole) - 1, len(whole), len(whole) + 5):
            assert list(targets.hosts(shard, of, seed=9, begin=begin)) == whole[begin:]


def test_no_such_shard_is_an_error(tmp_path):
    targets, _ = make(tmp_path, many(3))
    for shard, of, begin in ((1, 1, 0), (-1, 2, 0), (0, 0, 0), (0, 1, -1)):
        with pytest.raises(ValueError, match="shard"):
            targets.hosts(shard, of, seed=1, begin=begin)


def test_names_are_asked_under_themselves_and_the_rest_without(tmp_path):
    found = [
        Found(ip="10.0.0.1", port=143, name="b.example.org"),
        Found(ip="10.0.0.1", port=143, name="a.example.org", country="NL"),
        Found(ip="10.0.0.1", port=143),
        Found(ip="10.0.0.1", port=993),
    ]
    targets, _ = make(tmp_path, found)
    hosts = list(targets.hosts(seed=1))
    assert [(h.name, [s.port for s in h.services], h.country, h.count) for h in hosts] == [
        ("a.example.org", [143], "NL", 0),
        ("b.example.org", [143], "NL", 0),
        ("", [993], "NL", 0),
    ]
    assert (targets.address_count, targets.endpoint_count) == (1, 3)


def test_ports_that_nobody_asks_are_counted_and_left_out(tmp_path):
    targets, writer = make(tmp_path, [Found(ip="10.0.0.1", port=22), Found(ip="10.0.0.2", port=143)])
    assert ([h.ip for h in targets.hosts(seed=1)], writer.other_ports) == (["10.0.0.2"], 1)


def test_odd_ports_are_asked_as_the_plan_says(tmp_path):
    service = Service(1143, Protocol.IMAP, Mode.IMPLICIT)
    targets, _ = make(tmp_path, [Found(ip="10.0.0.1", port=1143)], plan=PortPlan((service,)))
    (host,) = targets.hosts(seed=1)
    assert host.services == (service,)


def test_excluded_special_and_unauthorised_addresses_are_left_out_and_counted(tmp_path):
    found = [
        Found(ip=ip, port=143)
        for ip in ("10.0.0.1", "10.0.1.1", "8.8.8.8", "9.9.9.9", "0.0.0.1", "240.0.0.1")
    ]
    targets, writer = make(
        tmp_path,
        found,
        exclusions=Exclusions([parse_exclusion("10.0.1.0/24")]),
        allowed=[Interval(parse("8.8.8.0"), parse("8.8.8.255"))],
    )
    assert {h.ip for h in targets.hosts(seed=1)} == {"10.0.0.1", "8.8.8.8"}
    assert (writer.special, writer.excluded, writer.unauthorised) == (2, 1, 1)
    assert targets.public_count == 1
    assert targets.exclusions.covers("10.0.1.77")


def test_who_opted_out_later_is_not_given_out_any_more(tmp_path):
    targets, _ = make(tmp_path, many(10))
    later = TargetList(targets.path, Exclusions([parse_exclusion("10.0.0.4")]))
    assert {h.ip for h in targets.hosts(seed=1)} - {h.ip for h in later.hosts(seed=1)} == {"10.0.0.4"}


def authorisation(scope: str, until: date = date(2030, 1, 1)) -> Authorisation:
    return Authorisation(who="Example", contact="x@example.org", basis="law", scope=(scope,), until=until)


def test_many_public_addresses_need_an_authorisation_that_covers_them(tmp_path):
    today = date(2026, 11, 24)
    few, _ = make(tmp_path / "few", [Found(ip=f"8.8.8.{n}", port=143) for n in range(256)])
    require_for_targets(few, None, today)
    found = [Found(ip=f"8.8.{n >> 8}.{n & 255}", port=143) for n in range(257)]
    targets, _ = make(tmp_path / "many", found)
    with pytest.raises(ScopeError, match="257 public addresses need an authorisation"):
        require_for_targets(targets, None, today)
    require_for_targets(targets, authorisation("8.8.0.0/16"), today)
    with pytest.raises(ScopeError, match=r"1 of the addresses, 8\.8\.1\.0"):
        require_for_targets(targets, authorisation("8.8.0.0/24"), today)
    with pytest.raises(ScopeError, match="ended on"):
        require_for_targets(targets, authorisation("8.8.0.0/16", date(2026, 1, 1)), today)
    local, _ = make(tmp_path / "local", many(300))
    require_for_targets(local, None, today)


def test_its_description_goes_through_json(tmp_path):
    targets, _ = make(tmp_path, many(5), exclusions=Exclusions([parse_exclusion("10.9.0.0/16")]))
    octets = msgspec.json.encode(targets.description)
    assert msgspec.json.decode(octets, type=TargetListDescription) == targets.description


def test_an_empty_list_is_one(tmp_path):
    targets, _ = make(tmp_path, [])
    assert (list(targets.hosts(seed=1)), targets.address_count) == ([], 0)


def test_a_list_is_found_by_id_and_by_path(tmp_path):
    targets, _ = make(tmp_path, many(5))
    assert find_target_list(tmp_path, targets.description.id).description == targets.description
    assert find_target_list(tmp_path / "elsewhere", str(targets.path)).description == targets.description


def test_what_is_no_list_is_refused_with_its_name(tmp_path):
    with pytest.raises(DiscoveryError, match="no such target list"):
        find_target_list(tmp_path, "nothing")
    targets, _ = make(tmp_path, many(50))
    octets = targets.path.read_bytes()
    for damaged in (b"", b"PAR1", octets[:-20], octets[20:]):
        targets.path.write_bytes(damaged)
        with pytest.raises(DiscoveryError, match="import it again"):
            list(TargetList(targets.path).hosts(seed=1))


def test_an_import_that_fails_leaves_nothing_behind(tmp_path):
    def unreadable():
        yield Found(ip="10.0.0.1", port=143)
        raise DiscoveryError("of the scanner's file")

    with pytest.raises(DiscoveryError):
        make(tmp_path, unreadable())
    assert list((tmp_path / target_list.FOLDER).iterdir()) == []


def test_more_services_than_a_row_can_tell_are_refused(tmp_path):
    services = tuple(Service(port, Protocol.IMAP, Mode.CLEARTEXT) for port in range(1, 66))
    with pytest.raises(DiscoveryError, match="64"):
        TargetListWriter(tmp_path, PortPlan(services))
