"""How far the share that a sample shows may lie from that of the whole.

A part of a survey's order (``Plan.part``) is a random sample of its hosts, drawn without replacement: each part is as
mixed as the whole (:mod:`openletter.scope.order`). Its shares carry the 95 % score interval of Wilson, "Probable
inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212, which also holds where a count is
near none or near all. Two things make it wider than it had to be, never narrower: that a sample without replacement
is surer the greater its part of the whole is, is left out; and the endpoints of one host, which are alike, count as no
more than the one draw that they are (:func:`of_endpoints`).
"""

from math import sqrt

import msgspec

from openletter.store.record import SurveyRecord

Z_95 = 1.959964
"""Between minus and plus so many standard deviations lie 95 % of a normal distribution."""


class Interval(msgspec.Struct, frozen=True):
    """Shares, 0 to 1."""

    low: float
    high: float


class AffectedIntervals(msgspec.Struct, frozen=True):
    """Of the two counts, each as a share of what answered."""

    strict: Interval
    wide: Interval


def wilson(successes: float, trials: float, z: float = Z_95) -> Interval:
    """The score interval of ``successes`` out of ``trials``; all of 0 to 1 where nothing was tried.

    ``z`` are standard deviations. Raises ValueError for numbers that cannot be.
    """
    if not 0 <= successes <= trials or z < 0:
        raise ValueError(f"{successes} of {trials} trials, {z} standard deviations")
    if not trials:
        return Interval(0.0, 1.0)
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    # At the ends the formula says exactly 0 and 1, its arithmetic only nearly.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return Interval(low, high)


def of_endpoints(successes: int, trials: int, a_host: float) -> Interval:
    """The same of endpoints, of which a host has ``a_host``: as if so many were one, the most that they can be alike
    (a design effect of ``a_host``; Kish, "Survey Sampling", 1965, §5.4)."""
    alike = max(1.0, a_host)
    return wilson(successes / alike, trials / alike)


def of_sample(record: SurveyRecord) -> float:
    """Which part of its scope's hosts a survey asked, 0 to 1; 1.0 is all of them, and no sample."""
    return 1 / record.plan.part.of
