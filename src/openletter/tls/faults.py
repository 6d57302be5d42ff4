"""The findings that a certificate chain gives rise to, under the names of VERDICTS §2."""

from collections.abc import Sequence
from math import floor

from openletter.tls.certificate import CertificateFacts, facts
from openletter.tls.name_match import name_matches
from openletter.tls.trust import ChainReason, Trust

CERTIFICATE_FAULTS = frozenset(
    {
        "cert_expired",
        "cert_not_yet_valid",
        "cert_self_signed",
        "cert_unknown_ca",
        "cert_name_mismatch",
        "cert_weak_key",
        "cert_weak_signature",
    }
)
"""All that :func:`certificate_faults` can say."""


def certificate_faults(chain: Sequence[bytes], *, at: float, host: str, trust: Trust) -> frozenset[str]:
    """The faults of a chain of DER certificates, leaf first, at a moment in Unix seconds. Never raises.

    - An empty chain has none: that no certificate was shown is the finding ``no_certificate``, not ours to make.
    - A leaf that cannot be read is vouched for by nobody: ``cert_unknown_ca``; and it names nobody:
      ``cert_name_mismatch`` where a name was given.
    - A self-signed leaf is ``cert_self_signed`` and not also ``cert_unknown_ca``; one that is itself a trusted root
      is neither.
    - Dates count for themselves, whoever issued it: an expired certificate of a known CA is ``cert_expired`` alone.
      So is a leaf that is in force under an intermediate that has run out.
    - Key and signature are judged on the leaf. A weak intermediate is no chain, hence ``cert_unknown_ca``.
    - The name is judged only where one was given; ``host`` empty or an address says nothing.
    """
    if not chain:
        return frozenset()
    found: set[str] = set()
    if name_matches(chain[0], host) is False:
        found.add("cert_name_mismatch")
    leaf = facts(chain[0])
    if not isinstance(leaf, CertificateFacts):
        return frozenset({"cert_unknown_ca", *found})
    at = floor(at)  # a certificate is in force to the end of its last second
    reason = trust.valid_chain(chain, at).reason
    if reason is ChainReason.EXPIRED or (leaf.not_after is not None and at > leaf.not_after):
        found.add("cert_expired")
    if reason is ChainReason.NOT_YET_VALID or (leaf.not_before is not None and at < leaf.not_before):
        found.add("cert_not_yet_valid")
    if reason is ChainReason.UNKNOWN_CA:
        found.add("cert_self_signed" if leaf.self_signed else "cert_unknown_ca")
    if leaf.weak_key:
        found.add("cert_weak_key")
    if leaf.weak_signature:
        found.add("cert_weak_signature")
    return frozenset(found)
