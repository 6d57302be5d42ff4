"""Report rows for whoever writes no files. What a user loses when these fail: a query or another format that says something else
than the reports do."""

import csv

import pytest

from openletter.report.reporting import make_reports
from openletter.report.shadowserver.columns import NAMES
from openletter.report.told_rows import SUBSCRIBER_ROWS, subscriber_rows
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.verdict.classes import Severity


@pytest.fixture
def everybody():
    return [
        Subscriber(id=1, slug="a", name="A", networks=("127.128.0.0/22", "2001:db8::/33")),
        Subscriber(id=2, slug="b", name="B", networks=("127.128.1.0/24",), minimum=Severity.MEDIUM),
        Subscriber(id=7, slug="c", name="C", countries=("JP",), domains=("example.org",)),
        Subscriber(id=8, slug="d", name="D"),
    ]


def test_they_are_the_rows_of_the_files(zoo, everybody, tmp_path):
    files = {}
    with Store(zoo) as store, Directory(zoo) as directory:
        record = store.latest(judged=True)
        tables = list(subscriber_rows(store, [record], everybody))
        run = make_reports(store, record, directory, tmp_path, (Format.CSV,), subscribers=everybody)
    for file in run.files:
        with (tmp_path / file.file).open(newline="") as opened:
            files[file.subscriber_id, str(file.type), file.date] = [
                (row["ip"], row["port"], row["tag"]) for row in csv.DictReader(opened)
            ]
    found = {}
    for table in tables:
        assert table.schema == SUBSCRIBER_ROWS
        for row in table.to_pylist():
            key = (row["subscriber"], row["type"], row["day"])
            found.setdefault(key, []).append((row["ip"], str(row["port"]), row["tag"]))
    assert found == files
    assert {whose for whose, _, _ in found} == {1, 2, 7}


def test_a_key_is_the_same_word_for_an_endpoint_in_every_survey(zoo, everybody):
    with Store(zoo) as store:
        (table,) = subscriber_rows(store, [store.latest(judged=True)], everybody[:3])
    keys = {row["key"]: (row["ip"], row["port"], row["host"]) for row in table.to_pylist()}
    assert len(set(keys.values())) == len(keys)
    for key, (ip, port, host) in keys.items():
        place = f"[{ip}]" if ":" in ip else ip
        assert key == f"{place}:{port}" + (f"/{host}" if host else "")


def test_nothing_is_null_and_no_text_is_empty(zoo, everybody):
    with Store(zoo) as store:
        for table in subscriber_rows(store, [store.latest(judged=True)], everybody):
            for name in NAMES:
                assert "" not in table.column(name).unique().to_pylist()


def test_who_has_nothing_is_told_nothing(zoo, everybody):
    with Store(zoo) as store:
        assert list(subscriber_rows(store, [store.latest(judged=True)], everybody[3:])) == []
        assert list(subscriber_rows(store, [store.latest(judged=True)], [])) == []
