"""What a row's verdict is, read back from its columns: the same few hundred kinds in every survey."""

import msgspec

from openletter.dialogue.observation import Mode, Protocol
from openletter.enrich.product import Certainty
from openletter.remedy.wording import CATALOGUES
from openletter.remedy.words import Words
from openletter.report.formats.kinds import Kind
from openletter.report.told import class_of, findings_of
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import STRICT, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.findings import FindingName

VERDICT = ("type", "severity", "tag", "mode", "evidence", "clause")
"""The columns."""

PRODUCT = ("product", "product_version", "product_certainty")
"""The columns of what was recognised."""


class VerdictKind(msgspec.Struct, frozen=True, kw_only=True):
    type: ReportType
    severity: Severity
    """The worst of class and findings."""
    class_: Class
    findings: tuple[FindingName, ...]
    mode: Mode
    evidence: Evidence
    clause: str
    """Empty where no RFC is touched."""

    @property
    def protocol(self) -> Protocol:
        return self.type.protocol

    @property
    def report(self) -> Report:
        return self.type.report

    @property
    def strict(self) -> bool:
        return self.class_ in STRICT

    @property
    def wide(self) -> bool:
        return self.class_ in WIDE

    @property
    def words(self) -> Words:
        """Of the class, in English: what a rule of a SIEM is written for must not change with a reader's language."""
        return CATALOGUES["en"].classes[self.class_]


def verdict_kind(kind: Kind) -> VerdictKind:
    """Of a row's ``VERDICT``."""
    return VerdictKind(
        type=ReportType(kind["type"]),
        severity=Severity(kind["severity"]),
        class_=class_of(kind["tag"]),
        findings=findings_of(kind["tag"]),
        mode=Mode(kind["mode"]),
        evidence=Evidence(kind["evidence"]),
        clause=kind["clause"] or "",
    )


def is_sure(kind: Kind) -> bool:
    """Whether the product of a row's ``PRODUCT`` is more than a guess. A field that has no place for how sure it is gets none of
    the guesses."""
    return bool(kind["product"]) and kind["product_certainty"] in (Certainty.CERTAIN, Certainty.LIKELY)
