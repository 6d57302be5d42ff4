"""Report rows as JSON Lines of the Elastic Common Schema (ECS), version 9.4.

A row is ``event.kind: state``: what a survey sees of an endpoint whenever it asks. The exposed server is the ``destination``
(whom the survey called), the ``server`` (its part in the protocol) and the ``host`` (whose fault it is: where lists of
vulnerabilities look). ``vulnerability.*`` stands in rows of the vulnerable reports alone. What ECS has no field for is in
``openletter.*``.

There is no ``event.created``: ECS leaves it out where it would be the same as ``@timestamp``, and a second run must make the same
octets. ``event.id`` is the endpoint and the time at which it was seen, so a document with it as ``_id`` is there once however
often it is sent.
"""

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter import __version__
from openletter.report.bulk_text import where_odd
from openletter.report.formats.ecs_certificate import tls_server
from openletter.report.formats.kinds import CERTIFICATE, FINGERPRINT, Kind, by_kind, joined, optional
from openletter.report.formats.verdict_kind import PRODUCT, VERDICT, is_sure, verdict_kind
from openletter.report.line_format import LineFormat, one_array
from openletter.report.visible import visible_text
from openletter.verdict.classes import Report, Severity

VERSION = "9.4.0"
"""Of the schema."""

SEVERITIES = {
    Severity.INFO: 0,
    Severity.LOW: 21,
    Severity.MEDIUM: 47,
    Severity.HIGH: 73,
    Severity.CRITICAL: 99,
}
"""``event.severity``: the numbers that Elastic's own rules have for these words."""

_PLAIN = r"^[ !#-\[\]-~]*$"
"""Of RE2: ASCII that prints, without the quote and the backslash."""

_TLS_VERSIONS = {"SSLv3": ("ssl", "3.0")}
_SURVEY = {"vendor": "Openletter", "product": "openletter", "type": "scanner", "version": __version__}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _some(members: dict[str, Any]) -> dict[str, Any]:
    """Those that there are."""
    return {name: value for name, value in members.items() if value not in (None, "", (), {})}


def _open(members: dict[str, Any]) -> str:
    """An object that more members follow in."""
    return _json(members)[:-1]


def _verdict(kind: Kind) -> str:
    """Everything that depends on a row's ``VERDICT`` alone, from the end of the open ``message`` to the ``event``, which is left
    open."""
    verdict = verdict_kind(kind)
    words = verdict.words
    vulnerable = verdict.report is Report.VULNERABLE
    said: dict[str, Any] = {
        "ecs": {"version": VERSION},
        "observer": _SURVEY,
        "tags": kind["tag"].split(";"),
        "rule": _some(
            {
                "id": verdict.class_,
                "name": words.title,
                "description": words.law,
                "category": verdict.report,
                "ruleset": "openletter",
            }
        ),
    }
    if vulnerable:
        said["vulnerability"] = {
            "id": verdict.class_,
            "enumeration": "Openletter",
            "category": ["Mail"],
            "classification": "Shadowserver",
            "severity": verdict.severity.capitalize(),
            "description": f"{words.title}. {words.crosses} {words.passive}",
            "scanner": {"vendor": "Openletter"},
        }
    event = {
        "kind": "state",
        "category": ["network", "vulnerability"] if vulnerable else ["network"],
        "type": ["info"],
        "module": "openletter",
        "dataset": f"openletter.{verdict.type}",
        "code": verdict.class_,
        "severity": SEVERITIES[verdict.severity],
    }
    return f': {_json(words.title)[1:]},{_json(said)[1:-1]},"event":{_open(event)}'


def _network(kind: Kind) -> str:
    verdict = verdict_kind(kind)
    said = {"transport": "tcp", "protocol": verdict.protocol, "type": f"ipv{verdict.type.family}"}
    return f',"network":{_open(said)}'


def _product(kind: Kind) -> str:
    """Into the open ``network``, closes it."""
    if not is_sure(kind):
        return "}"
    service = _some({"type": kind["product"], "version": kind["product_version"]})
    return f',"application":{_json(kind["product"])}}},"service":{_json(service)}'


def _geo(kind: Kind) -> str:
    said = {"country_iso_code": kind["geo"], "region_name": kind["region"], "city_name": kind["city"]}
    return f',"geo":{_json(found)}' if (found := _some(said)) else ""


def _system(kind: Kind) -> str:
    organization = _some({"name": kind["network_name"]})
    said = {"number": kind["asn"], "organization": organization}
    return f',"as":{_json(found)}' if (found := _some(said)) else ""


def _session(kind: Kind) -> str:
    """Leaves ``tls`` open."""
    version = kind["handshake"]
    if version is None:
        return ',"tls":{"established":false'
    protocol, number = _TLS_VERSIONS.get(version) or ("tls", version.removeprefix("TLSv"))
    said = {"version": number, "version_protocol": protocol, "cipher": kind["cipher_suite"]}
    return f',"tls":{_open({"established": True, **_some(said)})}'


def _certificate(kind: Kind) -> str:
    """Into the open ``tls``, closes it."""
    return f',"server":{_json(tls_server(kind))}}}' if kind["sha256_fingerprint"] else "}"


def _own(kind: Kind) -> str:
    """What is not of the schema and depends on the verdict; ``openletter`` is left open."""
    verdict = verdict_kind(kind)
    said = {
        "class": verdict.class_,
        "severity": verdict.severity,
        "strict": verdict.strict,
        "wide": verdict.wide,
        "report": verdict.report,
        "type": verdict.type,
        "mode": verdict.mode,
        "evidence": verdict.evidence,
        "findings": verdict.findings,
        "clause": verdict.clause,
    }
    return f',"openletter":{_open({"findings": [], **_some(said)})}'


_YES_NO = {"Y": True, "N": False}
_OTHER = (
    "hostname_source",
    "sector",
    "naics",
    "cert_expired",
    "cert_valid",
    "self_signed",
    "sslv3_supported",
)


def _other(kind: Kind) -> str:
    product = {
        "name": kind["product"],
        "version": kind["product_version"],
        "certainty": kind["product_certainty"],
    }
    certificate = {
        "expired": _YES_NO.get(kind["cert_expired"]),
        "valid": _YES_NO.get(kind["cert_valid"]),
        "self_signed": _YES_NO.get(kind["self_signed"]),
        "validation_level": kind["validation_level"],
    }
    said = {
        "hostname_source": kind["hostname_source"],
        "sector": kind["sector"],
        "naics": kind["naics"],
        "sslv3": _YES_NO.get(kind["sslv3_supported"]),
        "product": _some(product),
        "certificate": _some(certificate),
    }
    return f",{_json(found)[1:-1]}" if (found := _some(said)) else ""


def _text(texts: Any) -> Any:
    """As strings of JSON, the quotes included; null stays null."""

    def change(text: str) -> str:
        return _json(visible_text(text))[1:-1]

    return joined('"', where_odd(texts, _PLAIN, change), '"')


def _banners(banners: Any) -> Any:
    words = pa.concat_arrays([optional(',"banner":', _text(banners.dictionary)), pa.array([""], pa.string())])
    return pa.DictionaryArray.from_arrays(pc.fill_null(banners.indices, len(words) - 1), words)


def pieces(table: Any) -> Any:
    ip, key, name = (_text(one_array(table.column(one))) for one in ("ip", "key", "hostname"))
    port = one_array(table.column("port")).cast(pa.string())
    seen = one_array(table.column("timestamp"))
    when = joined(pc.replace_substring(seen, " ", "T"), "Z")
    place = joined('"address":', ip, ',"ip":', ip, ',"port":', port)
    domain = optional(',"domain":', name)
    begun = pc.utf8_slice_codeunits(key, 0, stop=-1)
    return pa.table(
        {
            "when": joined('{"@timestamp":"', when, '","message":', begun),
            "verdict": by_kind(table, VERDICT, _verdict),
            "id": joined(',"id":', begun, "@", when, '"}'),
            "network": by_kind(table, VERDICT, _network),
            "product": by_kind(table, PRODUCT, _product),
            "destination": joined(',"destination":{', place, domain),
            "geo": by_kind(table, ("geo", "region", "city"), _geo),
            "system": by_kind(table, ("asn", "network_name"), _system),
            "server": joined('},"server":{', place, domain, '},"host":{"ip":[', ip, "]"),
            "host": joined(
                optional(',"name":', name),
                '},"related":{"ip":[',
                ip,
                "]",
                optional(',"hosts":[', name, "]"),
                "}",
            ),
            "session": by_kind(table, ("handshake", "cipher_suite"), _session),
            "certificate": by_kind(table, FINGERPRINT, _certificate, reads=CERTIFICATE),
            "own": by_kind(table, VERDICT, _own),
            "key": joined(',"key":', key),
            "other": by_kind(table, (*_OTHER, "validation_level", *PRODUCT), _other),
            "banner": _banners(one_array(table.column("banner"))),
        }
    )


ECS = LineFormat(suffix="ndjson", header=b"", pieces=pieces, closing="}}\n")
