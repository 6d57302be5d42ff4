"""An endpoint as JSON: the shape of ``check --json``, and its published schema (``docs/schema/endpoint.json``).

Octets that a peer said are text here: printable ASCII as it stands, the backslash doubled, everything else ``\\xNN``.
"""

import re
from typing import Any

import msgspec

from openletter.dialogue.observation import Observation
from openletter.enrich.product import Certainty, How, Product
from openletter.report.host import EndpointReport
from openletter.tls.certificate import CertificateFacts, Unreadable, UnreadableReason
from openletter.verdict.classes import Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import FindingName
from openletter.verdict.login import Reason


class ProductRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: Product
    version: str
    how: How
    certainty: Certainty


class ChangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    applies_to: str
    guessed: bool
    where: str
    lines: tuple[str, ...]
    apply: tuple[str, ...]
    note: str


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    text: str
    changes: tuple[ChangeRecord, ...]


class EndpointRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint: what was seen, what it is called, on what evidence, and what to do about it."""

    host: str | msgspec.UnsetType = msgspec.UNSET
    """The name that the user gave, where one was given."""
    ip: str
    port: int
    protocol: str
    mode: str
    class_: Class = msgspec.field(name="class")
    severity: Severity
    """The worst of the class and its findings."""
    unknown: bool
    """It answered, but what it exposes is not known."""
    evidence: Evidence
    strict: bool
    """No TLS to be had."""
    wide: bool
    """A password can cross in the clear."""
    report: Report
    reason: Reason
    sibling: Sibling
    clause: str
    """RFC and section that the class rests on."""
    findings: tuple[FindingName, ...]
    product: ProductRecord
    remedy: tuple[StepRecord, ...]
    certificate: CertificateFacts | None
    """Facts of the leaf; ``null`` where none was shown or none can be read."""
    certificate_unreadable: UnreadableReason | None
    observation: Observation


_LONG = {"\\\\": "\\\\", "\\n": "\\x0a", "\\r": "\\x0d", "\\t": "\\x09"}
_SHORT = re.compile(r"\\[\\nrt]")


def escaped(octets: bytes) -> str:
    """Octets as text that can be turned back: see the head of this file."""
    text = octets.decode("latin-1").encode("unicode_escape").decode("ascii")
    # Python shortens three of them; one form for all is easier to read back elsewhere.
    return _SHORT.sub(lambda found: _LONG[found[0]], text)


def record(of: EndpointReport) -> EndpointRecord:
    seen, verdict, product = of.observation, of.verdict, of.recognition
    return EndpointRecord(
        host=seen.host or msgspec.UNSET,
        ip=seen.ip,
        port=seen.port,
        protocol=seen.protocol.value,
        mode=seen.mode.value,
        class_=verdict.class_,
        severity=verdict.worst,
        unknown=verdict.unknown,
        evidence=verdict.evidence,
        strict=verdict.strict,
        wide=verdict.wide,
        report=verdict.report,
        reason=verdict.reason,
        sibling=verdict.sibling,
        clause=verdict.clause,
        findings=tuple(finding.name for finding in verdict.findings),
        product=ProductRecord(
            name=product.product, version=product.version, how=product.how, certainty=product.certainty
        ),
        remedy=msgspec.convert(of.remedy.steps, tuple[StepRecord, ...], from_attributes=True),
        certificate=of.certificate if isinstance(of.certificate, CertificateFacts) else None,
        certificate_unreadable=of.certificate.reason if isinstance(of.certificate, Unreadable) else None,
        observation=seen,
    )


def textual(value: Any) -> Any:
    """Builtin values with all octets among them as text: see the head of this file."""
    if isinstance(value, bytes):
        return escaped(value)
    if isinstance(value, dict):
        return {key: textual(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [textual(inner) for inner in value]
    return value


def textual_schema(node: Any) -> Any:
    """A JSON Schema in which octets are what ``textual`` makes of them."""
    if isinstance(node, dict):
        if node.get("contentEncoding") == "base64":
            kept = {k: v for k, v in node.items() if k not in ("contentEncoding", "default")}
            return {**kept, "description": "octets: printable ASCII, backslash doubled, the rest as \\xNN"}
        return {key: textual_schema(inner) for key, inner in node.items()}
    if isinstance(node, list):
        return [textual_schema(inner) for inner in node]
    return node


def to_json(of: EndpointReport) -> str:
    """One line of JSON."""
    plain = msgspec.to_builtins(record(of), builtin_types=(bytes,))
    return msgspec.json.encode(textual(plain)).decode()


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line."""
    (top,), components = msgspec.json.schema_components([EndpointRecord], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One endpoint, as openletter check --json prints it",
        **top,
        "$defs": textual_schema(components),
    }
