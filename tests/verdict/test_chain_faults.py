"""A store that lost a certificate says less; what a user would lose here is the truth about the server's own."""

import pyarrow as pa

from openletter.tls.trust import Trust
from openletter.verdict.chain_faults import NO_FAULTS, chain_faults
from openletter.verdict.findings import CertificateFault


def test_the_issuer_s_certificate_is_never_judged_in_place_of_a_lost_one() -> None:
    """It bears no server's name and runs out on another day: both would be reported to an owner as faults."""
    table = pa.table(
        {
            "chain": pa.array([["leaf", "issuer"], ["issuer"], []], pa.list_(pa.string())),
            "host": ["mail.example.org"] * 3,
            "started": [1.0, 2.0, 3.0],
        }
    )
    found = chain_faults(table, "chain", {"issuer": b"no certificate"}, Trust([]))
    faults = [found.distinct[place] for place in found.of.to_pylist()]
    unreadable = {CertificateFault.UNKNOWN_CA, CertificateFault.NAME_MISMATCH}
    assert faults == [NO_FAULTS, unreadable, NO_FAULTS]
