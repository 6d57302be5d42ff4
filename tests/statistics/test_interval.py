"""The interval of a sample's share.

What a user loses when these fail: the one warning that a number from a part of the Internet is a guess.
"""

import random
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.statistics.interval import Interval, of_endpoints, of_sample, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998) 857-872,
        # table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_values(successes, trials, low, high):
    found = wilson(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_its_ends_are_where_the_score_test_just_does_not_reject(of):
    """Wilson's definition: at an end the observed share lies z standard errors away, the error being that of the end."""
    successes, trials = of
    found = wilson(successes, trials)
    share = successes / trials
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert abs(share - end) == pytest.approx(
                1.959964 * sqrt(end * (1 - end) / trials), rel=1e-6, abs=1e-9
            )
    assert 0 <= found.low <= share <= found.high <= 1


def test_it_holds_the_truth_in_about_95_of_100_samples():
    """Samples of hosts without replacement, as a part of a survey's order is one."""
    chance = random.Random(20)
    population = [True] * 180 + [False] * 2_820
    held = 0
    for _ in range(2_000):
        found = wilson(sum(chance.sample(population, 300)), 300)
        held += found.low <= 0.06 <= found.high
    # The part of the whole makes it a little too sure; three standard deviations below 95 % would be 93.5 %.
    assert 0.935 <= held / 2_000 <= 0.99


def test_endpoints_of_a_host_that_are_alike_are_one_draw():
    """Four ports of each sampled host, all with the same fate: counted as four draws each, one in four intervals would
    miss the truth."""
    chance = random.Random(21)
    naive = held = 0
    for _ in range(1_000):
        hosts = sum(chance.random() < 0.2 for _ in range(200))
        found, bare = of_endpoints(4 * hosts, 800, 4.0), wilson(4 * hosts, 800)
        held += found.low <= 0.2 <= found.high
        naive += bare.low <= 0.2 <= bare.high
    assert held >= 930
    assert naive < 800


def test_nothing_tried_says_nothing():
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert wilson(5, 5).high == 1.0
    for wrong in ((-1, 5), (6, 5)):
        with pytest.raises(ValueError):
            wilson(*wrong)


def test_a_part_of_a_survey_is_a_sample(publish, rows):
    from openletter.survey.plan import Part

    assert of_sample(publish(rows)) == 1.0
    assert of_sample(publish(rows, 1_800_100_000.0, part=Part(index=2, of=8))) == 0.125
