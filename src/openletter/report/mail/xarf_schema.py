"""The schema that ``Schema-URL`` names: what ``report.txt`` of X-ARF 0.2 holds, in the draft of JSON Schema that it uses. There a
property must be given that is not ``optional``."""

from typing import Any

from openletter.report.mail.xarf import REPORT_TYPE, SCHEMA_URL
from openletter.verdict.classes import Class, Evidence, Severity


def schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "id": SCHEMA_URL,
        "description": "A mail server that lets passwords cross without TLS, or is open to everybody",
        "type": "object",
        "properties": {
            "Reported-From": {"type": "string", "format": "email"},
            "Category": {"type": "string", "enum": ["info"]},
            "Report-Type": {"type": "string", "enum": [REPORT_TYPE]},
            "Service": {"type": "string", "enum": ["imap", "pop3"]},
            "Version": {"type": "number"},
            "User-Agent": text,
            "Date": {"type": "string", "format": "date-time"},
            "Source-Type": {"type": "string", "enum": ["ip-address", "ipv6"]},
            "Source": text,
            "Port": {"type": "integer"},
            "Report-ID": {"type": "string", "format": "email"},
            "Schema-URL": {"type": "string", "format": "uri"},
            "Attachment": {"type": "string", "enum": ["text/plain"]},
            "Severity": {
                "type": "string",
                "enum": [str(one) for one in Severity if one is not Severity.NONE],
            },
            "Class": {"type": "string", "enum": [str(one) for one in Class]},
            "Findings": {**text, "description": "names with blanks between them, or none"},
            "Evidence": {"type": "string", "enum": [str(one) for one in Evidence]},
            "Clause": {**text, "optional": True},
            "Source-Name": {**text, "optional": True, "description": "a stranger's word"},
        },
    }
