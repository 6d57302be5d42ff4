"""What ``openletter stats``, ``diff`` and ``export`` write, in every form, and how they end.

What a user loses when these fail: the numbers in a form that other programs read, or a terminal that a server writes on.
"""

import csv
import importlib.util
import io
import json
import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openletter.cli import main
from openletter.cli.stats import By
from openletter.statistics.question import QUESTIONS
from openletter.store.store import Store
from openletter.survey.plan import Part
from openletter.verdict.state import merge_state

_spec = importlib.util.spec_from_file_location(
    "generated_world", Path(__file__).parents[1] / "statistics" / "conftest.py"
)
world = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)


@pytest.fixture(scope="module")
def surveys(tmp_path_factory):
    """A store with two enriched surveys, the later one a sample, and a bare one before them; their ids, and its folder."""
    folder = tmp_path_factory.mktemp("cli") / "store"
    with Store(folder, create=True) as store:
        bare = world.publish_survey(store, world.make_rows(20, 3), world.BEGAN - world.DAY, enriched=False)
        first = world.publish_survey(store, world.make_rows(60, 1))
        second = world.publish_survey(
            store, world.make_rows(60, 2), world.BEGAN + world.DAY, part=Part(index=0, of=8)
        )
        merge_state(store)
    return folder, bare.id, first.id, second.id


@pytest.fixture
def openletter(capsysbinary, monkeypatch, tmp_path, surveys):
    """Runs a command line on that store; (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OPENLETTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "130")

    def run(*arguments):
        capsysbinary.readouterr()
        code = main.run([*arguments, "--store", str(surveys[0])])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def not_text(said):
    return {c for c in said if c not in "\n\r" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")}


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_in_every_form(openletter, tmp_path, surveys, name):
    needed = {"network": "asn=64511", "product": "product=dovecot", "league": "minimum-hosts=1"}
    more = ["--with", needed[name]] if name in needed else []
    code, out, err = openletter("stats", name, *more)
    assert (code, err) == (0, "")
    assert not_text(out) == set()
    assert out.strip()
    code, out, err = openletter("stats", name, "--json", *more)
    assert (code, err) == (0, "")
    assert not_text(out) == set()
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines
    code, out, err = openletter("stats", name, "--csv", *more)
    assert (code, err) == (0, "")
    assert not_text(out) == set()
    rows = read_csv(out)
    assert rows
    if name != "overview" and not isinstance(QUESTIONS[name].answer, type):
        assert len(rows) == len(lines)
    target = tmp_path / "answer.parquet"
    assert openletter("stats", name, "--parquet", str(target), *more) == (0, "", "")
    kept = pq.read_table(target)
    assert kept.schema.names == list(rows[0])
    assert kept.num_rows == len(rows)


def test_what_networks_call_themselves_is_text(openletter):
    assert r"=cmd|'calc'!A1\x1b[31m\u202e" in openletter("stats", "networks")[1]
    by_csv = {row["asn"]: row["name"] for row in read_csv(openletter("stats", "networks", "--csv")[1])}
    assert by_csv["64511"] == r"'=cmd|'calc'!A1\x1b[31m\u202e"
    by_json = [json.loads(line) for line in openletter("stats", "networks", "--json")[1].splitlines()]
    assert "=cmd|'calc'!A1\x1b[31m\u202e" in [one["name"] for one in by_json]


def test_cut_by_is_a_question(openletter):
    for by in By:
        assert by.question in QUESTIONS
        assert openletter("stats", "--by", str(by), "--json") == openletter("stats", by.question, "--json")


def test_countries_and_the_summary_stay_as_they_are(openletter, surveys):
    line = json.loads(openletter("stats", "--json")[1])
    assert line["survey"] == surveys[3]
    assert set(line["overview"]["hosts_either"]) == {
        "probed",
        "answered",
        "unknown",
        "strict",
        "wide",
        "intervals",
    }
    whole = json.loads(openletter("stats", "--survey", surveys[2], "--json")[1])
    assert "intervals" not in whole["overview"]["hosts_either"]


def test_a_filter_and_a_limit(openletter):
    everywhere = openletter("stats", "networks", "--json")[1].splitlines()
    assert openletter("stats", "networks", "--json", "--most", "2")[1].splitlines() == everywhere[:2]
    japan = openletter("stats", "networks", "--json", "--country", "jp")[1]
    assert {json.loads(line)["country"] for line in japan.splitlines()} == {"JP"}
    by_count = openletter("stats", "league", "--with", "by=count", "--with", "minimum-hosts=1", "--csv")[1]
    exposed = [int(row["exposed"]) for row in read_csv(by_count)]
    assert exposed == sorted(exposed, reverse=True)
    assert exposed


def test_whose_data_it_rests_on_is_said_where_places_are_shown(openletter):
    for name in ("countries", "networks", "league", "prefixes"):
        out = openletter("stats", name)[1]
        assert "documentation 1 · 2026-06-01 · CC BY 4.0" in out
        assert "https://db-ip.com" in out
    assert "documentation" not in openletter("stats", "classes")[1]


def test_a_sample_says_that_it_is_one(openletter, surveys):
    assert "A sample: one of 8 parts" in openletter("stats")[1]
    assert "A sample" not in openletter("stats", "--survey", surveys[2])[1]


@pytest.mark.parametrize("columns", ["40", "80", "130", "200"])
def test_no_number_is_cut_where_there_is_room(openletter, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    out = openletter("stats", "timeline")[1]
    if int(columns) >= 130:
        assert "…" not in out
    # What is no terminal is as wide as it needs to be.
    assert "20270116" in out


def test_diff_in_every_form(openletter, tmp_path, surveys):
    arguments = ("diff", surveys[2], surveys[3])
    code, out, err = openletter(*arguments)
    assert (code, err) == (0, "")
    assert "appeared" in out
    assert "documentation 1" in out
    summed, *lines = [json.loads(line) for line in openletter(*arguments, "--json")[1].splitlines()]
    assert sum(summed[name] for name in summed if name not in ("before", "after", "same")) == len(lines)
    rows = read_csv(openletter(*arguments, "--csv")[1])
    assert [(row["ip"], row["port"], row["fate"]) for row in rows] == [
        (line["ip"], str(line["port"]), line["fate"]) for line in lines
    ]
    target = tmp_path / "changes.parquet"
    assert openletter(*arguments, "--parquet", str(target)) == (0, "", "")
    assert pq.read_table(target)["ip"].to_pylist() == [line["ip"] for line in lines]
    only = read_csv(openletter(*arguments, "--csv", "--only", "fixed")[1])
    assert {row["fate"] for row in only} <= {"fixed"}


def test_export_in_every_format(openletter, tmp_path, surveys):
    rows = [row for row in world.make_rows(60, 1) if row["country"] == "JP" and row["wide"]]
    filters = ("--survey", surveys[2], "--country", "jp", "--wide")
    by_csv = read_csv(openletter("export", *filters)[1])
    assert [(row["ip"], int(row["port"])) for row in by_csv] == [(row["ip"], row["port"]) for row in rows]
    assert [row["network_name"] for row in by_csv if row["asn"] == "64511"] == [
        r"'=cmd|'calc'!A1\x1b[31m\u202e" for row in rows if row["asn"] == 64511
    ]
    by_json = openletter("export", *filters, "--format", "jsonl")[1]
    assert not_text(by_json) == set()
    assert [json.loads(line) for line in by_json.splitlines()] == [
        {name: row[name] for name in json.loads(by_json.splitlines()[0])} for row in rows
    ]
    target = tmp_path / "some.parquet"
    assert openletter("export", *filters, "--output", str(target)) == (0, "", "")
    assert pq.read_table(target).to_pylist() == [json.loads(line) for line in by_json.splitlines()]
    # The ending of the file says which format is meant.
    for ending in ("csv", "jsonl"):
        path = tmp_path / f"some.{ending}"
        assert openletter("export", *filters, "-o", str(path))[0] == 0
        assert path.read_bytes().decode() == openletter("export", *filters, "--format", ending)[1]


def test_export_by_every_filter(openletter, surveys):
    rows = world.make_rows(60, 1)
    for option, value, fits in (
        ("--asn", "64497", lambda row: row["asn"] == 64497),
        (
            "--network",
            "198.51.0.0/27",
            lambda row: row["ip"].startswith("198.51.0.") and int(row["ip"][9:]) < 32,
        ),
        ("--class", "no_tls", lambda row: row["class"] == "no_tls"),
        ("--severity", "critical", lambda row: row["worst"] == "critical"),
        ("--finding", "weak_version", lambda row: "weak_version" in row["findings"]),
        ("--product", "unknown", lambda row: not row["product"]),
        ("--protocol", "pop3", lambda row: row["protocol"] == "pop3"),
        ("--port", "993", lambda row: row["port"] == 993),
        ("--evidence", "assumed", lambda row: row["evidence"] == "assumed"),
        ("--text", "EXAMPLE_NET", lambda row: "EXAMPLE_NET" in row["network_name"]),
        ("--no-strict", None, lambda row: not row["strict"]),
    ):
        given = [option] if value is None else [option, value]
        code, out, err = openletter("export", "--survey", surveys[2], *given)
        assert (code, err) == (0, "")
        wanted = [(row["ip"], row["port"]) for row in rows if fits(row)]
        assert wanted
        assert [(row["ip"], int(row["port"])) for row in read_csv(out)] == wanted


def test_what_is_no_plain_file_is_not_replaced_by_one(openletter, tmp_path, monkeypatch):
    """A pipe that another program reads, a link into an archive, /dev/null of a system."""
    monkeypatch.chdir(tmp_path)
    wanted = openletter("export", "--port", "993")[1]
    os.mkfifo("pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(Path("pipe").read_bytes)
        assert openletter("export", "--port", "993", "-o", "pipe") == (0, "", "")
        assert read.result(timeout=60).decode() == wanted
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    Path("archive.csv").write_text("of yesterday")
    Path("link.csv").symlink_to("archive.csv")
    assert openletter("export", "--port", "993", "-o", "link.csv") == (0, "", "")
    assert (Path("link.csv").is_symlink(), Path("archive.csv").read_bytes().decode()) == (True, wanted)
    assert openletter("export", "--port", "993", "-o", "-")[1] == wanted
    for place in (".", "/"):
        code, _, err = openletter("export", "-o", place)
        assert (code, err) == (3, f"openletter: --output {place}: is a directory\n")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["archive.csv", "link.csv"]


def test_an_export_of_nothing_still_has_its_columns(openletter, tmp_path):
    target = tmp_path / "none.parquet"
    assert openletter("export", "--port", "25", "--output", str(target)) == (0, "", "")
    assert pq.read_table(target).num_rows == 0
    assert "network_name" in pq.read_table(target).schema.names
    assert openletter("export", "--port", "25")[1].count("\n") == 1
    assert openletter("export", "--port", "25", "--format", "jsonl")[1] == ""


def test_a_bare_survey_is_exported_with_what_it_has(openletter, surveys):
    rows = read_csv(openletter("export", "--survey", surveys[1])[1])
    assert len(rows) == len(world.make_rows(20, 3))
    assert "asn" not in rows[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["stats", "nonsense"], 2, "'nonsense' is no question; the questions are: overview"),
        (["stats", "countries", "--by", "country"], 2, "not both"),
        (["stats", "networks", "--country", "XYZ"], 2, "give two letters of ISO 3166-1"),
        (["stats", "networks", "--most", "0"], 2, "most: 0: give how many rows at most, 1 to 10000"),
        (["stats", "overview", "--most", "3"], 2, "most is no parameter of this question"),
        (["stats", "league", "--with", "by"], 2, "by: write NAME=VALUE"),
        (["stats", "league", "--with", "\x1b[31m=1"], 2, "is no parameter"),
        (["stats", "--json", "--csv"], 2, "choose one of --json, --csv and --parquet"),
        (["stats", "--survey", "nope"], 3, "no survey 'nope' in this store"),
        (["stats", "--parquet", "/nowhere/x"], 3, "--parquet /nowhere/x: no such file or directory"),
        (["diff", "nope", "nope"], 3, "no survey 'nope'"),
        (["export", "--country", "xyz"], 2, "give two letters of ISO 3166-1"),
        (["export", "--network", "300.1.1.1"], 2, "network: '300.1.1.1': is none; give an address"),
        (["export", "--text", "x" * 10_240], 2, "text: 10,240 characters; give at most 255"),
        (["export", "--asn", "-3"], 2, "asn: -3"),
        (["export", "--output", "/nowhere/x.csv"], 3, "--output /nowhere/x.csv: no such file or directory"),
    ],
)
def test_what_is_wrong_is_one_line(openletter, arguments, code, said):
    ended, out, err = openletter(*arguments)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
    assert not_text(err) == set()


@pytest.mark.parametrize(
    "arguments", [["stats", "networks"], ["stats", "products"], ["export", "--asn", "64496"]]
)
def test_a_survey_that_was_not_enriched_says_how_it_is(openletter, surveys, arguments):
    ended, out, err = openletter(*arguments, "--survey", surveys[1])
    assert (ended, out) == (3, "")
    assert f"openletter enrich --survey {surveys[1]}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["stats"], ["stats", "networks"], ["export"]])
def test_a_survey_without_verdicts_says_how_it_gets_them(capsysbinary, surveys, tmp_path, arguments):
    with Store(tmp_path / "fresh", create=True) as store, Store(surveys[0]) as judged:
        plan = judged.surveys()[0].plan
        begun = store.add_survey(plan, now=world.BEGAN, tool_version="0").id
    assert main.run([*arguments, "--store", str(tmp_path / "fresh"), "--survey", begun]) == 3
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert f"openletter judge --survey {begun}" in err.decode()
    assert err.count(b"\n") == 1


def test_the_settings_of_a_survey_are_no_filter(openletter, tmp_path):
    """``port`` in openletter.toml is what a survey asks; export has an option of that name."""
    (tmp_path / "openletter.toml").write_text('port = ["imap=1143"]\n')
    assert openletter("export")[0] == 0
