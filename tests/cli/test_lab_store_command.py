"""Without these, whoever wants to try the dashboard could not make something to look at, or would spoil a real store."""

import re

import pytest

from openletter.cli.main import run
from openletter.store.store import Store


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_store_is_made_that_other_verbs_read(tmp_path, cache, capsys):
    """`openletter stats` would have nothing to show."""
    folder = tmp_path / "world"
    assert run(["lab", "store", str(folder), "--scale", "20000", "--days", "2"]) == 0
    said = capsys.readouterr()
    assert re.search(
        r"2 surveys of the simulated world at 1:20,000; .* affected \(wide\), \d+ strict", said.out
    )
    with Store(folder) as store:
        assert len(store.surveys()) == 2
    assert run(["stats", "--store", str(folder), "--by", "country"]) in (0, 1)
    assert "US" in capsys.readouterr().out
    assert run(["store", "verify", "--store", str(folder)]) == 0


def test_a_folder_with_a_store_is_left_alone(tmp_path, cache, capsys):
    """Somebody's surveys would get invented ones beside them."""
    folder = tmp_path / "world"
    Store(folder, create=True).close()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(["lab", "store", str(folder), "--scale", "20000", "--days", "1"]) == 3
    assert "already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_of_something_else_is_left_alone(tmp_path, cache, capsys):
    """Files would appear among somebody's documents."""
    (tmp_path / "letter.txt").write_text("mine")
    assert run(["lab", "store", str(tmp_path), "--scale", "20000", "--days", "1"]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert str(tmp_path) in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--scale", "0"], ["--days", "0"], ["--days", "2", "--full", "3"], ["--seed", "-1"]]
)
def test_an_order_that_cannot_be_is_wrong_usage(tmp_path, cache, capsys, wrong):
    """A mistyped number would end in a traceback."""
    assert run(["lab", "store", str(tmp_path / "world"), *wrong]) == 2
    said = capsys.readouterr().err
    assert said.startswith("openletter: ")
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "world").exists()
