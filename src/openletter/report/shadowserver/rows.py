"""Rows of the reports, made of endpoints and observations column by column: what is looked at one by one are distinct banners,
certificates and verdicts.

The texts are those of every format: visible, on one line, and a stranger's; what a format needs besides (a CSV cell must be no
formula) is that format's own work.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.enrich import leaf
from openletter.enrich.endpoint_table import ADDED
from openletter.report.bulk_text import where_odd
from openletter.report.line_format import one_array
from openletter.report.shadowserver.certificate_cells import certificate_columns
from openletter.report.shadowserver.columns import SCHEMA, WORDS
from openletter.report.shadowserver.report_type import types_of
from openletter.report.visible import visible_text
from openletter.store.columns import TEXT
from openletter.verdict.findings import CertificateFault, FindingName
from openletter.verdict.grouping import group

ENDPOINT_COLUMNS = (
    "ip_sort",
    "ip",
    "port",
    "host",
    "country",
    "protocol",
    "mode",
    "class",
    "worst",
    "evidence",
    "report",
    "strict",
    "clause",
    "findings",
)
"""Of endpoints, enriched or not."""
ENRICHED_COLUMNS = (
    "region",
    "city",
    "asn",
    "network_name",
    "hostname",
    "hostname_source",
    "sector",
    "naics",
    "product",
    "product_version",
    "product_certainty",
    "tls_version",
    "cipher",
    "certificate",
)
"""Of those that are enriched; where they are not, what they would say is unknown but for the session."""
OBSERVATION_COLUMNS = ("started", "banner", *leaf.READ)

_NOT_VALID = frozenset(
    fault.finding
    for fault in CertificateFault
    if fault not in (CertificateFault.WEAK_KEY, CertificateFault.WEAK_SIGNATURE)
)
"""What a client that verifies turns away for; for a weak key only one that is set to."""
_NAMES = ("network_name", "product", "product_version", "product_certainty")
_VERSIONS = {"TLSv1": "TLSv1.0"}
"""OpenSSL's words as the reports have them."""
_PLAIN = "^[ -~]*$"


def with_enrichment(endpoints: Any, observations: Any) -> Any:
    """Endpoints that have ``ENRICHED_COLUMNS``: a table of bare verdicts gets them, the session from ``observations`` (a table
    with as many rows, or none), and nothing in the others."""
    if "asn" in endpoints.column_names:
        return endpoints
    rows = endpoints.num_rows
    given = endpoints.column("host")
    known: dict[str, Any] = {
        "hostname": given,
        "hostname_source": pc.if_else(pc.equal(given, ""), "", "given"),
    }
    if observations is not None:
        seen = leaf.sessions(observations)
        known |= {"tls_version": seen.version, "cipher": seen.cipher, "certificate": seen.certificate}
    for name in ENRICHED_COLUMNS:
        kind = ADDED[name].arrow
        if name not in known:
            nothing = pa.scalar(0, kind) if name == "asn" else pa.scalar("", pa.string())
            known[name] = pa.repeat(nothing, rows)
        column = known[name]
        if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        endpoints = endpoints.append_column(name, column.cast(kind))
    return endpoints


def report_rows(endpoints: Any, observations: Any, ders: Mapping[str, bytes], *, began: float) -> Any:
    """A ``pyarrow.Table`` of :data:`~openletter.report.shadowserver.columns.SCHEMA`: a row for each of ``endpoints``, all of
    which belong to one of the reports.

    ``endpoints`` is a table with ``ENDPOINT_COLUMNS`` and ``ENRICHED_COLUMNS``, each column one array; ``observations`` those
    that they were made of (``OBSERVATION_COLUMNS``), or none where they are not kept: then all was seen when the survey
    ``began`` (Unix seconds), and no banner is known. ``ders`` are certificates by SHA-256.
    """
    rows = endpoints.num_rows
    column = {name: one_array(endpoints.column(name)) for name in endpoints.column_names}
    started = pa.repeat(began, rows) if observations is None else one_array(observations.column("started"))
    moment = pc.floor(started).cast(pa.int64()).cast(pa.timestamp("s"))
    verdict = _verdicts(endpoints, column["certificate"])
    place = {
        "asn": pc.if_else(pc.equal(column["asn"], 0), None, column["asn"]).cast(pa.int64()),
        "geo": _mapped(column["country"], str.upper),
        "region": _mapped(column["region"], lambda text: visible_text(text.upper())),
        "city": _mapped(column["city"], lambda text: visible_text(text.upper())),
    }
    cells = {
        "timestamp": pc.strftime(moment, format="%Y-%m-%d %H:%M:%S"),
        "severity": _mapped(column["worst"], str),
        "ip": column["ip"],
        "protocol": _constant("tcp", rows),
        "port": column["port"].cast(pa.int64()),
        "hostname": _own(column["hostname"]),
        **verdict,
        **place,
        "naics": _naics(column["naics"]),
        "hostname_source": _mapped(column["hostname_source"], str),
        "sector": _mapped(column["sector"], visible_text),
        "banner": _banners(observations, rows),
        "cipher_suite": _mapped(column["cipher"], visible_text),
        "handshake": _mapped(column["tls_version"], lambda text: _VERSIONS.get(text, visible_text(text))),
        **certificate_columns(column["certificate"], ders),
        "jarm": _constant(None, rows),
        "sslv3_supported": _sslv3(column["tls_version"]),
        "type": types_of(column["report"], column["protocol"], column["ip_sort"]),
        "day": moment.cast(pa.date32()),
        "ip_sort": column["ip_sort"],
        "host": column["host"],
        "key": _keys(column),
        **{name: _mapped(column[name], str) for name in ("mode", "evidence", "clause")},
        **{name: _mapped(column[name], visible_text) for name in _NAMES},
    }
    return pa.Table.from_arrays([cells[name] for name in SCHEMA.names], schema=SCHEMA)


def _mapped(column: Any, change: Callable[[str], str]) -> Any:
    """Words or octets, each distinct one changed; the empty one is nothing."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    changed = [(change(value) or None) if value else None for value in encoded.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).dictionary_encode().take(encoded.indices).cast(WORDS)


def _constant(value: str | None, rows: int) -> Any:
    return pa.repeat(pa.scalar(value, pa.string()), rows).dictionary_encode().cast(WORDS)


def _own(texts: Any) -> Any:
    shown = where_odd(texts.cast(TEXT.arrow), _PLAIN, visible_text)
    return pc.if_else(pc.equal(shown, ""), pa.scalar(None, TEXT.arrow), shown)


def _naics(column: Any) -> Any:
    """A code as a number; of a sector that is a range (31-33) the first of it."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = (text.partition("-")[0] for text in encoded.dictionary.to_pylist())
    numbers = [int(code) if code.isascii() and code.isdigit() else None for code in codes]
    return pa.array(numbers, pa.int64()).take(encoded.indices)


def banner_text(banner: bytes) -> str:
    """The first line that a server said, or what it said instead of one, as one line that prints."""
    text = banner.decode("utf-8", "surrogateescape")
    for end in ("\r\n", "\n", "\r"):
        text = text.replace(end, "|")
    return visible_text(text)


def _banners(observations: Any, rows: int) -> Any:
    if observations is None:
        return _constant(None, rows)
    encoded = one_array(observations.column("banner")).dictionary_encode()
    texts = [banner_text(banner) or None for banner in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).dictionary_encode().take(encoded.indices).cast(WORDS)


def _verdicts(endpoints: Any, certificate: Any) -> dict[str, Any]:
    """``tag``, ``cert_expired`` and ``cert_valid``; the latter two only of who showed a certificate."""
    groups = group(endpoints, ("protocol", "class", "findings"))
    kinds = endpoints.select(["protocol", "class", "findings"]).take(groups.first).to_pylist()
    tags = [
        ";".join((kind["protocol"], kind["class"], *kind["findings"])).replace("_", "-") for kind in kinds
    ]
    expired = ["Y" if FindingName.CERT_EXPIRED in kind["findings"] else "N" for kind in kinds]
    valid = ["N" if _NOT_VALID.intersection(kind["findings"]) else "Y" for kind in kinds]
    shown = pc.if_else(pc.equal(certificate.cast(pa.string()), ""), pa.scalar(None, pa.int64()), groups.of)

    def told(words: list[str], of: Any) -> Any:
        return pa.array(words, pa.string()).dictionary_encode().take(of).cast(WORDS)

    return {
        "tag": told(tags, groups.of),
        "cert_expired": told(expired, shown),
        "cert_valid": told(valid, shown),
    }


def _sslv3(version: Any) -> Any:
    """``Y`` where nothing newer would do. Else it is not known: who speaks TLS is not asked for SSLv3 (VERDICTS §4)."""
    yes = pc.equal(version.cast(pa.string()), "SSLv3")
    return pc.if_else(yes, "Y", pa.scalar(None, pa.string())).dictionary_encode().cast(WORDS)


def _keys(column: Mapping[str, Any]) -> Any:
    six = pc.match_substring(column["ip"], ":")
    bracketed = pc.binary_join_element_wise("[", column["ip"], "]", "")
    place = pc.if_else(six, bracketed, column["ip"])
    named = pc.if_else(pc.equal(column["host"], ""), "", pc.binary_join_element_wise("/", column["host"], ""))
    return pc.binary_join_element_wise(place, ":", column["port"].cast(pa.string()), named, "")
