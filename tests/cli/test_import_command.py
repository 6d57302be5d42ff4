"""What ``openletter import`` makes of files, and what it says of those that are not right.

What a user loses when this fails: hosts, without a word.
"""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openletter.cli import main
from openletter.discovery.target_list import find_target_list

FIXTURES = Path(__file__).parents[1] / "discovery" / "fixtures"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder and no settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OPENLETTER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def openletter(capsys):
    """Runs a command line; (exit code, standard output, standard error)."""

    def run(*arguments):
        capsys.readouterr()
        code = main.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def hosts(told: dict) -> dict[str, list[int]]:
    targets = find_target_list(Path("openletter-store"), told["targets"])
    found: dict[str, list[int]] = {}
    for host in targets.hosts(seed=1):
        found[host.ip] = sorted([*found.get(host.ip, []), *(service.port for service in host.services)])
    return found


def test_files_of_several_scanners_become_one_list(openletter):
    names = ("zmap-4.csv", "masscan-1.3.2.txt", "nmap-7.93.xml")
    code, out, err = openletter("import", *(FIXTURES / name for name in names), "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert hosts(told) == {"192.0.2.1": [110, 143], "192.0.2.2": [110, 993], "2001:db8::1": [993]}
    assert (told["addresses"], told["other_ports"]) == (3, 1)
    assert [file["format"] for file in told["files"]] == ["zmap-csv", "masscan-list", "nmap-xml"]


def test_the_sum_says_what_was_left_out(openletter):
    Path("never.txt").write_text("192.0.2.2\n")
    code, out, _ = openletter(
        "import", FIXTURES / "nmap-7.93.xml", FIXTURES / "zmap-4.csv", "--exclude", "never.txt"
    )
    assert code == 0
    assert "3 endpoints of 2 addresses; left out: 1 on other ports, 1 excluded" in out


def test_who_opted_out_is_not_on_the_list(openletter):
    assert openletter("optout", "add", "192.0.2.2", "--reason", "asked us")[0] == 0
    _, out, _ = openletter("import", FIXTURES / "zmap-4.csv", "--json")
    assert set(hosts(json.loads(out))) == {"192.0.2.1"}


def test_only_what_the_authorisation_covers_is_taken(openletter):
    Path("leave.toml").write_text(
        'who = "x"\ncontact = "x@example.org"\nbasis = "law"\nscope = ["8.8.8.0/24"]\nuntil = 2099-01-01\n'
    )
    Path("list.txt").write_text("8.8.8.8\n9.9.9.9\n")
    _, out, _ = openletter("import", "list.txt", "--authorisation", "leave.toml", "--json")
    told = json.loads(out)
    assert (set(hosts(told)), told["unauthorised"]) == ({"8.8.8.8"}, 1)


def test_the_port_of_a_run_is_said_before_the_file(openletter):
    Path("zmap.txt").write_bytes((FIXTURES / "zmap-addresses.txt").read_bytes())
    _, out, _ = openletter("import", "143=zmap.txt", "995=zmap.txt", "--json")
    assert set(map(tuple, hosts(json.loads(out)).values())) == {(143, 995)}


def test_odd_ports_are_those_of_the_command_line(openletter):
    _, out, _ = openletter("import", FIXTURES / "nmap-7.93.xml", "--port", "imaps=1143", "--json")
    assert hosts(json.loads(out)) == {"192.0.2.1": [1143]}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read_and_recognised(tmp_path, pack):
    done = subprocess.run(
        [sys.executable, "-m", "openletter", "import", "-", "--json"],
        input=pack((FIXTURES / "masscan-1.3.2.json").read_bytes()),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout)["addresses"] == 2
    done = subprocess.run(
        [sys.executable, "-m", "openletter", "import", "-", "--json"],
        input=pack((FIXTURES / "zgrab2-1.0.json").read_bytes()),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout)["endpoints"] == 7


def test_a_file_that_was_cut_and_lines_that_are_wrong_are_told_on_standard_error(openletter):
    octets = (FIXTURES / "zmap-4.csv").read_bytes()
    Path("cut.csv").write_bytes(octets.replace(b"192.0.2.2,993,1,0", b"192.0.2.2,x,1,0")[:-3])
    code, out, err = openletter("import", "cut.csv")
    assert (code, "2 endpoints" in out) == (0, True)
    assert "1 records cannot be read" in err
    assert "(line 4)" in err
    assert "it was cut" in err


def test_a_file_that_is_something_else_is_a_usage_error_and_leaves_no_list(openletter):
    Path("mail.txt").write_text("Dear colleague,\nthis is a letter & no list\n" * 20)
    code, out, err = openletter("import", "mail.txt")
    assert (code, out) == (2, "")
    assert '"mail.txt" is no list of addresses' in err
    assert not list(Path("openletter-store/targets").glob("*"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.csv"], "no such file"),
        (["-", "-"], "read once"),
        (["99999=gone.csv"], "a port is a number"),
        ([FIXTURES / "zmap-4.csv", FIXTURES / "zgrab2-1.0.json"], "one after the other"),
        ([FIXTURES / "zmap-4.csv", "--format", "nmap-xml"], "no XML"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(openletter, arguments, says):
    code, out, err = openletter("import", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_a_foreign_scan_becomes_a_survey_with_verdicts(openletter):
    code, out, err = openletter(
        "import", FIXTURES / "zgrab2-0.1.json", FIXTURES / "zgrab2-1.0.json", "--json"
    )
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert (told["origin"], told["endpoints"], told["addresses"], told["verdicts"]) == ("zgrab2", 11, 10, 11)
    code, out, _ = openletter("stats", "--survey", told["survey"], "--json")
    assert code == 0
    assert openletter("judge", "--survey", told["survey"])[1].startswith(
        f"survey {told['survey']}: 11 endpoints"
    )
