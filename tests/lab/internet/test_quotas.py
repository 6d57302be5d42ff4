"""When these fail, the world's counts are no longer exact, and a survey's table differs from the truth by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.lab.internet.figures import countries
from openletter.lab.internet.quotas import Group, quota, side

SHARE = 1 / 17
BESIDE = (Group.STRICT_BESIDE, Group.WIDE_BESIDE, Group.OTHER_BESIDE, Group.IMPLICIT_ONLY)


def sizes(of):
    starts = (0, *of.ends)
    return [end - start for start, end in zip(starts, of.ends, strict=False)]


@pytest.mark.parametrize("scale", [1, 7, 10, 100, 1000, 20_000])
def test_every_count_is_the_figure_divided_by_the_scale(scale):
    for row in countries():
        made = quota(row, scale, SHARE)
        for laid, cleartext, implicit in (
            (made.pop3, row.on_110, row.on_995),
            (made.imap, row.on_143, row.on_993),
        ):
            size = sizes(laid)
            assert min(size) >= 0
            exposed = round(row.exposed / scale)
            assert sum(size[:4]) == exposed
            assert sum(size[:2]) == round(exposed * SHARE)
            assert sum(size[:6]) == round(cleartext / scale)
            assert sum(size[group] for group in BESIDE) == round(implicit / scale)
            assert laid.ends[-1] <= made.hosts


@pytest.mark.parametrize("scale", [1, 10, 1000])
def test_those_exposed_on_both_are_most(scale):
    for row in countries():
        made = quota(row, scale, SHARE)
        assert made.apart <= made.pop3.exposed / 16


@pytest.mark.parametrize("scale", [100, 1000])
def test_the_imap_rank_is_a_bijection_that_moves_only_the_few_apart(scale):
    for row in countries():
        made = quota(row, scale, SHARE)
        ranks = [made.imap_rank(rank) for rank in range(made.hosts)]
        assert sorted(ranks) == list(range(made.hosts))
        both = sum(ranks[rank] < made.imap.exposed for rank in range(made.pop3.exposed))
        assert both == made.pop3.exposed - made.apart


@given(st.data())
def test_a_layout_never_has_a_negative_group(data):
    cleartext = data.draw(st.integers(0, 3000))
    implicit = data.draw(st.integers(0, 3000))
    exposed = data.draw(st.integers(0, cleartext))
    strict = data.draw(st.integers(0, exposed))
    laid = side(cleartext, implicit, exposed, strict)
    size = sizes(laid)
    assert min(size) >= 0
    assert sum(size[group] for group in BESIDE) == implicit


def test_more_exposed_than_open_is_refused():
    with pytest.raises(ValueError, match="no room"):
        side(10, 10, 11, 1)
