"""How fast connections begin, under a clock that the test moves. When one of these fails, somebody's network is flooded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.engine.pace import Pace, network_of


def begun(pace: Pace, seconds: float, tick: float) -> int:
    now, count = 1_000.0, 0
    end = now + seconds
    while now < end:
        while pace.ready_in(now) == 0.0:
            pace.spend()
            count += 1
        now += tick
    return count


@settings(deadline=None, max_examples=40)
@given(st.floats(1.0, 5_000.0), st.floats(0.0005, 0.04))
def test_the_rate_is_kept_whatever_the_loop_does(rate: float, tick: float) -> None:
    seconds = 4.0
    count = begun(Pace(rate), seconds, tick)
    assert count <= rate * seconds + rate * 0.05 + 2
    assert count >= rate * seconds - rate * tick - 2


def test_an_idle_hour_is_no_credit() -> None:
    """Else a survey that stood still would go on with a flood."""
    pace = Pace(100.0)
    assert pace.ready_in(1.0) == 0.0
    pace.spend()
    count = 0
    while pace.ready_in(3_601.0) == 0.0:
        pace.spend()
        count += 1
    assert count <= 6


def test_second_connections_count() -> None:
    """A dialogue's further connections do not wait, and are paid for by whoever comes next."""
    pace = Pace(10.0)
    assert pace.ready_in(5.0) == 0.0
    for _ in range(5):
        pace.spend()
    assert 0.45 <= pace.ready_in(5.0) <= 0.55


def test_no_rate_is_no_limit() -> None:
    pace = Pace()
    for _ in range(1_000):
        assert pace.ready_in(1.0) == 0.0
        pace.spend()
    assert [pace.slot("192.0.2.1", 3.0) for _ in range(3)] == [3.0, 3.0, 3.0]


def test_a_network_gets_its_slots_apart() -> None:
    pace = Pace(network_rate=2.0)
    assert [pace.slot(f"192.0.2.{n}", 10.0) for n in range(4)] == [10.0, 10.5, 11.0, 11.5]
    assert pace.slot("192.0.3.1", 10.0) == 10.0
    assert pace.slot("192.0.2.9", 60.0) == 60.0


def test_networks() -> None:
    assert network_of("192.0.2.77") == network_of("192.0.2.1") != network_of("192.0.3.77")
    assert network_of("2001:db8:1::1") == network_of("2001:db8:1:ffff::9") != network_of("2001:db8:2::1")
    assert network_of("2001:db8::") == network_of("2001:0db8:0000:0001::1")


def test_forgotten_networks_cost_no_memory() -> None:
    """A survey walks sixteen million networks."""
    pace = Pace(network_rate=10.0)
    for n in range(150_000):
        pace.slot(f"{n >> 16}.{n >> 8 & 255}.{n & 255}.1", n / 1_000)
    assert len(pace._free_at) <= 65_537
