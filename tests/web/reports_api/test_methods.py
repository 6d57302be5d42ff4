"""What each method answers, held against the report files and against what was put into the store."""

import csv
import gc
import io
import tempfile
from datetime import UTC, datetime, timedelta
from shutil import rmtree

import jsonschema
import msgspec
import pytest

from openletter.report.reporting import make_reports
from openletter.report.shadowserver.columns import NAMES
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.state import merge_state
from openletter.web.reports_api import download, own_rows, querying, row_query


def files(api, slug="alpha"):
    """Name and rows of each report on the disk."""
    return {
        path.name: list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        for path in sorted((api.owners.root / "reports").glob(f"*-{slug}-*.csv"))
    }


def test_a_list_names_every_report_once(api):
    listed = api.told("reports/list")
    assert sorted(one["file"] for one in listed) == sorted(files(api))
    assert len({one["id"] for one in listed}) == len(listed) == 8
    for one in listed:
        day, kind = one["file"][:10], one["file"][11:].split("-")[0]
        assert (one["timestamp"], one["type"], one["report"]) == (day, kind, "alpha")
        assert one["url"] == f"http://127.0.0.1:8080/dl/{one['id']}"
    # The latest day first.
    assert [one["timestamp"] for one in listed] == sorted((one["timestamp"] for one in listed), reverse=True)
    # What a subscriber gets in other formats is for other readers.
    assert {one["file"].rpartition(".")[2] for one in api.told("reports/list", api.owners.beta)} == {"csv"}


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"reports": ["alpha"]}, 8),
        ({"reports": ["ALPHA", "other"]}, 8),
        ({"reports": "alpha,other"}, 8),
        ({"reports": []}, 8),
        ({"reports": ["other"]}, 0),
        ({"type": "scan_pop3_vulnerable"}, 2),
        ({"type": ["scan_pop3_vulnerable", "scan_ftp"]}, 2),
        ({"type": "scan_ftp"}, 0),
        ({"limit": 3}, 3),
        ({"limit": "3"}, 3),
        ({"date": "-1:now"}, 8),
        ({"date": "now"}, 4),
        ({"date": "-1"}, 4),
        ({"date": "-9:-2"}, 0),
        ({"unknown": 1}, 8),
    ],
)
def test_a_list_is_what_was_asked_for(api, fields, count):
    assert len(api.told("reports/list", **fields)) == count


def test_a_download_is_the_file_and_its_rows(api):
    (report, *_) = api.told("reports/list")
    octets = (api.owners.root / "reports" / report["file"]).read_bytes()
    read = api.client.get(f"/dl/{report['id']}")
    assert read.content == octets
    assert read.headers["content-type"] == "text/csv; charset=utf-8"
    assert report["file"] in read.headers["content-disposition"]
    head = api.client.head(f"/dl/{report['id']}")
    assert (head.status_code, head.content) == (200, b"")
    rows = api.told("reports/download", id=report["id"])
    assert rows == files(api)[report["file"]]
    assert api.told("reports/download", id=report["id"], limit="2") == rows[:2]


def test_a_long_report_is_sent_in_pieces_that_are_one_json(api, monkeypatch):
    (report, *_) = api.told("reports/list")
    rows = files(api)[report["file"]]
    for size in (1, 5, len(rows), len(rows) + 1):
        monkeypatch.setattr(download, "_PIECE", size)
        assert api.told("reports/download", id=report["id"]) == rows, size


def test_a_query_answers_with_the_rows_of_the_reports(api):
    """Type by type: what the file has as text, JSON has by its kind, and nothing is nothing."""
    for name, rows in files(api).items():
        day, kind = name[:10], name[11:].split("-")[0]
        told = api.told("reports/query", date=day, type=kind)
        assert [list(row) for row in told] == [[*NAMES, "type"]] * len(rows)
        plain = [{field: "" if row[field] is None else str(row[field]) for field in NAMES} for row in told]
        # What a spreadsheet needs is for files alone.
        expected = [{field: row[field].removeprefix("'") for field in NAMES} for row in rows]
        order = lambda row: (row["ip"], row["port"])  # noqa: E731
        assert sorted(plain, key=order) == sorted(expected, key=order)


def test_pages_hold_each_row_once_in_both_directions(api):
    whole = api.told("reports/query")
    assert len(whole) == 48
    for sort in ("ascending", "descending"):
        found, page = [], 0
        while rows := api.told("reports/query", sort=sort, limit="7", page=str(page := page + 1)):
            found += rows
        assert page == 8
        times = [row["timestamp"] for row in found]
        assert times == sorted(times, reverse=sort == "descending")
        assert sorted(map(str, found)) == sorted(map(str, whole))


def test_without_a_date_the_latest_survey_is_asked(api):
    assert {row["timestamp"][:10] for row in api.told("reports/query")} == {api.owners.days[1]}
    both = api.told("reports/query", date=f"{api.owners.days[0]}:now")
    assert {row["timestamp"][:10] for row in both} == set(api.owners.days)
    assert len(both) == 96


def test_a_facet_counts_what_the_rows_have(api):
    rows = api.told("reports/query")
    for field in ("port", "geo", "asn", "ip", "type", "severity", "hostname"):
        counts = {}
        for row in rows:
            if row[field] is not None:
                counts[row[field]] = counts.get(row[field], 0) + 1
        found = api.told("reports/query", facet=field)
        assert {one[field]: one["count"] for one in found} == counts, field
        assert [one["count"] for one in found] == sorted(counts.values(), reverse=True)
    words = {one["tag"]: one["count"] for one in api.told("reports/query", facet="tag")}
    assert words["pop3"] == words["imap"] == 24
    # Pages of it end, too.
    assert len(api.told("reports/query", facet="ip", limit=20)) == 20
    assert len(api.told("reports/query", facet="ip", limit=20, page=2)) == 4
    assert api.told("reports/query", facet="ip", limit=20, page=3) == []


def test_help_names_what_can_be_asked_for(api):
    told = api.told("reports/query", help=True)
    for field in told["fields"]:
        assert api.ask("reports/query", facet=field).status_code == 200, field
        value = "192.0.2.1" if field == "ip" else "1"
        assert api.ask("reports/query", query={field: value}).status_code == 200, field


def test_numbers_are_those_of_the_reports(api):
    day, before = api.owners.days[1], api.owners.days[0]
    told = api.told("reports/stats")
    expected = [[name[:10], name[11:].split("-")[0], str(len(rows))] for name, rows in files(api).items()]
    assert told == sorted(expected)
    assert {one[0] for one in api.told("reports/stats", date=before)} == {before}
    assert {one[1] for one in api.told("reports/stats", date=day, type=["scan_pop3_vulnerable"])} == {
        "scan_pop3_vulnerable"
    }
    assert api.told("reports/stats", report="other") == []


def test_types_are_those_that_the_subscriber_gets(api):
    assert api.told("reports/types") == list(ReportType)
    assert set(api.told("reports/types", date="now")) == {one["type"] for one in api.told("reports/list")}
    for one in api.told("reports/types", detail=True):
        assert set(one) == {"type", "name", "description"}


def test_the_schema_describes_the_rows(api):
    for kind in ReportType:
        schema = api.told("reports/schema", type=str(kind))
        assert list(schema["properties"]) == list(NAMES)
        for row in api.told("reports/query", type=str(kind)):
            jsonschema.validate(row, schema)


def test_a_key_is_told_about(api):
    (info,) = api.told("key/info")
    assert info["report"] == "alpha"
    assert info["label"] == "alpha"
    assert info["filters"]["cidr"] == ["192.0.2.0/24", "2001:db8:a::/48"]
    assert "secret" not in str(info)


def test_ping_tells_the_time(api):
    said = datetime.strptime(api.told("test/ping")["pong"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - said) < timedelta(minutes=5)


def test_devices_are_those_of_an_address(api):
    told = api.told("reports/device-info", query={"ip": "192.0.2.3"})["devices"]
    assert [(one["ip"], one["port"]) for one in told] == [("192.0.2.3", 110), ("192.0.2.3", 143)]
    assert api.ask("reports/device-info", query={"port": 110}).status_code == 400


def test_what_is_published_meanwhile_is_seen(api_of, changed, make_survey):
    """A server that runs for months answers from today's survey, and files of yesterday's may go while it does."""
    own = api_of(changed)
    assert len(own.told("reports/query")) == 48
    began = datetime.now(UTC).timestamp()
    survey = make_survey(changed.root, began)
    with Store(changed.root) as store, Directory(changed.root) as directory:
        made = make_reports(store, store.survey(survey), directory, changed.root / "reports", processes=1)
    own.client.app.state.snapshots.renewed()
    assert {row["timestamp"] for row in own.told("reports/query")} >= {
        datetime.fromtimestamp(int(began) + 1, UTC).strftime("%Y-%m-%d %H:%M:%S")
    }
    assert {file.file for file in made.files if "alpha" in file.file} <= {
        one["file"] for one in own.told("reports/list")
    }


def test_of_two_surveys_of_a_day_the_later_word_counts(api_of, changed, make_survey):
    own = api_of(changed)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    make_survey(changed.root, midnight + 7_200)
    own.client.app.state.snapshots.renewed()
    rows = own.told("reports/query", date="now")
    assert len(rows) == 48
    assert {row["timestamp"][11:13] for row in rows} == {"02"}


def test_a_survey_without_data_of_places_is_asked_too(api_of, owners, tmp_path, make_survey):
    root = tmp_path / "bare"
    make_survey(root, datetime.now(UTC).timestamp(), enriched=False)
    with Directory(root) as directory:
        made = directory.new_key(
            directory.add(Subscriber(slug="a", name="A", networks=("192.0.2.0/24",))).id, ""
        )
    own = api_of(msgspec.structs.replace(owners, root=root, alpha=type(owners.alpha)(made.key, made.secret)))
    rows = own.told("reports/query")
    assert len(rows) == 24
    assert {row["asn"] for row in rows} == {None}


def test_pruned_surveys_have_reports_and_no_rows(api_of, changed):
    with Store(changed.root) as store:
        merge_state(store)
        assert prune(store, keep=1).surveys
    own = api_of(changed)
    assert own.told("reports/query", date="-5:-1") == []
    assert len(own.told("reports/query", date="-5:now")) == 48
    assert len(own.told("reports/list")) == 8


def test_a_question_that_takes_too_long_is_ended(api, monkeypatch):
    """One subscriber's question must not take the server from the others."""
    monkeypatch.setattr(row_query, "WITHIN", 0.05)
    slow = "SELECT sum(a.range * b.range) AS n FROM range(1000000) a, range(1000000) b"
    queries = row_query.RowQueries()
    try:
        with pytest.raises(row_query.BadRequestError, match="too long") as late:
            queries._ask(slow, ())
        assert late.value.status == 503
        assert queries._ask("SELECT 1 AS one", ()) == [{"one": 1}]
    finally:
        queries.close()


def test_too_many_rows_are_said_to_be_too_many(api_of, owners, monkeypatch):
    own = api_of(owners)
    monkeypatch.setattr(own_rows, "MAX_ROWS", 10)
    answer = own.ask("reports/query")
    assert answer.status_code == 400
    assert "fewer days" in answer.json()["error"]
    monkeypatch.setattr(querying, "MOST_SURVEYS", 1)
    answer = own.ask("reports/query", date="-5:now")
    assert answer.status_code == 400
    assert "surveys" in answer.json()["error"]


def test_rows_lie_in_files_for_the_server_alone_and_go_with_it(api_of, owners, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = api_of(owners)
    own.told("reports/query")
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    (file,) = folder.iterdir()
    # Somebody tidies up: the rows are put together again.
    file.unlink()
    assert len(own.told("reports/query")) == 48
    rmtree(folder)
    assert len(own.told("reports/query")) == 48
    own.client.app.state.reports_api.close()
    assert list(tmp_path.iterdir()) == []


def test_files_that_nobody_asks_for_go(api_of, changed, tmp_path, monkeypatch):
    """A server that runs for months would fill the disk otherwise."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(own_rows, "_FILES", 2)
    own = api_of(changed)
    with Directory(changed.root) as directory:
        for number in range(1, 6):
            directory.change("alpha", networks=(f"192.0.2.{number}/32",))
            own.told("reports/query")
    gc.collect()
    (folder,) = (path for path in tmp_path.iterdir() if path.name.startswith("openletter-"))
    assert len(list(folder.iterdir())) <= 3
