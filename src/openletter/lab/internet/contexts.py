"""One server context for each way to do TLS that the simulation knows."""

import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

from openletter.lab.internet.ssl3 import der_chain, server_flight
from openletter.lab.internet.tls_profiles import PROFILES, Certificate, Profile, Range

LIMITS = {
    Range.MODERN: (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
    Range.TLS12: (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    Range.TLS11: (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1),
    Range.TLS10: (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1),
}
CIPHERS = {
    Range.MODERN: "ECDHE+AESGCM",
    Range.TLS12: "ECDHE+AESGCM",
    Range.TLS11: "DEFAULT",
    Range.TLS10: "DEFAULT",
}
"""As few as will do: OpenSSL 3 walks through all of them for each connection (a sixth of a handshake's time)."""


@dataclass(frozen=True, slots=True)
class TlsPeers:
    """What the peers' TLS is made of, by profile."""

    contexts: dict[Profile, ssl.SSLContext]
    ssl3_flights: dict[Profile, bytes]
    """SSLv3 ServerHello, Certificate, ServerHelloDone of the profiles that speak nothing newer."""


def _context(profile: Profile, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    anonymous = profile.certificate is Certificate.NONE
    # Weak keys, SHA-1 and old versions are what these peers are for: OpenSSL takes them at security level 0 only.
    context.set_ciphers("AECDH:@SECLEVEL=0" if anonymous else f"{CIPHERS[profile.versions]}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = LIMITS[profile.versions]
    if not anonymous:
        context.load_cert_chain(folder / f"{profile.certificate.value}.pem")
    # No session outlives its dialogue here, and a ticket costs the server a tenth of a handshake.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    return context


def tls_peers(folder: Path) -> TlsPeers:
    """Load everything from a folder of ``certificates_in``. Raises ``OSError`` or ``ssl.SSLError``."""
    return TlsPeers(
        contexts={each: _context(each, folder) for each in PROFILES if not each.ssl3},
        ssl3_flights={
            each: server_flight(der_chain(folder / f"{each.certificate.value}.pem"))
            for each in PROFILES
            if each.ssl3
        },
    )
