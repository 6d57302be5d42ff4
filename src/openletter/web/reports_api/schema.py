"""``reports/schema``: the sixty columns of a report as JSON Schema."""

from typing import Any

from openletter.report.shadowserver.columns import COLUMNS, Form
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import Severity
from openletter.web.reports_api.asked import Asked
from openletter.web.reports_api.listing import title
from openletter.web.reports_api.refusal import BadRequestError
from openletter.web.reports_api.request_body import text

_ALWAYS = ("timestamp", "severity", "ip", "protocol", "port", "tag")
"""Nowhere empty."""
_FORMATS: dict[str, dict[str, Any]] = {
    "timestamp": {"pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$", "description": "UTC"},
    "severity": {"enum": [str(one) for one in Severity if one is not Severity.NONE]},
    "port": {"minimum": 1, "maximum": 65_535},
    "geo": {"pattern": "^[A-Z]{2}$"},
}


def schema(asked: Asked) -> dict[str, Any]:
    """Of a row as ``reports/query`` answers it."""
    given = text(asked.fields, "type")
    try:
        kind = ReportType(given)
    except ValueError:
        raise BadRequestError(f"type: give one of {', '.join(ReportType)}.") from None
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title(kind),
        "type": "object",
        "properties": {
            column.name: {"type": _kind(column.name, column.form), **_FORMATS.get(column.name, {})}
            for column in COLUMNS
        },
        "required": [column.name for column in COLUMNS],
    }


def _kind(name: str, form: Form) -> str | list[str]:
    kind = "integer" if form is Form.NUMBER else "string"
    return kind if name in _ALWAYS else [kind, "null"]
