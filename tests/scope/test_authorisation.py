"""Without this check one typing error surveys a country that nobody allowed."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from openletter.scope.authorisation import Authorisation, load, require
from openletter.scope.build import build_scope
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import parse_exclusion
from openletter.scope.scope import Scope
from openletter.scope.target import parse_target

TODAY = date(2026, 6, 1)
GOOD = """
who = "Example CSIRT"
contact = "csirt@example.org"
basis = "our own networks"
scope = ["193.0.0.0/16", "2a00:1::/32"]
until = 2026-06-01
confirm = true
"""


def scope(*texts: str) -> Scope:
    return build_scope([parse_target(text) for text in texts])


def read(folder: Path, text: str) -> Authorisation:
    path = folder / "auth.toml"
    path.write_text(text)
    return load(path)


def test_a_whole_file_is_read_and_can_be_stored_with_the_survey(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found == Authorisation(
        who="Example CSIRT",
        contact="csirt@example.org",
        basis="our own networks",
        scope=("193.0.0.0/16", "2a00:1::/32"),
        until=date(2026, 6, 1),
        confirm=True,
    )
    assert msgspec.json.decode(msgspec.json.encode(found), type=Authorisation) == found


def test_confirmation_is_not_allowed_unless_the_file_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace("confirm = true\n", "")).confirm is False


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('who = "Example CSIRT"', "", 'who says the body that surveys, as in who = "..."'),
        ('who = "Example CSIRT"', 'who = " "', 'who says the body that surveys, as in who = "..."'),
        ('"csirt@example.org"', "7", 'contact says where its owner can be reached, as in contact = "..."'),
        ('basis = "our own networks"', "", 'basis says by what right, as in basis = "..."'),
        (
            '["193.0.0.0/16", "2a00:1::/32"]',
            "[]",
            'scope is a list of networks, as in scope = ["192.0.2.0/24"]',
        ),
        (
            '["193.0.0.0/16", "2a00:1::/32"]',
            '"*"',
            'scope is a list of networks, as in scope = ["192.0.2.0/24"]',
        ),
        ("2026-06-01", '"2026-06-01"', "until is the last day, as in until = 2027-03-31"),
        ("2026-06-01", "2026-06-01T00:00:00", "until is the last day, as in until = 2027-03-31"),
        ("confirm = true", 'confirm = "yes"', "confirm is true or false"),
        (
            "confirm = true",
            "untill = 1",
            '"untill" is no key of an authorisation; the keys are who, contact, basis, scope, until, confirm',
        ),
    ],
)
def test_errors_name_the_key_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    with pytest.raises(ScopeError) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert str(caught.value).endswith(f": {message}")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("193.0.0.1/16", "was 193.0.0.0/16 meant"),
        ("mail.example.org", "is no network"),
        ("193.0.0.1:143", "is no network"),
    ],
)
def test_a_network_of_the_scope_that_is_none_is_refused(tmp_path: Path, network: str, message: str) -> None:
    with pytest.raises(ScopeError, match=message):
        read(tmp_path, GOOD.replace("193.0.0.0/16", network))


def test_a_missing_file_and_one_that_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(ScopeError, match="no such authorisation file"):
        load(tmp_path / "gone.toml")
    with pytest.raises(ScopeError, match="is no TOML"):
        read(tmp_path, "who = ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\x00")
    with pytest.raises(ScopeError, match="is no TOML"):
        load(tmp_path / "binary.toml")


@pytest.mark.parametrize(
    "texts",
    [
        ("193.0.0.0/24",),
        ("127.128.0.0/9",),
        ("10.0.0.0/8", "fd00::/72", "193.0.0.0/25", "193.1.0.0/25"),
    ],
)
def test_small_public_scopes_and_any_private_one_need_none(texts: tuple[str, ...]) -> None:
    require(scope(*texts), None, TODAY)


def test_257_public_addresses_need_one() -> None:
    with pytest.raises(ScopeError) as caught:
        require(scope("193.0.0.0/24", "193.0.1.0"), None, TODAY)
    assert str(caught.value) == (
        "257 public addresses need an authorisation, since they are more than 256: "
        "give a file with who, contact, basis, scope and until by --authorisation"
    )


def test_one_that_holds_lets_it_through_to_its_last_day(tmp_path: Path) -> None:
    allowed = read(tmp_path, GOOD)
    asked = scope("193.0.0.0/20", "2a00:1::/100", "10.0.0.0/24")
    require(asked, allowed, TODAY)
    assert allowed.covers(asked, TODAY)
    assert not allowed.covers(asked, date(2026, 6, 2))
    with pytest.raises(ScopeError) as caught:
        require(asked, allowed, date(2026, 6, 2))
    assert str(caught.value) == 'the authorisation of "Example CSIRT" ended on 2026-06-01; renew it'


def test_one_that_does_not_hold_for_every_address_stops_all(tmp_path: Path) -> None:
    allowed = read(tmp_path, GOOD)
    asked = scope("193.0.0.0/20", "193.1.0.0-193.1.0.4")
    assert not allowed.covers(asked, TODAY)
    with pytest.raises(ScopeError) as caught:
        require(asked, allowed, TODAY)
    assert str(caught.value) == (
        'the authorisation of "Example CSIRT" does not hold for 5 of the addresses, '
        "193.1.0.0-193.1.0.4 among them; leave them out or have it widened"
    )


def test_who_is_excluded_later_needs_no_leave() -> None:
    """A narrower leave with the rest left out is the advice that the refusal gives; it must be possible to follow."""
    whole = scope("193.0.0.0/15")
    narrow = Authorisation(who="w", contact="c", basis="b", scope=("193.0.0.0/16",), until=TODAY)
    with pytest.raises(ScopeError, match=r"65,536 of the addresses, 193\.1\.0\.0-193\.1\.255\.255"):
        require(whole, narrow, TODAY)
    require(Scope(whole.description.excluding([parse_exclusion("193.1.0.0/16")])), narrow, TODAY)
