"""Each fault of VERDICTS §2 alone, and none that is not there: an owner mends what the report names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from openletter.tls.faults import CERTIFICATE_FAULTS, certificate_faults
from openletter.tls.trust import Trust

AT = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
BEGUN, ENDED = datetime(2024, 1, 1), datetime(2026, 5, 31)
HOST = "mail.example.org"


@pytest.fixture
def trust(root: Any) -> Trust:
    return Trust([root.der])


def faults(trust: Trust, *chain: Any, host: str = HOST) -> set[str]:
    found = certificate_faults([c.der for c in chain], at=AT, host=host, trust=trust)
    assert found <= CERTIFICATE_FAULTS
    return set(found)


def test_a_good_chain_has_none(authority: Any, trust: Trust, intermediate: Any) -> None:
    assert faults(trust, authority.issue(HOST, intermediate), intermediate) == set()


def test_expired_from_a_known_ca_is_expired_only(authority: Any, trust: Trust, intermediate: Any) -> None:
    leaf = authority.issue(HOST, intermediate, begin=BEGUN, end=ENDED)
    assert faults(trust, leaf, intermediate) == {"cert_expired"}


def test_a_certificate_holds_to_the_end_of_its_last_second(authority: Any, root: Any, trust: Trust) -> None:
    leaf = authority.issue(HOST, root)
    end = leaf.certificate.not_valid_after_utc.timestamp()
    assert certificate_faults([leaf.der], at=end + 0.9, host="", trust=trust) == set()
    assert certificate_faults([leaf.der], at=end + 1, host="", trust=trust) == {"cert_expired"}


def test_not_yet_valid_from_a_known_ca_is_that_only(authority: Any, trust: Trust, root: Any) -> None:
    assert faults(trust, authority.issue(HOST, root, begin=datetime(2026, 7, 1))) == {"cert_not_yet_valid"}


def test_an_intermediate_that_ran_out_is_expired(authority: Any, trust: Trust, root: Any) -> None:
    gone = authority.issue("Gone", root, ca=True, begin=BEGUN, end=ENDED)
    assert faults(trust, authority.issue(HOST, gone), gone) == {"cert_expired"}


def test_self_signed_is_not_also_unknown(authority: Any, trust: Trust) -> None:
    assert faults(trust, authority.issue(HOST)) == {"cert_self_signed"}


def test_a_self_signed_one_that_the_user_trusts_is_no_fault(authority: Any) -> None:
    own = authority.issue(HOST)
    assert faults(Trust([own.der]), own) == set()


def test_unknown_ca(authority: Any, trust: Trust) -> None:
    private = authority.issue("Private", ca=True)
    assert faults(trust, authority.issue(HOST, private), private) == {"cert_unknown_ca"}


def test_wrong_name_and_no_name(authority: Any, trust: Trust, root: Any) -> None:
    leaf = authority.issue("other.example", root)
    assert faults(trust, leaf) == {"cert_name_mismatch"}
    assert faults(trust, leaf, host="") == set()
    assert faults(trust, leaf, host="192.0.2.1") == set()


def test_weak_key_of_a_known_ca(authority: Any, trust: Trust, root: Any) -> None:
    assert faults(trust, authority.issue(HOST, root, key=rsa.generate_private_key(65537, 1024))) == {
        "cert_weak_key"
    }


def test_weak_signature_of_a_known_ca(openssl_issued: Any) -> None:
    root, leaf = openssl_issued("-sha1")
    at = datetime.now(UTC).timestamp() + 3600
    found = certificate_faults([leaf], at=at, host="", trust=Trust([root]))
    assert found == {"cert_weak_signature"}
    assert certificate_faults([leaf], at=at, host="", trust=Trust([])) == {
        "cert_weak_signature",
        "cert_unknown_ca",
    }


def test_several_at_once(authority: Any, trust: Trust) -> None:
    leaf = authority.issue("x", key=rsa.generate_private_key(65537, 1024), begin=BEGUN, end=ENDED)
    assert faults(trust, leaf) == {"cert_expired", "cert_self_signed", "cert_weak_key", "cert_name_mismatch"}


def test_what_cannot_be_read_is_vouched_for_by_nobody(trust: Trust) -> None:
    for leaf in (b"", b"garbage", bytes(1 << 20)):
        assert certificate_faults([leaf], at=AT, host="", trust=trust) == {"cert_unknown_ca"}
        assert certificate_faults([leaf], at=AT, host=HOST, trust=trust) == {
            "cert_unknown_ca",
            "cert_name_mismatch",
        }


def test_no_certificate_has_no_certificate_fault(trust: Trust) -> None:
    assert certificate_faults([], at=AT, host=HOST, trust=trust) == frozenset()
