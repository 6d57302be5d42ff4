"""Passwords are kept so that who reads the file has none of them, and checked so that guessing stays dear."""

import pytest

from openletter.web.password import MIN_LENGTH, NOBODYS, PasswordError, check, fits, hashed


def test_a_password_fits_its_own_hash_alone():
    kept = hashed("correct horse battery")
    assert fits("correct horse battery", kept)
    assert not fits("correct horse batterz", kept)
    assert not fits("", kept)
    assert "correct" not in kept


def test_the_same_password_is_kept_differently_each_time():
    """Two who chose the same would else be seen to have done so."""
    assert hashed("correct horse battery") != hashed("correct horse battery")


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain",
        "scrypt$1$2$3",
        "scrypt$x$8$1$AAAA$AAAA",
        "scrypt$1073741824$8$1$AAAA$AAAA",
        "md5$32768$8$3$AAAA$AAAA",
        "scrypt$32768$8$3$*$AAAA",
    ],
)
def test_a_damaged_hash_lets_nobody_in(kept: str):
    assert not fits("correct horse battery", kept)


def test_nobody_has_the_password_that_stands_for_no_account():
    assert not fits("", NOBODYS)


def test_a_password_has_a_least_length_and_no_other_rule():
    with pytest.raises(PasswordError, match="has 11 characters; give at least 12"):
        check("a" * (MIN_LENGTH - 1))
    check("a" * MIN_LENGTH)
    with pytest.raises(PasswordError, match="at most"):
        check("a" * 5_000)


def test_characters_of_any_script_are_characters():
    check("正しい馬のバッテリーの針!")
    assert fits("\ud800 lone surrogate!", hashed("\ud800 lone surrogate!"))
