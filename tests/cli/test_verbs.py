"""Verbs are loaded when they are asked for.

What a user loses when these fail: a verb that is not there, or a check of one server that waits for a database.
"""

import subprocess
import sys

import pytest

from openletter.cli import judge
from openletter.cli.main import run
from openletter.cli.verbs import VERBS

HEAVY = ("duckdb", "pyarrow", "starlette", "stix2", "whoisit")


@pytest.mark.parametrize("words", [["--version"], ["check", "--help"]], ids=" ".join)
def test_what_needs_no_store_loads_none(words: list[str]) -> None:
    script = (
        "import sys; from openletter.cli.main import run; code = run(sys.argv[1:]); "
        f"print(code, sorted({set(HEAVY)!r} & sys.modules.keys()), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr.split("\n")[0] == "0 []"


def test_every_verb_is_there_with_words_of_its_own() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "openletter", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told: dict[str, str] = {}
    for line in ran.stdout.partition("Commands:\n")[2].splitlines():
        if line[2] != " ":
            verb, _, words = line.strip().partition(" ")
            told[verb] = ""
        else:
            words = line
        told[verb] = f"{told[verb]} {words.strip()}".strip()
    assert list(told) == list(VERBS)
    assert all(words.endswith(".") and not words.endswith("...") for words in told.values()), (
        "a sentence is cut"
    )
    assert len(set(told.values())) == len(VERBS)


def test_ctrl_c_is_answered_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def judging() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(judge, "judge", judging)
    assert run(["judge"]) == 130
    assert capsys.readouterr() == ("", "openletter: interrupted\n")
