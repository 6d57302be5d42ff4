"""Endpoints as rows of a table, for the list and for search."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

import msgspec

from openletter.dialogue.observation import Mode, Protocol
from openletter.report.visible import Piece, visible, visible_text
from openletter.statistics.endpoints import EndpointRow, Total
from openletter.statistics.findings import severity_of
from openletter.verdict.classes import Evidence, Severity
from openletter.web.endpoint_view import SERVICES
from openletter.web.labels import CLASSES, EVIDENCE, FINDINGS, SEVERITIES
from openletter.web.naming import product_name
from openletter.web.words import Words


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    href: str
    address: str
    service: str
    class_: str
    class_name: str
    severity: str
    unknown: bool
    grade: str
    """Of the evidence, where it is less than what a server says of itself."""
    findings: tuple[str, ...]
    """Those that are more than worth knowing."""
    hostname: tuple[Piece, ...]
    country: str
    asn: int
    asn_href: str
    network_name: tuple[Piece, ...]
    product: str
    tls: str


def endpoint_address(ip: str, port: int) -> str:
    """``192.0.2.1:143``, ``[2001:db8::1]:143``."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def endpoint_href(ip: str, port: int, *, host: str = "", survey: str = "") -> str:
    said = urlencode([(name, value) for name, value in (("host", host), ("survey", survey)) if value])
    return f"/endpoint/{quote(ip, safe=':')}/{port}{'?' if said else ''}{said}"


_LESSER = frozenset({Evidence.AMBIGUOUS, Evidence.ASSUMED})
_KNOWN_CLASSES = {str(cls): name for cls, name in CLASSES.items()}
_KNOWN_FINDINGS = {str(finding): name for finding, name in FINDINGS.items()}


def class_name(cls: str) -> str:
    """A message; of a class that this program does not know, its word."""
    return _KNOWN_CLASSES.get(cls, cls)


def finding_name(finding: str) -> str:
    return _KNOWN_FINDINGS.get(finding, finding)


def severity_name(severity: str, words: Words) -> str:
    return words.text(SEVERITIES[Severity(severity)])


def _product(row: EndpointRow, words: Words) -> str:
    if not row.product:
        return "–"
    return f"{product_name(row.product, words)} {visible_text(row.product_version)}".rstrip()


def row_views(rows: Iterable[EndpointRow], words: Words, survey: str) -> list[RowView]:
    """``survey``: what the address of the page names, so that its links lead to the same one."""
    return [
        RowView(
            href=endpoint_href(row.ip, row.port, host=row.host, survey=survey),
            address=endpoint_address(row.ip, row.port),
            service=SERVICES[Protocol(row.protocol), Mode(row.mode)],
            class_=row.class_,
            class_name=class_name(row.class_),
            severity=row.worst,
            unknown=row.unknown,
            grade=EVIDENCE[Evidence(row.evidence)] if row.evidence in _LESSER and row.wide else "",
            findings=tuple(finding_name(name) for name in row.findings if severity_of(name) > Severity.INFO),
            hostname=visible(row.hostname or row.host),
            country=row.country,
            asn=row.asn,
            asn_href=f"/network/{row.asn}" + (f"?{urlencode({'survey': survey})}" if survey else ""),
            network_name=visible(row.network_name),
            product=_product(row, words),
            tls=row.tls_version or "–",
        )
        for row in rows
    ]


def total_words(total: Total | None, words: Words) -> str:
    if total is None:
        return ""
    if not total.exact:
        return words.text(
            "More than %(count)s endpoints fit; narrow the filter to see how many.",
            count=words.number(total.count),
        )
    if not total.count:
        return words.text("No endpoint fits.")
    if total.count == 1:
        return words.text("1 endpoint fits.")
    return words.text("%(count)s endpoints fit.", count=words.number(total.count))
