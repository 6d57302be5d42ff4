"""The log, the metrics and the summary of a survey that really runs.

What a user loses when these fail: the knowledge of what a program did in their name, or an alarm that should have rung.
"""

import json
import logging
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from openletter.dialogue.observation import Protocol, Tcp
from openletter.store.store import Store
from openletter.survey.effort import Effort
from openletter.survey.event import Begun, Progress, WorkerGone, WorkerSaid
from openletter.survey.journal import Journal
from openletter.survey.messages import Seen, Sum
from openletter.survey.metrics import Metrics, serving
from openletter.survey.said import Said, said

PACE = ("--concurrency", "100", "--processes", "2", "--rate", "400")
EFFORT = Effort(processes=1, rate=5.0, network_rate=0.0, concurrency=10)


def scrape(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {
        (s.name, *(s.labels[key] for key in sorted(s.labels))): s.value
        for s in samples
        if not s.name.endswith("_created")
    }


def prefixed(found, name):
    return {key[1:]: value for key, value in found.items() if key[0] == f"openletter_survey_{name}"}


@pytest.fixture
def page():
    metrics = Metrics("20261124T031500Z-4f1a", "0.1")
    with serving(metrics, "127.0.0.1", 0) as url:
        yield metrics, url


def test_every_endpoint_is_in_the_metrics_once(page):
    metrics, url = page
    metrics.tell(Begun(endpoints=9, shards=1, done=(), effort=EFFORT))
    sums = (
        Sum(Protocol.IMAP, Tcp.OPEN, 4, 3),
        Sum(Protocol.IMAP, Tcp.REFUSED, 2, 0),
        Sum(Protocol.POP3, Tcp.OPEN, 1, 0),
    )
    metrics.tell(Progress(worker=0, seen=Seen(sums, 2, 7)))
    metrics.tell(Progress(worker=1, seen=Seen((), 0, 5)))
    metrics.tell(WorkerSaid(worker=0, said=Said(level=logging.ERROR, logger="x", text="fault")))
    metrics.tell(WorkerGone(worker=1, why="killed"))
    found = scrape(url)
    assert prefixed(found, "probed_total") == {("imap",): 6, ("pop3",): 1}
    assert prefixed(found, "answered_total") == {("imap",): 4, ("pop3",): 1}
    assert prefixed(found, "exposed_total") == {("imap",): 3, ("pop3",): 0}
    assert prefixed(found, "unanswered_total") == {("imap", "refused"): 2}
    one = {name: prefixed(found, name)[()] for name in ("left_out_total", "connections_open", "wanted_rate")}
    assert one == {"left_out_total": 2, "connections_open": 12, "wanted_rate": 5}
    assert prefixed(found, "faults_total") == prefixed(found, "workers_lost_total") == {(): 1}
    assert prefixed(found, "info") == {("20261124T031500Z-4f1a", "0.1"): 1}


def test_a_survey_that_runs_can_be_scraped_and_leaves_log_and_summary(lab, tmp_path):
    store, log = tmp_path / "store", tmp_path / "log.jsonl"
    command = lab.survey(store, "--exclude", str(lab.slow), *PACE, "--log", str(log), "--metrics", "0")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=lab.environment()
    )
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+/metrics", process.stderr.readline()).group()
        deadline = time.monotonic() + 60
        found = {}
        while not sum(prefixed(found, "probed_total").values()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
            found = scrape(url)
        assert prefixed(found, "endpoints") == {(): 4 * len(lab.prompt_hosts)}
        assert prefixed(found, "running") == {(): 1}
        answered, exposed = (sum(prefixed(found, f"{n}_total").values()) for n in ("answered", "exposed"))
        assert 0 < exposed <= answered <= sum(prefixed(found, "probed_total").values())
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    finally:
        process.kill()
        process.communicate()
    with Store(store) as opened:
        survey = opened.latest().id
    summary = json.loads((store / "surveys" / f"{survey}.json").read_text())
    assert [run["outcome"] for run in summary["runs"]] == ["stopped"]
    lab.run(lab.resume(store, "--log", str(log)), code=1)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["survey"] for line in lines} == {survey}
    events = [line["event"] for line in lines]
    assert [e for e in events if e != "shard published"] == [
        "survey to be run",
        "survey started",
        "survey asked to stop",
        "survey stopped",
        "survey to be run",
        "survey resumed" if _shards_before_stop(lines) else "survey started",
        "survey finished",
    ]
    published = [line for line in lines if line["event"] == "shard published"]
    assert sum(line["rows"] for line in published) == 4 * len(lab.prompt_hosts)
    summary = json.loads((store / "surveys" / f"{survey}.json").read_text())
    assert [run["outcome"] for run in summary["runs"]] == ["stopped", "finished"]
    assert summary["state"] == "finished"
    assert summary["counts"]["probed"] == summary["plan"]["endpoints"] == 4 * len(lab.prompt_hosts)
    assert summary["overview"]["endpoints"]["probed"] == summary["counts"]["probed"]
    assert summary["runs"][0]["effort"]["rate"] == 400
    assert summary["tool_version"]
    assert summary["rules_version"]
    assert summary["vantage"]["name"]


def _shards_before_stop(lines):
    events = [line["event"] for line in lines]
    return "shard published" in events[: events.index("survey asked to stop")]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log.jsonl"


def test_a_fault_is_logged_with_its_place_and_without_what_a_peer_sent(log):
    """An exception's message may repeat the peer's words; a log that holds them attacks whoever reads it."""
    journal = Journal(log, "s")
    with journal.records():
        try:
            int("\x1b[2Jbanner of a stranger")
        except ValueError:
            logging.getLogger("openletter.engine.engine").error("fault of ours", exc_info=True)
    journal.close()
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["level"], line["event"], line["fault"]) == ("error", "fault of ours", "ValueError")
    assert "test_a_fault_is_logged" in line["frames"][-1]
    assert "stranger" not in log.read_text()
    assert line["logger"] == "openletter.engine.engine"


def test_a_worker_that_dies_and_its_faults_are_logged(log):
    journal = Journal(log, "s")
    journal.tell(WorkerGone(worker=3, why="was killed by SIGKILL"))
    fault = Said(level=logging.ERROR, logger="x", text="fault", fault="KeyError", frames=("a.py:1 f",))
    journal.tell(WorkerSaid(worker=2, said=fault))
    journal.close()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    kept = [(line["level"], line["event"], line["worker"]) for line in lines]
    assert kept == [("error", "worker died", 3), ("error", "fault", 2)]
    assert lines[0]["why"] == "was killed by SIGKILL"
    assert (lines[1]["fault"], lines[1]["frames"]) == ("KeyError", ["a.py:1 f"])


def test_what_is_logged_is_one_line_of_text(log):
    journal = Journal(log, "s")
    journal.note("x", who="a\nb\x1b[31m\u202e\ud800", networks=["c\rd"])
    journal.close()
    (line,) = log.read_bytes().splitlines()
    fields = json.loads(line)
    assert all(c.isprintable() for text in (fields["who"], *fields["networks"]) for c in text)
    assert line.decode().isprintable()


def test_a_log_that_cannot_be_written_costs_no_survey(log):
    journal = Journal(log, "s")
    os.close(journal._lines._descriptor)
    journal.note("x")
    assert journal.lost == 1


def test_a_record_with_a_deep_traceback_stays_small():
    def down(n):
        return down(n - 1) if n else 1 / 0

    try:
        down(500)
    except ZeroDivisionError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "m %d", (1,), (type(error), error, None))
        kept = said(record)
    assert kept.fault == "ZeroDivisionError"
    assert len(kept.frames) == 12


@pytest.mark.parametrize("where", ["99999", "x", "127.0.0.1", "::1:9100", "127.0.0.1:-1", ""])
def test_a_bad_place_for_metrics_is_named(lab, tmp_path, where):
    done = lab.run(lab.survey(tmp_path / "store", "--metrics", where), code=2)
    assert "--metrics" in done.stderr
    assert not (tmp_path / "store").exists()


def test_a_log_that_cannot_be_opened_is_said_before_anything_is_sent(lab, tmp_path):
    done = lab.run(lab.survey(tmp_path / "store", "--log", str(tmp_path / "no" / "log")), code=3)
    assert "--log" in done.stderr
    with Store(tmp_path / "store") as opened:
        assert opened.latest().runs == 0
