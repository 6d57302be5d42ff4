"""Guessing passwords gets slower and slower, and nobody is kept out for long by somebody else's guesses."""

from openletter.web.throttle import FORGET_AFTER, FREE, MAX_KEPT, Throttle


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_waits_grow_to_a_limit_and_are_forgotten():
    clock = Clock()
    throttle = Throttle(60, clock)
    waits = []
    for _ in range(30):
        throttle.failed("ada")
        waits.append(throttle.wait("ada"))
    assert waits[:FREE] == [0] * FREE
    assert waits[FREE : FREE + 4] == [2, 4, 8, 16]
    assert waits[-1] == 60
    assert throttle.wait("bob") == 0
    clock.now += 60
    assert throttle.wait("ada") == 0
    clock.now += FORGET_AFTER
    throttle.failed("ada")
    assert throttle.wait("ada") == 0


def test_each_wait_that_is_not_kept_is_news_once():
    clock = Clock()
    throttle = Throttle(60, clock)
    for _ in range(FREE):
        throttle.failed("ada")
    assert not throttle.is_news("ada")
    assert not throttle.is_news("bob")
    throttle.failed("ada")
    assert [throttle.is_news("ada") for _ in range(3)] == [True, False, False]
    clock.now += 2
    assert not throttle.is_news("ada")
    throttle.failed("ada")
    assert [throttle.is_news("ada") for _ in range(2)] == [True, False]


def test_success_takes_back_its_own_attempt_alone():
    """An attacker with an account could else sign in between guesses and never wait."""
    throttle = Throttle(900, Clock())
    for _ in range(20):
        throttle.failed("client")
        throttle.failed("client")
        throttle.take_back("client")
    assert throttle.wait("client") > 60
    throttle.forget("client")
    assert throttle.wait("client") == 0


def test_the_table_is_bounded():
    throttle = Throttle(900, Clock())
    for number in range(MAX_KEPT + 100):
        throttle.failed(str(number))
    assert len(throttle._failures) == MAX_KEPT
