"""A certificate in the fields of ECS: ``tls.server.*`` with its ``x509.*``."""

from typing import Any

from openletter.report.formats.certificate_text import distinguished_name, iso
from openletter.report.formats.kinds import Kind

_KEYS = {"rsaEncryption": "RSA", "id-ecPublicKey": "ECDSA", "dsaEncryption": "DSA", "id-dsa": "DSA"}
"""ECS names algorithms as Go's library does; what is not here stands as OpenSSL has it."""

_SIGNATURES = {
    "md5WithRSAEncryption": "MD5-RSA",
    "sha1WithRSAEncryption": "SHA1-RSA",
    "sha256WithRSAEncryption": "SHA256-RSA",
    "sha384WithRSAEncryption": "SHA384-RSA",
    "sha512WithRSAEncryption": "SHA512-RSA",
    "ecdsa-with-SHA1": "ECDSA-SHA1",
    "ecdsa-with-SHA256": "ECDSA-SHA256",
    "ecdsa-with-SHA384": "ECDSA-SHA384",
    "ecdsa-with-SHA512": "ECDSA-SHA512",
    "ED25519": "Ed25519",
}

_NAMES = {
    "common_name": "common_name",
    "country": "country",
    "organization": "organization_name",
    "organizational_unit": "organization_unit_name",
    "locality": "locality_name",
    "state_or_province": "state_or_province_name",
}
"""Fields of ECS by the reports' attributes. Each is a list there, and a text here, several joined by a comma."""


def _name(kind: Kind, which: str) -> dict[str, Any]:
    said = {field: kind[f"{which}_{attribute}"] for field, attribute in _NAMES.items()}
    found: dict[str, Any] = {field: [text] for field, text in said.items() if text}
    whole = distinguished_name(kind, which)
    return {**found, "distinguished_name": whole} if whole else found


def _digest(fingerprint: str | None) -> str | None:
    return None if fingerprint is None else fingerprint.replace(":", "")


def tls_server(kind: Kind) -> dict[str, Any]:
    """``tls.server`` of a row's ``CERTIFICATE`` columns."""
    dates = {"not_before": iso(kind["cert_issue_date"]), "not_after": iso(kind["cert_expiration_date"])}
    signature, key = kind["signature_algorithm"], kind["key_algorithm"]
    version = kind["ssl_version"]
    hashes = {name: _digest(kind[f"{name}_fingerprint"]) for name in ("md5", "sha1", "sha256")}
    x509 = {
        **dates,
        "version_number": None if version is None else str(version + 1),
        "serial_number": kind["cert_serial_number"],
        "public_key_algorithm": key and _KEYS.get(key, key),
        "public_key_size": kind["cert_length"],
        "signature_algorithm": signature and _SIGNATURES.get(signature, signature),
        "issuer": _name(kind, "issuer"),
        "subject": _name(kind, "subject"),
    }
    said = {
        "hash": _there(hashes),
        "issuer": distinguished_name(kind, "issuer"),
        "subject": distinguished_name(kind, "subject"),
        **dates,
        "x509": _there(x509),
    }
    return _there(said)


def _there(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {})}
