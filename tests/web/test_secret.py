"""The key of the cookies: whoever has it, or can do without, is whoever they like."""

import stat

import pytest

from openletter.store.error import StoreError
from openletter.web.secret import Secret, fleeting, load


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    file = tmp_path / "key"
    signed = load(file).sign("session")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load(file).unsign(signed) == "session"
    assert fleeting().unsign(signed) is None


def test_a_short_key_is_refused(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("short")
    with pytest.raises(StoreError, match="remove it"):
        load(tmp_path / "key")
    monkeypatch.setenv("OPENLETTER_SECRET", "short")
    with pytest.raises(StoreError, match="OPENLETTER_SECRET has 5 octets; give at least 32"):
        load(tmp_path / "other")


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENLETTER_SECRET", "x" * 40)
    load(tmp_path / "key")
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("cookie", ["", ".", "session", "session.", "a.b.c", "\ud800.x", "é.\x00"])
def test_what_was_not_signed_is_nothing(cookie: str):
    assert Secret(b"k" * 32).unsign(cookie) is None


def test_a_forms_token_is_bound_to_whose_form_it_is():
    secret = Secret(b"k" * 32)
    token = secret.form_token("ada's session")
    assert secret.is_form_token(token, "ada's session")
    assert not secret.is_form_token(token, "bob's session")
    assert not secret.is_form_token("", "ada's session")
    assert not secret.is_form_token("\ud800", "ada's session")
    assert not secret.is_form_token(secret.form_token(""), "")
