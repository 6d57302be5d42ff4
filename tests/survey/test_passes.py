"""Passes, parts and shares: how a survey goes through its shards, on one machine or several, in one process or several.

What a user loses when these fail: endpoints that nobody asked, or that two machines asked; or days at the end of a survey
in which one process crawls at the share that it had beside others.
"""

import time
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.discovery.found import Found
from openletter.discovery.target_list import FOLDER, TargetList
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.scope.build import build_scope
from openletter.scope.ports import REGISTERED
from openletter.scope.target import parse_target
from openletter.survey.asked import endpoints_of
from openletter.survey.effort import Effort
from openletter.survey.messages import Share, Task
from openletter.survey.plan import Conditions, Part, Plan, Vantage, part_shard_count
from openletter.survey.run import _Hand, _Run
from openletter.survey.sink import Published

SCOPE = build_scope([parse_target("192.0.2.0/25"), parse_target("198.51.100.7-198.51.100.40")])


def plan(*, shards=4, retries=0, retry_after=0.0, part=Part(), scope=SCOPE):  # noqa: B008 - frozen
    return Plan(
        scope=scope.description,
        endpoints=scope.endpoint_count,
        seed=3,
        shards=shards,
        conditions=Conditions(),
        vantage=Vantage(),
        part=part,
        retries=retries,
        retry_after=retry_after,
    )


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    root = tmp_path_factory.mktemp("targets")
    with TargetListWriter(root, REGISTERED) as writer:
        for n in range(700):
            writer.add(Found(ip=f"10.{n % 7}.0.{n % 251}", port=REGISTERED.services[n % 4].port))
        made = writer.publish(now=1_800_000_000.0, sources=("a test",))
    return TargetList(root / FOLDER / f"{made.id}.parquet")


@settings(deadline=None, max_examples=40)
@given(of=st.integers(1, 9), shards=st.integers(1, 6))
def test_the_parts_of_a_scope_are_the_whole_and_meet_nowhere(of, shards):
    asked = Counter(
        (endpoint.ip, endpoint.port)
        for index in range(of)
        for number in range(shards)
        for endpoint in endpoints_of(plan(shards=shards, part=Part(index=index, of=of)), SCOPE, number)
    )
    assert len(asked) == SCOPE.endpoint_count
    assert set(asked.values()) == {1}


@pytest.mark.parametrize("of", [1, 2, 5])
@pytest.mark.parametrize("shards", [1, 3])
def test_the_parts_of_a_list_are_the_whole_and_meet_nowhere(targets, of, shards):
    asked = Counter(
        (endpoint.ip, endpoint.port)
        for index in range(of)
        for number in range(shards)
        for endpoint in endpoints_of(plan(shards=shards, part=Part(index=index, of=of)), targets, number)
    )
    assert len(asked) == targets.endpoint_count
    assert set(asked.values()) == {1}


@given(st.integers(1, 1 << 40), st.integers(1, 100))
def test_every_machine_cuts_its_part_alike(endpoints, of):
    """Whatever its processors: else the parts of a list would overlap."""
    shards = part_shard_count(endpoints, of)
    assert shards >= 1
    assert -(-endpoints // of) / shards <= 32_768


@given(st.integers(1, 50), st.integers(0, 5))
def test_every_shard_of_every_pass_has_a_number_of_its_own(shards, retries):
    of = plan(shards=shards, retries=retries)
    numbers = [number for which in range(1, of.passes + 1) for number in of.numbers(which)]
    assert sorted(numbers) == list(range(shards * (1 + retries)))
    for which in range(1, of.passes + 1):
        for number in of.numbers(which):
            assert of.pass_of(number) == which
            assert [earlier % shards for earlier in of.earlier(number)] == [number % shards] * (which - 1)
    if retries:
        assert list(of.numbers(2)) == sorted(of.numbers(2), reverse=True), "not from the other end"


class Ledger:
    def __init__(self, done=(), silent=3):
        self.done = done
        self.silent = silent

    def finished(self):
        return self.done

    def silent_count(self, files):
        return self.silent

    def record(self, published):
        return True


class Pipe:
    def __init__(self):
        self.said = []

    def send(self, message):
        self.said.append(message)


def published(number):
    return Published(shard=number, attempt=1, file=f"file {number}", rows=10, answered=9, exposed=1, octets=1)


EFFORT = Effort(processes=3, rate=300.0, network_rate=30.0, concurrency=300)


@pytest.fixture
def make_run():
    def make(of, ledger=None, hands=3):
        run = _Run(of, ledger or Ledger(), lambda _: None)
        run.effort = EFFORT
        run.hands = [_Hand(number, None, Pipe()) for number in range(hands)]
        return run

    return make


def test_who_ends_leaves_its_share_to_those_who_go_on(make_run):
    run = make_run(plan())
    run.hands[0].listening = False
    run._share_out()
    assert [hand.pipe.said for hand in run.hands] == [[], [Share(150.0, 15.0)], [Share(150.0, 15.0)]]
    run.hands[1].idle = True
    run._share_out()
    assert run.hands[2].pipe.said[-1] == Share(300.0, 30.0)
    assert len(run.hands[1].pipe.said) == 1, "who waits has no share"


def test_the_next_pass_waits_for_the_last_shard_and_for_its_time(make_run):
    run = make_run(plan(shards=2, retries=1, retry_after=0.2))
    assert run._task() == Task(0, ())
    assert run._task() == Task(1, ())
    run.hands[0].idle = run.hands[1].idle = True
    run.go_on()
    assert run.passing == 1, "somebody is still at work"
    run._heard(run.hands[2], published(1))
    run._heard(run.hands[2], published(0))
    run.hands[2].idle = True
    run.go_on()
    assert run.passing == 2
    assert [hand.pipe.said for hand in run.hands] == [[], [], []]
    assert 0 < run.pause() <= 0.2
    time.sleep(0.25)
    run.go_on()
    assert all(hand.pipe.said[0] == 2 for hand in run.hands)
    assert run._task() == Task(3, ("file 1",))
    assert run._task() == Task(2, ("file 0",))
    for number in (3, 2):
        run._heard(run.hands[0], published(number))
    for hand in run.hands:
        hand.idle = True
    run.go_on()
    assert run.finished
    assert all(hand.pipe.said[-1] is None for hand in run.hands)


def test_the_next_pass_leaves_hosts_their_gap(make_run):
    """Whoever was asked last may be the first of the next pass, which another process begins."""
    of = msgspec.structs.replace(
        plan(shards=1, retries=1, retry_after=0.5), conditions=Conditions(host_gap=3.0)
    )
    run = make_run(of)
    run._task()
    run._heard(run.hands[0], published(0))
    for hand in run.hands:
        hand.idle = True
    run.go_on()
    assert run.passing == 2
    assert 2.0 < run.pause() <= 3.0


def test_a_pass_for_nobody_is_left_out(make_run):
    run = make_run(plan(shards=2, retries=3), Ledger((published(0), published(1)), silent=0))
    assert run.finished


def test_a_resumed_survey_goes_on_in_its_pass(make_run):
    run = make_run(plan(shards=2, retries=1, retry_after=60.0), Ledger([published(n) for n in (0, 1, 3)]))
    assert run.passing == 2
    assert run.pause() == 0.0, "the pause was over long ago"
    assert run._task() == Task(2, ("file 0",))
    assert run._task() is None


def test_ctrl_c_ends_those_who_wait_for_a_pass(make_run):
    run = make_run(plan(shards=2, retries=1, retry_after=60.0), Ledger([published(0), published(1)]))
    for hand in run.hands:
        hand.idle = True
    run.stopping = True
    run.go_on()
    assert all(hand.pipe.said == [None] for hand in run.hands)
    assert not run.finished


def test_what_is_planned_survives_the_manifest():
    of = plan(shards=8, retries=2, part=Part(index=1, of=3))
    assert msgspec.json.decode(msgspec.json.encode(of), type=Plan) == of
