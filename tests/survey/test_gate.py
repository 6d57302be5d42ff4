"""The last word before a connect. What a user loses when these fail: somebody is asked who asked not to be."""

import pytest

from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import parse_exclusion
from openletter.survey.gate import LOOK_EVERY, Gate


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "optout.txt"


def at(ip, host=""):
    return Endpoint(ip=ip, port=143, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, host=host)


def replace(path, text):
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.rename(path)


def test_without_a_list_only_exclusions_count():
    gate = Gate([parse_exclusion("192.0.2.0/24"), parse_exclusion("2001:db8::/32")], None)
    asked = {
        ip: gate.may_connect(at(ip)) for ip in ("192.0.2.9", "198.51.100.1", "2001:db8::1", "2001:db9::1")
    }
    assert asked == {"192.0.2.9": False, "198.51.100.1": True, "2001:db8::1": False, "2001:db9::1": True}


def test_an_optout_counts_within_a_second(path, clock):
    gate = Gate([], path, clock=clock)
    assert gate.may_connect(at("192.0.2.9"))
    replace(path, "192.0.2.0/24\n")
    clock.now += LOOK_EVERY
    assert not gate.may_connect(at("192.0.2.9"))
    assert gate.may_connect(at("198.51.100.1"))
    replace(path, "198.51.100.0/24\n")
    clock.now += LOOK_EVERY
    assert gate.may_connect(at("192.0.2.9")), "taken back, and still kept to"
    assert not gate.may_connect(at("198.51.100.1"))


def test_a_name_is_kept_to_wherever_it_points_now(path, clock):
    path.write_text('192.0.2.1 # {"name":"mail.example.org"}\n')
    gate = Gate([], path, clock=clock)
    assert not gate.may_connect(at("198.51.100.1", "mail.example.org"))
    assert gate.may_connect(at("198.51.100.1", "www.example.org"))


def test_a_list_that_is_gone_still_holds(path, clock):
    path.write_text("192.0.2.0/24\n")
    gate = Gate([], path, clock=clock)
    path.unlink()
    clock.now += 2 * LOOK_EVERY
    assert not gate.may_connect(at("192.0.2.9"))


def test_a_list_that_cannot_be_understood_stops_everything(path, clock):
    shut = []
    gate = Gate([], path, shut=lambda: shut.append(1), clock=clock)
    assert gate.may_connect(at("192.0.2.9"))
    path.write_text("192.0.2.0/240\n")
    clock.now += LOOK_EVERY
    assert not gate.may_connect(at("198.51.100.1"))
    clock.now += LOOK_EVERY
    assert not gate.may_connect(at("198.51.100.1"))
    assert shut == [1]
    assert "line 1" in str(gate.fault)


def test_a_list_that_is_bad_from_the_start_is_an_error(path):
    path.write_text("nonsense\n")
    with pytest.raises(ScopeError, match="line 1"):
        Gate([], path)


def test_it_is_not_read_again_without_need(path, clock, monkeypatch):
    path.write_text("192.0.2.0/24\n")
    gate = Gate([], path, clock=clock)
    monkeypatch.setattr("openletter.survey.gate.read_optouts", lambda _: pytest.fail("read again"))
    clock.now += LOOK_EVERY
    assert gate.may_connect(at("198.51.100.1"))
