"""The package's own table of columns. What a user loses when these fail: tools that read the Foundation's reports find a column
missing, or read one as another."""

import json
from pathlib import Path

from openletter.report.shadowserver.columns import COLUMNS, KEYS, NAMES, SCHEMA
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import Report

FIXTURES = Path(__file__).parent.parent / "fixtures"
REPORTS = json.loads((FIXTURES / "shadowserver-reports.json").read_text())
INTELMQ = json.loads((FIXTURES / "shadowserver-intelmq.json").read_text())


def test_the_columns_of_every_report_are_the_published_ones_in_their_order():
    assert {str(kind) for kind in ReportType} == REPORTS.keys()
    for published in REPORTS.values():
        assert tuple(published["fields"]) == NAMES
    assert len(COLUMNS) == 60


def test_intelmq_has_a_place_for_every_column():
    for kind in ReportType:
        feed = INTELMQ[kind]
        fields = {field[1] for part in ("required_fields", "optional_fields") for field in feed[part]}
        assert fields == set(NAMES)
        vulnerable = kind.report is Report.VULNERABLE
        assert feed["constant_fields"]["classification.taxonomy"] == ("vulnerable" if vulnerable else "other")
        assert feed["constant_fields"]["protocol.application"] == kind.protocol


def test_the_table_has_the_columns_and_its_keys():
    assert tuple(SCHEMA.names) == (*NAMES, *(key.name for key in KEYS))
