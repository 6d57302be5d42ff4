"""Whose turn it is, under a clock that the test moves.

When one of these fails, a host gets two connections at once, a target is lost, or one is asked twice.
"""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.engine.pace import Pace
from openletter.engine.schedule import Schedule, Target


def target(ip: str, token: int) -> Target:
    return Target(Endpoint(ip=ip, port=143, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT), token)


@settings(deadline=None, max_examples=150)
@given(
    hosts=st.lists(st.integers(0, 9), max_size=60),
    gap=st.sampled_from([0.0, 0.3]),
    network_rate=st.sampled_from([0.0, 20.0]),
    max_held=st.integers(1, 20),
    concurrency=st.integers(1, 8),
    data=st.data(),
)
def test_every_target_once_and_no_host_twice_at_a_time(
    hosts: list[int], gap: float, network_rate: float, max_held: int, concurrency: int, data: st.DataObject
) -> None:
    taken = 0

    def source() -> Iterator[Target]:
        nonlocal taken
        for token, host in enumerate(hosts):
            taken += 1
            yield target(f"192.0.{host % 2}.{host}", token)

    schedule = Schedule(source(), Pace(network_rate=network_rate), host_gap=gap, max_held=max_held)
    now, given_out = 1.0, []
    open_: dict[str, Target] = {}
    ended: dict[str, float] = {}
    begun: dict[str, list[float]] = {}
    for _ in range(3_000):
        while len(open_) < concurrency and (next_ := schedule.next(now)) is not None:
            ip = next_.endpoint.ip
            assert ip not in open_, "two connections to one host"
            assert now >= ended.get(ip, 0.0) + gap - 1e-9, "no gap between two connections to a host"
            open_[ip] = next_
            given_out.append(next_.token)
            begun.setdefault(ip.rpartition(".")[0], []).append(now)
            assert taken - len(given_out) <= max_held
        if open_ and (len(open_) == concurrency or data.draw(st.booleans())):
            ip = data.draw(st.sampled_from(sorted(open_)))
            schedule.done(open_.pop(ip), now)
            ended[ip] = now
        elif not open_:
            if schedule.finished:
                break
            at = schedule.next_at()
            assert at is not None, "nothing is open, nothing waits, and it is not finished"
            assert at > now
            now = at
        else:
            now += 0.05
    assert sorted(given_out) == list(range(len(hosts)))
    assert not open_
    assert schedule.next_at() is None
    if network_rate:
        for times in begun.values():
            assert times == sorted(times)
            assert all(b - a >= 1 / network_rate - 0.051 for a, b in pairwise(times))


def test_the_order_is_that_of_the_source_where_nobody_waits() -> None:
    schedule = Schedule((target(f"192.0.2.{n}", n) for n in range(9)), Pace(), host_gap=0.0, max_held=4)
    assert [t.token for _ in range(9) if (t := schedule.next(1.0))] == list(range(9))
    assert schedule.next(1.0) is None
    assert schedule.finished


def test_a_source_that_is_one_host_is_not_read_to_its_end() -> None:
    """A scope may name one host a million times."""
    read = []

    def source() -> Iterator[Target]:
        for n in range(1_000):
            read.append(n)
            yield target("192.0.2.1", n)

    schedule = Schedule(source(), Pace(), host_gap=0.0, max_held=8)
    first = schedule.next(1.0)
    assert first is not None
    assert schedule.next(1.0) is None
    assert len(read) <= 9
    assert not schedule.finished
