"""When these fail, a user cannot start the lab, stop it, or read the truth from the command line."""

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest

from openletter.lab.internet.command import main, run, scope_text
from openletter.lab.internet.population import World
from openletter.lab.internet.truth import Class

MODULE = [sys.executable, "-m", "openletter.lab.internet"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_ready_writes_its_scope_and_ends_when_told_to(tmp_path, certificate_cache, number):
    scope = tmp_path / "world.scope"
    settings = ["--processes", "1", "--cache", str(certificate_cache), "--scope-out", str(scope)]
    command = [*MODULE, "serve", "--free-ports", *settings]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            assert said.startswith("ready: 1:1000, 1 processes, pop3=")
            process.send_signal(number)
            assert process.wait(20) == 0
        finally:
            process.kill()
    lines = scope.read_text().splitlines()
    assert lines[0].startswith("#")
    assert lines[1] == "127.128.0.0/21 country=US"


def test_the_scope_is_every_block_with_its_country():
    world = World(2000)
    lines = [line for line in scope_text(world).splitlines() if not line.startswith("#")]
    assert lines == [f"{block} country={country}" for block, country in world.blocks()]


def test_truth_is_one_json_object_an_endpoint(capsys):
    assert main(["truth", "127.128.0.0/28", "--summary"]) == 0
    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert len(lines) == 64
    assert len({(line["ip"], line["port"]) for line in lines}) == 64
    counts = Counter(line["class"] for line in lines)
    assert set(counts) <= set(Class)
    assert "tls_optional" in told.err


def test_open_endpoints_alone(capsys):
    assert main(["truth", "--open"]) == 0
    manners = {json.loads(line)["manner"] for line in capsys.readouterr().out.splitlines()}
    assert "closed" not in manners
    assert "silent" in manners


def test_countries_are_the_published_table(capsys):
    assert main(["countries", "--scale", "1"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:6]] == ["US", "DE", "PL", "JP", "NL"]
    assert "900,000" in out.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["truth", "127.128.0.0/33"], "127.128.0.0/33"),
        (["truth", "127.128.0.1/24"], "host bits"),
        (["countries", "--scale", "0"], "scale is 0"),
        (["serve", "--scale", "-1"], "scale is -1"),
        (["serve", "--no-tls-share", "2"], "no_tls_share is 2"),
    ],
)
def test_a_setting_that_is_none_is_named(capsys, arguments, reason):
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert reason in err
    assert len(err.splitlines()) == 1


def test_a_cache_that_cannot_be_written_is_named(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run(cache=blocked / "below", port_base=None) == 3
    err = capsys.readouterr().err
    assert str(blocked) in err
    assert len(err.splitlines()) == 1
