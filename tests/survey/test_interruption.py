"""A survey that is killed loses what was under way and nothing else.

What a user loses when these fail: a night's work, or the trust that a resumed survey says what an undisturbed one says.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from openletter.store.store import Store

# Below the capacity of the simulated Internet, and slow enough to be met in the middle.
PACE = ("--concurrency", "100", "--processes", "2", "--rate", "500")
ALL_SHARDS = 8


@pytest.fixture
def command(lab, store):
    """A survey of the hosts that do not keep us waiting: about seven seconds, the shards one after another."""
    return prompt_survey(lab, store)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def prompt_survey(lab, store):
    return lab.survey(store, "--exclude", str(lab.slow), *PACE)


def start(lab, command):
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=lab.folder,
        env=lab.environment(),
        start_new_session=True,
    )


def alive(process):
    return process.poll() is None


def end(process):
    """Kill what is left of its whole session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def shards_done(store):
    try:
        with Store(store) as opened:
            return len(opened.shards(opened.latest().id))
    except Exception:
        return 0


def wait_for(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def workers(pid):
    return [c for c in children(pid) if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


def essence(rows):
    return {
        (row.ip, row.port): (
            row.class_,
            row.severity,
            row.strict,
            row.wide,
            row.evidence,
            row.sibling,
            row.findings,
        )
        for row in rows
    }


def assert_same(lab, store, undisturbed):
    rows = lab.verdicts(store)
    times = Counter((row.ip, row.port) for row in rows)
    assert max(times.values()) == 1, "an endpoint is there twice"
    assert essence(rows) == undisturbed


@pytest.fixture(scope="module")
def undisturbed(lab, tmp_path_factory):
    store = tmp_path_factory.mktemp("undisturbed") / "store"
    lab.run(prompt_survey(lab, store), code=1)
    rows = lab.verdicts(store)
    assert {row.ip for row in rows} == lab.prompt_hosts, "hosts are missing, or excluded ones were asked"
    assert len(rows) == 4 * len(lab.prompt_hosts)
    return essence(rows)


@pytest.mark.slow
def test_killed_again_and_again_it_still_finds_the_same(lab, undisturbed, store, command):
    chance = random.Random(11)
    kept = []
    while not kept or kept[-1] < ALL_SHARDS - 2:
        before = kept[-1] if kept else 0
        process = start(lab, command)
        try:
            wait_for(lambda p=process, b=before: shards_done(store) > b or not alive(p))
            time.sleep(chance.uniform(0, 0.5))
        finally:
            end(process)
        kept.append(shards_done(store))
        command = lab.resume(store, *PACE)
    assert kept == sorted(kept), "what was finished is gone"
    assert len(kept) > 1
    if kept[-1] < ALL_SHARDS:
        lab.run(command, code=1)
    else:
        lab.run(lab.command("judge", "--store", str(store), "--roots", str(lab.internet.root_pem)), code=0)
    assert_same(lab, store, undisturbed)


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(lab, undisturbed, store, command):
    process = start(lab, command)
    try:
        wait_for(lambda: shards_done(store) >= 1)
        # As a terminal does it: to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        _, talk = process.communicate(timeout=30)
    finally:
        end(process)
    assert process.returncode == 130, talk
    assert "Traceback" not in talk
    with Store(store) as opened:
        survey = opened.latest().id
        assert opened.latest().state == "interrupted"
    assert f"openletter survey --resume {survey} --store {store}" in talk
    lab.run(lab.resume(store), code=1)
    assert_same(lab, store, undisturbed)


def test_sigterm_ends_it_as_ctrl_c_does(lab, store, command):
    process = start(lab, command)
    try:
        wait_for(lambda: shards_done(store) >= 1)
        process.terminate()
        process.communicate(timeout=30)
    finally:
        end(process)
    assert process.returncode == 130


def test_a_worker_that_is_killed_is_noticed(lab, undisturbed, store, command):
    process = start(lab, command)
    try:
        wait_for(lambda: shards_done(store) >= 1)
        os.kill(workers(process.pid)[0], signal.SIGKILL)
        _, talk = process.communicate(timeout=30)
    finally:
        end(process)
    assert process.returncode == 3
    assert "killed by SIGKILL" in talk
    assert "--resume" in talk
    assert len(talk.strip().splitlines()) == 1, talk
    lab.run(lab.resume(store), code=1)
    assert_same(lab, store, undisturbed)


def test_workers_do_not_outlive_the_parent(lab, store, command):
    process = start(lab, command)
    try:
        wait_for(lambda: len(workers(process.pid)) == 2)
        left = workers(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # A dead process that nobody has waited for yet is dead all the same.
        wait_for(lambda: all(state(pid) in ("", "Z") for pid in left), seconds=10)
    finally:
        end(process)


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_survey_is_run_by_one_process_at_a_time(lab, store, command):
    process = start(lab, command)
    try:
        wait_for(lambda: len(workers(process.pid)) == 2)
        done = lab.run(lab.resume(store), code=3)
    finally:
        end(process)
    assert "is being run by another process" in done.stderr


def test_what_is_finished_is_not_resumed(lab, tmp_path):
    done = lab.run(lab.command("survey", "--resume", "--store", str(tmp_path / "none")), code=3)
    assert "there is no store here" in done.stderr
