"""Who may sign in: what is lost here is who sees the addresses."""

import stat
from pathlib import Path

import pytest

from openletter.web.accounts import MAX_SESSIONS, AccountError, Accounts
from openletter.web.password import PasswordError
from openletter.web.roles import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path):
    made = Accounts(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ada(accounts: Accounts) -> str:
    accounts.add("ada", Role.OPERATOR, PASSWORD)
    return "ada"


def test_without_a_file_there_is_nobody_and_none_is_made(accounts: Accounts):
    assert not accounts.any()
    assert accounts.all() == ()
    assert accounts.check("ada", PASSWORD) is None
    assert accounts.of_session("x") is None
    assert not accounts.path.exists()


def test_an_account_signs_in_with_its_own_password(accounts: Accounts, ada: str):
    found = accounts.check(ada, PASSWORD)
    assert found is not None
    assert found.role is Role.OPERATOR
    assert accounts.check(ada, PASSWORD + "!") is None
    assert accounts.check("Ada", PASSWORD) is None
    assert accounts.check("ada' OR 1=1 --", PASSWORD) is None


def test_the_file_is_its_owners_alone_and_holds_no_secret(accounts: Accounts, ada: str):
    session, token = accounts.begin_session(ada), accounts.new_token(ada)
    files = list(accounts.path.parent.iterdir())
    assert files
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        octets = file.read_bytes()
        for secret in (PASSWORD, session, token):
            assert secret.encode() not in octets


def test_a_session_ends_where_it_is_ended_and_others_go_on(accounts: Accounts, ada: str):
    one, other = accounts.begin_session(ada), accounts.begin_session(ada)
    accounts.end_session(one)
    assert accounts.of_session(one) is None
    assert accounts.of_session(other).name == ada


def test_sessions_end_with_time(accounts: Accounts, ada: str, monkeypatch):
    session = accounts.begin_session(ada)
    monkeypatch.setattr("openletter.web.accounts.time.time", lambda: 9e9)
    assert accounts.of_session(session) is None


def test_another_password_ends_all_sessions(accounts: Accounts, ada: str):
    """Whoever stole one would else stay signed in."""
    session, token = accounts.begin_session(ada), accounts.new_token(ada)
    accounts.change_password(ada, "another horse battery")
    assert accounts.of_session(session) is None
    assert accounts.of_token(token).name == ada
    assert accounts.check(ada, PASSWORD) is None
    assert accounts.check(ada, "another horse battery")


def test_a_removed_account_is_gone_with_sessions_and_tokens(accounts: Accounts, ada: str):
    session, token = accounts.begin_session(ada), accounts.new_token(ada)
    accounts.remove(ada)
    assert not accounts.any()
    assert accounts.of_session(session) is None
    assert accounts.of_token(token) is None


def test_tokens_are_revoked(accounts: Accounts, ada: str):
    tokens = [accounts.new_token(ada), accounts.new_token(ada)]
    assert accounts.revoke_tokens(ada) == 2
    assert [accounts.of_token(token) for token in tokens] == [None, None]


def test_sessions_of_an_account_are_bounded(accounts: Accounts, ada: str):
    made = [accounts.begin_session(ada) for _ in range(MAX_SESSIONS + 5)]
    alive = [session for session in made if accounts.of_session(session)]
    assert len(alive) == MAX_SESSIONS
    assert made[-1] in alive


def test_what_cannot_be_done_is_said(accounts: Accounts, ada: str):
    with pytest.raises(AccountError, match="there is an account ada already"):
        accounts.add(ada, Role.PUBLIC, PASSWORD)
    with pytest.raises(AccountError, match="no name of an account"):
        accounts.add("a b\n", Role.PUBLIC, PASSWORD)
    with pytest.raises(PasswordError):
        accounts.add("bob", Role.PUBLIC, "short")
    for act in (accounts.remove, accounts.new_token, lambda name: accounts.change_password(name, PASSWORD)):
        with pytest.raises(AccountError, match="no account 'bob'"):
            act("bob")


def test_another_process_sees_an_account_at_once(accounts: Accounts, tmp_path: Path):
    """The server runs while the command line adds one."""
    assert not accounts.any()
    other = Accounts(tmp_path)
    other.add("ada", Role.OPERATOR, PASSWORD)
    other.close()
    assert accounts.any()
