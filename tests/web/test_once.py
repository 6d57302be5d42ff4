"""Answers are computed once: a store of millions of endpoints would be asked the same by every reader otherwise."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from openletter.web.once import Once


@pytest.fixture
def threads():
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_many_who_ask_at_the_same_time_cause_one_computation(threads):
    computed = []
    go = threading.Event()

    def compute() -> int:
        computed.append(1)
        go.wait(10)
        return 7

    once: Once[int] = Once(threads, octets=1_000, entries=10, size=lambda _: 1)
    futures = [once.ask("key", compute) for _ in range(20)]
    go.set()
    assert [future.result(10) for future in futures] == [7] * 20
    assert len(computed) == 1
    assert once.ask("key", compute).result(10) == 7
    assert len(computed) == 1


def test_an_error_is_told_and_not_kept(threads):
    """A disk that hiccupped once would else be out of order until the next publication."""
    once: Once[int] = Once(threads, octets=1_000, entries=10, size=lambda _: 1)

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once.ask("key", fail).result(10)
    assert once.ask("key", lambda: 3).result(10) == 3


def test_it_stays_within_its_octets_and_drops_what_was_not_asked_for_longest(threads):
    once: Once[int] = Once(threads, octets=10, entries=100, size=lambda value: value)
    for key in (4, 5, 1):
        once.ask(key, lambda key=key: key).result(10)
    once.ask(4, lambda: 4).result(10)
    once.ask(3, lambda: 3).result(10)
    assert once.octets == 8
    assert set(once.recent(10)) == {1, 4, 3}
    once.ask(11, lambda: 11).result(10)
    assert once.octets <= 10


def test_it_stays_within_its_number(threads):
    once: Once[int] = Once(threads, octets=1_000, entries=3, size=lambda _: 1)
    for key in range(10):
        once.ask(key, lambda key=key: key).result(10)
    assert len(once) == 3
    assert once.recent(2) == [9, 8]
