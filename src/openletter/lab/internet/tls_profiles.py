"""How a peer does TLS: which versions, which certificate."""

from dataclasses import dataclass
from enum import StrEnum


class Certificate(StrEnum):
    """What is wrong with a certificate, or nothing."""

    GOOD = "good"
    GOOD_RSA = "good_rsa"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SELF_SIGNED = "self_signed"
    UNKNOWN_CA = "unknown_ca"
    WEAK_KEY = "weak_key"
    WEAK_SIGNATURE = "weak_signature"
    APPLIANCE = "appliance"
    """Self-signed, expired, RSA-1024: as old appliances have them."""
    NONE = "none"
    """Anonymous ciphers."""


FAULTS: dict[Certificate, tuple[str, ...]] = {
    Certificate.GOOD: (),
    Certificate.GOOD_RSA: (),
    Certificate.EXPIRED: ("cert_expired",),
    Certificate.NOT_YET_VALID: ("cert_not_yet_valid",),
    Certificate.SELF_SIGNED: ("cert_self_signed",),
    Certificate.UNKNOWN_CA: ("cert_unknown_ca",),
    Certificate.WEAK_KEY: ("cert_weak_key",),
    Certificate.WEAK_SIGNATURE: ("cert_weak_signature",),
    Certificate.APPLIANCE: ("cert_expired", "cert_self_signed", "cert_weak_key"),
    Certificate.NONE: ("no_certificate",),
}


class Range(StrEnum):
    """Versions spoken. What is named is also what a client that speaks all of them ends up with."""

    MODERN = "TLSv1.3"
    """1.2 and 1.3."""
    TLS12 = "TLSv1.2"
    TLS11 = "TLSv1.1"
    TLS10 = "TLSv1"
    SSL3_ALERT = "SSLv3"
    """SSLv3 only; anything newer draws an alert."""
    SSL3_HELLO = "SSLv3 hello"
    """SSLv3 only; anything newer draws an SSLv3 ServerHello."""

    @property
    def version(self) -> str:
        return self.value.split()[0]


@dataclass(frozen=True, slots=True)
class Profile:
    certificate: Certificate
    versions: Range

    @property
    def ssl3(self) -> bool:
        return self.versions.version == "SSLv3"

    @property
    def findings(self) -> tuple[str, ...]:
        weak = ("weak_version",) if self.versions not in (Range.MODERN, Range.TLS12) else ()
        return FAULTS[self.certificate] + weak


SHARES: tuple[tuple[int, Profile], ...] = (
    (56, Profile(Certificate.GOOD, Range.MODERN)),
    (8, Profile(Certificate.GOOD, Range.TLS12)),
    (12, Profile(Certificate.SELF_SIGNED, Range.MODERN)),
    (7, Profile(Certificate.EXPIRED, Range.MODERN)),
    (5, Profile(Certificate.UNKNOWN_CA, Range.MODERN)),
    (1, Profile(Certificate.NOT_YET_VALID, Range.MODERN)),
    (2, Profile(Certificate.WEAK_KEY, Range.MODERN)),
    (2, Profile(Certificate.WEAK_SIGNATURE, Range.MODERN)),
    (2, Profile(Certificate.APPLIANCE, Range.TLS12)),
    (1, Profile(Certificate.NONE, Range.TLS12)),
    (2, Profile(Certificate.GOOD, Range.TLS10)),
    (1, Profile(Certificate.GOOD, Range.TLS11)),
    (1, Profile(Certificate.GOOD_RSA, Range.SSL3_ALERT)),
    (1, Profile(Certificate.GOOD_RSA, Range.SSL3_HELLO)),
)
"""Of 101 hosts. A prime, so that the profile goes round independently of any manner of speech."""
PROFILES = tuple(profile for _, profile in SHARES)


def spread(weights: list[int]) -> tuple[int, ...]:
    """Indices of ``weights``, each as often as its weight says, equal ones far apart (largest deficit first)."""
    whole = sum(weights)
    owed = [0] * len(weights)
    order = []
    for _ in range(whole):
        owed = [debt + weight for debt, weight in zip(owed, weights, strict=True)]
        index = max(range(len(weights)), key=owed.__getitem__)
        owed[index] -= whole
        order.append(index)
    return tuple(order)


PROFILE_ROUND = spread([share for share, _ in SHARES])
