"""The opt-out list in a store. What a user loses when these fail: a promise that was given, or the proof of it."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from openletter.scope.error import ScopeError
from openletter.scope.optout import read_optouts
from openletter.scope.target import parse_target
from openletter.store.error import DiskFullError
from openletter.store.optout import OptOutList


@pytest.fixture
def listed(tmp_path):
    return OptOutList(tmp_path, now=lambda: 1_795_000_000.0)


def add(listed, *words, reason="asked by mail", addresses=()):
    return listed.add(
        [parse_target(word) for word in words], reason=reason, resolver=lambda _: list(addresses)
    )


def test_what_is_added_stays_with_its_reason_and_date(listed):
    added = add(listed, "192.0.2.0/24", "198.51.100.1-198.51.100.3", "2001:db8::1")
    assert [e.network for e in added] == ["192.0.2.0/24", "198.51.100.1", "198.51.100.2/31", "2001:db8::1"]
    assert listed.entries() == added
    assert {(e.added, e.reason) for e in added} == {("2026-11-18T11:06:40Z", "asked by mail")}
    assert add(listed, "192.0.2.0/24") == [], "an entry is there once"


def test_a_name_is_kept_with_all_its_addresses(listed):
    add(listed, "mail.example.org", addresses=["192.0.2.7", "2001:db8::7"])
    assert [(e.network, e.name) for e in listed.entries()] == [
        ("192.0.2.7", "mail.example.org"),
        ("2001:db8::7", "mail.example.org"),
    ]


def test_names_are_looked_up_again_and_old_addresses_stay(listed):
    add(listed, "mail.example.org", "198.51.100.1", addresses=["192.0.2.7"])
    new = listed.renew_names(lambda _: ["192.0.2.8"])
    assert [(e.network, e.name, e.reason) for e in new] == [
        ("192.0.2.8", "mail.example.org", "asked by mail")
    ]
    assert [e.network for e in listed.entries()] == ["192.0.2.7", "198.51.100.1", "192.0.2.8"]

    def gone(_):
        raise OSError("no such name")

    assert listed.renew_names(gone) == []


def test_removal_is_a_record_too(listed):
    add(listed, "192.0.2.0/24", "mail.example.org", addresses=["192.0.2.7", "192.0.2.8"])
    listed.remove("mail.example.org", reason="asked for a check")
    entries = listed.entries()
    assert [(e.network, e.holds) for e in entries] == [
        ("192.0.2.0/24", True),
        ("192.0.2.7", False),
        ("192.0.2.8", False),
    ]
    assert entries[1].removal_reason == "asked for a check"
    assert entries[1].reason == "asked by mail"
    add(listed, "192.0.2.7")
    assert [e.holds for e in listed.entries()] == [True, False, False, True]


def test_an_ipv4_address_as_a_dual_stack_log_shows_it_is_that_address(listed):
    add(listed, "::ffff:192.0.2.7")
    assert [e.network for e in listed.entries()] == ["192.0.2.7"]
    listed.remove("::ffff:192.0.2.7", reason="x")
    assert not any(e.holds for e in listed.entries())


def test_a_name_is_found_again_however_it_is_written(listed):
    add(listed, "bücher.example", addresses=["192.0.2.7"])
    listed.remove("Bücher.Example.", reason="x")
    assert not any(e.holds for e in listed.entries())


def test_what_is_not_there_cannot_be_removed(listed):
    add(listed, "192.0.2.0/24")
    before = listed.path.read_bytes()
    with pytest.raises(ScopeError, match=r"it is part of 192\.0\.2\.0/24"):
        listed.remove("192.0.2.7", reason="x")
    with pytest.raises(ScopeError, match="does not stand"):
        listed.remove("mail.example.org", reason="x")
    assert listed.path.read_bytes() == before


def test_what_a_person_wrote_stays_as_it_is(listed):
    listed.path.write_text("# our own\n203.0.113.0/24   # do not touch\n\n203.0.113.77/24\n")
    add(listed, "192.0.2.1")
    listed.remove("192.0.2.1", reason="x")
    assert listed.path.read_text().startswith(
        "# our own\n203.0.113.0/24   # do not touch\n\n203.0.113.77/24\n"
    )


def test_nothing_is_added_to_a_list_that_cannot_be_understood(listed):
    listed.path.write_text("203.0.113.0/240\n")
    with pytest.raises(ScopeError, match="line 1"):
        add(listed, "192.0.2.1")
    assert listed.path.read_text() == "203.0.113.0/240\n"


def test_a_hostile_reason_is_one_harmless_line(listed):
    add(listed, "192.0.2.1", reason="x\n0.0.0.0/0\x1b[2J\u2028# removed 192.0.2.1 {}")
    assert [e.network for e in listed.entries()] == ["192.0.2.1"]
    text = listed.path.read_text()
    assert "\x1b" not in text
    assert "\u2028" not in text


def test_several_who_write_at_once_lose_nothing(listed):
    def some(third):
        for fourth in range(10):
            add(OptOutList(listed.path.parent), f"192.0.{third}.{fourth}")

    threads = [threading.Thread(target=some, args=(third,)) for third in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listed.entries()) == 40


def test_a_full_disk_leaves_the_list_as_it_was(listed, monkeypatch):
    add(listed, "192.0.2.1")
    before = listed.path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError):
        add(listed, "192.0.2.2")
    assert listed.path.read_bytes() == before
    assert {p.name for p in listed.path.parent.iterdir()} == {"optout.txt", ".optout.txt.lock"}


WRITER = """
import sys, itertools
from pathlib import Path
from openletter.scope.target import parse_target
from openletter.store.optout import OptOutList
listed = OptOutList(Path(sys.argv[1]))
for n in itertools.count():
    listed.add([parse_target(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")], reason="x")
    print(n, flush=True)
"""


def test_killed_at_any_moment_it_has_all_that_was_acknowledged(tmp_path):
    for wait in (0.05, 0.11, 0.23):
        folder = tmp_path / str(wait)
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout.readline() == "0\n"
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            # Not communicate(), which passes over what the first line has brought along into the buffer.
            said = process.stdout.read()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        acknowledged = 1 + len(said.splitlines()) - (not said.endswith("\n") and bool(said))
        assert len(read_optouts(folder / "optout.txt")) in (acknowledged, acknowledged + 1)
