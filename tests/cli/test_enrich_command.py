"""What ``openletter enrich`` and ``--geo`` say and how they end.

What a user loses when these fail: to know by whose data servers were counted, or a survey of hours for a broken file.
"""

import json
import os
import socket

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from openletter.cli import geo, main
from openletter.dialogue.observation import Greeting, ListSource, Mode, Observation, Protocol, Tcp
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.files import read_table
from openletter.store.record import State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage

OWN = "# name: Own\n# date: 2026-11-01\ncidr,country,city,asn,name\n192.0.2.0/24,DE,Munich,64500,Example\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
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
def survey(tmp_path):
    """A finished survey of one host that nobody judged yet, in the default store; its id."""
    scope = build_scope([parse_target("192.0.2.0/30")])
    plan = Plan(
        scope=scope.description, endpoints=1, seed=1, shards=1, conditions=Conditions(), vantage=Vantage()
    )
    with Store(tmp_path / "openletter-store", create=True) as store:
        record = store.add_survey(plan, now=1_700_000_000.0, tool_version="0")
        with store.run(record.id) as run:
            writer = run.sink().begin(0, {}.get)
            writer.add(
                Observation(
                    ip="192.0.2.1",
                    port=143,
                    protocol=Protocol.IMAP,
                    mode=Mode.CLEARTEXT,
                    tcp=Tcp.OPEN,
                    greeting=Greeting.OK,
                    caps_pre=("IMAP4REV1", "AUTH=PLAIN"),
                    caps_pre_source=ListSource.COMMAND,
                )
            )
            run.record(writer.publish())
            run.end(State.FINISHED, 1_700_000_060.0)
    return record.id


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    return path.name


def endpoint(tmp_path):
    with Store(tmp_path / "openletter-store") as store:
        (path,) = store.endpoint_files(store.latest())
        (row,) = read_table(path).to_pylist()
    return row


def test_judging_enriches_and_enriching_again_takes_other_data(openletter, survey, own, tmp_path):
    assert openletter("judge")[0] == 0
    assert (endpoint(tmp_path)["country"], endpoint(tmp_path)["asn"]) == ("", 0), "192.0.2.0/24 is nobody's"
    code, out, err = openletter("enrich", "--geo", own)
    assert (code, err) == (0, "")
    assert out.startswith(
        f"survey {survey}: 1 endpoints enriched by Own 2026-11-01; ip-location-db asn 2026-"
    )
    assert (endpoint(tmp_path)["country"], endpoint(tmp_path)["city"]) == ("DE", "Munich")
    assert openletter("judge", "--geo", own)[0] == 0
    assert endpoint(tmp_path)["network_name"] == "Example"


def test_json_names_the_data_sets(openletter, survey, own):
    openletter("judge")
    code, out, _ = openletter("enrich", "--geo", own, "--json", "--survey", survey)
    assert code == 0
    line = json.loads(out)
    assert (line["survey"], line["endpoints"], line["names"]) == (survey, 1, None)
    assert line["datasets"][0]["name"] == "Own"
    assert line["datasets"][1]["url"] == "https://db-ip.com"


def test_settings_may_name_the_data(openletter, survey, own, tmp_path):
    (tmp_path / "openletter.toml").write_text(f'geo = ["{own}"]\n')
    assert openletter("judge")[0] == 0
    assert endpoint(tmp_path)["country"] == "DE"


def test_sectors_are_filled_in(openletter, survey, tmp_path):
    (tmp_path / "sectors.csv").write_text("192.0.2.0/24,health,622110\n")
    openletter("judge")
    assert openletter("enrich", "--sectors", "sectors.csv")[0] == 0
    assert (endpoint(tmp_path)["sector"], endpoint(tmp_path)["naics"]) == ("health", "622110")


def test_where_set_up_brought_no_data_it_says_so_and_goes_on(openletter, survey, tmp_path, monkeypatch):
    monkeypatch.setattr(geo, "carried", lambda: ())
    code, _, err = openletter("judge")
    assert code == 0
    assert len(err.splitlines()) == 1
    assert "--geo" in err
    assert endpoint(tmp_path)["country_source"] == ""
    assert endpoint(tmp_path)["wide"]


def broken(tmp_path):
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="x")
    writer.insert_network(IPSet(["1.2.3.0/24"]), {"country": {"iso_code": "DE"}})
    path = tmp_path / "x.mmdb"
    writer.to_db_file(str(path))
    path.write_bytes(path.read_bytes()[:700])
    (tmp_path / "bad.csv").write_text("cidr,country\n192.0.2.0/24,Germany\n")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x.mmdb", "x.mmdb: the database is broken or cut off"),
        ("bad.csv", 'bad.csv line 2: "Germany" is no country'),
        ("bad.parquet", "bad.parquet: cannot be read as Parquet"),
        ("nowhere.csv", "nowhere.csv: cannot be read"),
    ],
)
def test_a_broken_file_is_one_clear_line_and_code_3_before_anything_is_done(openletter, tmp_path, name, says):
    broken(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        code, out, err = openletter("survey", "127.0.0.1/32", "--port", f"imap={port}", "--geo", name)
        assert (code, out) == (3, "")
        assert says in err
        assert len(err.splitlines()) == 1
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not (tmp_path / "openletter-store").exists(), "a store was made for nothing"


def test_a_broken_file_leaves_what_was_there(openletter, survey, own, tmp_path):
    broken(tmp_path)
    openletter("judge", "--geo", own)
    for verb in ("judge", "enrich"):
        for option, name, says in (
            ("--geo", "x.mmdb", "broken or cut off"),
            ("--sectors", "nowhere.csv", "cannot be read"),
        ):
            code, out, err = openletter(verb, option, name)
            assert (code, out) == (3, "")
            assert says in err
    assert endpoint(tmp_path)["country"] == "DE"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--names", "--resolver", "dns.example"), 2, "--resolver"),
        (("--survey", "nowhere"), 3, "no survey 'nowhere'"),
        (("--store", "nowhere"), 3, "there is no store here"),
        ((), 3, "survey with verdicts"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(openletter, survey, arguments, code, says):
    found, out, err = openletter("enrich", *arguments)
    assert (found, out) == (code, "")
    assert says in err
    assert len(err.splitlines()) == 1
