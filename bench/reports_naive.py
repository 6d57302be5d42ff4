"""Shadowserver reports as a loop would make them: for each endpoint all subscribers are asked, and each cell of each row is put
into words by itself. Written without the package's code for columns and cells, so that two equal files mean something."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import md5, sha1, sha256, sha512
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from openletter.dialogue.observation import Observation
from openletter.subscriber.subscriber import Subscriber

_NAMES = {
    "business_category": "2.5.4.15",
    "common_name": "2.5.4.3",
    "country": "2.5.4.6",
    "email_address": "1.2.840.113549.1.9.1",
    "given_name": "2.5.4.42",
    "locality_name": "2.5.4.7",
    "organization_name": "2.5.4.10",
    "organization_unit_name": "2.5.4.11",
    "postal_code": "2.5.4.17",
    "serial_number": "2.5.4.5",
    "state_or_province_name": "2.5.4.8",
    "street_address": "2.5.4.9",
    "surname": "2.5.4.4",
}
_HEADER = (
    "timestamp severity ip protocol port hostname tag asn geo region city naics hostname_source sector banner "
    "cert_expiration_date cert_expired cert_issue_date cert_length cert_serial_number cert_valid cipher_suite handshake "
    + " ".join(f"issuer_{name}" for name in _NAMES)
    + " jarm key_algorithm md5_fingerprint self_signed sha1_fingerprint sha256_fingerprint sha512_fingerprint "
    "signature_algorithm ssl_version sslv3_supported "
    + " ".join(f"subject_{name}" for name in _NAMES)
    + " validation_level"
).split()
_NOT_VALID = {
    "cert_expired",
    "cert_not_yet_valid",
    "cert_self_signed",
    "cert_unknown_ca",
    "cert_name_mismatch",
}
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def _cell(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return str(value)
    text = re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", value)
    if unicodedata.normalize("NFKC", text.lstrip()[:1])[:1] in ("=", "+", "-", "@"):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'


def _colons(octets: bytes) -> str:
    return ":".join(f"{octet:02X}" for octet in octets)


def _date(when: datetime) -> str:
    return f"{when:%b} {when.day:2d} {when:%H:%M:%S %Y} GMT"


def _certificate(der: bytes) -> dict[str, Any]:
    read = x509.load_der_x509_certificate(der)
    key: Any = read.public_key()
    serial = f"{read.serial_number:X}"
    names = {}
    for which, of in (("issuer", read.issuer), ("subject", read.subject)):
        for name, oid in _NAMES.items():
            found = of.get_attributes_for_oid(x509.ObjectIdentifier(oid))
            names[f"{which}_{name}"] = ", ".join(str(one.value) for one in found)
    self_signed = read.issuer == read.subject
    signatures = {
        "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
        "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    }
    return {
        "cert_expiration_date": _date(read.not_valid_after_utc),
        "cert_issue_date": _date(read.not_valid_before_utc),
        "cert_length": key.key_size,
        "cert_serial_number": "0" * (len(serial) % 2) + serial,
        "key_algorithm": "rsaEncryption" if isinstance(key, rsa.RSAPublicKey) else "id-ecPublicKey",
        "md5_fingerprint": _colons(md5(der).digest()),
        "self_signed": "Y" if self_signed else "N",
        "sha1_fingerprint": _colons(sha1(der).digest()),
        "sha256_fingerprint": _colons(sha256(der).digest()),
        "sha512_fingerprint": _colons(sha512(der).digest()),
        "signature_algorithm": signatures[read.signature_algorithm_oid.dotted_string],
        "ssl_version": read.version.value,
        "validation_level": "unknown",
        **names,
    }


def _line(row: dict[str, Any], seen: Observation, der: bytes | None) -> str:
    findings = row["findings"]
    cells: dict[str, Any] = {
        "timestamp": f"{datetime.fromtimestamp(int(seen.started), UTC):%Y-%m-%d %H:%M:%S}",
        "severity": row["worst"],
        "ip": row["ip"],
        "protocol": "tcp",
        "port": row["port"],
        "hostname": row["hostname"],
        "tag": ";".join([row["protocol"], row["class"], *findings]).replace("_", "-"),
        "asn": row["asn"] or None,
        "geo": row["country"],
        "region": row["region"].upper(),
        "city": row["city"].upper(),
        "naics": int(row["naics"]) if row["naics"] else None,
        "hostname_source": row["hostname_source"],
        "sector": row["sector"],
        "banner": re.sub("\r\n|\r|\n", "|", seen.banner.decode()),
        "cipher_suite": row["cipher"],
        "handshake": "TLSv1.0" if row["tls_version"] == "TLSv1" else row["tls_version"],
        "sslv3_supported": "Y" if row["tls_version"] == "SSLv3" else None,
    }
    if der is not None:
        cells |= _certificate(der)
        cells["cert_expired"] = "Y" if "cert_expired" in findings else "N"
        cells["cert_valid"] = "N" if _NOT_VALID & set(findings) else "Y"
    return ",".join(_cell(cells.get(name)) for name in _HEADER) + "\n"


def naive_reports(
    endpoints: Iterable[tuple[dict[str, Any], Observation, bytes | None]], subscribers: Sequence[Subscriber]
) -> dict[str, bytes]:
    """Each endpoint with its observation and its leaf's DER, sorted by address and port; the files by name, CSV alone."""
    networks: dict[int, list[IPv4Network | IPv6Network]] = {
        one.id: [ip_network(cidr) for cidr in one.networks] for one in subscribers
    }
    files: dict[str, list[str]] = {}
    for row, seen, der in endpoints:
        if row["report"] == "none":
            continue
        address = ip_address(row["ip"])
        kind = f"scan{'6' if address.version == 6 else ''}_{row['protocol']}"
        kind += "_vulnerable" if row["report"] == "vulnerable" else ""
        for one in subscribers:
            owns = row["asn"] in one.asns or row["country"] in one.countries
            owns = owns or any(address in network for network in networks[one.id])
            if not owns or kind not in one.reports:
                continue
            if _SEVERITIES.index(row["worst"]) > _SEVERITIES.index(one.minimum):
                continue
            have = [word for word, has in _filters(one) if has]
            filter_ = have[0] if len(have) == 1 else "all"
            day = datetime.fromtimestamp(seen.started, UTC).date()
            files.setdefault(f"{day}-{kind}-{one.slug}-{filter_}.csv", []).append(_line(row, seen, der))
    header = ",".join(f'"{name}"' for name in _HEADER) + "\n"
    return {name: (header + "".join(lines)).encode() for name, lines in files.items()}


def _filters(one: Subscriber) -> tuple[tuple[str, bool], ...]:
    return (("cidr", bool(one.networks)), ("asn", bool(one.asns)), ("geo", bool(one.countries)))
