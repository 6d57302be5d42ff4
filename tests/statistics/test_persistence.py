"""How long endpoints stay exposed.

What a user loses when these fail: whether warning owners helps, and how fast.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openletter.statistics.persistence import Persistence, Step, kaplan_meier, persistence
from openletter.verdict.state import merge_state

DAY = 86_400.0
BEGAN = 1_800_000_000.0


def test_a_published_example():
    """Freireich et al., Blood 21 (1963) 699-716, the 21 patients under 6-MP, weeks of remission; the curve as in Kalbfleisch
    and Prentice, "The Statistical Analysis of Failure Time Data", table 1.2."""
    lives = [(6, 3, 1), (7, 1, 0), (9, 0, 1), (10, 1, 1), (11, 0, 1), (13, 1, 0), (16, 1, 0), (17, 0, 1)]
    lives += [(19, 0, 1), (20, 0, 1), (22, 1, 0), (23, 1, 0), (25, 0, 1), (32, 0, 2), (34, 0, 1), (35, 0, 1)]
    found = kaplan_meier(lives)
    assert [(step.days, round(step.share, 3), step.at_risk) for step in found.curve] == [
        (0.0, 1.0, 21),
        (6, 0.857, 21),
        (7, 0.807, 17),
        (10, 0.753, 15),
        (13, 0.690, 12),
        (16, 0.627, 11),
        (22, 0.538, 7),
        (23, 0.448, 6),
    ]
    assert found.median_days == 23
    assert (found.endpoints, found.mended) == (21, 9)


@example([(0, True)] * 4 + [(1, True)] + [(2, False)] * 6 + [(2, True)])
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60))
def test_against_the_definition(lives):
    """The product over all days of those who were not mended among those at risk, each counted anew."""
    counted = [
        (day, sum(lives.count((day, ended)) for ended in [True]), lives.count((day, False)))
        for day in range(13)
    ]
    found = kaplan_meier([one for one in counted if one[1] or one[2]])
    share = 1.0
    steps = []
    for day in range(13):
        at_risk = sum(length >= day for length, _ in lives)
        ended = sum(length == day and mended for length, mended in lives)
        if ended:
            share *= (at_risk - ended) / at_risk
            steps.append((day, share, at_risk, ended))
    assert [
        (step.days, pytest.approx(step.share), step.at_risk, step.mended) for step in found.curve[1:]
    ] == steps
    below = [day for day, left, _, _ in steps if left <= 0.5 + 1e-12]
    assert found.median_days == (below[0] if below else None)


def days(make, seed=5):
    """Six surveys of the same endpoints, in which some are mended, some come back, and some are not asked again."""
    import random

    chance = random.Random(seed)
    rows = make(60, seed)
    for day in range(6):
        changed = []
        for row in rows:
            fate = chance.random()
            word = row["class"]
            if fate < 0.15:
                word = "tls_required"
            elif fate < 0.2:
                word = "silent"
            elif fate < 0.25:
                word = "no_tls"
            changed.append(
                {
                    **row,
                    "class": word,
                    "wide": word
                    in ("no_tls", "tls_optional", "cleartext_port_open", "cleartext_on_tls_port"),
                    "strict": word in ("no_tls", "cleartext_on_tls_port"),
                    "unknown": word in ("silent", "unknown_auth", "refused_by_policy"),
                }
            )
        rows = changed
        yield BEGAN + day * DAY, [row for row in rows if chance.random() < 0.95]


@pytest.mark.parametrize("country", [None, "JP", "ZZ"])
def test_from_surveys_to_the_curve(store, publish, make, country):
    """Walks through every endpoint's history by hand: its latest exposure, ended or still going on."""
    history = {}
    for began, rows in days(make):
        publish(rows, began)
        for row in rows:
            history.setdefault((row["ip"], row["port"], row["host"]), []).append((began, row))
    merge_state(store)
    lives = []
    for seen in history.values():
        if country is not None and seen[-1][1]["country"] != country.replace("ZZ", ""):
            continue
        since = until = None
        for at, row in seen:
            if row["wide"]:
                if since is None or until is not None:
                    since, until = at, None
            elif (
                since is not None and until is None and (row["class"] == "unreachable" or not row["unknown"])
            ):
                until = at
        if since is not None:
            lives.append(((until or seen[-1][0]) - since, until is not None))
    found = persistence(store, country=country)
    share = 1.0
    steps = []
    for seconds in sorted({length for length, ended in lives if ended}):
        at_risk = sum(length >= seconds for length, _ in lives)
        ended = sum(length == seconds and mended for length, mended in lives)
        share *= 1 - ended / at_risk
        steps.append(Step(seconds / DAY, pytest.approx(share), at_risk, ended))
    assert list(found.curve[1:]) == steps
    assert steps
    assert (found.endpoints, found.mended) == (len(lives), sum(ended for _, ended in lives))


def test_without_a_state_there_is_no_curve(store):
    nothing = Persistence(endpoints=0, mended=0, median_days=None, curve=())
    assert persistence(store) == nothing
