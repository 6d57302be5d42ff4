"""Surveys of a server that counts who was asked. What a user loses when these fail: the word that was given to somebody
who did not wish to be asked, which is the worst that a survey can lose.
"""

import json
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

import pytest

from openletter.cli import main
from openletter.store.store import Store

HOSTS = 1024
GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"


class CountingServer:
    """IMAP without TLS on every address of a /22; when each connection came, by its address."""

    def __init__(self):
        second = random.randint(100, 120)
        self.network = f"127.{second}.{4 * random.randint(0, 63)}.0/22"
        self._listener = socket.create_server(("0.0.0.0", 0), backlog=1024)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self.seen = []
        self._over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def hosts(self, third):
        """The /24 of that number among the four."""
        first, second, base, _ = self.network.partition("/")[0].split(".")
        return f"{first}.{second}.{int(base) + third}.0/24"

    def times(self):
        return Counter(ip for ip, _ in self.seen)

    def touched(self, network, since=0.0):
        prefix = network.removesuffix("0/24")
        return [ip for ip, at in self.seen if ip.startswith(prefix) and at >= since]

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._over:
                for key, _ in selector.select(0.05):
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    else:
                        self._answer(selector, key.fileobj)
            for key in list(selector.get_map().values()):
                key.fileobj.close()

    def _accept(self, selector):
        with suppress(OSError):
            peer, _ = self._listener.accept()
            self.seen.append((peer.getsockname()[0], time.time()))
            peer.setblocking(False)
            peer.send(GREETING)
            selector.register(peer, selectors.EVENT_READ)

    @staticmethod
    def _answer(selector, peer):
        try:
            data = peer.recv(1000)
        except OSError:
            data = b""
        if data and b"LOGOUT" not in data:
            with suppress(OSError):
                peer.send(data.partition(b" ")[0] + b" BAD no\r\n")
            return
        selector.unregister(peer)
        peer.close()

    def end(self):
        self._over = True
        self._thread.join()


@pytest.fixture
def server():
    running = CountingServer()
    try:
        yield running
    finally:
        running.end()


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


STARTED = []


@pytest.fixture(autouse=True)
def nothing_left_behind():
    yield
    while STARTED:
        process = STARTED.pop()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def openletter(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENLETTER_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "openletter.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    STARTED.append(process)
    return process


def finish(process, code=1):
    _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    return err


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def survey(server, store, *more):
    ports = ("--port", f"imap={server.port}")
    return openletter("survey", server.network, "--store", store, *ports, "--processes", 2, *more)


def opt_out(store, who):
    assert main.run(["optout", "add", who, "--reason", "asked", "--store", str(store)]) == 0


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def kept(store):
    with Store(store) as opened:
        record = opened.latest()
        shards = opened.shards(record.id)
    return record, sum(s.rows for s in shards), sum(s.left_out for s in shards), len(shards)


def test_who_opted_out_before_is_no_part_of_the_survey(server, store):
    opt_out(store, server.hosts(1))
    finish(survey(server, store))
    record, rows, left_out, _ = kept(store)
    assert (record.plan.endpoints, rows, left_out) == (HOSTS - 256, HOSTS - 256, 0)
    assert server.touched(server.hosts(1)) == []
    assert set(server.times().values()) == {1}


def test_who_opts_out_while_it_runs_is_left_alone_within_seconds(server, store, tmp_path):
    log = tmp_path / "log.jsonl"
    process = survey(server, store, "--rate", 150, "--log", log)
    wait_for(lambda: len(server.seen) > 100)
    opt_out(store, server.hosts(2))
    from_then = time.time() + 3.0
    finish(process)
    assert server.touched(server.hosts(2), since=from_then) == []
    record, rows, left_out, shards = kept(store)
    assert rows + left_out == record.plan.endpoints == HOSTS
    assert left_out > 50
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    applied = {line["worker"] for line in lines if "opt-out list changed" in line["event"]}
    assert applied == {0, 1}, "each process says when it keeps to a new list"
    assert sum(line.get("left_out", 0) for line in lines) == left_out
    assert rows == len(server.seen)
    assert record.state == "finished"
    assert shards == record.plan.shards


def test_it_holds_across_kills_and_resumes(server, store, tmp_path):
    """Opted out before, in the middle, between two runs, and by a file given at the resume: nobody is asked again."""
    opt_out(store, server.hosts(0))
    process = survey(server, store, "--rate", 150)
    wait_for(lambda: len(server.seen) > 100)
    opt_out(store, server.hosts(1))
    wait_for(lambda: kept(store)[3] >= 1)
    kill(process)
    opt_out(store, server.hosts(2))
    between = time.time()
    never = tmp_path / "never.txt"
    never.write_text(server.hosts(3).replace("0/24", "0/25"))
    process = openletter("survey", "--resume", "--store", store, "--exclude", never)
    err = finish(process)
    assert "Traceback" not in err
    assert server.touched(server.hosts(0)) == []
    for third in (1, 2):
        assert server.touched(server.hosts(third), since=between) == []
    half = [ip for ip in server.touched(server.hosts(3), since=between) if int(ip.rpartition(".")[2]) < 128]
    assert half == []
    record, rows, left_out, shards = kept(store)
    assert rows + left_out == record.plan.endpoints == HOSTS - 256
    assert left_out > 256
    assert (record.state, shards) == ("finished", record.plan.shards)
    assert max(server.times().values()) <= 2, "asked by a run that was killed, and by the one after it"


def test_what_was_excluded_at_one_resume_is_so_at_the_next(server, store, tmp_path):
    process = survey(server, store, "--rate", 150)
    wait_for(lambda: len(server.seen) > 50)
    kill(process)
    since = time.time()
    never = tmp_path / "never.txt"
    never.write_text(f"{server.hosts(3)}\n")
    process = openletter("survey", "--resume", "--store", store, "--exclude", never)
    asked = len(server.seen)
    wait_for(lambda: len(server.seen) > asked + 50)
    kill(process)
    never.unlink()
    finish(openletter("survey", "--resume", "--store", store))
    assert server.touched(server.hosts(3), since=since) == []
    record, rows, left_out, _ = kept(store)
    assert (record.state, rows + left_out) == ("finished", HOSTS)


def test_a_list_that_is_broken_by_hand_stops_the_survey_and_it_goes_on_when_mended(server, store):
    """To go on without it could mean to ask somebody who had just been written into that very line."""
    process = survey(server, store, "--rate", 150)
    wait_for(lambda: len(server.seen) > 50)
    (store / "optout.txt").write_text("127.0.0.0/88\n")
    err = finish(process, code=3)
    assert "optout.txt line 1" in err
    assert "--resume" in err
    asked = len(server.seen)
    assert asked < HOSTS
    (store / "optout.txt").write_text(f"{server.hosts(3)}\n")
    since = time.time()
    finish(openletter("survey", "--resume", "--store", store))
    assert server.touched(server.hosts(3), since=since) == []
    record, rows, left_out, _ = kept(store)
    assert rows + left_out == record.plan.endpoints


def test_all_have_opted_out(server, store, capsys):
    opt_out(store, server.network)
    assert main.run(["survey", server.network, "--store", str(store)]) == 2
    assert "nothing is left of the scope" in capsys.readouterr().err
    assert main.run(["optout", "add", "localhost", "--reason", "x", "--store", str(store)]) == 0
    assert main.run(["survey", "localhost", "--store", str(store)]) == 2
    assert "every name of it has opted out" in capsys.readouterr().err
    assert server.seen == []


def test_explain_says_who_is_left_out(server, store, capsys):
    opt_out(store, server.hosts(1))
    capsys.readouterr()
    assert main.run(["survey", server.network, "--store", str(store), "--explain"]) == 0
    assert "256 addresses, with 1 entry of the opt-out list" in capsys.readouterr().out
