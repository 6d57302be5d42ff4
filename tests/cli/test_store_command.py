"""What ``openletter store``, ``diff`` and ``judge`` say and how they end.

What a user loses when these fail: to know whether the store is whole, and what a prune would take.
"""

import json
import os

import pytest

from openletter.cli import main
from openletter.dialogue.observation import Greeting, ListSource, Mode, Observation, Protocol, Reply, Tcp
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.file_set import Kind
from openletter.store.record import State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage

BEGAN = 1_700_000_000.0


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OPENLETTER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def openletter(capsys):
    """Runs a command line; (exit code, standard output, standard error)."""

    def run(*arguments):
        capsys.readouterr()
        code = main.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def server(ip, *, open_login):
    return Observation(
        ip=ip,
        port=143,
        protocol=Protocol.IMAP,
        mode=Mode.CLEARTEXT,
        country="NL",
        tcp=Tcp.OPEN,
        greeting=Greeting.OK,
        caps_pre=("IMAP4REV1", "AUTH=PLAIN") if open_login else ("IMAP4REV1", "LOGINDISABLED"),
        caps_pre_source=ListSource.COMMAND,
        starttls_reply=Reply.BAD,
    )


@pytest.fixture
def surveys(tmp_path):
    """Three finished surveys that nobody judged yet, in the default store; the second host is mended after the first."""
    scope = build_scope([parse_target("192.0.2.0/30")])
    plan = Plan(
        scope=scope.description, endpoints=2, seed=1, shards=1, conditions=Conditions(), vantage=Vantage()
    )
    ids = []
    with Store(tmp_path / "openletter-store", create=True) as store:
        for day in range(3):
            record = store.add_survey(plan, now=BEGAN + day * 86_400, tool_version="0")
            ids.append(record.id)
            with store.run(record.id) as run:
                writer = run.sink().begin(0, {}.get)
                writer.add(server("192.0.2.1", open_login=True))
                writer.add(server("192.0.2.2", open_login=day == 0))
                run.record(writer.publish())
                run.end(State.FINISHED, BEGAN + day * 86_400 + 60)
    return ids


@pytest.fixture
def judged(openletter, surveys):
    for survey in surveys:
        assert openletter("judge", "--survey", survey)[0] == 0
    return surveys


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_list(openletter, surveys):
    code, out, err = openletter("store", "list", "--json")
    assert (code, err) == (0, "")
    assert [(line["survey"], line["kept"], line["in_state"]) for line in lines(out)] == [
        (survey, "spool", False) for survey in surveys
    ]
    openletter("judge", "--survey", surveys[0])
    assert lines(openletter("store", "list", "--json")[1])[0]["kept"] == "compacted"
    code, out, _ = openletter("store", "list")
    assert code == 0
    assert all(survey in out for survey in surveys)
    assert "state: 2 endpoints" in out


def test_compact(openletter, surveys, judged):
    assert openletter("store", "compact")[1] == "0 surveys compacted, 0 merged into the state\n"


def test_compact_catches_up(openletter, surveys):
    code, out, _ = openletter("store", "compact", "--json")
    assert code == 0
    assert lines(out) == [{"compacted": surveys, "merged": []}]
    assert [line["kept"] for line in lines(openletter("store", "list", "--json")[1])] == ["compacted"] * 3
    for survey in surveys:
        assert openletter("judge", "--survey", survey, "--json")[0] == 0


def test_prune(openletter, judged):
    code, out, _ = openletter("store", "prune", "--keep", "1", "--dry-run")
    assert code == 0
    assert f"survey {judged[0]}: would be pruned" in out
    assert "2 surveys would be pruned" in out
    assert openletter("stats", "--survey", judged[0], "--json")[0] == 0
    before = openletter("stats", "--survey", judged[0], "--json")[1]
    code, out, _ = openletter("store", "prune", "--older-than", "1d")
    assert "2 surveys pruned" in out
    assert openletter("store", "verify")[0] == 0
    assert openletter("stats", "--survey", judged[0], "--json")[1] == before, "its counts are kept"
    code, _, err = openletter("diff", judged[0], judged[2])
    assert code == 3
    assert "was pruned" in err
    assert "Traceback" not in err
    code, _, err = openletter("survey", judged[0], "--resume")
    assert (code, "was pruned" in err, "--resume" in err) == (3, True, False), "it told to try the same again"


@pytest.mark.parametrize("words", [["--older-than", "soon"], ["--older-than", "9"], ["--keep", "0"]])
def test_prune_says_what_would_be_right(openletter, surveys, words):
    code, out, err = openletter("store", "prune", *words)
    assert (code, out) == (2, "")
    assert words[0] in err
    assert len(err.splitlines()) == 1


def test_verify(openletter, judged, tmp_path):
    code, out, err = openletter("store", "verify")
    assert (code, err) == (0, "")
    assert out.endswith(": all is well\n")
    half = tmp_path / "openletter-store" / "state" / "0123abcd"
    half.mkdir()
    code, out, _ = openletter("store", "verify")
    assert code == 0
    assert "state/0123abcd: a set that was never published" in out
    code, out, _ = openletter("store", "verify", "--repair")
    assert (code, half.exists()) == (0, False)
    assert "state/0123abcd: removed" in out
    with Store(tmp_path / "openletter-store") as store:
        (path,) = store.files_of(store.current(Kind.VERDICTS, judged[2]))
    path.unlink()
    code, out, _ = openletter("store", "verify", "--json")
    assert code == 1
    (complaint,) = lines(out)[0]["complaints"]
    assert complaint["fault"] == "missing"
    assert complaint["path"].endswith("000000.parquet")


def test_diff(openletter, judged):
    code, out, err = openletter("diff", judged[0], judged[1], "--json")
    assert (code, err) == (0, "")
    whole, *endpoints = lines(out)
    assert (whole["before"], whole["after"]) == (judged[0], judged[1])
    assert (whole["fixed"], whole["same"], whole["appeared"]) == (1, 1, 0)
    assert [(line["ip"], line["fate"], line["class_before"]) for line in endpoints] == [
        ("192.0.2.2", "fixed", "no_tls")
    ]
    code, out, _ = openletter("diff")
    assert code == 0
    assert f"{judged[1]} → {judged[2]}" in out, "the last two where none is named"
    code, out, _ = openletter("diff", judged[1], judged[0])
    assert "192.0.2.2:143" in out
    assert "regressed" in out


def test_diff_wants_two_judged_surveys(openletter, surveys):
    code, out, err = openletter("diff")
    assert (code, out) == (3, "")
    assert "not two judged surveys" in err
    openletter("judge", "--survey", surveys[0])
    code, _, err = openletter("diff", surveys[0], surveys[1])
    assert code == 3
    assert f"openletter judge --survey {surveys[1]}" in err


@pytest.mark.parametrize("verb", ["list", "compact", "prune", "verify"])
def test_without_a_store(openletter, verb):
    code, out, err = openletter("store", verb, "--store", "nowhere")
    assert (code, out) == (3, "")
    assert "there is no store here" in err
