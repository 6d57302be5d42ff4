"""``openletter serve`` and its accounts at the command line: what it refuses, and what it says then."""

import io
import json
import socket
import sys
from pathlib import Path

import pytest

from openletter.cli.main import run
from openletter.store.store import Store
from openletter.web.accounts import Accounts

PASSWORD = "correct horse battery"


@pytest.fixture
def served(monkeypatch) -> list[object]:
    """What would be served, in the place of serving it."""
    made: list[object] = []
    monkeypatch.setattr(
        "openletter.web.server.serve", lambda settings, _, workers: made.append((settings, workers))
    )
    return made


@pytest.fixture
def add(tmp_path: Path, monkeypatch):
    def adding(*arguments: str, password: str = PASSWORD) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        store = ["--store", str(tmp_path / "store")]
        return run(["serve", "user", "add", *arguments, "--password-file", "-", *store])

    return adding


def test_help_teaches(capsys):
    assert run(["serve", "--help"]) == 0
    said = capsys.readouterr().out
    for words in ("--public", "user add", "--base-url", "speaks no TLS"):
        assert words in said


def test_a_server_that_others_can_reach_wants_an_account_first(tmp_path, served, add, capsys):
    store = ["--store", str(tmp_path / "store")]
    for more in (["--host", "0.0.0.0"], ["--behind-proxy"], ["--base-url", "https://mail.example.org"]):
        assert run(["serve", *store, "--port", "0", *more]) == 3
        said = capsys.readouterr().err
        assert "openletter serve user add NAME --role operator" in said
        assert "--public" in said
        assert said.count("\n") == 1
    assert not served
    assert run(["serve", *store, "--port", "0", "--host", "0.0.0.0", "--public"]) == 0
    assert "nobody sees addresses: add an operator by" in capsys.readouterr().err
    assert add("ada", "--role", "operator") == 0
    assert run(["serve", *store, "--port", "0", "--host", "0.0.0.0"]) == 0
    assert "a log-in is needed" in capsys.readouterr().err
    assert len(served) == 2


def test_a_port_that_is_taken_is_one_line(tmp_path, served, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert run(["serve", "--store", str(tmp_path / "store"), "--port", port]) == 3
    said = capsys.readouterr().err
    assert "already in use; give another --port" in said
    assert said.count("\n") == 1
    assert not served


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--base-url", "mail.example.org"], "give a scheme and a name alone"),
        (["--base-url", "https://mail.example.org/dashboard"], "give a scheme and a name alone"),
        (["--base-url", "https://[::"], "give a scheme and a name alone"),
        (["--port", "70000"], "65535"),
        (["--workers", "0"], "--workers"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_says_what_would_be_right(tmp_path, served, capsys, arguments, words):
    assert run(["serve", "--store", str(tmp_path / "store"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not served


def test_an_address_that_is_not_ours_is_one_line(tmp_path, served, capsys):
    assert run(["serve", "--store", str(tmp_path), "--host", "192.0.2.1", "--public", "--port", "0"]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_store_of_a_newer_version_is_not_served(tmp_path, served, capsys):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "manifest.sqlite").write_bytes(b"no database at all" * 10)
    assert run(["serve", "--store", str(tmp_path / "store")]) == 3
    assert "is no manifest of a store" in capsys.readouterr().err


def test_accounts_come_and_go(tmp_path, add, capsys, monkeypatch):
    store = ["--store", str(tmp_path / "store")]
    assert add("ada", "--role", "operator") == 0
    assert add("sue", "--role", "subscriber") == 0
    assert run(["serve", "user", "list", *store]) == 0
    said = capsys.readouterr().out
    assert "ada  operator" in said
    assert "sue  subscriber" in said
    monkeypatch.setattr(sys, "stdin", io.StringIO("another horse battery\n"))
    assert run(["serve", "user", "password", "ada", "--password-file", "-", *store]) == 0
    accounts = Accounts(tmp_path / "store")
    assert accounts.check("ada", "another horse battery")
    assert not accounts.check("ada", PASSWORD)
    capsys.readouterr()
    assert run(["serve", "user", "token", "ada", *store]) == 0
    token = capsys.readouterr().out.strip()
    assert accounts.of_token(token).name == "ada"
    assert run(["serve", "user", "token", "ada", "--revoke", *store]) == 0
    assert accounts.of_token(token) is None
    assert run(["serve", "user", "remove", "ada", *store]) == 0
    assert [account.name for account in accounts.all()] == ["sue"]
    accounts.close()
    log = (tmp_path / "store" / "audit.jsonl").read_text()
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events == [
        "account added",
        "account added",
        "password changed",
        "token made",
        "tokens revoked",
        "account removed",
    ]
    assert PASSWORD not in log
    assert token not in log


def test_what_is_wrong_with_an_account_is_one_line(tmp_path, add, capsys):
    assert add("ada", "--role", "operator", password="short") == 3
    assert "give at least 12" in capsys.readouterr().err
    assert add("-rf", "--role", "operator") == 2
    assert add("a\x1b[31m", "--role", "operator") == 3
    assert "\x1b" not in capsys.readouterr().err
    assert add("ada", "--role", "king") == 2
    assert add("ada", "--role", "operator") == 0
    assert add("ada", "--role", "operator") == 3
    assert "there is an account ada already" in capsys.readouterr().err
    for verb in ("remove", "token"):
        assert run(["serve", "user", verb, "bob", "--store", str(tmp_path / "store")]) == 3
        assert "no account 'bob'" in capsys.readouterr().err


def test_a_password_is_never_an_argument_and_never_waited_for_without_a_terminal(
    tmp_path, capsys, monkeypatch
):
    """Arguments can be read by everybody on the machine."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    store = ["--store", str(tmp_path / "store")]
    assert run(["serve", "user", "add", "ada", PASSWORD, "--role", "operator", *store]) == 2
    assert run(["serve", "user", "add", "ada", "--role", "operator", *store]) == 3
    assert "--password-file" in capsys.readouterr().err
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\nsecond line\n")
    assert (
        run(["serve", "user", "add", "ada", "--role", "operator", "--password-file", str(file), *store]) == 0
    )
    accounts = Accounts(tmp_path / "store")
    assert accounts.check("ada", PASSWORD)
    accounts.close()


def test_an_account_before_the_first_survey_leaves_a_store_to_survey_into(tmp_path, add):
    assert add("ada", "--role", "operator") == 0
    with Store(tmp_path / "store") as store:
        assert store.surveys() == []


def test_who_the_settings_file_leaves_out_is_not_asked_by_a_findings_page_either(
    tmp_path, served, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "never-ask.txt").write_text("192.0.2.0/24\n")
    (tmp_path / "openletter.toml").write_text('exclude = ["never-ask.txt"]\nrate = 5\n')
    assert run(["serve", "--port", "0"]) == 0
    ((settings, _),) = served
    assert settings.exclude == (tmp_path / "never-ask.txt",)


def test_the_settings_file_names_the_store(tmp_path, served, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openletter.toml").write_text('store = "elsewhere"\nport = ["imap=1143"]\n')
    assert run(["serve", "--port", "0"]) == 0
    ((settings, _),) = served
    assert settings.store == tmp_path / "elsewhere"
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert run(["serve", "user", "add", "ada", "--role", "operator", "--password-file", "-"]) == 0
    assert (tmp_path / "elsewhere" / "accounts.sqlite").exists()
