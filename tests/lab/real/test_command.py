"""`openletter lab real` as a user meets it: data to standard output, talk to standard error, exit codes."""

import json
import subprocess
import sys

import pytest

from openletter.lab.real import command
from openletter.lab.real.catalogue import CATALOGUE
from openletter.lab.real.run import Lab, LabError


def test_the_list_shows_every_configuration_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.catalogue(json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CATALOGUE)
    for line, configuration in zip(lines, CATALOGUE, strict=True):
        assert line.split()[0] == configuration.address
        assert line.split()[2] == configuration.name
        assert configuration.title in line


def test_the_list_as_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.catalogue(json=True) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["configuration"] for row in rows] == [c.name for c in CATALOGUE]
    assert rows[0]["ports"] == [110, 143]


def test_a_name_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["dovecot-nonne"], truth=False, json=False, folder=None) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no such configuration: dovecot-nonne" in said.err


def test_a_lab_that_cannot_run_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Lab) -> Lab:
        raise LabError("real servers cannot run here: needs root")

    monkeypatch.setattr(Lab, "__enter__", refuse)
    assert command.run([], truth=True, json=True, folder=None) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "needs root" in said.err


def test_the_module_runs_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openletter.lab.real", "list"], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == len(CATALOGUE)
    assert done.stderr == ""
