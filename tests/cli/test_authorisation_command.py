"""By whose leave: looked at before the first packet and again at every resume, and kept with the survey.

What a user loses when these fail: the proof that they were allowed, or the certainty that nothing was sent without leave.
"""

import json
import time
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from openletter.cli import main
from openletter.scope.authorisation import Authorisation, load
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage

PUBLIC = "8.0.0.0/22"
YESTERDAY = date.today() - timedelta(days=2)
NEXT_YEAR = date.today() + timedelta(days=365)


def leave(until, *, confirm=False, who="Example CSIRT"):
    return Authorisation(
        who=who, contact="csirt@example.org", basis="a law", scope=(PUBLIC,), until=until, confirm=confirm
    )


def write(path, given):
    path.write_text(
        f'who = "{given.who}"\ncontact = "{given.contact}"\nbasis = "{given.basis}"\n'
        f'scope = ["{PUBLIC}"]\nuntil = {given.until}\nconfirm = {str(given.confirm).lower()}\n'
    )
    return str(path)


def begun(store, authorisation, *, scope=PUBLIC, confirm=False):
    """A survey that was written down and has not sent anything."""
    asked = build_scope([parse_target(scope)])
    plan = Plan(
        scope=asked.description,
        endpoints=asked.endpoint_count,
        seed=1,
        shards=1,
        conditions=Conditions(confirm=confirm),
        vantage=Vantage(),
        authorisation=authorisation,
    )
    with Store(store, create=True) as opened:
        return opened.add_survey(plan, now=time.time(), tool_version="0").id


@pytest.fixture
def openletter(capsys, tmp_path, monkeypatch):
    """Always with --explain, so that nothing is sent to anyone, whatever the test finds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLETTER_STORE", str(tmp_path / "store"))

    def run(*arguments):
        capsys.readouterr()
        code = main.run(["survey", "--explain", *arguments])
        return code, *capsys.readouterr()

    return run


def test_a_leave_that_has_ended_stops_a_resume(openletter, tmp_path):
    begun(tmp_path / "store", leave(YESTERDAY))
    code, _, err = openletter("--resume")
    assert code == 2
    assert f"ended on {YESTERDAY}; renew it" in err


def test_a_renewed_leave_lets_it_go_on(openletter, tmp_path):
    begun(tmp_path / "store", leave(YESTERDAY))
    code, out, err = openletter("--resume", "--authorisation", write(tmp_path / "new.toml", leave(NEXT_YEAR)))
    assert code == 0, err
    assert f"until {NEXT_YEAR}" in out


def test_a_confirmation_needs_its_leave_at_a_resume_too(openletter, tmp_path):
    """The plan says confirm; a renewed leave that does not allow it must not be taken for one that does."""
    begun(tmp_path / "store", leave(YESTERDAY, confirm=True), scope="8.0.0.0/28", confirm=True)
    assert "confirm = true" in openletter("--resume")[2]
    without = write(tmp_path / "without.toml", leave(NEXT_YEAR))
    assert openletter("--resume", "--authorisation", without)[0] == 2
    with_it = write(tmp_path / "with.toml", leave(NEXT_YEAR, confirm=True))
    assert openletter("--resume", "--authorisation", with_it)[0] == 0


def test_explain_shows_by_whose_leave(openletter, tmp_path):
    code, out, err = openletter(PUBLIC, "--authorisation", write(tmp_path / "leave.toml", leave(NEXT_YEAR)))
    assert code == 0, err
    (line,) = [line for line in out.splitlines() if line.startswith("By what right")]
    for word in ("Example CSIRT", "csirt@example.org", "a law", str(NEXT_YEAR), PUBLIC, "without leave"):
        assert word in line


def test_what_an_authorisation_says_does_nothing_to_the_terminal(openletter, tmp_path):
    """It may come from somebody else: from the register of those who allow surveys."""
    hostile = write(tmp_path / "leave.toml", leave(NEXT_YEAR, who=r"a\u001b[2Jb\u202ed"))
    code, out, err = openletter(PUBLIC, "--authorisation", hostile)
    assert code == 0, err
    assert r"a\x1b[2Jb\u202ed" in out


def test_its_copy_stays_with_the_survey_also_when_it_is_renewed(tmp_path, monkeypatch):
    """On loopback, where a leave is not needed and is kept all the same; port 9 is closed there."""
    monkeypatch.chdir(tmp_path)
    first, second = leave(NEXT_YEAR), leave(NEXT_YEAR, who="Another CSIRT")
    run = ["survey", "127.99.1.1", "--port", "imap=9"]
    assert main.run([*run, "--authorisation", write(tmp_path / "1.toml", first)]) == 0
    with Store(tmp_path / "openletter-store") as opened:
        record = opened.latest()
        assert record.plan.authorisation == first
        summary = json.loads((opened.root / "surveys" / f"{record.id}.json").read_text())
        assert msgspec.convert(summary["plan"]["authorisation"], Authorisation, strict=False) == first
        renewed = opened.renew_plan(record.id, authorisation=second)
        assert renewed.plan == msgspec.structs.replace(record.plan, authorisation=second)
        assert opened.latest().plan.authorisation == second


def test_the_example_of_the_guide_can_be_used():
    example = Path(__file__).parents[2] / "docs" / "guide" / "authorisation.example.toml"
    given = load(example)
    assert given.confirm is False
    assert len(given.scope) == 3
