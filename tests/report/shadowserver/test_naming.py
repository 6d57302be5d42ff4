"""Names of report files. What a user loses when these fail: readers tell a report's type by its file's name."""

import re
from datetime import date

import pytest

from openletter.report.shadowserver.naming import file_name, filter_of, is_report
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Subscriber

INTELMQ = re.compile(r"^(?:\d{4}-\d{2}-\d{2}-)?(\w+)(-\w+)*\.csv$")
"""As IntelMQ 3.5 tells the type."""


@pytest.mark.parametrize("kind", ReportType)
def test_a_name_tells_its_type(kind):
    name = file_name(date(2026, 11, 24), kind, "a_1", "cidr")
    assert name == f"2026-11-24-{kind}-a_1-cidr.csv"
    assert INTELMQ.search(name)[1] == kind
    assert is_report(name)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"networks": ("192.0.2.0/24",)}, "cidr"),
        ({"asns": (1,)}, "asn"),
        ({"countries": ("NL",)}, "geo"),
        ({"domains": ("example.org",)}, "domain"),
        ({"asns": (1,), "countries": ("NL",)}, "all"),
        ({}, "all"),
    ],
)
def test_the_filter_is_what_rows_were_chosen_by(more, word):
    whose = Subscriber(slug="a", name="A", **more)
    assert filter_of(whose) == word
    assert filter_of(whose, strict=True) == f"{word}_strict"


@pytest.mark.parametrize(
    "name", ["../2026-11-24-scan_imap-a-all.csv", "2026-11-24-scan_ssh-a-all.csv", "a.csv", ""]
)
def test_other_files_are_no_reports(name):
    assert not is_report(name)
