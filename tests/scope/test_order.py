"""An element left out is a host never asked; one twice is a host asked twice."""

import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.scope.order import MAX_SIZE, Permutation, is_prime, next_prime, prime_factors


@settings(max_examples=150, deadline=None)
@given(size=st.integers(0, 3000), seed=st.integers())
def test_every_element_comes_exactly_once(size: int, seed: int) -> None:
    assert sorted(element for _, element in Permutation(size, seed).shard()) == list(range(size))


@pytest.mark.parametrize("size", range(40))
def test_the_smallest_scopes_are_whole_too(size: int) -> None:
    for seed in range(5):
        assert sorted(e for _, e in Permutation(size, seed).shard()) == list(range(size))


@settings(max_examples=100, deadline=None)
@given(size=st.integers(0, 2000), seed=st.integers(0, 1 << 64), of=st.integers(1, 50))
def test_shards_are_disjoint_and_together_everything(size: int, seed: int, of: int) -> None:
    order = Permutation(size, seed)
    together = [element for index in range(of) for _, element in order.shard(index, of)]
    assert sorted(together) == list(range(size))


@settings(max_examples=100, deadline=None)
@given(size=st.integers(1, 2000), seed=st.integers(0, 99), of=st.integers(1, 7), data=st.data())
def test_a_shard_goes_on_where_it_was_left(size: int, seed: int, of: int, data: st.DataObject) -> None:
    order = Permutation(size, seed)
    index = data.draw(st.integers(0, of - 1))
    walked = list(order.shard(index, of))
    done = data.draw(st.integers(0, len(walked)))
    begin = walked[done - 1][0] + 1 if done else 0
    assert walked[:done] + list(order.shard(index, of, begin)) == walked


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 1 << 64), seed=st.integers(0, 1 << 64), data=st.data())
def test_any_position_of_a_scope_of_any_size_is_reached_at_once(
    size: int, seed: int, data: st.DataObject
) -> None:
    order = Permutation(size, seed)
    begin = data.draw(st.integers(0, order.positions - 1))
    walked = dict(itertools.islice(order.shard(begin=begin), 20))
    assert walked == {
        place: element
        for place in range(begin, min(order.positions, (max(walked) if walked else begin) + 1))
        if (element := order.at(place)) is not None
    }
    assert all(0 <= element < size for element in walked.values())


def test_the_order_is_the_seed_s_and_the_same_on_every_machine() -> None:
    assert [e for _, e in Permutation(10, 1).shard()] == [e for _, e in Permutation(10, 1).shard()]
    firsts = {next(Permutation(10**6, seed).shard())[1] for seed in range(50)}
    assert len(firsts) > 45


def test_neighbours_do_not_come_together() -> None:
    """Else one network after the other would get the whole rate of the survey."""
    walked = [element for _, element in itertools.islice(Permutation(1 << 24, 7).shard(), 4096)]
    networks = {element >> 8 for element in walked}
    assert len(networks) > 3500


def test_the_whole_of_ipv4_costs_no_memory() -> None:
    tracemalloc.start()
    try:
        order = Permutation(1 << 32, 5)
        seen = {element for _, element in itertools.islice(order.shard(3, 16, 1000), 1000)}
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
    assert len(seen) == 1000
    assert order.prime == 4294967311


def test_what_is_no_shard_or_size_is_refused() -> None:
    with pytest.raises(ValueError, match="shard 3 of 3"):
        Permutation(10, 0).shard(3, 3)
    with pytest.raises(ValueError, match="size"):
        Permutation(MAX_SIZE + 1, 0)
    with pytest.raises(IndexError):
        Permutation(10, 0).at(10)


def test_primes_against_a_sieve() -> None:
    limit = 20_000
    sieve = bytearray([1]) * limit
    sieve[0:2] = b"\x00\x00"
    for n in range(2, 142):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))
    assert [n for n in range(limit) if is_prime(n)] == [n for n in range(limit) if sieve[n]]


@pytest.mark.parametrize(
    ("n", "prime"),
    [
        (3215031751, False),  # strong pseudoprime to 2, 3, 5, 7
        (3825123056546413051, False),  # to the first nine primes
        (561, False),
        (18446744073709551557, True),  # the largest below 2**64
        (18446744073709551629, True),  # the smallest above
    ],
)
def test_numbers_that_fool_weaker_tests(n: int, prime: bool) -> None:
    assert is_prime(n) is prime


def test_next_prime_above_the_largest_scope() -> None:
    assert next_prime(1 << 64) == 18446744073709551629


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 1 << 65))
def test_factors_are_primes_and_all_of_them(n: int) -> None:
    left = n
    for prime in prime_factors(n):
        assert is_prime(prime)
        assert left % prime == 0
        while left % prime == 0:
            left //= prime
    assert left == 1


def test_factors_of_squares_and_of_two_large_primes() -> None:
    assert prime_factors(4294967291 * 4294967279) == {4294967291, 4294967279}
    assert prime_factors(4294967291**2) == {4294967291}
    assert prime_factors(1) == set()
