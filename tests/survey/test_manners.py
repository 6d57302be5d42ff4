"""A survey of a server that counts: every visit, to whom, when, until when.

What a user loses when these fail: the welcome that a survey has among those who are asked.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from openletter.store.files import read_table
from openletter.store.store import Store
from openletter.verdict.verdict_table import from_table

HERE = Path(__file__).parent
LATE = 0.1
"""Seconds that the counting server may be late on a busy machine."""


class Visit(NamedTuple):
    ip: str
    port: int
    came: float
    left: float

    @property
    def network(self):
        return self.ip.rpartition(".")[0]


class CountingServer:
    def __init__(self, folder, *options):
        self.log = folder / "visits.txt"
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "counting_server.py"), str(self.log), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.imap, self.imaps = map(int, self.process.stdout.readline().split())
        # Nobody else visits these networks on these ports.
        self.net = f"127.{random.randint(130, 250)}.{random.randint(0, 254)}"
        self.ports = ("--port", f"imap={self.imap}", "--port", f"imaps={self.imaps}")

    def visits(self):
        """Those that are over."""
        rows = [
            line.split() for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]
        return [Visit(ip, int(port), float(came), float(left)) for ip, port, came, left in rows]

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def server(tmp_path):
    running = CountingServer(tmp_path)
    yield running
    running.end()


@pytest.fixture
def moody(tmp_path):
    running = CountingServer(tmp_path, "--silent-first")
    yield running
    running.end()


@pytest.fixture
def openletter(tmp_path):
    """Starts a command line; what is left of it is ended."""
    started = []

    def start(*arguments):
        environment = {n: v for n, v in os.environ.items() if not n.startswith("OPENLETTER_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "openletter.cli.main", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def finish(process, *codes, timeout=120):
    out, err = process.communicate(timeout=timeout)
    assert process.returncode in codes, err
    assert "Traceback" not in err
    return out, err


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def most_in_a_second(times):
    times = sorted(times)
    return max(bisect_left(times, at + 1.0) - first for first, at in enumerate(times))


RATE, NETWORK_RATE, GAP, PROCESSES = 200, 120, 0.4, 2


def assert_mannered(visits):
    by_host, by_network = defaultdict(list), defaultdict(list)
    for visit in visits:
        by_host[visit.ip].append(visit)
        by_network[visit.network].append(visit.came)
    for ip, theirs in by_host.items():
        theirs.sort(key=lambda visit: visit.came)
        for before, later in pairwise(theirs):
            assert later.came >= before.left, f"two connections to {ip} at once"
            assert later.came - before.left >= GAP - LATE, f"no gap between two connections to {ip}"
    # What openletter.engine.pace says, for each process, and for what the server may be late.
    most = most_in_a_second(visit.came for visit in visits)
    assert most <= RATE * 1.13 + PROCESSES + RATE * LATE, "faster than the pace"
    for network, times in by_network.items():
        allowed = NETWORK_RATE * 1.02 + PROCESSES + NETWORK_RATE * LATE
        assert most_in_a_second(times) <= allowed, f"faster than the pace of {network}.0/24"


@pytest.mark.slow
def test_what_is_promised_to_hosts_and_networks_holds_also_across_kill_and_resume(
    server, openletter, tmp_path
):
    """A host never has two connections at once and has its gap; nobody is faster than the pace; nobody excluded is touched."""
    store, never = tmp_path / "store", tmp_path / "never.txt"
    excluded = {f"{server.net}.{n}" for n in range(64, 96)}
    never.write_text(f"{server.net}.64/27\n")
    networks = [f"{server.net}.0/24", f"{server.net.rpartition('.')[0]}.255.0/25"]
    effort = ["--rate", RATE, "--network-rate", NETWORK_RATE, "--processes", PROCESSES]
    process = openletter(
        "survey", *networks, "--store", store, *server.ports, "--exclude", never, "--host-gap", GAP, *effort
    )
    # Three times, at moments that nobody chose, also before a shard is done.
    for _ in range(3):
        before = len(server.visits())
        wait_for(lambda b=before, p=process: len(server.visits()) > b + 150 or p.poll() is not None)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        process = openletter("survey", "--resume", "--store", store, *effort)
    finish(process, 0, 1)
    time.sleep(0.3)
    visits = server.visits()
    touched = {visit.ip for visit in visits}
    assert not touched & excluded, "somebody who is excluded was touched"
    assert len(touched) == 256 + 128 - 32, "somebody was left out"
    assert_mannered(visits)
    hellos = Counter(visit.ip for visit in visits if visit.port == server.imaps)
    assert min(hellos.values()) >= 3, "the further hellos of a dialogue are not among what was counted"


def test_a_resumed_survey_does_not_forget_whom_it_has_just_left(server, openletter, tmp_path):
    """It begins again within a second, and its hosts were promised two."""
    store, gap = tmp_path / "store", 2.0
    process = openletter(
        *(
            "survey",
            f"{server.net}.0/29",
            "--store",
            store,
            *server.ports,
            "--host-gap",
            gap,
            "--processes",
            1,
        )
    )
    wait_for(lambda: len(server.visits()) >= 8)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finish(openletter("survey", "--resume", "--store", store), 0, 1)
    by_host = defaultdict(list)
    for visit in sorted(server.visits(), key=lambda visit: visit.came):
        by_host[visit.ip].append(visit)
    assert len(by_host) == 8
    assert min(b.came - a.left for theirs in by_host.values() for a, b in pairwise(theirs)) >= gap - LATE


def test_several_processes_together_keep_the_rate(server, openletter, tmp_path):
    """Within five per cent over the whole, though one of them ends before the other."""
    process = openletter(
        "survey",
        f"{server.net}.0/24",
        f"{server.net.rpartition('.')[0]}.255.0/24",
        *("--store", tmp_path / "store", "--port", f"imap={server.imap}", "--rate", "80", "--processes", "2"),
    )
    finish(process, 0, 1)
    came = sorted(visit.came for visit in server.visits())
    assert len(came) == 512
    achieved = (len(came) - 1) / (came[-1] - came[0])
    assert 80 * 0.9 <= achieved <= 80 * 1.05
    assert most_in_a_second(came) <= 80 * 1.13 + 2 + 80 * LATE


def rows_of(store):
    with Store(store) as opened:
        record = opened.latest()
        return record, [row for file in opened.verdict_files(record) for row in from_table(read_table(file))]


def test_who_was_silent_is_asked_again_and_counts_once(moody, openletter, tmp_path):
    """Later than everybody was asked once, from the other end of the order; an answer beats silence."""
    store = tmp_path / "store"
    process = openletter(
        *("survey", f"{moody.net}.0/25", "--store", store, "--port", f"imap={moody.imap}", "--timeout", "1"),
        *("--retries", "2", "--retry-after", "0.5", "--seed", "5", "--rate", "100", "--json"),
    )
    out, _ = finish(process, 0, 1)
    visits = sorted(moody.visits(), key=lambda visit: visit.came)
    first = list(dict.fromkeys(visit.ip for visit in visits))
    times = Counter(visit.ip for visit in visits)
    odd = {ip for ip in first if int(ip.rpartition(".")[2]) % 2}
    assert len(first) == 128
    assert times == {ip: 2 if ip in odd else 1 for ip in first}, (
        "only who was silent, and only until it answered"
    )
    again = [visit for n, visit in enumerate(visits) if visit.ip in {v.ip for v in visits[:n]}]
    assert again[0].came - max(visit.left for visit in visits[:128]) >= 0.4
    places = [first.index(visit.ip) for visit in again]
    assert places == sorted(places, reverse=True) or sum(a > b for a, b in pairwise(places)) > 0.9 * len(
        places
    )
    counts = json.loads(out)["overview"]["endpoints"]
    assert (counts["probed"], counts["answered"]) == (128, 128)
    record, rows = rows_of(store)
    assert len(rows) == len({(row.ip, row.port) for row in rows}) == 128
    assert not [row.ip for row in rows if row.class_ == "silent"], "silence beat an answer"
    with Store(store) as opened:
        kept = opened.shards(record.id)
    assert sum(shard.rows for shard in kept if record.plan.pass_of(shard.shard) == 2) == len(odd)
    assert sum(shard.answered for shard in kept) == 128, "who stood in silence once counts as two"
    assert {record.plan.pass_of(shard.shard) for shard in kept} == {1, 2}, "a pass for nobody was made"
    out, _ = finish(openletter("store", "list", "--store", store, "--json"), 0)
    assert json.loads(out)["probed"] == 128, "who was asked twice counts as two"


def test_a_second_pass_that_is_killed_is_resumed(moody, openletter, tmp_path):
    store = tmp_path / "store"
    process = openletter(
        *("survey", f"{moody.net}.0/24", "--store", store, "--port", f"imap={moody.imap}", "--timeout", "1"),
        *("--retries", "1", "--rate", "100"),
    )
    wait_for(lambda: len(moody.visits()) > 256 + 40)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finish(openletter("survey", "--resume", "--store", store), 0, 1)
    record, rows = rows_of(store)
    assert len(rows) == len({row.ip for row in rows}) == 256
    with Store(store) as opened:
        assert sum(shard.answered for shard in opened.shards(record.id)) == 256
    assert not [row.ip for row in rows if row.class_ == "silent"]
    evens = Counter(v.ip for v in moody.visits() if not int(v.ip.rpartition(".")[2]) % 2)
    assert set(evens.values()) == {1}, "who had answered was asked again"


def an_hour_away():
    """A window of hours that is closed now, and stays so for the next hours."""
    hour = time.gmtime().tm_hour
    return f"{(hour + 6) % 24:02d}:00-{(hour + 7) % 24:02d}:00Z"


def test_outside_its_hours_nobody_is_asked_and_ctrl_c_works(server, openletter, tmp_path):
    store = tmp_path / "store"
    process = openletter(
        "survey", f"{server.net}.0/28", "--store", store, *server.ports, "--window", an_hour_away()
    )
    wait_for(lambda: store.exists() and list(store.rglob(".lock")))
    time.sleep(2.5)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, err = finish(process, 130)
    assert "--resume" in err
    assert server.visits() == []
    still = openletter("survey", "--resume", "--store", store)
    time.sleep(2.5)
    os.killpg(still.pid, signal.SIGINT)
    finish(still, 130)
    assert server.visits() == [], "a resumed survey forgot its hours"
    finish(openletter("survey", "--resume", "--store", store, "--window", "00:00-24:00"), 0, 1)
    assert len({visit.ip for visit in server.visits()}) == 16


def test_parts_on_several_machines_are_the_whole_and_meet_nowhere(server, openletter, tmp_path):
    seen = []
    for shard in range(3):
        before = len(server.visits())
        finish(
            openletter(
                *("survey", f"{server.net}.0/26", "--store", tmp_path / f"store{shard}", "--seed", "9"),
                *("--port", f"imap={server.imap}", "--shards", "3", "--shard", str(shard)),
                *("--processes", str(1 + shard)),
            ),
            0,
            1,
        )
        seen.append([visit.ip for visit in server.visits()[before:]])
    asked = [ip for part in seen for ip in part]
    assert len(asked) == len(set(asked)) == 64
    assert min(map(len, seen)) >= 18


def test_parts_whose_opt_out_lists_differ_meet_nowhere(server, openletter, tmp_path):
    """An order that depended on the list would have two machines at one host, and none at another."""
    seen = []
    quiet = {f"{server.net}.{n}" for n in range(8)}
    for shard in range(3):
        store = tmp_path / f"store{shard}"
        if shard == 1:
            finish(
                openletter("optout", "add", f"{server.net}.0/29", "--reason", "asked", "--store", store), 0
            )
        before = len(server.visits())
        finish(
            openletter(
                *("survey", f"{server.net}.0/26", "--store", store, "--seed", "9"),
                *("--port", f"imap={server.imap}", "--shards", "3", "--shard", str(shard)),
            ),
            0,
            1,
        )
        seen.append({visit.ip for visit in server.visits()[before:]})
    assert len(server.visits()) == len(seen[0] | seen[1] | seen[2])
    assert not seen[1] & quiet
    assert {f"{server.net}.{n}" for n in range(64)} - quiet <= seen[0] | seen[1] | seen[2]
    assert 0 < len((seen[0] | seen[2]) & quiet) < 8


def test_open_ports_are_looked_for_and_then_asked(server, openletter, tmp_path):
    """Only who is open is asked; the list is kept, and can be asked again."""
    store = tmp_path / "store"
    out, err = finish(
        openletter(
            *("survey", f"{server.net}.0/27", f"{server.net}.99:{server.imap}", "--store", store, "--json"),
            *("--port", f"imap={server.imap}", "--port", "pop3=9", "--discover", "connect"),
        ),
        0,
        1,
    )
    assert "33 open ports of 33 addresses" in err
    assert json.loads(out)["overview"]["endpoints"]["probed"] == 33
    assert set(Counter(visit.ip for visit in server.visits()).values()) == {2}
    made = err.split("kept as targets ")[1].split()[0]
    out, _ = finish(openletter("survey", "--targets", made, "--store", store, "--json"), 0, 1)
    assert json.loads(out)["overview"]["endpoints"]["probed"] == 33
    assert set(Counter(visit.ip for visit in server.visits()).values()) == {3}


def test_a_survey_says_from_where_it_looked(server, openletter, tmp_path):
    store = tmp_path / "store"
    finish(
        openletter(
            *("survey", f"{server.net}.7", "--store", store, *server.ports),
            *("--source", "127.9.8.7", "--vantage", "the cellar"),
        ),
        0,
        1,
    )
    with Store(store) as opened:
        vantage = opened.latest().plan.vantage
    assert (vantage.name, vantage.source, vantage.seen_as) == ("the cellar", "127.9.8.7", ("127.9.8.7",))
    assert vantage.networks == ("127.9.8.0/24",)


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        (["192.0.2.77"], "cannot connect from 192.0.2.77"),
        (["nowhere"], "is no address"),
        (["127.0.0.2", "127.0.0.3"], "of one family"),
    ],
)
def test_a_wrong_source_is_one_clear_line_before_anything_is_sent(
    server, openletter, tmp_path, sources, says
):
    store = tmp_path / "store"
    words = [word for source in sources for word in ("--source", source)]
    _, err = finish(openletter("survey", f"{server.net}.0/28", "--store", store, *server.ports, *words), 2)
    assert says in err
    assert len(err.splitlines()) == 1
    assert server.visits() == []
    assert not store.exists()
