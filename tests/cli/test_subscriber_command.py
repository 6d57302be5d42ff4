"""``openletter subscriber``. What a user loses when these fail: the way to say who is told, and the key of a collector."""

import json

import pytest

from openletter.cli import main
from openletter.subscriber.directory import Directory


@pytest.fixture
def openletter(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLETTER_STORE", "store")

    def run(*arguments):
        capsys.readouterr()
        code = main.run(("subscriber", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_added_changed_listed_removed(openletter):
    code, out, err = openletter(
        "add", "a", "--name", "A Ltd", "--network", "192.0.2.0/24", "--asn", "AS64496"
    )
    assert (code, out, err) == (0, "added a: 1 network, 1 AS\n", "")
    assert "nothing belongs to it" in openletter("add", "b")[2]
    assert openletter("change", "a", "--clear", "asns", "--inactive", "--remind", "low=0")[0] == 0
    told = [json.loads(line) for line in openletter("list", "--json")[1].splitlines()]
    assert [(one["slug"], one["active"], one["asns"]) for one in told] == [("a", False, []), ("b", True, [])]
    assert told[0]["reminders"]["low"] == 0
    assert "inactive" in openletter("list")[1]
    assert "192.0.2.0/24" in openletter("show", "a")[1]
    assert openletter("remove", "a")[:2] == (0, "removed a\n")
    assert [json.loads(line)["slug"] for line in openletter("list", "--json")[1].splitlines()] == ["b"]


def test_a_key_is_shown_once_and_can_be_ended(openletter, tmp_path):
    openletter("add", "a", "--country", "NL")
    made = json.loads(openletter("key", "a", "--label", "collector", "--json")[1])
    with Directory(tmp_path / "store") as directory:
        secret = made["secret"].encode()
        assert directory.signed(made["key"], lambda kept: kept == secret) == directory.show("a")
    shown = openletter("show", "a", "--json")[1]
    assert made["key"] not in shown
    assert made["secret"] not in shown
    assert json.loads(shown)["keys"][0]["label"] == "collector"
    assert openletter("key", "a", "--revoke", str(made["id"]))[0] == 0
    with Directory(tmp_path / "store") as directory:
        assert directory.signed(made["key"], lambda _: True) is None


def test_the_key_of_another_is_not_ended(openletter):
    openletter("add", "a", "--country", "NL")
    openletter("add", "b", "--country", "NL")
    made = json.loads(openletter("key", "a", "--json")[1])
    assert openletter("key", "b", "--revoke", str(made["id"]))[0] == 2


def test_many_at_once(openletter, tmp_path):
    (tmp_path / "many.csv").write_text("slug,countries\na,NL\nb,XX1\n")
    code, _, err = openletter("import", "many.csv")
    assert code == 2
    assert "many.csv line 3" in err
    (tmp_path / "many.csv").write_text("slug,countries\na,NL\nb,DE\n")
    assert openletter("import", "many.csv")[1].startswith("added 2")
    assert openletter("import", "nowhere.csv")[0] == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "a-b"],
        ["add", "a", "--network", "192.0.2.0/33"],
        ["add", "a", "--contact", "x"],
        ["change", "nobody", "--name", "x"],
        ["change", "a"],
        ["change", "a", "--clear", "slug"],
        ["show", "nobody"],
        ["remove", "nobody"],
        ["key", "nobody"],
    ],
)
def test_what_cannot_be_is_wrong_usage_in_one_line(openletter, arguments):
    openletter("add", "z")
    code, out, err = openletter(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
