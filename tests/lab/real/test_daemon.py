"""Servers are ended with all that they started; one left behind keeps the port and answers the next run."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openletter.lab.real import daemon
from openletter.lab.real.daemon import Daemon, end_leftovers, processes_of, stop


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[Daemon]]:
    daemons: list[Daemon] = []
    yield daemons
    stop(daemons)


def start(running: list[Daemon], folder: Path, script: str) -> Daemon:
    """A shell that says when it is ready; returns then."""
    started = Daemon("test", ["sh", "-c", f"{script}"], folder / "test.log")
    running.append(started)
    deadline = time.monotonic() + 30
    while "ready" not in started.last_words():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return started


def test_a_server_ends_with_its_children_even_those_in_groups_of_their_own(
    running: list[Daemon], tmp_path: Path
) -> None:
    own_group = f"{sys.executable} -c 'import os, time; os.setpgid(0, 0); print(\"ready\", flush=True); time.sleep(600)'"
    started = start(running, tmp_path, f"sleep 600 & {own_group} & wait")
    assert len(processes_of([started])) == 3
    stop([started])
    assert processes_of([started]) == set()
    assert started.ended() is not None


def test_a_server_that_ignores_sigterm_is_killed(
    running: list[Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "GRACE_SECONDS", 0.2)
    started = start(running, tmp_path, "trap '' TERM; echo ready; while true; do sleep 600; done")
    stop([started])
    assert started.ended() == -9
    assert processes_of([started]) == set()


def test_stopping_twice_is_harmless(running: list[Daemon], tmp_path: Path) -> None:
    started = start(running, tmp_path, "echo ready; exec sleep 600")
    stop([started])
    stop([started])
    assert started.ended() == -15


def test_leftovers_are_ended_by_their_folder_and_nobody_else(running: list[Daemon], tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "mine-too"
    mine.mkdir()
    other.mkdir()
    left = start(running, mine, "echo ready; cd /; exec sleep 600")
    named = start(running, other, f"echo ready; cd /; sleep 600; : {mine}/conf")
    stranger = start(running, other, "echo ready; exec sleep 600")
    in_it = start(running, mine, "echo ready; exec sleep 600")
    end_leftovers(mine)
    assert in_it.ended() is not None
    assert named.ended() is not None
    assert stranger.ended() is None
    # It gave up the folder and does not name it: nothing tells that it is ours.
    assert left.ended() is None


def test_the_log_is_shown_without_its_control_characters(running: list[Daemon], tmp_path: Path) -> None:
    """What a server logs of its clients' bytes goes to a terminal when it fails to start."""
    started = start(
        running, tmp_path, "printf '\\033[31mred\\n'; printf '\\377\\n'; echo ready; exec sleep 600"
    )
    assert started.last_words() == "\\x1b[31mred\n\\xff\nready"


def test_a_server_sees_nothing_of_our_environment(
    running: list[Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration must not depend on who starts it, nor learn his secrets."""
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    started = start(running, tmp_path, "env; echo ready; exec sleep 600")
    assert "SECRET_OF_MINE" not in started.last_words()
