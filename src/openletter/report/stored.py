"""An endpoint of a survey as ``check`` would tell of it: the verdict that was published, not one that is made anew."""

from collections.abc import Sequence

from openletter.dialogue.observation import Observation
from openletter.remedy.remedies import remedy_for
from openletter.report.host import EndpointReport, product_of_host, recognition_of
from openletter.tls.certificate import facts
from openletter.verdict.findings import Finding, FindingName
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.verdict import Verdict
from openletter.verdict.verdict_table import VerdictRow

_FINDINGS = {
    modifier.name: Finding(modifier.name, modifier.severity, modifier.clause) for modifier in MODIFIERS
}


def finding(name: FindingName) -> Finding:
    """The finding of a name, under the rules of this program."""
    return _FINDINGS[name]


def stored_verdict(row: VerdictRow) -> Verdict:
    """The verdict that a row was made of."""
    return Verdict(
        class_=row.class_,
        severity=row.severity,
        unknown=row.unknown,
        evidence=row.evidence,
        report=row.report,
        strict=row.strict,
        wide=row.wide,
        sibling=row.sibling,
        findings=tuple(map(finding, row.findings)),
        reason=row.reason,
        clause=row.clause,
        protocol=row.protocol,
        mode=row.mode,
    )


def stored_report(
    row: VerdictRow,
    seen: Observation,
    chain: Sequence[bytes],
    of_host: Sequence[Observation],
    language: str = "en",
) -> EndpointReport:
    """``chain``: DER, leaf first; ``of_host``: what was seen of all endpoints of the same host, this one among them.

    ``KeyError`` for a language without a catalogue.
    """
    verdict = stored_verdict(row)
    recognition = recognition_of(seen, product_of_host(of_host))
    return EndpointReport(
        observation=seen,
        verdict=verdict,
        recognition=recognition,
        remedy=remedy_for(verdict, recognition, language),
        certificate=facts(chain[0]) if chain else None,
    )
