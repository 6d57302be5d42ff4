"""When these fail, a host plays a part that its group does not stand for, and the counts of exposed hosts are wrong."""

import pytest

from openletter.lab.internet.casting import CAST, MANNERS, Beside
from openletter.lab.internet.quotas import Group
from openletter.lab.internet.tls_profiles import PROFILE_ROUND, SHARES, spread
from openletter.lab.internet.truth import STRICT, WIDE, class_of

ALLOWED = {
    Group.STRICT_ALONE: STRICT,
    Group.STRICT_BESIDE: STRICT,
    Group.WIDE_BESIDE: WIDE - STRICT,
    Group.WIDE_ALONE: WIDE - STRICT,
}


def parts():
    for group, rows in CAST.items():
        if group is not Group.IMPLICIT_ONLY:
            for row in rows:
                for manner in (row.imap, row.pop3):
                    yield pytest.param(
                        group, row, manner, id=f"{group.name}-{manner.name}-{row.beside.value}"
                    )


@pytest.mark.parametrize(("group", "row", "manner"), list(parts()))
def test_every_row_comes_to_a_class_of_its_group(group, row, manner):
    cls = class_of(manner.facts, sibling_has_tls=row.beside is Beside.TLS)
    if group in ALLOWED:
        assert cls in ALLOWED[group]
    else:
        assert cls not in WIDE


def test_the_implicit_port_is_closed_where_the_group_says_so():
    for group, rows in CAST.items():
        alone = group in (Group.STRICT_ALONE, Group.WIDE_ALONE, Group.OTHER_ALONE)
        assert all((row.beside is Beside.CLOSED) == alone for row in rows)


def test_a_dead_sibling_stands_only_beside_classes_that_do_not_ask_for_it():
    """Whether a 993 that answers by an alert "has TLS" is not said anywhere: no class may hang on it."""
    for rows in CAST.values():
        for row in rows:
            if row.beside is Beside.ALERT:
                for manner in (row.imap, row.pop3):
                    assert class_of(manner.facts, sibling_has_tls=True) is class_of(
                        manner.facts, sibling_has_tls=False
                    )


def test_without_tls_beside_means_cleartext_or_strangers():
    for row in CAST[Group.STRICT_BESIDE]:
        assert row.beside in (Beside.CLEARTEXT, Beside.SSH, Beside.HTTP, Beside.SMTP)


def test_every_manner_is_cast():
    cast = {manner for rows in CAST.values() for row in rows for manner in (row.imap.name, row.pop3.name)}
    assert cast == set(MANNERS)


def test_the_hostile_are_few():
    """A survey of a world full of time-outs would take long and show nothing."""
    hostile = {"endless-line", "imap:endless-list", "imap:drip", "mute", "hanging-up", "resetting"}
    rows = CAST[Group.OTHER_BESIDE]
    weight = sum(row.weight for row in rows if row.imap.name in hostile)
    assert 0 < weight / sum(row.weight for row in rows) < 0.025


def test_spread_gives_each_its_weight_and_keeps_equals_apart():
    assert spread([2, 1]) == (0, 1, 0)
    assert len(PROFILE_ROUND) == 101
    for index, (share, _) in enumerate(SHARES):
        assert PROFILE_ROUND.count(index) == share
