"""How a finding stands that was asked again. What a user loses when these fail: an owner who mended a server at once and is
reminded for weeks, or one that is told to be fixed while it is open."""

from datetime import date, timedelta

import msgspec
import pytest

from openletter.report.recheck.ledger import Evidence, Recheck, RecheckLedger
from openletter.report.recheck.outcome import Outcome
from openletter.report.reported import record_reported
from openletter.report.standing import standings
from openletter.store.files import read_table
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Reminders, Subscriber
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName
from openletter.verdict.verdict_table import from_table

BEGAN = 1_795_478_400.0
DAY = date(2026, 11, 24)
DAY_S = 86_400
IP, PORT = "192.0.2.1", 110


class World:
    def __init__(self, finished, directory, server):
        self.finished, self.directory, self.server = finished, directory, server
        self.store = finished.store
        self.record = None

    def survey(self, day, **more):
        """At midnight; each endpoint is asked ten minutes later."""
        began = BEGAN + day * DAY_S
        seen = self.server(IP, PORT, started=began + 600, **more)
        self.record = self.finished([seen], now=began)

    def asked_again(self, seconds, class_, *, unknown=False, findings=(), ip=IP):
        now = BEGAN + seconds
        ledger = RecheckLedger(self.store.root, clock=lambda: now)
        claimed = ledger.claim(1, ip, PORT, "", self.record.id)
        assert isinstance(claimed, Recheck)
        row = from_table(read_table(self.store.endpoint_files(self.record)[0]))[0]
        sound = class_ is Class.TLS_REQUIRED
        row = msgspec.structs.replace(
            row,
            ip=ip,
            class_=class_,
            unknown=unknown,
            findings=findings,
            severity=Severity.LOW if sound else row.severity,
            report="accessible" if sound else "none" if class_ is Class.UNREACHABLE else row.report,
        )
        seen = self.server(ip, PORT, started=now)
        ledger.end(claimed, Outcome.UNCHANGED, row, Evidence(seen, ()))

    def report(self, day, *, tell=True):
        """Of the latest survey, on a day: row by row, as (subscriber, standing, class)."""
        on = DAY + timedelta(days=day)
        table = standings(self.store, self.record, self.directory, on)
        if tell:
            record_reported(self.store, self.record, table, on)
        return [(row["subscriber"], row["standing"], row["class"]) for row in table.to_pylist()]


@pytest.fixture
def world(finished, server):
    with Directory(finished.store.root) as directory:
        directory.add(
            Subscriber(slug="a", name="A", networks=("192.0.2.0/24",), reminders=Reminders(medium=7))
        )
        made = World(finished, directory, server)
        made.survey(0)
        assert [standing for _, standing, _ in made.report(0)] == ["new"]
        yield made


def test_mended_since_the_survey_is_fixed_once(world):
    world.asked_again(3_600, Class.TLS_REQUIRED)
    assert world.report(1, tell=False) == [(1, "fixed", "tls_required")]
    assert world.report(1) == [(1, "fixed", "tls_required")]
    assert world.report(1) == []
    assert world.report(30) == [], "reminded of what is mended"


def test_what_was_seen_after_the_reports_day_does_not_count_in_it(world):
    world.asked_again(3 * DAY_S, Class.TLS_REQUIRED)
    assert world.report(1) == [(1, "open", "no_tls")]


@pytest.mark.parametrize(
    ("class_", "more"),
    [
        (Class.NO_TLS, {}),
        (Class.TLS_OPTIONAL, {}),
        (Class.TLS_REQUIRED, {"findings": (FindingName.CERT_EXPIRED,)}),
        (Class.UNREACHABLE, {}),
        (Class.SILENT, {"unknown": True}),
    ],
)
def test_what_is_not_mended_stays_open_and_is_reminded_of(world, class_, more):
    world.asked_again(3_600, class_, **more)
    assert world.report(1) == [(1, "open", "no_tls")]
    assert world.report(7) == [(1, "reminder", "no_tls")]


def test_the_last_word_counts(world):
    world.asked_again(3_600, Class.TLS_REQUIRED)
    world.asked_again(7_200, Class.NO_TLS)
    assert world.report(1) == [(1, "open", "no_tls")]
    world.asked_again(9_000, Class.TLS_REQUIRED)
    world.asked_again(9_100, Class.UNREACHABLE)
    assert world.report(1) == [(1, "fixed", "tls_required")]


def test_a_later_survey_that_finds_it_open_says_back_whether_fixed_was_said_or_not(world):
    world.asked_again(3_600, Class.TLS_REQUIRED)
    world.survey(2)
    assert world.report(2) == [(1, "back", "no_tls")]
    assert world.report(3) == [(1, "open", "no_tls")]
    world.asked_again(2 * DAY_S + 3_600, Class.TLS_REQUIRED)
    assert world.report(3) == [(1, "fixed", "tls_required")]
    world.survey(4)
    assert world.report(4) == [(1, "back", "no_tls")]


def test_a_later_survey_that_meets_nobody_does_not_open_it_again(world):
    world.asked_again(3_600, Class.TLS_REQUIRED)
    world.survey(1, tcp="timeout", greeting="not_reached", banner=b"", caps_pre=())
    assert world.report(1) == [(1, "fixed", "unreachable")]


@pytest.mark.parametrize(("minutes", "standing"), [(5, "back"), (15, "fixed")])
def test_while_a_survey_went_on_it_counts_when_the_endpoint_was_asked(world, minutes, standing):
    """A survey takes hours. What was seen to be mended before this endpoint's turn was not mended when its turn came."""
    world.survey(1)
    world.asked_again(DAY_S + minutes * 60, Class.TLS_REQUIRED)
    assert [one for _, one, _ in world.report(1)] == [standing]


def test_who_was_never_told_is_not_told_of_what_is_mended(world):
    world.directory.add(Subscriber(slug="b", name="B", networks=("192.0.2.0/25",)))
    world.asked_again(3_600, Class.TLS_REQUIRED)
    assert world.report(1) == [(1, "fixed", "tls_required")]


def test_each_has_its_own_measure(world):
    """What is left is low: nothing to one, and still open to the other."""
    strict = Subscriber(slug="b", name="B", networks=("192.0.2.0/25",), minimum=Severity.MEDIUM)
    few = Subscriber(
        slug="c", name="C", networks=("192.0.2.0/25",), reports=(ReportType.SCAN_POP3_VULNERABLE,)
    )
    world.directory.add_all([strict, few])
    world.report(0)
    world.asked_again(3_600, Class.TLS_REQUIRED, findings=(FindingName.CERT_EXPIRED,))
    assert [(who, standing) for who, standing, _ in world.report(1)] == [
        (1, "open"),
        (2, "fixed"),
        (3, "fixed"),
    ]


def test_another_endpoint_changes_nothing(world):
    world.asked_again(3_600, Class.TLS_REQUIRED, ip="192.0.2.2")
    assert world.report(1) == [(1, "open", "no_tls")]
