"""Whom networks name, asked of registries. What a user loses when these fail: a registry that shuts us out for asking too much, a
run that hangs or begins anew, or a question about an address that is nobody's."""

import json

import pytest

from openletter.report.abuse import registries as registries_module
from openletter.report.abuse.contact_cache import KEPT_S, REGISTRIES_KEPT_S, ContactCache
from openletter.report.abuse.looking_up import (
    LONGEST_WAIT_S,
    MAX_REDIRECTS,
    NO_REGISTRY,
    SPECIAL,
    TRIES,
    LookUp,
)
from openletter.report.abuse.network import Outcome
from openletter.report.abuse.registries import RegistryError, registries
from openletter.report.bounded_http import HttpError

TEN = [f"203.0.114.{n}" for n in range(10)]


def test_one_question_for_each_network(look, registry, rdap):
    registry.networks = [
        rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"])),
        rdap.network("203.0.115.0/24", rdap.entity("abuse", mails=["a@two.alt"])),
    ]
    looking, found = look(*TEN, "203.0.115.3", "203.0.115.4")
    assert looking.asked == 2
    assert registry.questions == ["203.0.114.0", "203.0.115.3"]
    assert {one.contact for one in found.values()} == {"a@one.alt", "a@two.alt"}


def test_a_network_inside_another_keeps_its_own_desk(look, registry, rdap):
    registry.networks = [
        rdap.network("203.0.0.0/16", rdap.entity("abuse", mails=["isp@one.alt"])),
        rdap.network("203.0.114.0/28", rdap.entity("abuse", mails=["customer@two.alt"])),
    ]
    _, found = look("203.0.114.1", "203.0.200.1", "203.0.114.2")
    assert [one.contact for one in found.values()] == ["customer@two.alt", "isp@one.alt", "customer@two.alt"]


def test_a_network_inside_another_is_asked_about_again_when_its_answer_is_old(
    look, registry, rdap, clock, cache
):
    """Else the reports of a customer's servers go to its provider for as long as the provider's own answer is fresh."""
    provider = rdap.network("203.0.0.0/16", rdap.entity("abuse", mails=["isp@one.alt"]))
    customer = rdap.network("203.0.114.0/28", rdap.entity("abuse", mails=["customer@two.alt"]))
    registry.networks = [provider, customer]
    look("203.0.114.1")
    clock.now += KEPT_S[Outcome.FOUND] / 2
    look("203.0.200.1")
    clock.now += KEPT_S[Outcome.FOUND] / 2 + 1
    cache.forget(clock.now)
    looking, found = look("203.0.114.1", "203.0.114.2", "203.0.200.1")
    assert [one.contact for one in found.values()] == ["customer@two.alt", "customer@two.alt", "isp@one.alt"]
    assert looking.asked == 1
    clock.now += KEPT_S[Outcome.FOUND] + 1
    looking, found = look("203.0.0.1", "203.0.114.1", "203.0.114.2")
    assert [one.contact for one in found.values()] == ["isp@one.alt", "customer@two.alt", "customer@two.alt"]
    assert looking.asked == 2
    registry.networks = [provider]
    clock.now += KEPT_S[Outcome.FOUND] + 1
    looking, found = look("203.0.114.1", "203.0.114.2", "203.0.200.1")
    assert {one.contact for one in found.values()} == {"isp@one.alt"}, "the customer has left"
    assert looking.asked == 1


def test_what_is_known_is_not_asked_again_until_it_expires(look, registry, rdap, clock):
    registry.networks = [rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]))]
    assert look(*TEN)[0].asked == 1
    assert look(*TEN)[0].asked == 0
    clock.now += KEPT_S[Outcome.FOUND] + 1
    assert look(*TEN)[0].asked == 1


def test_that_there_is_nobody_is_kept_too(look, registry, rdap, clock):
    registry.networks = [rdap.network("203.0.115.0/24")]
    looking, found = look("203.0.114.1", "203.0.114.200", "203.0.115.1", "203.0.115.2")
    assert looking.asked == 2
    assert [one.outcome for one in found.values()] == [Outcome.NOT_FOUND] * 2 + [Outcome.NO_CONTACT] * 2
    assert look("203.0.114.1", "203.0.115.1")[0].asked == 0
    clock.now += KEPT_S[Outcome.NOT_FOUND] + 1
    assert look("203.0.114.1", "203.0.115.1")[0].asked == 2


@pytest.mark.parametrize(
    "ip",
    [
        "10.1.2.3",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "192.0.2.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "2001:db8::1",
    ],
)
def test_special_addresses_are_never_asked_about(look, registry, ip):
    looking, _ = look(ip)
    assert looking.left == {ip: SPECIAL}
    assert registry.questions == []


def test_an_address_that_no_registry_has_is_asked_of_nobody(look, registry, monkeypatch):
    """The library would ask one of three by chance."""
    registry.lists["/lists/ipv4.json"] = json.dumps(
        {"services": [[["203.0.0.0/8"], [registry.url]]]}
    ).encode()
    registry.lists["/lists/ipv4.json"] = registry.lists["/lists/ipv4.json"].replace(
        b"203.0.0.0/8", b"5.0.0.0/8"
    )
    asked = []
    monkeypatch.setattr("openletter.report.abuse.looking_up.request", lambda *a, **_: asked.append(a))
    looking, _ = look("203.0.114.1")
    assert looking.left == {"203.0.114.1": NO_REGISTRY}
    assert asked == []


def test_a_pace_for_each_registry(look, registry, rdap, clock):
    registry.networks = [rdap.network(f"203.0.{n}.0/24") for n in range(114, 120)]
    look(*(f"203.0.{n}.1" for n in range(114, 120)), rate=6.0)
    assert clock.slept == pytest.approx([10.0] * 5)


def test_two_registries_are_asked_side_by_side(registry, cache, clock, rdap):
    registry.networks = [rdap.network(f"{a}.0.{n}.0/24") for a in (5, 6) for n in range(4)]
    services = [
        [["5.0.0.0/8"], [registry.url]],
        [["6.0.0.0/8"], [registry.url.replace("127.0.0.1", "localhost")]],
    ]
    registry.lists["/lists/ipv4.json"] = json.dumps({"services": services}).encode()
    lists = registries(cache, registry.source, clock.now)
    look = LookUp(cache, lists, rate=6.0, clock=clock, sleep=clock.sleep)
    look.run([f"5.0.{n}.1" for n in range(4)] + [f"6.0.{n}.1" for n in range(4)])
    assert len(registry.questions) == 8
    assert sum(clock.slept) == pytest.approx(30.0), "not twice as long as one of them takes"


def test_a_redirect_to_another_registry(look, registry, rdap):
    registry.special["203.0.114.1"] = [
        (307, {"Location": registry.url.replace("127.0.0.1", "localhost") + "other/ip/203.0.114.2"}, b"")
    ]
    registry.networks = [rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]))]
    looking, found = look("203.0.114.1")
    assert found["203.0.114.1"].contact == "a@one.alt"
    assert looking.asked == 2


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/ip/1",
        "http://169.254.169.254/latest/meta-data",
        "ftp://x/",
        "",
        "https://u:p@rdap.alt/",
    ],
)
def test_a_redirect_into_somebodys_network_is_not_followed(look, registry, location):
    registry.special["203.0.114.1"] = [(302, {"Location": location}, b"")]
    _, found = look("203.0.114.1")
    assert found["203.0.114.1"].outcome is Outcome.FAILED
    assert found["203.0.114.1"].why.isprintable()


def test_lists_of_the_internet_lead_to_no_address_of_ones_own(registry, cache, clock):
    """Whatever such a list, or a registry in it, says."""
    registry.list_for(registry.url + "rdap/")
    told = registries_module._fetch(registry.source, clock.now)
    lists = registries_module.Registries(told, on_loopback=False)
    assert lists.url("203.0.114.1") is None, "without TLS nobody is asked"
    forged = told.replace(b"http://127.0.0.1", b"https://localhost")
    lists = registries_module.Registries(forged, on_loopback=False)
    assert lists.url("203.0.114.1").startswith("https://localhost")
    LookUp(cache, lists, clock=clock, sleep=clock.sleep).run(["203.0.114.1"])
    assert "no public address" in cache.find("203.0.114.1", clock.now).network.why


def test_a_redirect_without_end_ends(look, registry):
    registry.special["203.0.114.1"] = [(302, {"Location": "/rdap/ip/203.0.114.1"}, b"")]
    looking, found = look("203.0.114.1")
    assert found["203.0.114.1"].outcome is Outcome.FAILED
    assert looking.asked == MAX_REDIRECTS + 1


def test_who_says_wait_is_waited_for(look, registry, rdap, clock):
    answer = rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]))
    registry.special["203.0.114.1"] = [(429, {"Retry-After": "45"}, b""), (429, {}, b""), (200, {}, answer)]
    looking, found = look("203.0.114.1")
    assert found["203.0.114.1"].contact == "a@one.alt"
    assert clock.slept == [pytest.approx(45.0), pytest.approx(60.0)]
    assert looking.asked == 3


def test_who_says_wait_for_long_is_left_alone_and_asked_by_the_next_run(look, registry, rdap, clock):
    answer = rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]))
    registry.networks = [answer]
    registry.special["203.0.114.0"] = [
        (429, {"Retry-After": str(int(LONGEST_WAIT_S) + 1)}, b""),
        (200, {}, answer),
    ]
    looking, _ = look(*TEN)
    assert looking.asked == 1
    assert set(looking.left) == set(TEN)
    assert clock.slept == []
    assert look(*TEN)[0].left == {}


def test_an_answer_of_ten_megabytes_is_not_read(look, registry, rdap):
    answer = rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]), junk="x" * 10_000_000)
    registry.special["203.0.114.1"] = [(200, {}, answer)]
    _, found = look("203.0.114.1")
    assert "longer than" in found["203.0.114.1"].why


@pytest.mark.parametrize("octets", [b"<html>no</html>", b"[" * 5_000, b""])
def test_an_answer_that_makes_no_sense_is_one_failure(look, registry, rdap, clock, octets):
    registry.special["203.0.114.1"] = [(200, {}, octets)]
    registry.networks = [rdap.network("203.0.115.0/24", rdap.entity("abuse", mails=["a@two.alt"]))]
    _, found = look("203.0.114.1", "203.0.115.1")
    assert found["203.0.114.1"].outcome is Outcome.FAILED
    assert found["203.0.115.1"].contact == "a@two.alt"
    clock.now += KEPT_S[Outcome.FAILED] + 1
    assert look("203.0.114.1")[0].asked == 1, "it is asked again after an hour"


def test_a_registry_that_is_broken_is_not_asked_for_all(look, registry):
    ips = [f"203.0.{n}.1" for n in range(100, 150)]
    for ip in ips:
        registry.special[ip] = [(500, {}, b"")]
    looking, _ = look(*ips)
    assert looking.asked < 10
    assert set(looking.left) == set(ips)


def test_one_that_fails_now_and_then_is_asked_again(look, registry, rdap):
    answer = rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["a@one.alt"]))
    registry.special["203.0.114.1"] = [*[(502, {}, b"")] * (TRIES - 1), (200, {}, answer)]
    assert look("203.0.114.1")[1]["203.0.114.1"].contact == "a@one.alt"


def test_a_run_that_is_broken_off_goes_on_where_it_was(registry, cache, clock, rdap):
    registry.networks = [
        rdap.network(f"203.0.{n}.0/24", rdap.entity("abuse", mails=[f"a@n{n}.alt"])) for n in range(5)
    ]
    ips = [f"203.0.{n}.1" for n in range(5)]
    lists = registries(cache, registry.source, clock.now)

    def interrupted(seconds):
        clock.sleep(seconds)
        if len(clock.slept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LookUp(cache, lists, clock=clock, sleep=interrupted).run(ips)
    assert registry.questions == ips[:3]
    done = []
    LookUp(cache, lists, clock=clock, sleep=clock.sleep, watch=lambda n, of: done.append((n, of))).run(ips)
    assert registry.questions == ips
    assert done[0] == (3, 5)
    assert done[-1] == (5, 5)


def test_the_list_of_registries_is_kept_for_a_week_and_an_old_one_is_better_than_none(registry, cache, clock):
    registries(cache, registry.source, clock.now)
    registries(cache, registry.source, clock.now)
    assert len(registry.asked) == 5
    registry.lists = {}
    old = registries(cache, registry.source, clock.now + REGISTRIES_KEPT_S + 1)
    assert old.url("203.0.114.1") is not None


@pytest.mark.parametrize(
    "spoilt", [b"", b"[]", b'{"services": 7}', b'{"services": [[["x"], ["http://127.0.0.1/"]]]}', b"{}"]
)
def test_no_list_no_question(registry, cache, clock, spoilt):
    registry.lists["/lists/ipv4.json"] = spoilt
    with pytest.raises(RegistryError) as caught:
        registries(cache, registry.source, clock.now)
    assert str(caught.value).isprintable()


def test_the_default_lists_are_those_of_iana():
    assert registries_module.DEFAULT_SOURCE == "https://data.iana.org/rdap/"


def test_the_cache_is_its_owners_alone(tmp_path):
    with ContactCache(tmp_path) as cache:
        assert cache.path.stat().st_mode & 0o077 == 0


def test_a_url_without_tls_is_no_place_for_a_list(cache, clock):
    with pytest.raises(HttpError, match="without TLS"):
        registries(cache, "http://lists.alt/", clock.now)
