"""Subscribers from a CSV file. What a user loses when these fail: half a list that was imported, or a column that went
somewhere else."""

import pytest

from openletter.subscriber.csv_file import import_csv
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Format, Language, SubscriberError
from openletter.verdict.classes import Severity


@pytest.fixture
def directory(tmp_path):
    with Directory(tmp_path) as opened:
        yield opened


@pytest.fixture
def load(tmp_path, directory):
    def load(text, encoding="utf-8"):
        path = tmp_path / "many.csv"
        path.write_bytes(text.encode(encoding))
        return import_csv(directory, path)

    return load


def test_every_column_arrives(load, directory):
    load(
        "\ufeffSlug,name,networks,asns,countries,domains,contacts,language,formats,reports,minimum,reminders,active\r\n"
        'a,"Größe, Ltd",192.0.2.0/24;2001:db8::/32,AS64496 64497,nl de,example.org,a@example.org,JA,csv html,'
        "scan_imap,Medium,medium=3 low=0,no\r\n"
    )
    (found,) = directory.list()
    assert (found.slug, found.name, found.active) == ("a", "Größe, Ltd", False)
    assert found.networks == ("192.0.2.0/24", "2001:db8::/32")
    assert (found.asns, found.countries) == ((64496, 64497), ("DE", "NL"))
    assert (found.language, found.minimum) == (Language.JA, Severity.MEDIUM)
    assert (found.formats, found.reports) == ((Format.CSV, Format.HTML), (ReportType.SCAN_IMAP,))
    assert (found.reminders.medium, found.reminders.low, found.reminders.high) == (3, 0, 7)


def test_who_is_there_is_changed_in_the_columns_of_the_file_alone(load, directory):
    load("slug,name,asns,domains\na,A,64496,example.org\nb,B,,\n")
    done = load("slug,asns\na,64497\nb,\nc,64498\n")
    assert [[one.slug for one in some] for some in (done.added, done.changed, done.same)] == [
        ["c"],
        ["a"],
        ["b"],
    ]
    a, _, c = directory.list()
    assert (a.name, a.asns, a.domains) == ("A", (64497,), ("example.org",))
    assert c.name == "c"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("name\nA\n", "slug is missing"),
        ("slug,surname\na,A\n", '"surname" is no column'),
        ("slug,slug\na,a\n", "named twice"),
        ("slug,name\na\n", "line 2: has 1 cells"),
        ("slug,name\n,A\n", "line 2: the slug is missing"),
        ("slug,networks\nb,\na,192.0.2.0/33\n", "line 3: .*192.0.2.0/33"),
        ("slug,asns\na,ASX\n", "line 2: asns"),
        ("slug,minimum\na,bad\n", "line 2: minimum"),
        ("slug,reminders\na,medium\n", "line 2: reminders"),
        ("slug,active\na,perhaps\n", "line 2: active"),
        ("slug\na\nb\nA\n", "line 4: .*stands in line 2"),
        ('slug\n"a\n', "is no CSV"),
    ],
)
def test_a_line_that_cannot_be_leaves_everything_as_it_was(load, directory, text, says):
    load("slug\nold\n")
    with pytest.raises(SubscriberError, match=says):
        load(text)
    assert [one.slug for one in directory.list()] == ["old"]


def test_other_encodings_are_refused_not_misread(load, directory):
    with pytest.raises(SubscriberError, match="UTF-8"):
        load("slug,name\na,Größe\n", "latin-1")
    assert directory.list() == ()
