"""Who did what: a log that cannot be read, or that a stranger can write lines into, is none."""

import json
import stat

import pytest

from openletter.store.store import Store
from openletter.web.audit import AuditLog, Event


@pytest.fixture
def log(tmp_path):
    Store(tmp_path / "store", create=True).close()
    return AuditLog(tmp_path / "store")


def test_a_line_stays_a_line_whatever_a_stranger_calls_himself(log):
    hostile = '\n{"event": "logged in"}\x1b[31m\u202e\ud800 "quoted"'
    log.write(Event.LOGIN_FAILED, account=hostile, client="192.0.2.1")
    text = log.path.read_text("ascii")
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert json.loads(text)["account"] == hostile
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_values_are_bounded(log):
    log.write(Event.LOGIN_FAILED, account="x" * 100_000)
    assert log.path.stat().st_size < 1_000


def test_without_a_store_no_file_is_made(tmp_path):
    """A stray file would keep `openletter survey` from making a store there."""
    AuditLog(tmp_path).write(Event.LOGGED_IN, account="ada")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_does_not_stop_the_server(log, caplog):
    log.path.mkdir()
    log.write(Event.LOGGED_IN, account="ada")
    assert "audit.jsonl" in caplog.text
