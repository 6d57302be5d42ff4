"""Documents beside the lines of reports. What a user loses when these fail: a document of somebody else's servers, one that says
what yesterday's did, or one that is left lying when nothing is to be told any more."""

from datetime import date

import msgspec
import pytest

from openletter.dialogue.observation import Greeting, Tcp
from openletter.report import documenting
from openletter.report.html import page as html_page
from openletter.report.past_counts import DayCount, PastCounts
from openletter.report.report_index import ReportIndex
from openletter.report.reported import record_reported
from openletter.report.reporting import make_reports
from openletter.report.standing import Standing, standings
from openletter.report.told import TOLD_ROWS
from openletter.store.error import StoreError
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Class, Severity

BEGAN = 1_795_478_400.0
DAY = date(2026, 11, 24)
DAY_S = 86_400


@pytest.fixture
def owner(directory):
    return lambda slug, *networks, **more: directory.add(
        Subscriber(slug=slug, name=slug, networks=networks, formats=(Format.HTML,), **more)
    )


@pytest.fixture
def report(finished, directory, tmp_path):
    def make(*records, **more):
        return make_reports(finished.store, records, directory, tmp_path / "out", **more)

    return make


@pytest.fixture
def told(monkeypatch):
    """What the documents of a run were made of, by the subscriber's slug."""
    found = {}

    def keep(what, out):
        found[what.subscriber.slug] = what
        out.write(b"-")

    form = documenting.DOCUMENT_FORMATS[Format.HTML]
    changed = {Format.HTML: msgspec.structs.replace(form, write=keep)}
    monkeypatch.setattr(documenting, "DOCUMENT_FORMATS", documenting.DOCUMENT_FORMATS | changed)
    return found


def _addresses(of):
    return list(zip(of.rows.column("ip").to_pylist(), of.rows.column("port").to_pylist(), strict=True))


def test_each_document_holds_its_own_and_nothing_else(finished, owner, report, server, told):
    owner("a", "192.0.2.0/25")
    owner("b", "192.0.2.64/26", "2001:db8::/32")
    owner("c", "203.0.113.0/24")
    record = finished(
        [
            server("192.0.2.65"),
            server("192.0.2.1"),
            server("192.0.2.200"),
            server("2001:db8::1"),
            server("192.0.2.1", 143),
        ]
    )
    run = report(record)
    assert [(one.file, one.counts.wide.hosts) for one in run.documents] == [
        ("2026-11-24-report-a-cidr.html", 2),
        ("2026-11-24-report-b-cidr.html", 2),
    ]
    assert sorted(path.name for path in run.folder.iterdir()) == [one.file for one in run.documents]
    assert _addresses(told["a"]) == [("192.0.2.1", 110), ("192.0.2.1", 143), ("192.0.2.65", 110)]
    assert _addresses(told["b"]) == [("192.0.2.65", 110), ("2001:db8::1", 110)]
    for one in told.values():
        assert one.rows.schema.equals(TOLD_ROWS)
        seen = {ip for part in one.seen for ip in part.endpoints.column("ip").to_pylist()}
        assert seen == {ip for ip, _ in _addresses(one)}
        assert set(one.rows.column("standing").to_pylist()) == {"new"}
        assert one.counts.standings[Standing.NEW] == one.rows.num_rows


def test_the_index_of_the_reports_api_has_no_documents(finished, owner, report, server):
    a = owner("a", "192.0.2.0/24")
    run = report(finished([server("192.0.2.1")]), formats=(Format.HTML, Format.CSV))
    assert len(run.documents) == 1
    assert [one.file.rpartition(".")[2] for one in ReportIndex(finished.store.root).list(a.id)] == ["csv"]


def test_a_document_leaves_when_there_is_nothing_to_tell_and_others_stay(
    finished, directory, owner, report, server, tmp_path
):
    owner("a", "192.0.2.0/24", "2001:db8::/32")
    owner("ab", "192.0.2.0/24")
    record = finished([server("192.0.2.1"), server("2001:db8::1")])
    report(record)
    (tmp_path / "out" / "2026-11-23-report-a-cidr.html").write_text("of another day")
    directory.change("a", networks=(), domains=("nowhere.example",))
    run = report(record)
    assert run.removed == ("2026-11-24-report-a-cidr.html",)
    assert sorted(path.name for path in run.folder.iterdir()) == [
        "2026-11-23-report-a-cidr.html",
        "2026-11-24-report-ab-cidr.html",
    ]


def test_the_strict_count_alone_is_a_document_of_its_own(zoo, tmp_path, told):
    everything = [Subscriber(id=1, slug="all", name="A", networks=("0.0.0.0/0", "::/0"))]
    with Store(zoo) as store, Directory(zoo) as directory:
        record = store.latest(judged=True)
        for strict in (False, True):
            run = make_reports(
                store, record, directory, tmp_path, (Format.HTML,), subscribers=everything, strict=strict
            )
            assert run.removed == ()
    assert sorted(path.name for path in tmp_path.glob("*.html")) == [
        "2026-11-24-report-all-cidr.html",
        "2026-11-24-report-all-cidr_strict.html",
    ]
    classes = set(told["all"].rows.column("class").to_pylist()) | set(
        told["all"].changes.column("class").to_pylist()
    )
    assert Class.NO_TLS in classes
    assert not classes & {Class.TLS_OPTIONAL, Class.CLEARTEXT_PORT_OPEN}
    assert told["all"].strict
    assert told["all"].counts.strict == told["all"].counts.wide


def test_what_changed_is_held_against_what_was_told(finished, directory, owner, report, server, told):
    owner("a", "192.0.2.0/24")
    closed = {"tcp": Tcp.REFUSED, "greeting": Greeting.NOT_REACHED, "banner": b"", "caps_pre": ()}
    sound = {"greeting": Greeting.OTHER, "guess": "http", "caps_pre": ()}
    first = finished([server(f"192.0.2.{n}") for n in (1, 2, 3)])
    report(first)
    record_reported(finished.store, first, standings(finished.store, first, directory, DAY), DAY)
    later = finished(
        [
            server("192.0.2.1"),
            server("192.0.2.2", **sound),
            server("192.0.2.3", **closed),
            server("192.0.2.4"),
        ],
        now=BEGAN + DAY_S,
    )
    run = report(later)
    of = told["a"]
    assert dict(zip(*(of.changes.column(name).to_pylist() for name in ("ip", "standing")), strict=True)) == {
        "192.0.2.1": "open",
        "192.0.2.2": "fixed",
        "192.0.2.3": "open",
        "192.0.2.4": "new",
    }
    assert dict(zip(*(of.rows.column(name).to_pylist() for name in ("ip", "standing")), strict=True)) == {
        "192.0.2.1": "open",
        "192.0.2.4": "new",
    }
    assert of.earlier == (DayCount(day=DAY, faulty=3, wide=3, strict=3),)
    assert run.documents[0].counts.standings[Standing.FIXED] == 1


def test_who_has_nothing_left_is_told_that_it_was_fixed(finished, directory, owner, report, server):
    owner("a", "192.0.2.0/24")
    first = finished([server("192.0.2.1")])
    record_reported(finished.store, first, standings(finished.store, first, directory, DAY), DAY)
    later = finished(
        [server("192.0.2.1", greeting=Greeting.OTHER, guess="http", caps_pre=())], now=BEGAN + DAY_S
    )
    run = report(later)
    (made,) = run.documents
    assert (made.counts.all.hosts, made.counts.standings[Standing.FIXED]) == (0, 1)
    text = (run.folder / made.file).read_text("utf-8")
    assert "Nothing that was reported to you is left to be mended" in text
    assert "Fixed or gone since the last report" in text


def test_of_several_surveys_the_latest_word_counts(finished, owner, report, server, told):
    owner("a", "192.0.2.0/24")
    early = finished([server("192.0.2.1", started=BEGAN + 1), server("192.0.2.2", started=BEGAN + 2)])
    late = finished([server("192.0.2.2", started=BEGAN + 7_201, banner=b"+OK later")], now=BEGAN + 7_200)
    report(early, late, day=DAY)
    assert list(
        zip(*(told["a"].rows.column(name).to_pylist() for name in ("ip", "banner")), strict=True)
    ) == [
        ("192.0.2.1", "+OK ready"),
        ("192.0.2.2", "+OK later"),
    ]
    assert told["a"].changes.num_rows == 2
    report(early, late)
    assert _addresses(told["a"]) == [("192.0.2.1", 110), ("192.0.2.2", 110)]


def test_a_minimum_holds_for_documents_too(finished, owner, report, server):
    owner("a", "192.0.2.0/24", minimum=Severity.HIGH)
    assert report(finished([server("192.0.2.1")])).documents == ()


def test_no_document_is_left_half_where_it_fails(finished, owner, report, server, monkeypatch):
    owner("a", "192.0.2.0/24")
    record = finished([server("192.0.2.1")])
    run = report(record)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}

    def fails(_, out):
        out.write(b"half")
        raise StoreError("no room")

    form = msgspec.structs.replace(documenting.DOCUMENT_FORMATS[Format.HTML], write=fails)
    monkeypatch.setattr(documenting, "DOCUMENT_FORMATS", {Format.HTML: form})
    with pytest.raises(StoreError):
        report(record)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


def test_of_more_servers_than_anybody_reads_the_worst_are_shown_and_networks_counted(
    finished, owner, report, server, monkeypatch
):
    """A national CSIRT's document stays one that opens, and says that it does not hold all."""
    monkeypatch.setattr(html_page, "MOST_LISTED", 12)
    monkeypatch.setattr(html_page, "WORST_LISTED", 5)
    owner("a", "192.0.2.0/24")
    few = report(finished([server(f"192.0.2.{n}") for n in range(1, 13)]))
    text = (few.folder / few.documents[0].file).read_text("utf-8")
    assert text.count('<article class="host"') == 12
    assert "There are too many" not in text
    many = report(finished([server(f"192.0.2.{n}") for n in range(1, 21)], now=BEGAN + DAY_S))
    text = (many.folder / many.documents[0].file).read_text("utf-8")
    assert text.count('<article class="host"') == 5
    assert "The worst 5 of 20 servers with a fault" in text
    assert "Reports in CSV hold all of them" in text
    assert '<td class="number">20</td>' in text


def test_only_so_many_hosts_are_shown_with_all_that_was_seen(finished, owner, report, server, monkeypatch):
    form = msgspec.structs.replace(documenting.DOCUMENT_FORMATS[Format.HTML], hosts_seen=3)
    for module in ("openletter.report.documenting", "openletter.report.reporting"):
        monkeypatch.setattr(f"{module}.DOCUMENT_FORMATS", {Format.HTML: form})
    owner("a", "192.0.2.0/24")
    run = report(finished([server(f"192.0.2.{n}") for n in range(1, 9)]))
    text = (run.folder / run.documents[0].file).read_text("utf-8")
    assert text.count('<article class="host"') == 3
    assert text.count('<span class="address">192.0.2.8</span>') >= 1


def test_counts_of_days_are_kept_and_replaced(tmp_path):
    past = PastCounts(tmp_path)
    assert past.before(DAY, 5) == {}
    counts = [DayCount(day=date(2026, 11, n), faulty=n, wide=n, strict=1) for n in range(10, 20)]
    past.record((1, one) for one in counts)
    past.record([(1, msgspec.structs.replace(counts[-1], wide=99)), (2, counts[0])])
    found = past.before(date(2026, 11, 20), 3)
    assert [(one.day.day, one.wide) for one in found[1]] == [(17, 17), (18, 18), (19, 99)]
    assert found[2] == (counts[0],)
    assert past.before(date(2026, 11, 10), 3) == {}
    assert (tmp_path / "reports.sqlite").stat().st_mode & 0o077 == 0
