"""The state remembers of each endpoint when it was first and last seen, and when it changed, merged from survey after survey.

What a user loses when these fail: the difference between a server that was mended and one that was never looked at again.
"""

import pyarrow as pa
import pytest

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.file_set import FileSet, Kind, StoredFile
from openletter.store.files import publish_whole_table, read_table
from openletter.store.observation_table import sort_key, to_batch
from openletter.store.record import State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import Finding, FindingName
from openletter.verdict.login import Reason
from openletter.verdict.state import SCHEMA, is_merged, merge_state
from openletter.verdict.verdict import Verdict
from openletter.verdict.verdict_table import to_table

DAY = 86_400.0
BEGAN = 1_800_000_000.0


def verdict(word):
    """``class`` or ``class+finding``."""
    cls, _, finding = word.partition("+")
    cls = Class(cls)
    return Verdict(
        class_=cls,
        severity=Severity.LOW,
        unknown=cls in UNKNOWN,
        evidence=Evidence.ADVERTISED,
        report=Report.NONE,
        strict=cls in STRICT,
        wide=cls in WIDE,
        sibling=Sibling.UNKNOWN,
        findings=(Finding(FindingName(finding), Severity.LOW, ""),) if finding else (),
        reason=Reason.NOT_ASKED,
        clause="",
        protocol=Protocol.IMAP,
        mode=Mode.CLEARTEXT,
    )


class Days:
    """A store with one judged survey a day."""

    def __init__(self, store):
        self.store = store
        self._judgements = 0
        scope = build_scope([parse_target("192.0.2.0/24")])
        self._plan = Plan(
            scope=scope.description,
            endpoints=1,
            seed=1,
            shards=1,
            conditions=Conditions(),
            vantage=Vantage(),
        )

    def survey(self, day, found, *, merge=True):
        """``found``: words by address, or by (address, port, name)."""
        record = self.store.add_survey(self._plan, now=BEGAN + day * DAY, tool_version="0")
        self.store.manifest.end_run(record.id, State.FINISHED, BEGAN + day * DAY + 1)
        self.judge(record.id, found)
        if merge:
            merge_state(self.store, rows=2)
        return record.id

    def judge(self, survey, found):
        self._judgements += 1
        folder = f"verdicts/{survey}/1-{self._judgements:08x}"
        places = [place if isinstance(place, tuple) else (place, 143, "") for place in found]
        rows = sorted(
            zip(places, found.values(), strict=True), key=lambda row: (sort_key(row[0][0]), row[0][1:])
        )
        (self.store.root / folder).mkdir(parents=True)
        files = []
        # A row a file, so that ranges have edges everywhere.
        for number, ((ip, port, host), word) in enumerate(rows):
            seen = Observation(
                ip=ip, port=port, host=host, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, tcp=Tcp.OPEN
            )
            table = to_table(pa.Table.from_batches([to_batch([seen])]), [verdict(word)], pa.array([0]))
            name = f"{number:06d}.parquet"
            written = publish_whole_table(self.store.root / folder / name, table)
            files.append(StoredFile(name=name, rows=1, octets=written.octets, sha256=written.sha256))
        new = FileSet(folder=folder, kind=Kind.VERDICTS, survey=survey, files=tuple(files))
        self.store.manifest.publish([new], rules_version="1")

    def state(self):
        """Per endpoint: class, class before, and the days of first seen, last seen, change, last asked."""
        current = self.store.current(Kind.STATE)
        rows = [row for path in self.store.files_of(current) for row in read_table(path).to_pylist()]
        keys = [(row["ip_sort"], row["port"], row["host"]) for row in rows]
        assert keys == sorted(set(keys)), "not sorted, or an endpoint twice"

        def day(at):
            return None if at is None else (at - BEGAN) / DAY

        return {
            row["ip"] if (row["port"], row["host"]) == (143, "") else (row["ip"], row["port"], row["host"]): (
                row["class"],
                row["previous_class"],
                *(day(row[name]) for name in ("first_seen", "last_seen", "changed_at", "asked")),
            )
            for row in rows
        }

    def exposure(self):
        """Per address the days of its latest exposure's begin and end."""
        files = self.store.files_of(self.store.current(Kind.STATE))
        return {
            row["ip"]: tuple(
                None if row[name] is None else (row[name] - BEGAN) / DAY
                for name in ("exposed_since", "exposed_until")
            )
            for path in files
            for row in read_table(path).to_pylist()
        }


@pytest.fixture
def days(tmp_path):
    with Store(tmp_path / "store", create=True) as store:
        yield Days(store)


def test_what_stays_what_changes_what_comes_and_what_is_absent(days):
    days.survey(0, {"192.0.2.1": "no_tls", "192.0.2.2": "no_tls", "2001:db8::1": "tls_required"})
    days.survey(1, {"192.0.2.1": "no_tls", "192.0.2.2": "tls_required", "192.0.2.3": "silent"})
    assert days.state() == {
        "192.0.2.1": ("no_tls", "", 0, 1, 0, 1),
        "192.0.2.2": ("tls_required", "no_tls", 0, 1, 1, 1),
        "192.0.2.3": ("silent", "", 1, 1, 1, 1),
        "2001:db8::1": ("tls_required", "", 0, 0, 0, 0),
    }


def test_an_endpoint_that_does_not_answer_was_last_seen_when_it_did(days):
    days.survey(0, {"192.0.2.1": "no_tls", "192.0.2.2": "unreachable"})
    days.survey(1, {"192.0.2.1": "unreachable", "192.0.2.2": "unreachable"})
    days.survey(2, {"192.0.2.1": "unreachable", "192.0.2.2": "no_tls"})
    assert days.state() == {
        "192.0.2.1": ("unreachable", "no_tls", 0, 0, 1, 2),
        "192.0.2.2": ("no_tls", "unreachable", 2, 2, 2, 2),
    }


def test_another_finding_is_a_change(days):
    days.survey(0, {"192.0.2.1": "no_tls", "192.0.2.2": "no_tls+cert_expired"})
    days.survey(1, {"192.0.2.1": "no_tls+cert_expired", "192.0.2.2": "no_tls+cert_expired"})
    assert days.state() == {
        "192.0.2.1": ("no_tls", "no_tls", 0, 1, 1, 1),
        "192.0.2.2": ("no_tls", "", 0, 1, 0, 1),
    }


def test_names_and_ports_make_endpoints_of_their_own(days):
    days.survey(
        0,
        {"192.0.2.1": "no_tls", ("192.0.2.1", 1143, ""): "silent", ("192.0.2.1", 143, "a.example"): "no_tls"},
    )
    days.survey(1, {("192.0.2.1", 143, "a.example"): "tls_required"})
    assert days.state() == {
        "192.0.2.1": ("no_tls", "", 0, 0, 0, 0),
        ("192.0.2.1", 1143, ""): ("silent", "", 0, 0, 0, 0),
        ("192.0.2.1", 143, "a.example"): ("tls_required", "no_tls", 0, 1, 1, 1),
    }


def test_a_survey_that_is_judged_anew_takes_the_place_of_its_own_verdicts(days):
    days.survey(0, {"192.0.2.1": "no_tls", "192.0.2.2": "no_tls"})
    latest = days.survey(1, {"192.0.2.1": "tls_optional", "192.0.2.2": "no_tls"})
    days.judge(latest, {"192.0.2.1": "tls_required", "192.0.2.2": "silent"})
    assert merge_state(days.store) == [latest]
    assert days.state() == {
        "192.0.2.1": ("tls_required", "no_tls", 0, 1, 1, 1),
        "192.0.2.2": ("silent", "no_tls", 0, 1, 1, 1),
    }


def test_an_older_survey_that_comes_late_says_only_when_something_was_first_seen(days):
    days.survey(5, {"192.0.2.1": "tls_required"})
    days.survey(1, {"192.0.2.1": "no_tls", "192.0.2.2": "no_tls"})
    assert days.state() == {
        "192.0.2.1": ("tls_required", "", 1, 5, 5, 5),
        "192.0.2.2": ("no_tls", "", 1, 1, 1, 1),
    }


def test_what_was_missed_is_caught_up_on_oldest_first_and_once(days):
    first = days.survey(0, {"192.0.2.1": "no_tls"}, merge=False)
    second = days.survey(1, {"192.0.2.1": "tls_required"}, merge=False)
    assert not is_merged(days.store.survey(first))
    assert merge_state(days.store) == [first, second]
    assert merge_state(days.store) == []
    assert is_merged(days.store.survey(first))
    assert days.state() == {"192.0.2.1": ("tls_required", "no_tls", 0, 1, 1, 1)}


def test_the_state_before_stays_for_its_readers(days):
    days.survey(0, {"192.0.2.1": "no_tls"})
    before = days.store.files_of(days.store.current(Kind.STATE))
    days.survey(1, {"192.0.2.1": "no_tls"})
    assert all(path.exists() for path in before)
    days.survey(2, {"192.0.2.1": "no_tls"})
    assert not any(path.exists() for path in before)


def test_its_files_have_the_columns_that_are_promised(days):
    days.survey(0, {"192.0.2.1": "no_tls"})
    (path,) = days.store.files_of(days.store.current(Kind.STATE))
    schema = read_table(path).schema
    assert (schema.names, schema.metadata) == (SCHEMA.names, SCHEMA.metadata)
    assert [schema.field(name).nullable for name in SCHEMA.names] == [field.nullable for field in SCHEMA]


@pytest.mark.parametrize(
    ("words", "since", "until"),
    [
        ("no_tls", 0, None),
        ("tls_required", None, None),
        ("silent no_tls no_tls tls_optional", 1, None),
        ("no_tls tls_required", 0, 1),
        ("no_tls tls_required tls_required", 0, 1),
        ("no_tls unreachable", 0, 1),
        ("no_tls silent no_tls", 0, None),
        ("no_tls silent tls_required", 0, 2),
        ("no_tls silent", 0, None),
        ("no_tls tls_required no_tls", 2, None),
        ("no_tls tls_required no_tls unreachable", 2, 3),
        ("no_tls - no_tls", 0, None),
    ],
)
def test_how_long_an_endpoint_was_exposed(days, words, since, until):
    """Without this nobody can say how long servers stay open: how persistence is counted."""
    for day, word in enumerate(words.split()):
        if word != "-":
            days.survey(day, {"192.0.2.1": word})
    assert days.exposure() == {"192.0.2.1": (since, until)}


@pytest.mark.parametrize(
    ("before", "at_first", "then", "exposure"),
    [
        ("no_tls", "tls_required", "no_tls", (0, None)),
        ("no_tls", "no_tls", "tls_required", (0, 1)),
        ("no_tls", "tls_required", "silent", (0, None)),
        ("tls_required", "no_tls", "tls_required", (None, None)),
        ("tls_required", "no_tls", "silent", (None, None)),
        ("tls_required", "tls_required", "no_tls", (1, None)),
    ],
)
def test_judging_anew_leaves_no_exposure_that_was_never_found(days, before, at_first, then, exposure):
    days.survey(0, {"192.0.2.1": before})
    latest = days.survey(1, {"192.0.2.1": at_first})
    days.judge(latest, {"192.0.2.1": then})
    assert merge_state(days.store) == [latest]
    assert days.exposure() == {"192.0.2.1": exposure}


def test_a_state_of_version_1_is_taken_up(days):
    """After an upgrade: endpoints count as exposed since they last changed, and networks are not known."""
    days.survey(0, {"192.0.2.1": "tls_required", "192.0.2.2": "tls_required"})
    days.survey(1, {"192.0.2.1": "no_tls", "192.0.2.2": "tls_required"})
    for path in days.store.files_of(days.store.current(Kind.STATE)):
        publish_whole_table(path, read_table(path).drop_columns(["asn", "exposed_since", "exposed_until"]))
    days.survey(3, {"192.0.2.1": "tls_required", "192.0.2.3": "no_tls"})
    assert days.exposure() == {"192.0.2.1": (1, 3), "192.0.2.2": (None, None), "192.0.2.3": (3, None)}
