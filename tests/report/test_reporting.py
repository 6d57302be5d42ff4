"""Reports of a survey and of a day for many subscribers. What a user loses when these fail: a report that goes to somebody else,
one that is not the same tomorrow, or half of one."""

import csv
import json
from datetime import date
from hashlib import sha256

import pytest

from openletter.report.report_index import ReportIndex
from openletter.report.reporting import make_reports, surveys_of
from openletter.store.error import NoSurveyError, StoreError, SurveyBusyError
from openletter.store.lock import Lock
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Severity

BEGAN = 1_795_478_400.0
DAY = date(2026, 11, 24)
DAY_S = 86_400


@pytest.fixture
def owner(directory):
    """Writes a subscriber down."""
    return lambda slug, *networks, **more: directory.add(
        Subscriber(slug=slug, name=slug, networks=networks, **more)
    )


@pytest.fixture
def report(finished, directory, tmp_path):
    """Makes reports of surveys into a folder."""

    def make(*records, **more):
        return make_reports(finished.store, records, directory, tmp_path / "out", **more)

    return make


def _rows(run):
    """What the CSV files of a run hold, by name: address and port of each row."""
    found = {}
    for file in run.files:
        if file.file.endswith(".csv"):
            with (run.folder / file.file).open(newline="") as opened:
                rows = list(csv.DictReader(opened))
            assert len(rows) == file.rows
            found[file.file] = [(row["ip"], int(row["port"])) for row in rows]
    return found


def test_each_gets_its_own_and_nothing_else(finished, owner, report, server):
    owner("a", "192.0.2.0/25")
    owner("b", "192.0.2.64/26", "2001:db8::/32")
    owner("c", "203.0.113.0/24")
    record = finished(
        [server("192.0.2.1"), server("192.0.2.65"), server("192.0.2.200"), server("2001:db8::1")]
    )
    run = report(record)
    assert _rows(run) == {
        "2026-11-24-scan_pop3_vulnerable-a-cidr.csv": [("192.0.2.1", 110), ("192.0.2.65", 110)],
        "2026-11-24-scan_pop3_vulnerable-b-cidr.csv": [("192.0.2.65", 110)],
        "2026-11-24-scan6_pop3_vulnerable-b-cidr.csv": [("2001:db8::1", 110)],
    }
    assert sorted(path.name for path in run.folder.iterdir()) == sorted(_rows(run))


def test_a_second_run_writes_the_same_octets_and_keeps_the_ids(zoo, tmp_path):
    everybody = [
        Subscriber(id=1, slug="all", name="A", networks=("0.0.0.0/0", "::/0")),
        Subscriber(id=2, slug="one", name="A", asns=(64496,), domains=("example.org",)),
    ]
    with Store(zoo) as store, Directory(zoo) as directory:
        record = store.latest(judged=True)

        def make(folder, processes):
            return make_reports(
                store,
                record,
                directory,
                tmp_path / folder,
                (Format.CSV, Format.JSONL),
                subscribers=everybody,
                processes=processes,
            )

        first, again, elsewhere = make("a", 1), make("a", 1), make("b", 2)
    assert first.files
    assert first.files == again.files
    for one, other in zip(first.files, elsewhere.files, strict=True):
        octets = (tmp_path / "a" / one.file).read_bytes()
        assert octets == (tmp_path / "b" / other.file).read_bytes()
        assert (len(octets), sha256(octets).hexdigest()) == (one.octets, one.sha256)
        assert one.id != other.id


def test_the_index_names_what_was_made_to_its_owner_alone(finished, owner, report, server):
    a, b = owner("a", "192.0.2.0/24"), owner("b", "198.51.100.0/24")
    report(finished([server("192.0.2.1"), server("198.51.100.1")]))
    index = ReportIndex(finished.store.root)
    (mine,) = index.list(a.id)
    (theirs,) = index.list(b.id)
    assert (mine.type, mine.date, mine.rows) == (ReportType.SCAN_POP3_VULNERABLE, DAY, 1)
    assert len(mine.id) == 40
    assert index.find(mine.id) == mine
    assert index.find(mine.id[:-1]) is None
    assert mine.path(finished.store.root).read_bytes().count(b"\n") == 2
    assert index.list(a.id, first=date(2026, 11, 25)) == ()
    assert index.list(a.id, last=date(2026, 11, 23)) == ()
    assert index.list(a.id, types={ReportType.SCAN_IMAP}) == ()
    assert theirs.subscriber_id == b.id


def test_a_report_without_rows_leaves_when_it_is_made_anew(finished, directory, owner, report, server):
    owner("a", "192.0.2.0/24", "2001:db8::/32")
    record = finished([server("192.0.2.1"), server("2001:db8::1")])
    before = report(record)
    assert len(before.files) == 2
    directory.change("a", networks=("2001:db8::/32",))
    after = report(record)
    assert after.removed == ("2026-11-24-scan_pop3_vulnerable-a-cidr.csv",)
    assert len(list(after.folder.iterdir())) == 1
    assert len(ReportIndex(finished.store.root).list(1)) == 1


def test_what_a_subscriber_does_not_want_is_left_out(finished, owner, report, server):
    record = finished([server("192.0.2.1"), server("2001:db8::1")])
    owner("few", "192.0.2.0/24", "2001:db8::/32", reports=(ReportType.SCAN6_POP3_VULNERABLE,))
    owner("grave", "192.0.2.0/24", minimum=Severity.HIGH)
    owner("medium", "192.0.2.0/24", minimum=Severity.MEDIUM)
    owner("html", "192.0.2.0/24", formats=(Format.HTML,))
    owner("away", "192.0.2.0/24", active=False)
    assert list(_rows(report(record))) == [
        "2026-11-24-scan6_pop3_vulnerable-few-cidr.csv",
        "2026-11-24-scan_pop3_vulnerable-medium-cidr.csv",
    ]


def test_formats_are_each_ones_own_or_those_asked_for(finished, owner, report, server):
    owner("a", "192.0.2.0/24", formats=(Format.JSONL,))
    owner("b", "192.0.2.0/24")
    record = finished([server("192.0.2.1")])
    names = [file.file for file in report(record).files]
    assert [name.rsplit("-", 2)[1:] for name in names] == [["a", "cidr.jsonl"], ["b", "cidr.csv"]]
    run = report(record, formats=(Format.CSV,))
    assert {file.file.rpartition(".")[2] for file in run.files} == {"csv"}
    line = (run.folder / names[0]).read_text()
    assert json.loads(line)["ip"] == "192.0.2.1"


def test_the_strict_count_alone(zoo, tmp_path):
    everything = [Subscriber(id=1, slug="all", name="A", networks=("0.0.0.0/0", "::/0"))]
    tags = {}
    with Store(zoo) as store, Directory(zoo) as directory:
        for strict in (False, True):
            run = make_reports(
                store,
                store.latest(judged=True),
                directory,
                tmp_path,
                (Format.CSV,),
                subscribers=everything,
                strict=strict,
            )
            for file in run.files:
                with (tmp_path / file.file).open(newline="") as opened:
                    tags[file.type, strict] = {row["tag"].split(";")[1] for row in csv.DictReader(opened)}
            assert run.removed == ()
    assert tags[ReportType.SCAN_IMAP_VULNERABLE, True] == {"no-tls", "cleartext-on-tls-port"}
    assert "tls-optional" in tags[ReportType.SCAN_IMAP_VULNERABLE, False]
    assert tags[ReportType.SCAN_IMAP, True] == tags[ReportType.SCAN_IMAP, False]


def test_a_survey_past_midnight_has_two_days(finished, owner, report, server):
    owner("a", "192.0.2.0/24")
    record = finished(
        [
            server("192.0.2.1", started=BEGAN + DAY_S - 0.1),
            server("192.0.2.2", started=BEGAN + DAY_S),
        ]
    )
    assert {name[:10]: rows for name, rows in _rows(report(record)).items()} == {
        "2026-11-24": [("192.0.2.1", 110)],
        "2026-11-25": [("192.0.2.2", 110)],
    }
    run = report(record, day=date(2026, 11, 25))
    assert [file.date for file in run.files] == [date(2026, 11, 25)]
    assert run.removed == ()
    assert len(list(run.folder.iterdir())) == 2


def test_of_several_surveys_of_a_day_the_latest_word_counts(finished, owner, report, server):
    """Who is asked twice is told once, and who was mended in between is not told any more."""
    owner("a", "192.0.2.0/24")
    early = [server(f"192.0.2.{n}", started=BEGAN + n) for n in (1, 2, 3)]
    mended = server("192.0.2.2", started=BEGAN + 7200, tcp="refused", greeting="not_reached", banner=b"")
    again = server("192.0.2.3", started=BEGAN + 7201, banner=b"+OK later")
    tomorrow = server("192.0.2.1", started=BEGAN + DAY_S, banner=b"+OK tomorrow")
    first = finished(early)
    second = finished([mended, again, tomorrow], now=BEGAN + 7000)
    assert [one.id for one in surveys_of(finished.store, DAY)] == [first.id, second.id]
    run = report(first, second, day=DAY)
    assert _rows(run) == {
        "2026-11-24-scan_pop3_vulnerable-a-cidr.csv": [("192.0.2.1", 110), ("192.0.2.3", 110)]
    }
    text = (run.folder / "2026-11-24-scan_pop3_vulnerable-a-cidr.csv").read_text()
    assert "later" in text
    assert "tomorrow" not in text
    with pytest.raises(NoSurveyError):
        surveys_of(finished.store, date(2020, 1, 1))


def test_bare_verdicts_are_reported_too_with_what_is_known(finished, owner, report, server):
    """A survey that was not enriched has no places; its names and sessions are those of the dialogue."""
    owner("a", "192.0.2.0/24")
    owner("nowhere", asns=(64496,))
    owner("named", domains=("example.org",))
    run = report(finished([server("192.0.2.1", host="mail.example.org", country="NL")]))
    assert len(run.files) == 2
    with (run.folder / run.files[0].file).open(newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert (row["hostname"], row["hostname_source"], row["geo"], row["asn"]) == (
        "mail.example.org",
        "given",
        "NL",
        "",
    )


def test_nothing_is_left_half_where_it_fails(finished, owner, report, server, monkeypatch):
    owner("a", "192.0.2.0/24")
    record = finished([server("192.0.2.1")])
    run = report(record)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    monkeypatch.setattr("openletter.report.reporting.assemble", _fails)
    with pytest.raises(StoreError):
        report(record)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


def _fails(_):
    raise StoreError("no room")


def test_what_a_killed_process_left_is_swept_and_two_do_not_write_at_once(
    finished, owner, report, server, tmp_path
):
    owner("a", "192.0.2.0/24")
    record = finished([server("192.0.2.1")])
    (tmp_path / "out" / ".making-old").mkdir(parents=True)
    (tmp_path / "out" / ".making-old" / "lines").write_text("half")
    report(record)
    assert len(list((tmp_path / "out").iterdir())) == 1
    with (
        Lock(finished.store.root / "reports.lock", "x"),
        pytest.raises(SurveyBusyError, match="another process"),
    ):
        report(record)


def test_nobody_is_told_nothing(finished, report, server):
    assert report(finished([server("192.0.2.1")])).files == ()
