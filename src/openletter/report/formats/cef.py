"""Report rows as lines of the Common Event Format, version 0: what every reader of CEF reads.

After OpenText's "ArcSight CEF Implementation Standard", document version 27 (header fields, extension dictionary, character
encoding, special mappings). The exposed server is the *destination*: the survey connected to it, and a dialogue's destination
is who was called; so ``dst``, ``dpt``, ``dhost``, ``app`` and ``proto`` tell of it, and there is no source, because a report
tells of no vantage point. ``dst`` is an IPv4 address by the dictionary, an IPv6 address goes into ``c6a3``. No ``act`` and no
``outcome``: nothing was done, nothing was tried, a state was seen.

Escaped are backslash and bar in the header, backslash and equals sign in values. Line ends are never in a value, and blanks at
either end of one, which a reader cannot tell from those between pairs, are left out.
"""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter import __version__
from openletter.dialogue.observation import Mode
from openletter.report.bulk_text import where_odd
from openletter.report.formats.certificate_text import moment
from openletter.report.formats.kinds import CERTIFICATE, FINGERPRINT, Kind, by_kind, joined
from openletter.report.formats.verdict_kind import PRODUCT, VERDICT, is_sure, verdict_kind
from openletter.report.line_format import LineFormat, one_array
from openletter.report.visible import visible_text
from openletter.verdict.classes import Severity

SEVERITIES = {
    Severity.INFO: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 5,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
"""In the standard's steps: low to 3, medium to 6, high to 8, very high above."""

MAX_MESSAGE = 1_023
"""Characters of ``msg``, by the dictionary."""
MAX_CUSTOM = 4_000
"""Of ``cs1`` to ``cs6``."""
MAX_NAME = 1_023
"""Of ``dhost`` and ``destinationServiceName``."""

_PLAIN = r"^[!-<>-\[\]-~]([ -<>-\[\]-~]*[!-<>-\[\]-~])?$"
"""Of RE2: ASCII that prints, without equals sign and backslash, and without a blank at either end."""


def escaped(text: str, longest: int = MAX_CUSTOM) -> str:
    """A value of the extension. What is longer is cut, and ends in an ellipsis."""
    shown = visible_text(text).strip()
    if len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    return shown.replace("\\", "\\\\").replace("=", "\\=")


def _pairs(pairs: dict[str, str | int | None]) -> str:
    """With a blank before each; those without a value are left out."""
    return "".join(f" {key}={value}" for key, value in pairs.items() if value not in (None, ""))


def _labelled(key: str, label: str, value: str | int | None) -> dict[str, str | int | None]:
    return {f"{key}Label": label, key: value} if value not in (None, "") else {}


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _head(kind: Kind) -> str:
    """Of a row's ``VERDICT``: the header, and all pairs that tell of the verdict."""
    verdict = verdict_kind(kind)
    header = (
        "CEF:0",
        "Openletter",
        "openletter",
        __version__,
        str(verdict.class_),
        verdict.words.title,
        str(SEVERITIES[verdict.severity]),
    )
    application = verdict.protocol.upper() + ("S" if verdict.mode is Mode.IMPLICIT else "")
    pairs = {
        "app": application,
        "proto": "TCP",
        "reason": escaped(verdict.clause, MAX_MESSAGE),
        **_labelled("cs1", "Findings", escaped(" ".join(verdict.findings))),
        **_labelled("cs2", "Evidence", verdict.evidence.value),
        **_labelled("cn2", "Strict", int(verdict.strict)),
        **_labelled("cn3", "Wide", int(verdict.wide)),
    }
    return "|".join(map(_header, header)) + f"|cat={verdict.type}" + _pairs(pairs)


def _session(kind: Kind) -> str:
    said = " ".join(filter(None, (kind["handshake"], kind["cipher_suite"])))
    return _pairs(_labelled("cs3", "TLS", escaped(said)))


def _certificate(kind: Kind) -> str:
    if kind["sha256_fingerprint"] is None:
        return ""
    told = {
        "subject": kind["subject_common_name"] or kind["subject_organization_name"],
        "issuer": kind["issuer_common_name"] or kind["issuer_organization_name"],
        "SHA-256": kind["sha256_fingerprint"],
    }
    words = ", ".join(f"{what} {value}" for what, value in told.items() if value)
    until = moment(kind["cert_expiration_date"])
    expires = None if until is None else int((until - _EPOCH).total_seconds()) * 1_000
    return _pairs(
        _labelled("cs4", "Certificate", escaped(words))
        | _labelled("deviceCustomDate1", "Certificate expires", expires)
    )


def _network(kind: Kind) -> str:
    return _pairs(
        _labelled("cn1", "AS number", kind["asn"])
        | _labelled("cs5", "Network", escaped(kind["network_name"] or ""))
        | _labelled("cs6", "Country", escaped(kind["geo"] or ""))
    )


def _product(kind: Kind) -> str:
    said = " ".join(filter(None, (kind["product"], kind["product_version"])))
    return _pairs({"destinationServiceName": escaped(said, MAX_NAME)}) if is_sure(kind) else ""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _seen(timestamps: Any) -> Any:
    """In milliseconds of Unix time."""
    seconds = pc.strptime(timestamps, format="%Y-%m-%d %H:%M:%S", unit="s").cast(pa.int64())
    return joined(" rt=", seconds.cast(pa.string()), "000")


def _value(key: str, texts: Any, longest: int) -> Any:
    """``key=text`` for each, with a blank before it; empty where there is no text."""
    if pa.types.is_dictionary(texts.type):
        words = pa.concat_arrays([_value(key, texts.dictionary, longest), pa.array([""], pa.string())])
        return pa.DictionaryArray.from_arrays(pc.fill_null(texts.indices, len(words) - 1), words)
    texts = pc.fill_null(texts, "")
    long = pc.greater(pc.utf8_length(texts), longest)
    if pc.any(long).as_py():
        texts = pc.if_else(long, joined(pc.utf8_slice_codeunits(texts, 0, longest - 1), "…"), texts)
    safe = where_odd(texts, _PLAIN, lambda text: escaped(text, longest))
    return pc.if_else(pc.equal(safe, ""), "", joined(f" {key}=", safe))


def pieces(table: Any) -> Any:
    column = {
        name: one_array(table.column(name)) for name in ("timestamp", "ip", "port", "hostname", "banner")
    }
    six = pc.match_substring(column["ip"], ":")
    address = pc.if_else(six, " c6a3Label=Destination IPv6 Address c6a3=", " dst=")
    return pa.table(
        {
            "head": by_kind(table, VERDICT, _head),
            "seen": _seen(column["timestamp"]),
            "place": joined(address, column["ip"], " dpt=", column["port"].cast(pa.string())),
            "name": _value("dhost", column["hostname"], MAX_NAME),
            "product": by_kind(table, PRODUCT, _product),
            "session": by_kind(table, ("handshake", "cipher_suite"), _session),
            "certificate": by_kind(table, FINGERPRINT, _certificate, reads=CERTIFICATE),
            "network": by_kind(table, ("asn", "network_name", "geo"), _network),
            "banner": _value("msg", column["banner"], MAX_MESSAGE),
        }
    )


CEF = LineFormat(suffix="cef", header=b"", pieces=pieces)
