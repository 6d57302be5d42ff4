"""``openletter optout``. What a user loses when these fail: the means to keep a promise, and to show that it was kept."""

import json

import pytest

from openletter.cli import main


@pytest.fixture
def openletter(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLETTER_STORE", "store")

    def run(*arguments):
        capsys.readouterr()
        code = main.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_added_listed_taken_back(openletter):
    code, out, _ = openletter(
        "optout", "add", "192.0.2.0/24", "2001:db8::/32", "--reason", "asked", "--contact", "noc@example.net"
    )
    assert (code, out) == (0, "added 192.0.2.0/24\nadded 2001:db8::/32\n")
    assert (
        openletter("optout", "add", "192.0.2.0/24", "--reason", "x")[1]
        == "all of it is in the list already\n"
    )
    code, out, _ = openletter("optout", "list", "--json")
    assert [json.loads(line)["network"] for line in out.splitlines()] == ["192.0.2.0/24", "2001:db8::/32"]
    assert openletter("optout", "remove", "192.0.2.0/24", "--reason", "asked again")[0] == 0
    assert len(openletter("optout", "list", "--json")[1].splitlines()) == 1
    last = next(json.loads(line) for line in openletter("optout", "list", "--all", "--json")[1].splitlines())
    assert (last["contact"], last["removal_reason"]) == ("noc@example.net", "asked again")
    code, out, _ = openletter("optout", "list", "--all")
    assert "2001:db8::/32" in out
    assert "asked again" in out


def test_a_file_of_them(openletter, tmp_path):
    (tmp_path / "many.txt").write_text("# blocklist\n192.0.2.0/24\n198.51.100.7 # printer\n")
    assert openletter("optout", "add", "@many.txt", "--reason", "old list")[1].count("added") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "192.0.2.0/33", "--reason", "x"], "192.0.2.0/33"),
        (["add", "192.0.2.1:143", "--reason", "x"], "not asked at all"),
        (["add", "192.0.2.1"], "--reason"),
        (["add", "192.0.2.1", "--reason", " "], "say why"),
        (["add", "no-such-host.invalid", "--reason", "x"], "does not resolve"),
        (["add", "@nowhere.txt", "--reason", "x"], "no such file"),
        (["add", "192.0.2.1", "--reason", "x" * 2000], "too long"),
        (["remove", "192.0.2.1", "--reason", "x"], "does not stand"),
        (["remove", "203.0.113.1", "--reason", " "], "say why"),
        (["remove", "", "--reason", "an unset variable of a script"], "an empty target"),
        (["remove", ".", "--reason", "x"], "is no target"),
        (["remove", "203.0.113.1/24", "--reason", "x"], "bits set behind its prefix"),
    ],
)
def test_bad_input_is_one_clear_line(openletter, arguments, says):
    openletter("optout", "add", "203.0.113.1", "--reason", "x")
    code, out, err = openletter("optout", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert len(openletter("optout", "list", "--json")[1].splitlines()) == 1, "who was in the list still is"


def test_what_a_person_wrote_does_not_reach_the_terminal_raw(openletter, tmp_path):
    openletter("optout", "add", "203.0.113.1", "--reason", "x")
    with (tmp_path / "store" / "optout.txt").open("a") as file:
        file.write("192.0.2.1 # \x1b[2Jgone\n")
    code, out, _ = openletter("optout", "list")
    assert code == 0
    assert "\x1b" not in out
    assert "gone" in out
