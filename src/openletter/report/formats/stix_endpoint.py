"""One endpoint of a report row as STIX objects: plain values, since the library takes two milliseconds for what this does in a
tenth of one. Tests have the library read them, strictly.

An endpoint with faults is an ``infrastructure``, which ``consists-of`` the service (``network-traffic`` to its address and port)
and its software, and ``has`` each of its faults, a ``vulnerability``. What a survey saw is ``observed-data`` of that moment:
address, network, name, service, certificate, software. When a fault is mended its ``has`` gets a ``stop_time``, and loses it
where the fault comes back. It is not ``revoked``: that is for good (STIX 2.1 §3.2), and the fault could never be told of again.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from openletter.enrich.product import Product
from openletter.remedy.wording import PRODUCT_NAMES
from openletter.report.formats.certificate_text import distinguished_name, iso
from openletter.report.formats.kinds import Kind
from openletter.report.formats.stix_common import AUTHOR_ID, CREATED, vulnerability_id
from openletter.report.formats.stix_ids import observable_id, own_id
from openletter.report.formats.verdict_kind import VerdictKind, is_sure

MAX_BANNER = 500
"""Characters in a description."""

_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says."""

    row: Kind
    verdict: VerdictKind
    faults: tuple[str, ...]
    """What is to be mended, the class first."""
    seen: str
    """When, as STIX writes it."""


def infrastructure_id(key: str) -> str:
    """``key``: of the endpoint, the same in every survey."""
    return own_id("infrastructure", key)


def endpoint_objects(endpoint: Endpoint, known: set[str], marking: str) -> Iterator[dict[str, Any]]:
    """``known``: identifiers of the observables that the bundle has already; those that come are added. ``marking``: of all that
    is told of an owner."""
    observables = list(_observables(endpoint.row, endpoint.verdict))
    for one in observables:
        if one["id"] not in known:
            known.add(one["id"])
            yield {**one, "object_marking_refs": [marking]}
    yield from _infrastructure(endpoint, observables, marking)
    key = endpoint.row["key"]
    yield {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": own_id("observed-data", f"{key}@{endpoint.seen}"),
        "created_by_ref": AUTHOR_ID,
        "created": endpoint.seen,
        "modified": endpoint.seen,
        "first_observed": endpoint.seen,
        "last_observed": endpoint.seen,
        "number_observed": 1,
        "object_refs": [one["id"] for one in observables],
        "object_marking_refs": [marking],
    }


def _infrastructure(
    endpoint: Endpoint, observables: list[dict[str, Any]], marking: str
) -> Iterator[dict[str, Any]]:
    row, verdict = endpoint.row, endpoint.verdict
    key = row["key"]
    told: dict[str, Any] = {
        "name": f"{verdict.protocol.upper()} {key}",
        "description": _description(row, verdict),
        "last_seen": endpoint.seen,
        "labels": _labels(verdict),
    }
    if row["link"]:
        reference = {"source_name": "Openletter", "description": "Check again", "url": row["link"]}
        told["external_references"] = [reference]
    identifier = infrastructure_id(key)
    yield _made("infrastructure", identifier, endpoint.seen, marking, told)
    for one in observables:
        if one["type"] in ("network-traffic", "software"):
            yield relationship(key, "consists-of", one["id"], endpoint.seen, marking)
    for fault in endpoint.faults:
        yield relationship(key, "has", vulnerability_id(fault), endpoint.seen, marking)


def _made(kind: str, identifier: str, modified: str, marking: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": identifier,
        "created_by_ref": AUTHOR_ID,
        "created": CREATED,
        "modified": max(modified, CREATED),
        **told,
        "object_marking_refs": [marking],
    }


def relationship(
    key: str, what: str, target: str, modified: str, marking: str, *, over: bool = False
) -> dict[str, Any]:
    """Of the infrastructure ``key`` to another object. ``over``: it held until ``modified``."""
    told: dict[str, Any] = {
        "relationship_type": what,
        "source_ref": infrastructure_id(key),
        "target_ref": target,
    }
    if over:
        told["stop_time"] = modified
    return _made("relationship", own_id("relationship", f"{key}:{what}:{target}"), modified, marking, told)


def mended(key: str, protocol: str, modified: str, marking: str) -> dict[str, Any]:
    """The infrastructure of an endpoint in which nothing is to be mended any more."""
    told = {
        "name": f"{protocol.upper()} {key}",
        "description": "What was reported of this server is mended.",
        "labels": ["fixed"],
    }
    return _made("infrastructure", infrastructure_id(key), modified, marking, told)


def _description(row: Kind, verdict: VerdictKind) -> str:
    words = verdict.words
    said = [f"{words.title}."]
    if verdict.clause:
        said.append(f"See {verdict.clause}.")
    if banner := row["banner"]:
        said.append(f"It says: {banner[:MAX_BANNER]}")
    return " ".join(said)


def _labels(verdict: VerdictKind) -> list[str]:
    counted = [word for word, there in (("strict", verdict.strict), ("wide", verdict.wide)) if there]
    return [
        verdict.class_,
        *verdict.findings,
        *counted,
        f"severity:{verdict.severity}",
        f"evidence:{verdict.evidence}",
        f"report:{verdict.type}",
    ]


def _observable(kind: str, contributing: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in told.items() if value not in (None, "")}
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": observable_id(kind, contributing),
        **contributing,
        **found,
    }


def _observables(row: Kind, verdict: VerdictKind) -> Iterator[dict[str, Any]]:
    belongs: dict[str, Any] = {}
    if row["asn"] is not None:
        system = _observable("autonomous-system", {"number": row["asn"]}, {"name": row["network_name"]})
        belongs["belongs_to_refs"] = [system["id"]]
        yield system
    family = verdict.type.family
    address = _observable(f"ipv{family}-addr", {"value": row["ip"]}, belongs)
    yield address
    if row["hostname"]:
        yield _observable("domain-name", {"value": row["hostname"]}, {})
    application = verdict.protocol + ("s" if verdict.mode == "implicit" else "")
    service = {
        "dst_ref": address["id"],
        "dst_port": row["port"],
        "protocols": [f"ipv{family}", "tcp", application],
    }
    yield _observable("network-traffic", service, {})
    if row["sha256_fingerprint"]:
        yield _certificate(row)
    if is_sure(row):
        name = {"name": PRODUCT_NAMES[Product(row["product"])]}
        version = {"version": row["product_version"]} if row["product_version"] else {}
        yield _observable("software", name | version, {})


def _certificate(row: Kind) -> dict[str, Any]:
    hashes = {
        name: found.replace(":", "").lower()
        for name, column in _HASHES.items()
        if (found := row[f"{column}_fingerprint"])
    }
    serial = {"serial_number": row["cert_serial_number"].lower()} if row["cert_serial_number"] else {}
    # Of several hashes the specification lets one contribute, in its own order, which is that of the table.
    first = next(iter(hashes))
    version = row["ssl_version"]
    told = {
        "is_self_signed": None if row["self_signed"] is None else row["self_signed"] == "Y",
        "version": None if version is None else str(version + 1),
        "signature_algorithm": row["signature_algorithm"],
        "issuer": distinguished_name(row, "issuer"),
        "subject": distinguished_name(row, "subject"),
        "validity_not_before": iso(row["cert_issue_date"]),
        "validity_not_after": iso(row["cert_expiration_date"]),
        "subject_public_key_algorithm": row["key_algorithm"],
    }
    made = _observable("x509-certificate", {"hashes": {first: hashes[first]}, **serial}, told)
    return {**made, "hashes": hashes}
