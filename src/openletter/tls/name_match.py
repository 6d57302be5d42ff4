"""Whether a certificate is made out to the name that the user gave (RFC 9525), by ``service-identity``."""

import contextlib
from ipaddress import ip_address

from service_identity import CertificateError, VerificationError
from service_identity.hazmat import DNS_ID, DNSPattern, verify_service_identity

from openletter.tls.certificate import CertificateFacts, facts


def name_matches(leaf: bytes, host: str) -> bool | None:
    """Match the dNSNames of a DER certificate against ``host`` (ASCII or Unicode, with or without the last dot).

    ``None``, unknown: no name was given, an address was given (users seldom mean the name check then), or what was
    given is no host name. A certificate without a dNSName matches nothing: the common name does not count
    (RFC 9525 §2). Never raises.
    """
    name = host.strip().rstrip(".")
    if not name or _is_address(name):
        return None
    try:
        wanted = DNS_ID(name.encode("idna").decode("ascii"))
    except ValueError:  # also UnicodeError
        return None
    known = facts(leaf)
    if not isinstance(known, CertificateFacts):
        return False
    patterns = []
    for pattern in known.dns_names:
        # A pattern that is no name ("*", "a.*.example", escapes) cannot match and must not spoil the others.
        with contextlib.suppress(CertificateError, ValueError):
            patterns.append(DNSPattern.from_bytes(pattern.encode("utf-8")))
    if not patterns:
        return False
    # The library gives no wildcard to a label of an internationalized name; RFC 9525 §6.3 knows no such exception.
    if b"*." + wanted.hostname.partition(b".")[2] in {pattern.pattern for pattern in patterns}:
        return True
    try:
        verify_service_identity(patterns, [wanted], [])
    except (VerificationError, CertificateError):
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
