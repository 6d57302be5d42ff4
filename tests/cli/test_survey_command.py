"""What ``openletter survey``, ``stats`` and ``judge`` say and how they end where something is not as it should be.

What a user loses when these fail: a clear line, or a survey that nobody should have started.
"""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading

import pytest

from openletter.cli import main

PRIVATE = "127.88.77.66"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder and no settings of whoever runs the tests."""
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


@pytest.fixture
def server():
    """An IMAP server without TLS; its port."""
    listener = socket.create_server((PRIVATE, 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
                while line := connection.recv(1000):
                    tag, _, command = line.partition(b" ")
                    if command.startswith(b"LOGOUT"):
                        connection.sendall(b"* BYE\r\n" + tag + b" OK\r\n")
                        break
                    connection.sendall(tag + b" BAD no\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


BAD = {
    "nothing": ([], "the scope is empty"),
    "no network": (["192.0.2.0/33"], "192.0.2.0/33"),
    "bits behind the prefix": (["192.0.2.1/24"], "bits set behind its prefix"),
    "no such file": (["./nowhere.txt"], "no such file"),
    "no such file by @": (["@nowhere.txt"], "no such file"),
    "no such file by a bare name": (["nowhere.txt"], "no such file"),
    "port 0": ([PRIVATE, "--port", "imap=0"], "1 to 65535"),
    "no protocol": ([PRIVATE, "--port", "smtp=25"], "imaps"),
    "no name": (["no-such-host.invalid"], "does not resolve"),
    "rate of words": ([PRIVATE, "--rate", "fast"], "--rate"),
    "negative rate": ([PRIVATE, "--rate", "-1"], "--rate"),
    "no processes": ([PRIVATE, "--processes", "0"], "--processes"),
    "no such option": ([PRIVATE, "--quickly"], "--quickly"),
    "no exclusions": ([PRIVATE, "--exclude", "nowhere.txt"], "nowhere.txt"),
    "all excluded": ([PRIVATE, "--exclude", "all.txt"], "excluded"),
    "public without leave": (["8.0.0.0/16"], "--authorisation"),
    "confirm without leave": (["8.8.8.8", "--confirm"], "confirm = true"),
    "no authorisation": ([PRIVATE, "--authorisation", "nowhere.toml"], "no such authorisation file"),
    "no roots": ([PRIVATE, "--roots", "all.txt"], "--roots"),
    "no window": ([PRIVATE, "--window", "at night"], "22:00-06:00Z"),
    "window of no time": ([PRIVATE, "--window", "10:00-10:00"], "around the clock"),
    "part without number": ([PRIVATE, "--shards", "3"], "--shard"),
    "no such part": ([PRIVATE, "--shards", "3", "--shard", "3"], "from 0 to 2"),
    "part without seed": ([PRIVATE, "--shards", "3", "--shard", "1"], "--seed"),
    "too many retries": ([PRIVATE, "--retries", "10"], "--retries"),
    "no such list": (["--targets", "nowhere"], "openletter import"),
    "list and scope": ([PRIVATE, "--targets", "nowhere"], "--targets"),
    "zmap on a part": (
        [PRIVATE, "--discover", "zmap", "--shards", "2", "--shard", "0", "--seed", "1"],
        "--targets",
    ),
    "zmap on loopback": ([PRIVATE, "--discover", "zmap"], "--discover connect"),
    "two surveys": (["a", "b", "--resume"], "--resume"),
    "another order": (["--resume", "--seed", "7"], "--seed"),
    "another part": (["--resume", "--shards", "2", "--shard", "1"], "--shards"),
    "other ports": (["--resume", "--port", "imap=1143"], "fixed when a survey begins"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line_and_code_2(openletter, tmp_path, name):
    (tmp_path / "all.txt").write_text("0.0.0.0/0\n")
    arguments, says = BAD[name]
    code, out, err = openletter("survey", *arguments)
    assert code == 2, err
    assert says in err
    assert out == ""
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "openletter-store").exists(), "a store was made for nothing"


def test_explain_sends_nothing(openletter, server, tmp_path):
    code, out, _ = openletter("survey", PRIVATE, "--port", f"imap={server}", "--explain")
    assert code == 0
    assert "STARTTLS" in out
    assert PRIVATE in out
    assert "Nothing has been sent" in out
    assert not (tmp_path / "openletter-store").exists()


def test_from_a_scope_to_numbers(openletter, server):
    code, out, err = openletter("survey", PRIVATE, "--port", f"imap={server}", "--json")
    assert (code, err) == (1, ""), "cleartext login is medium, so the exit code says that something was found"
    line = json.loads(out)
    assert line["state"] == "finished"
    assert line["overview"]["endpoints"] == {"probed": 1, "answered": 1, "unknown": 0, "strict": 1, "wide": 1}
    assert openletter("stats", "--json")[1] == out
    code, out, _ = openletter("stats", "--by", "country", "--json")
    assert json.loads(out)["hosts_imap"]["strict"] == 1
    code, out, _ = openletter("stats")
    assert code == 0
    assert "no_tls" in out
    assert "strict" in out
    assert "wide" in out
    code, out, _ = openletter("judge", "--survey", line["survey"], "--json")
    assert json.loads(out)["verdicts"] == 1


def test_fail_on(openletter, server):
    port = f"imap={server}"
    assert openletter("survey", PRIVATE, "--port", port, "--fail-on", "never")[0] == 0
    assert openletter("survey", PRIVATE, "--port", port, "--fail-on", "high")[0] == 0
    assert openletter("survey", PRIVATE, "--port", port, "--fail-on", "medium")[0] == 1


def test_settings_flag_over_environment_over_file(openletter, server, tmp_path, monkeypatch):
    (tmp_path / "openletter.toml").write_text('store = "from-file"\nfail-on = "never"\n')
    scope = (PRIVATE, "--port", f"imap={server}")
    assert openletter("survey", *scope)[0] == 0
    assert (tmp_path / "from-file" / "manifest.sqlite").exists()
    monkeypatch.setenv("OPENLETTER_STORE", "from-environment")
    openletter("survey", *scope)
    assert (tmp_path / "from-environment" / "manifest.sqlite").exists()
    openletter("survey", *scope, "--store", "from-flag")
    assert (tmp_path / "from-flag" / "manifest.sqlite").exists()


def test_a_survey_takes_all_of_its_settings(openletter, server, tmp_path):
    (tmp_path / "openletter.toml").write_text(
        'window = "00:00-23:59Z,23:59-24:00Z"\nhost-gap = 0.5\nretries = 2\nretry-after = 7\n'
        'source = ["127.0.0.1"]\nvantage = "ams"\n'
    )
    code, out, _ = openletter("survey", PRIVATE, "--port", f"imap={server}", "--explain")
    assert code == 0
    for said in ("0.5 s between two", "2 times and 7 s after", '"ams", 127.0.0.1 (bound)', "00:00-23:59Z"):
        assert said in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rates = 5", '"rates" is no setting'),
        ('rate = "fast"', 'rate = "fast"'),
        ("rate = ", "no TOML"),
    ],
)
def test_a_bad_setting_is_named(openletter, tmp_path, text, says):
    (tmp_path / "openletter.toml").write_text(text)
    code, _, err = openletter("survey", PRIVATE)
    assert code == 2
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_bad_environment_is_named(openletter, monkeypatch):
    monkeypatch.setenv("OPENLETTER_RATE", "fast")
    code, _, err = openletter("survey", PRIVATE)
    assert code == 2
    assert "OPENLETTER_RATE" in err


@pytest.mark.parametrize("verb", ["stats", "judge"])
def test_without_a_store_there_is_nothing_to_count(openletter, verb, tmp_path):
    code, out, err = openletter(verb)
    assert (code, out) == (3, "")
    assert "there is no store here" in err
    assert not (tmp_path / "openletter-store").exists()


def test_a_store_of_a_newer_version(openletter, server, tmp_path):
    openletter("survey", PRIVATE, "--port", f"imap={server}")
    db = sqlite3.connect(tmp_path / "openletter-store" / "manifest.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    for verb in (["stats"], ["judge"], ["survey", PRIVATE], ["survey", "--resume"]):
        code, out, err = openletter(*verb)
        assert (code, out) == (3, "")
        assert "version 99" in err
        assert len(err.splitlines()) == 1


def test_a_full_disk_is_one_clear_line_and_the_survey_goes_on_later(server, tmp_path):
    """The limit on the size of a file stands in for the disk: enough for the manifest, not for the observations."""
    command = [sys.executable, "-m", "openletter.cli.main", "survey"]
    scope = [PRIVATE, "127.88.0.0/22", "--port", f"imap={server}", "--processes", "1"]
    full = ["bash", "-c", 'ulimit -f 72; exec "$@"', "bash", *command, *scope]
    done = subprocess.run(full, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    assert "the disk is full" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    resumed = [*command, "--resume", "--json"]
    done = subprocess.run(resumed, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["overview"]["endpoints"]["probed"] == 1025
