"""Who signed the certificates that servers showed, what keys they have, and what is wrong with them. Of an enriched
survey."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.findings import FindingCount, by_finding
from openletter.verdict.findings import CertificateFault, FindingName

_FAULTS = {*(str(fault.finding) for fault in CertificateFault), str(FindingName.NO_CERTIFICATE)}


class CertificateCount(msgspec.Struct, frozen=True):
    what: str
    """The issuer, the key or the signature; what a certificate says, so not to be trusted where it is shown."""
    certificates: int
    """Distinct ones."""
    endpoints: int
    """That showed one of them."""


def _by(verdicts: Verdicts, column: str, most: int | None) -> tuple[CertificateCount, ...]:
    verdicts.need("certificates")
    sql = f"""
SELECT {column}, sum(leaves)::BIGINT, sum(n)::BIGINT AS many FROM certificates
GROUP BY {column} ORDER BY many DESC, {column}
"""  # noqa: S608 - our own words
    found = verdicts.ask(sql, CertificateCount)
    return found if most is None else found[:most]


def by_issuer(verdicts: Verdicts, most: int | None = None) -> tuple[CertificateCount, ...]:
    """The one whose certificates most endpoints show first. Raises NotEnrichedError."""
    return _by(verdicts, "cert_issuer", most)


def by_key(verdicts: Verdicts) -> tuple[CertificateCount, ...]:
    """Kinds and lengths of keys, the most frequent first. Raises NotEnrichedError."""
    return _by(verdicts, "cert_key", None)


def by_signature(verdicts: Verdicts) -> tuple[CertificateCount, ...]:
    """Algorithms by which certificates are signed, the most frequent first. Raises NotEnrichedError."""
    return _by(verdicts, "cert_signature", None)


def certificate_faults(verdicts: Verdicts, *, country: str | None = None) -> tuple[FindingCount, ...]:
    """Of the findings those about certificates, the most frequent first. Raises NotEnrichedError."""
    return tuple(one for one in by_finding(verdicts, country=country) if one.finding in _FAULTS)
