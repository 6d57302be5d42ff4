"""``openletter notice``. What a user loses when these fail: the page that keeps strangers from taking them for an attacker."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from openletter.cli import main

WHO = ("--who", "Example CSIRT", "--contact", "csirt@example.org")
LEAVE = """
who = "Example Research"
contact = "scan@example.org"
basis = "leave of the owners"
scope = ["192.0.2.0/24"]
until = 2027-03-31
"""


def test_it_writes_both_pages_and_touches_nothing_else(tmp_path, capsys):
    (tmp_path / "robots.txt").write_text("mine")
    (tmp_path / "leave.toml").write_text(LEAVE)
    leave = ("--from-authorisation", str(tmp_path / "leave.toml"))
    assert main.run(["notice", "--output", str(tmp_path), *leave, "--source", "192.0.2.1"]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"robots.txt", "leave.toml", "index.html", "index.ja.html"}
    page = (tmp_path / "index.html").read_text()
    assert "Example Research" in page
    assert "192.0.2.1" in page
    assert "index.ja.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--output", "x"], "--who"),
        (["--output", "x", "--who", "A"], "--contact"),
        (WHO, "--output"),
        ([*WHO, "--output", "x", "--source", "example.org"], "--source"),
        ([*WHO, "--serve", "x"], "--serve"),
        (["--output", "x", "--from-authorisation", "nowhere.toml"], "no such authorisation file"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert main.run(["notice", *arguments]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers, answer.read().decode()


def test_it_serves_the_pages_on_loopback_until_ctrl_c():
    process = subprocess.Popen(
        [sys.executable, "-m", "openletter.cli.main", "notice", *WHO, "--serve", "0"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline()).group()
        headers, page = get(url)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert 'lang="en"' in page
        assert 'lang="ja"' in get(f"{url}index.ja.html")[1]
        for path in ("../pyproject.toml", "%2e%2e/x", "index.html/x"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                get(url + path)
            assert caught.value.code == 404
            caught.value.close()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in err
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
