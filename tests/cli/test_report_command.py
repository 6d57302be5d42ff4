"""``openletter report``. What a user loses when these fail: the reports, or the word about which of them there are."""

import json

import pytest

from openletter.cli import main
from openletter.generated.generating import Order, generate
from openletter.report.report_index import ReportIndex


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A store of the simulated world with two days, and subscribers."""
    root = tmp_path_factory.mktemp("report") / "store"
    cache = tmp_path_factory.mktemp("lab")
    generate(
        root, Order(scale=20_000, days=2, full=2, seed=1, until=1_795_478_400.0), cache=cache, processes=1
    )
    for words in (["de", "--country", "DE"], ["us", "--country", "US", "--format", "jsonl"]):
        assert main.run(["subscriber", "add", *words, "--store", str(root)]) == 0
    return root


@pytest.fixture
def openletter(capsys, tmp_path, monkeypatch, world):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLETTER_STORE", str(world))

    def run(*arguments):
        capsys.readouterr()
        code = main.run(("report", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_reports_of_the_latest_survey_into_a_folder(openletter, tmp_path):
    code, out, err = openletter("--to", "out")
    assert code == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert "2026-11-24-scan_imap_vulnerable-de-geo.csv" in names
    assert "2026-11-24-scan_imap_vulnerable-us-geo.jsonl" in names
    assert out.startswith("de: ")
    assert f"{len(names)} files in out" in err


def test_into_the_store_for_the_reports_api(openletter, world):
    code, out, _ = openletter("--json", "--subscriber", "de")
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["subscriber"] for line in lines} == {"de"}
    index = ReportIndex(world)
    for line in lines:
        kept = index.find(line["id"])
        assert (kept.rows, kept.sha256) == (line["rows"], line["sha256"])
        assert str(kept.path(world)) == line["file"]
    assert (world / "reports").stat().st_mode & 0o077 == 0, "nobody else may read what is not his"


def test_of_a_day(openletter, tmp_path):
    assert openletter("--day", "2026-11-23", "--to", "out", "--format", "csv")[0] == 0
    assert {path.name[:10] for path in (tmp_path / "out").iterdir()} == {"2026-11-23"}
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".csv"}


def test_a_document_for_people_is_named_beside_the_files(openletter, tmp_path):
    code, out, err = openletter("--to", "out", "--format", "html", "--base-url", "https://mail.example.org")
    assert code == 0
    assert out.splitlines() == [
        "de: 2026-11-24-report-de-geo.html",
        "us: 2026-11-24-report-us-geo.html",
    ]
    assert "2 files in out" in err
    text = (tmp_path / "out" / "2026-11-24-report-de-geo.html").read_text("utf-8")
    assert "https://mail.example.org/finding/" in text
    code, out, _ = openletter("--to", "out", "--format", "html", "--json", "--subscriber", "de")
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["type"] == "report"
    assert line["file"] == "out/2026-11-24-report-de-geo.html"
    assert "id" not in line


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--day", "2026-13-01"], 2, "is no day"),
        (["--day", "2026-11-24", "--survey", "x"], 2, "not both"),
        (["--day", "2020-01-01"], 3, "no survey with verdicts"),
        (["--survey", "x"], 3, "no survey"),
        (["--subscriber", "nobody"], 2, "no subscriber"),
        (["--to", "file"], 3, "file"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(openletter, tmp_path, arguments, code, says):
    (tmp_path / "file").write_text("")
    found, out, err = openletter(*arguments)
    assert (found, out) == (code, "")
    assert says in err
    assert len(err.splitlines()) == 1
