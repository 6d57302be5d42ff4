"""Who may be asked again. What a user loses when these fail: somebody is asked who does not wish it, or whom nobody allowed to be
asked; the one thing that a survey must never do."""

from datetime import date, timedelta

import msgspec
import pytest

from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.discovery.zgrab2 import ORIGIN
from openletter.report.recheck.permission import Refusal, permission
from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.authorisation import Authorisation
from openletter.scope.build import build_scope
from openletter.scope.exclusion import Exclusions, parse_exclusion
from openletter.scope.target import parse_target
from openletter.store.optout import FILE, OptOutList
from openletter.survey.plan import Conditions, ListedTargets, Plan, Vantage

TODAY = date(2026, 11, 24)
PUBLIC = "11.0.0.7"
BY = Authorisation(who="CSIRT", contact="c@example.org", basis="law", scope=("11.0.0.0/24",), until=TODAY)


def plan(scope="11.0.0.0/24", excluded=(), **more):
    made = build_scope([parse_target(scope)], exclusions=Exclusions(map(parse_exclusion, excluded)))
    about = {"conditions": Conditions(), "vantage": Vantage(name="here"), "authorisation": BY, **more}
    return Plan(scope=made.description, endpoints=1, seed=7, shards=1, **about)


@pytest.fixture
def refused(tmp_path):
    def asked(of, ip=PUBLIC, *, today=TODAY, host="", excluded=()):
        endpoint = Endpoint(ip=ip, port=143, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, host=host)
        found = permission(tmp_path, of, endpoint, today, excluded)
        assert (found.gate is None) == (found.refusal is not None)
        return found.refusal

    return asked


def test_within_scope_and_authorisation(refused):
    assert refused(plan()) is None
    assert refused(plan(authorisation=None)) is None


def test_an_authorisation_holds_to_its_last_day(refused):
    assert refused(plan(), today=TODAY + timedelta(days=1)) is Refusal.EXPIRED


def test_an_authorisation_holds_for_its_networks_alone(refused):
    other = msgspec.structs.replace(BY, scope=("11.0.1.0/24",))
    assert refused(plan(authorisation=other)) is Refusal.NOT_AUTHORISED


def test_private_addresses_were_surveyed_on_purpose_or_not_at_all(refused):
    assert refused(plan("10.0.0.0/24"), "10.0.0.7", today=TODAY + timedelta(days=9)) is None
    assert refused(plan(), "10.0.0.7") is Refusal.NOT_IN_SCOPE
    assert refused(plan(), "127.0.0.1") is Refusal.NOT_IN_SCOPE
    assert refused(plan("9.0.0.0-11.255.255.255"), "10.0.0.7") is Refusal.NOT_IN_SCOPE


def test_what_somebody_else_scanned_is_not_ours_to_ask(refused):
    assert refused(plan(vantage=Vantage(name=ORIGIN))) is Refusal.NOT_IN_SCOPE


def test_a_list_of_targets_is_a_scope(refused):
    listed = ListedTargets(id="x", file="/x")
    empty = plan("192.0.2.0/24", targets=listed)
    assert refused(empty) is None
    assert refused(empty, "12.0.0.1") is Refusal.NOT_AUTHORISED


def test_exclusions_are_for_ever(refused):
    assert refused(plan(excluded=("11.0.0.0/28",))) is Refusal.EXCLUDED
    never = Interval(address.parse(PUBLIC), address.parse(PUBLIC))
    assert refused(plan(), excluded=(never,)) is Refusal.EXCLUDED


def test_who_opted_out_is_not_asked_nor_is_its_name(refused, tmp_path):
    listed = OptOutList(tmp_path)
    listed.add([parse_target("11.0.0.0/30")], reason="x")
    listed.add([parse_target("mail.example.org")], reason="x", resolver=lambda name: ["192.0.2.99"])
    assert refused(plan(), "11.0.0.1") is Refusal.OPTED_OUT
    assert refused(plan(), host="mail.example.org") is Refusal.OPTED_OUT
    assert refused(plan()) is None


def test_where_the_list_cannot_be_read_nobody_is_asked(refused, tmp_path):
    (tmp_path / FILE).write_bytes(b"11.0.0.0/33\n")
    assert refused(plan()) is Refusal.LIST_UNREADABLE


def test_the_gate_has_the_last_word(tmp_path):
    """Who opts out between the button and the connection."""
    endpoint = Endpoint(ip=PUBLIC, port=143, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT)
    gate = permission(tmp_path, plan(), endpoint, TODAY).gate
    OptOutList(tmp_path).add([parse_target(PUBLIC)], reason="x")
    gate._look_at = 0.0
    assert not gate.may_connect(endpoint)
