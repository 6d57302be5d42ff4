"""What of an endpoint is to be mended: the faults that its owner is told of."""

from collections.abc import Sequence

from openletter.verdict.classes import Class, Report, Severity
from openletter.verdict.modifiers import MODIFIERS

LEAST = Severity.LOW
"""What is less severe is told in reports, and is nothing to be mended."""

SOUND = frozenset({Class.TLS_REQUIRED, Class.IMPLICIT_TLS})
"""Classes that are reported and are as they should be."""

FINDINGS = {str(modifier.name): modifier.severity for modifier in MODIFIERS}


def faults_of(class_: str, severity: str, report: str, findings: Sequence[str]) -> list[tuple[str, Severity]]:
    """What is to be mended in an endpoint with this verdict, and how severe each of it is: its class first. Nothing where it is
    in no report."""
    if report == Report.NONE:
        return []
    classes = [] if class_ in SOUND else [(class_, Severity(severity))]
    return [*classes, *((name, FINDINGS[name]) for name in findings)]
