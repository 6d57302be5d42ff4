"""How a fault stands with its owner, day after day. What a user loses when these fail: an owner who is told the same every day
until nobody reads it, or never hears that a server was mended."""

from datetime import date, timedelta

import pytest

from openletter.dialogue.observation import Greeting, Tcp
from openletter.report.reported import record_reported, reported_files
from openletter.report.standing import FINDINGS, STANDINGS, faults_of, standings
from openletter.store.error import StoreError
from openletter.store.file_set import Kind, Standing
from openletter.store.files import read_table
from openletter.store.verification import verify
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Reminders, Subscriber
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName

BEGAN = 1_795_478_400.0
DAY = date(2026, 11, 24)
DAY_S = 86_400


@pytest.fixture
def directory(finished):
    with Directory(finished.store.root) as opened:
        opened.add(
            Subscriber(slug="a", name="A", networks=("192.0.2.0/24",), reminders=Reminders(medium=7, low=0))
        )
        yield opened


@pytest.fixture
def days(finished, directory):
    """Each call is a day on which these servers are surveyed and their owners told; how all of it stands."""
    passed = []

    def day(*observations, told=True, skip=0, who=None):
        number = len(passed) + skip
        passed.extend([None] * (1 + skip))
        record = finished(list(observations), now=BEGAN + number * DAY_S)
        on = DAY + timedelta(days=number)
        table = standings(finished.store, record, directory, on, subscribers=who)
        if told:
            record_reported(finished.store, record, table, on)
        day.record, day.on = record, on
        return _short(table)

    return day


def _short(table):
    return [(row["ip"], row["standing"]) for row in table.to_pylist()]


def _down(server):
    return server("192.0.2.1", tcp=Tcp.TIMEOUT, greeting=Greeting.NOT_REACHED, banner=b"", caps_pre=())


def _sound(server):
    """An answer with nothing to be mended: not even a login."""
    return server("192.0.2.1", greeting=Greeting.OTHER, guess="http", caps_pre=())


def test_new_then_open_then_a_reminder_by_its_days(days, server):
    found = [days(server("192.0.2.1"))[0][1] for _ in range(16)]
    assert found == ["new", *["open"] * 6, "reminder", *["open"] * 6, "reminder", "open"]


def test_fixed_is_said_once_and_what_comes_back_is_not_new(days, server):
    found = [days(one) for one in (server("192.0.2.1"), _sound(server), _sound(server), server("192.0.2.1"))]
    assert found == [
        [("192.0.2.1", "new")],
        [("192.0.2.1", "fixed")],
        [],
        [("192.0.2.1", "back")],
    ]


def test_fixed_is_said_again_where_the_report_was_not_handed_over(days, server):
    days(server("192.0.2.1"))
    assert days(_sound(server), told=False) == [("192.0.2.1", "fixed")]
    assert days(_sound(server)) == [("192.0.2.1", "fixed")]
    assert days(_sound(server)) == []


def test_what_was_not_handed_over_is_still_new(days, server):
    assert days(server("192.0.2.1"), told=False) == [("192.0.2.1", "new")]
    assert days(server("192.0.2.1")) == [("192.0.2.1", "new")]


def test_a_host_that_is_away_for_a_night_is_not_fixed(days, server):
    days(server("192.0.2.1"))
    assert [days(_down(server)) for _ in range(2)] == [[("192.0.2.1", "open")]] * 2
    assert days(server("192.0.2.1")) == [("192.0.2.1", "open")]
    away = [days(_down(server)) for _ in range(4)]
    assert away == [[("192.0.2.1", "open")]] * 2 + [[("192.0.2.1", "fixed")], []]


def test_an_answer_that_does_not_tell_changes_nothing(days, server):
    days(server("192.0.2.1"))
    silent = server("192.0.2.1", greeting=Greeting.SILENT, banner=b"", caps_pre=())
    assert [days(silent) for _ in range(5)] == [[("192.0.2.1", "open")]] * 5


def test_who_is_not_asked_is_neither_fixed_nor_forgotten(days, server):
    days(server("192.0.2.1"), server("192.0.2.2"))
    assert days(server("192.0.2.2")) == [("192.0.2.2", "open")]
    assert days(_sound(server)) == [("192.0.2.1", "fixed")]


def test_a_fault_more_is_new_and_one_less_is_not(days, server):
    plain = server("192.0.2.1")
    worse = server("192.0.2.1", caps_pre=("USER", "SASL ANONYMOUS"))
    assert days(plain) == [("192.0.2.1", "new")]
    assert days(worse) == [("192.0.2.1", "new")]
    assert days(plain) == [("192.0.2.1", "open")]
    assert days(worse) == [("192.0.2.1", "open")]


def test_telling_twice_on_a_day_counts_once(finished, directory, days, server):
    days(server("192.0.2.1"))
    again = standings(finished.store, days.record, directory, days.on)
    assert _short(again) == [("192.0.2.1", "open")]
    before = read_table(reported_files(finished.store)[0])
    record_reported(finished.store, days.record, again, days.on)
    assert read_table(reported_files(finished.store)[0]) == before
    (row,) = before.to_pylist()
    assert (row["times"], row["first_reported"], row["last_reported"]) == (1, DAY, DAY)


def test_each_has_its_own_account(finished, directory, days, server):
    a = directory.show("a")
    b = directory.add(Subscriber(slug="b", name="B", networks=("192.0.2.0/24",)))
    directory.add(Subscriber(slug="c", name="C", networks=("198.51.100.0/24",)))
    record = finished([server("192.0.2.1")])
    both = standings(finished.store, record, directory, DAY)
    assert both.column("subscriber").to_pylist() == [a.id, b.id]
    record_reported(finished.store, record, both.slice(0, 1), DAY)
    found = standings(finished.store, record, directory, DAY).to_pylist()
    assert [(row["subscriber"], row["standing"]) for row in found] == [(a.id, "open"), (b.id, "new")]


def test_what_leaves_a_subscriber_is_not_told_to_it(finished, directory, days, server):
    """Nor that it was fixed: it is somebody else's now."""
    days(server("192.0.2.1"))
    directory.change("a", networks=("198.51.100.0/24",))
    assert days(_sound(server)) == []


def test_an_older_survey_says_nothing_about_what_came_later(finished, directory, days, server):
    old = finished([_sound(server)], now=BEGAN - DAY_S)
    days(server("192.0.2.1"))
    assert standings(finished.store, old, directory, DAY).num_rows == 0


def test_severities_below_the_subscribers_are_no_faults(finished, directory, server):
    record = finished([server("192.0.2.1")])

    def found(**changes):
        directory.change("a", **changes)
        return standings(finished.store, record, directory, DAY).num_rows

    assert found(minimum=Severity.HIGH) == 0
    assert found(minimum=Severity.MEDIUM) == 1
    assert found(reports=(ReportType.SCAN_IMAP,)) == 0


@pytest.mark.parametrize("less", [{"minimum": Severity.HIGH}, {"reports": (ReportType.SCAN_IMAP,)}])
def test_who_wants_to_hear_less_is_not_told_that_it_is_mended(directory, days, server, less):
    days(server("192.0.2.1"))
    directory.change("a", **less)
    assert days(server("192.0.2.1")) == []
    assert days(_sound(server)) == [("192.0.2.1", "fixed")]
    assert days(_sound(server)) == []


def test_a_report_that_was_handed_over_late_does_not_set_the_account_back(finished, directory, days, server):
    """Mail of Monday whose arrival a person confirms on Thursday, when it was said on Tuesday that all is mended."""
    days(server("192.0.2.1"), server("192.0.2.2"), told=False)
    monday, late = days.record, standings(finished.store, days.record, directory, days.on)
    days(server("192.0.2.1"), server("192.0.2.2"))
    days(_sound(server), server("192.0.2.2", caps_pre=("USER", "SASL ANONYMOUS")))
    before = read_table(reported_files(finished.store)[0]).to_pylist()
    record_reported(finished.store, monday, late, DAY)
    after = read_table(reported_files(finished.store)[0]).to_pylist()
    assert after == [{**row, "first_reported": DAY} for row in before]
    assert [row["closed_at"] for row in after] == [DAY + timedelta(days=2), None]
    assert days(_sound(server), server("192.0.2.2", caps_pre=("USER", "SASL ANONYMOUS"))) == [
        ("192.0.2.2", "open")
    ]


def test_a_row_tells_all_that_a_report_needs(finished, directory, server):
    record = finished([server("192.0.2.1", host="mail.example.org")])
    table = standings(finished.store, record, directory, DAY)
    assert table.schema == STANDINGS
    (row,) = table.to_pylist()
    assert (row["class"], row["words"], row["told"], row["severity"]) == ("no_tls", ["no_tls"], [], "medium")
    assert (row["hostname"], row["type"], row["times"]) == ("mail.example.org", "scan_pop3_vulnerable", 0)
    assert row["first_reported"] is row["last_reported"] is None


def test_the_account_is_that_of_before_where_writing_fails(finished, directory, days, server, monkeypatch):
    days(server("192.0.2.1"))
    before = reported_files(finished.store)

    def full(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr("openletter.report.reported.publish_whole_table", full)
    with pytest.raises(StoreError):
        days(_sound(server))
    assert reported_files(finished.store) == before
    assert before[0].exists()
    assert len(list(before[0].parent.parent.iterdir())) == 2, "a lock, and the set"


def test_the_account_is_part_of_the_store(finished, days, server):
    for _ in range(4):
        days(server("192.0.2.1"))
    sets = finished.store.manifest.sets(kind=Kind.REPORTED)
    assert sorted(one.standing for one in sets) == [Standing.CURRENT, Standing.PREVIOUS]
    assert verify(finished.store).complaints == ()


def test_every_finding_has_a_severity_and_sound_classes_are_no_faults():
    assert FINDINGS.keys() == {str(name) for name in FindingName}
    assert faults_of(Class.TLS_REQUIRED, "low", "accessible", []) == []
    assert faults_of(Class.IMPLICIT_TLS, "info", "accessible", ["cert_expired"]) == [
        ("cert_expired", Severity.LOW)
    ]
    assert faults_of(Class.SILENT, "info", "none", []) == []
    assert faults_of(Class.NO_TLS, "medium", "vulnerable", []) == [("no_tls", Severity.MEDIUM)]
