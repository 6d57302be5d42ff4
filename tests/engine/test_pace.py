"""How fast connections begin, under a clock that the test moves. When one of these fails, somebody's network is flooded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.engine.pace import BURST_SECONDS, CATCHING_UP, EARLY, Pace, network_of


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
    assert count <= rate * 1.03 * seconds + rate * 0.1 + 2
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
    assert count <= 11


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
    assert [pace.slot("192.0.2", 3.0) for _ in range(3)] == [3.0, 3.0, 3.0]


def taken(pace: Pace, network: str, until: float, *, tick: float) -> list[float]:
    """When a network that always has somebody to ask gets its turns."""
    now, times = 10.0, []
    while now < until:
        while pace.slot(network, now) <= now:
            times.append(now)
        now += tick
    return times


def test_a_network_gets_its_turns_apart() -> None:
    pace = Pace(network_rate=2.0)
    assert pace.slot("192.0.2", 10.0) == 10.0
    assert pace.slot("192.0.2", 10.0) == 10.5 - EARLY
    assert pace.slot("192.0.2", 10.2) == 10.5 - EARLY, "who asks and does not get it has not taken it"
    assert pace.slot("192.0.3", 10.2) == 10.2
    assert pace.slot("192.0.2", 10.5) == 10.5
    assert pace.slot("192.0.2", 60.0) == 60.0
    assert pace.slot("192.0.2", 60.0) > 60.4, "an idle minute is no credit"


@settings(deadline=None, max_examples=15)
@given(st.floats(0.5, 200.0), st.floats(0.001, 0.015))
def test_the_pace_of_a_network_is_kept_whatever_the_loop_does(rate: float, tick: float) -> None:
    """Neither faster than promised in any second, nor slower by the sum of all delays."""
    times = taken(Pace(network_rate=rate), "192.0.2", 20.0, tick=tick)
    assert abs(len(times) - rate * 10.0) <= 2 + rate * 0.02
    for start in times:
        assert sum(start <= at < start + 1.0 for at in times) <= rate * (1 + EARLY) + 1.001


def test_other_rates_hold_from_then_on() -> None:
    """A process that ends leaves its share to the others, in the middle of their work."""
    pace = Pace(10.0, 1.0)
    assert len(taken(pace, "192.0.2", 13.5, tick=0.01)) == 4
    assert abs(begun(pace, 4.0, 0.01) - 40) <= 3
    pace.change(100.0, 10.0)
    assert abs(len(taken(pace, "192.0.3", 14.0, tick=0.01)) - 40) <= 2
    pace._at = 0.0
    assert abs(begun(pace, 4.0, 0.01) - 400) <= 8


@settings(deadline=None, max_examples=20)
@given(st.sampled_from([5.0, 200.0, 2_000.0]), st.lists(st.floats(0.0005, 0.4), min_size=1, max_size=8))
def test_what_delays_cost_is_made_up_for_and_never_by_a_flood(rate: float, delays: list[float]) -> None:
    """A processor that is busy for a moment must not make a survey late; nor a server pay for it."""
    pace, now, times = Pace(rate), 1_000.0, []
    calm = now + sum(delays)
    lost = sum(max(0.0, delay - BURST_SECONDS) for delay in delays)
    while now < calm + 10.0:
        while pace.ready_in(now) == 0.0:
            pace.spend()
            times.append(now)
        now += delays.pop() if delays else 0.005
    after = sum(at >= calm for at in times)
    assert after >= rate * (10.0 + min(lost, CATCHING_UP * 10.0)) - rate * 0.02 - 2
    last = 0
    for first, at in enumerate(times):
        while last < len(times) and times[last] < at + 1.0:
            last += 1
        assert last - first <= rate * (1 + CATCHING_UP + BURST_SECONDS) + 1.001, "a flood"


def test_networks() -> None:
    assert network_of("192.0.2.77") == network_of("192.0.2.1") != network_of("192.0.3.77")
    assert network_of("2001:db8:1::1") == network_of("2001:db8:1:ffff::9") != network_of("2001:db8:2::1")
    assert network_of("2001:db8::") == network_of("2001:0db8:0000:0001::1")


def test_forgotten_networks_cost_no_memory() -> None:
    """A survey walks sixteen million networks."""
    pace = Pace(network_rate=10.0)
    for n in range(150_000):
        pace.slot(f"{n >> 16}.{n >> 8 & 255}.{n & 255}", n / 1_000)
    assert len(pace._free_at) <= 65_537
