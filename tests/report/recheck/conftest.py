"""Verdicts to hold against each other."""

import msgspec
import pytest

from openletter.dialogue.observation import Mode, Protocol
from openletter.verdict.classes import STRICT, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import FindingName
from openletter.verdict.login import Reason
from openletter.verdict.verdict_table import VerdictRow

ROW = VerdictRow(
    ip="192.0.2.1",
    port=143,
    protocol=Protocol.IMAP,
    mode=Mode.CLEARTEXT,
    host="",
    country="",
    class_=Class.NO_TLS,
    severity=Severity.MEDIUM,
    worst=Severity.MEDIUM,
    unknown=False,
    evidence=Evidence.ADVERTISED,
    report=Report.VULNERABLE,
    strict=True,
    wide=True,
    sibling=Sibling.UNKNOWN,
    reason=Reason.NOT_ASKED,
    clause="",
    findings=(),
)
KINDS = {
    Class.TLS_REQUIRED: (Severity.LOW, Report.ACCESSIBLE),
    Class.STARTTLS_BROKEN: (Severity.LOW, Report.ACCESSIBLE),
    Class.PREAUTH_EXPOSED: (Severity.CRITICAL, Report.VULNERABLE),
    Class.UNREACHABLE: (Severity.NONE, Report.NONE),
    Class.IMPLICIT_BROKEN: (Severity.LOW, Report.NONE),
    Class.NOT_MAIL: (Severity.NONE, Report.NONE),
    Class.SILENT: (Severity.INFO, Report.NONE),
}


@pytest.fixture
def verdict_row():
    """Makes the verdict of a class as the rules have it."""

    def make(
        class_: Class = Class.NO_TLS, findings: tuple[FindingName, ...] = (), **more: object
    ) -> VerdictRow:
        severity, report = KINDS.get(class_, (Severity.MEDIUM, Report.VULNERABLE))
        return msgspec.structs.replace(
            ROW,
            **{
                "class_": class_,
                "severity": severity,
                "report": report,
                "strict": class_ in STRICT,
                "wide": class_ in WIDE,
                "findings": findings,
                **more,
            },
        )

    return make
