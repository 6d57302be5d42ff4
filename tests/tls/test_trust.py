"""A chain called wrongly unknown, or wrongly trusted, is a false report to an owner."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openletter.tls.trust import ChainReason, ChainResult, Trust

AT = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
BEGUN, ENDED = datetime(2024, 1, 1), datetime(2026, 5, 31)


@pytest.fixture
def trust(root: Any) -> Trust:
    return Trust([root.der])


def reason(trust: Trust, *chain: Any, at: float = AT) -> ChainReason:
    return trust.valid_chain([c.der for c in chain], at).reason


def test_a_chain_from_a_trusted_root_stands(
    authority: Any, trust: Trust, root: Any, intermediate: Any
) -> None:
    leaf = authority.issue("mail.example.org", intermediate)
    assert trust.valid_chain([leaf.der, intermediate.der], AT) == ChainResult(ChainReason.OK)
    assert trust.valid_chain([leaf.der, intermediate.der], AT).valid
    assert reason(trust, leaf, intermediate, root) is ChainReason.OK
    assert reason(trust, authority.issue("x", root)) is ChainReason.OK


def test_intermediates_in_the_wrong_order_and_strangers_among_them_do_no_harm(
    authority: Any, trust: Trust, root: Any, intermediate: Any
) -> None:
    lower = authority.issue("Lower", intermediate, ca=True)
    leaf = authority.issue("mail.example.org", lower)
    stranger = authority.issue("Stranger", ca=True)
    assert reason(trust, leaf, stranger, root, intermediate, lower) is ChainReason.OK


def test_a_missing_intermediate_makes_the_issuer_unknown(
    authority: Any, trust: Trust, intermediate: Any
) -> None:
    assert reason(trust, authority.issue("x", intermediate)) is ChainReason.UNKNOWN_CA


def test_a_ca_of_the_same_name_with_another_key_is_not_the_ca(authority: Any, trust: Trust) -> None:
    impostor = authority.issue("Test Root", ca=True)
    assert reason(trust, authority.issue("x", impostor), impostor) is ChainReason.UNKNOWN_CA


def test_a_private_ca_and_a_self_signed_certificate_are_unknown(authority: Any, trust: Trust) -> None:
    private = authority.issue("Private", ca=True)
    assert reason(trust, authority.issue("x", private), private) is ChainReason.UNKNOWN_CA
    assert reason(trust, authority.issue("x")) is ChainReason.UNKNOWN_CA


def test_a_server_s_certificate_issues_nothing(authority: Any, trust: Trust, root: Any) -> None:
    """Else whoever holds one certificate could make one for every name."""
    leaf = authority.issue("mail.example.org", root)
    assert reason(trust, authority.issue("bank.example", leaf), leaf) is ChainReason.UNKNOWN_CA


def test_a_certificate_that_says_that_it_is_no_ca_issues_nothing(
    authority: Any, trust: Trust, root: Any
) -> None:
    no_ca = (x509.BasicConstraints(False, None), True)
    leaf = authority.issue("mail.example.org", root, extensions=(no_ca,))
    assert reason(trust, leaf) is ChainReason.OK
    assert reason(trust, authority.issue("bank.example", leaf), leaf) is ChainReason.UNKNOWN_CA


def test_constraints_of_the_issuer_hold(authority: Any, trust: Trust, root: Any) -> None:
    short = authority.issue("Short", root, ca=True, path_length=0)
    below = authority.issue("Below", short, ca=True)
    assert reason(trust, authority.issue("x", below), below, short) is ChainReason.UNKNOWN_CA
    only = x509.NameConstraints([x509.DNSName("example.org")], None)
    narrow = authority.issue("Narrow", root, ca=True, extensions=((only, True),))
    assert reason(trust, authority.issue("mail.example.org", narrow), narrow) is ChainReason.OK
    assert reason(trust, authority.issue("mail.example.com", narrow), narrow) is ChainReason.UNKNOWN_CA


def test_uses_of_the_key_hold_for_issuers(authority: Any, trust: Trust, root: Any) -> None:
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    no_signer = authority.issue("No signer", root, ca=True, extensions=((usage, True),))
    assert reason(trust, authority.issue("x", no_signer), no_signer) is ChainReason.UNKNOWN_CA
    servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    server_ca = authority.issue("Servers only", root, ca=True, extensions=((servers, False),))
    assert reason(trust, authority.issue("x", server_ca), server_ca) is ChainReason.OK
    clients = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    client_ca = authority.issue("Clients only", root, ca=True, extensions=((clients, False),))
    assert reason(trust, authority.issue("x", client_ca), client_ca) is ChainReason.UNKNOWN_CA


def test_expired_is_not_unknown(authority: Any, trust: Trust, intermediate: Any) -> None:
    old = authority.issue("x", intermediate, begin=BEGUN, end=ENDED)
    assert reason(trust, old, intermediate) is ChainReason.EXPIRED
    young = authority.issue("x", intermediate, begin=datetime(2026, 7, 1))
    assert reason(trust, young, intermediate) is ChainReason.NOT_YET_VALID


def test_an_expired_certificate_of_an_unknown_ca_stays_unknown(authority: Any, trust: Trust) -> None:
    private = authority.issue("Private", ca=True)
    assert (
        reason(trust, authority.issue("x", private, begin=BEGUN, end=ENDED), private)
        is ChainReason.UNKNOWN_CA
    )


def test_an_intermediate_that_ran_out_is_told_as_such(authority: Any, trust: Trust, root: Any) -> None:
    gone = authority.issue("Gone", root, ca=True, begin=BEGUN, end=ENDED)
    assert reason(trust, authority.issue("x", gone), gone) is ChainReason.EXPIRED
    coming = authority.issue("Coming", root, ca=True, begin=datetime(2026, 7, 1))
    assert reason(trust, authority.issue("x", coming), coming) is ChainReason.NOT_YET_VALID


@pytest.mark.parametrize(
    "make", [lambda: rsa.generate_private_key(65537, 1024), ed25519.Ed25519PrivateKey.generate]
)
def test_a_weak_or_unusual_key_of_the_server_does_not_hide_its_known_issuer(
    authority: Any, trust: Trust, root: Any, make: Any
) -> None:
    assert reason(trust, authority.issue("x", root, key=make())) is ChainReason.OK


ED25519 = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        (ED25519, None),
        (ec.generate_private_key(ec.BrainpoolP256R1()), hashes.SHA256()),
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA224()),
    ],
)
def test_an_authority_of_one_s_own_may_have_a_key_that_no_browser_takes(
    authority: Any, root: Any, key: Any, digest: Any
) -> None:
    """Else ``--roots`` would not help its owner, who is told that a CA that mail programs take is unknown."""
    own = authority.issue("Own", ca=True, key=key, digest=digest)
    leaf = authority.issue("x", own, digest=digest)
    assert reason(Trust([own.der]), leaf) is ChainReason.OK
    assert reason(Trust([root.der]), leaf, own) is ChainReason.UNKNOWN_CA
    impostor = authority.issue("Own", ca=True)
    assert reason(Trust([impostor.der]), leaf, own) is ChainReason.UNKNOWN_CA
    old = authority.issue("x", own, begin=BEGUN, end=ENDED, digest=digest)
    assert reason(Trust([own.der]), old) is ChainReason.EXPIRED
    clients = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    narrow = authority.issue("N", own, ca=True, extensions=((clients, False),), digest=digest)
    assert reason(Trust([own.der]), authority.issue("x", narrow), narrow) is ChainReason.UNKNOWN_CA


def test_an_authority_with_a_short_key_vouches_for_nobody(authority: Any) -> None:
    own = authority.issue("Own", ca=True, key=rsa.generate_private_key(65537, 1024))
    assert reason(Trust([own.der]), authority.issue("x", own)) is ChainReason.UNKNOWN_CA


def test_a_certificate_of_version_1_has_an_issuer_too(openssl_issued: Any) -> None:
    """``openssl x509 -req`` makes such ones unless it is told otherwise."""
    root, leaf = openssl_issued("-sha256")
    at = datetime.now(UTC).timestamp() + 3600
    assert Trust([root]).valid_chain([leaf], at).reason is ChainReason.OK
    assert Trust([root]).valid_chain([leaf], at + 86400 * 10).reason is ChainReason.EXPIRED
    assert Trust([]).valid_chain([leaf, root], at).reason is ChainReason.UNKNOWN_CA
    assert Trust([root]).valid_chain([leaf[:-1] + bytes([leaf[-1] ^ 1])], at).reason is ChainReason.UNKNOWN_CA


@pytest.mark.parametrize(
    ("extension", "critical"),
    [
        (x509.NameConstraints([x509.DNSName(".example.org")], None), True),
        (
            x509.NameConstraints(
                [
                    x509.DirectoryName(
                        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
                    )
                ],
                None,
            ),
            True,
        ),
        (x509.PolicyConstraints(0, None), True),
        (
            x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)]),
            True,
        ),
    ],
)
def test_what_an_issuer_says_in_ways_that_browsers_do_not_read_makes_it_no_unknown_one(
    authority: Any, trust: Trust, root: Any, extension: Any, critical: bool
) -> None:
    issuer = authority.issue("Particular", root, ca=True, extensions=((extension, critical),))
    assert reason(trust, authority.issue("mail.example.org", issuer), issuer) is ChainReason.OK
    if isinstance(extension, x509.NameConstraints):
        assert reason(trust, authority.issue("bank.example", issuer), issuer) is ChainReason.UNKNOWN_CA


def test_a_root_that_ran_out_is_told_as_such_also_where_the_server_does_not_send_it(authority: Any) -> None:
    gone = authority.issue("Gone", ca=True, begin=BEGUN, end=ENDED)
    assert reason(Trust([gone.der]), authority.issue("x", gone)) is ChainReason.EXPIRED


def test_a_renewed_certificate_under_the_old_intermediate_is_no_unknown_ca(
    authority: Any, trust: Trust, root: Any
) -> None:
    """There is no moment at which both were in force, since the server still sends last year's intermediate."""
    gone = authority.issue("Gone", root, ca=True, begin=BEGUN, end=ENDED)
    assert reason(trust, authority.issue("x", gone, begin=datetime(2026, 6, 1)), gone) is ChainReason.EXPIRED


def test_every_public_root_stands_by_itself() -> None:
    """One of Certum's writes a date in a type that the verifier refuses, and most who have its certificates are Poles."""
    trust = Trust()
    at = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert [r for r in trust.roots if not trust.valid_chain([r], at).valid] == []


def test_a_weak_signature_of_a_known_issuer_is_told_as_such(authority: Any, openssl_issued: Any) -> None:
    root, leaf = openssl_issued("-sha1")
    at = datetime.now(UTC).timestamp() + 3600
    assert Trust([root]).valid_chain([leaf], at).reason is ChainReason.WEAK_SIGNATURE
    assert Trust([]).valid_chain([leaf], at).reason is ChainReason.UNKNOWN_CA
    assert Trust([]).valid_chain([leaf, root], at).reason is ChainReason.UNKNOWN_CA
    assert Trust([root]).valid_chain([leaf[:-1] + bytes([leaf[-1] ^ 1])], at).reason is ChainReason.UNKNOWN_CA


def test_a_weak_signature_of_what_is_no_ca_is_none_of_a_known_issuer(openssl_issued: Any) -> None:
    root, leaf = openssl_issued("-sha1", "CA:FALSE")
    at = datetime.now(UTC).timestamp() + 3600
    assert Trust([root]).valid_chain([leaf], at).reason is ChainReason.UNKNOWN_CA


def test_results_change_when_a_certificate_runs_out_also_when_they_were_kept(
    authority: Any, trust: Trust, root: Any
) -> None:
    leaf = authority.issue("x", root, begin=BEGUN, end=ENDED)
    end = leaf.certificate.not_valid_after_utc.timestamp()
    begin = leaf.certificate.not_valid_before_utc.timestamp()
    moments = [begin - 1, begin, begin + 5, end + 0.9, end + 1, end + 1e6]
    expected = [
        ChainReason.NOT_YET_VALID,
        ChainReason.OK,
        ChainReason.OK,
        ChainReason.OK,
        ChainReason.EXPIRED,
        ChainReason.EXPIRED,
    ]
    for order in (range(6), reversed(range(6)), (3, 0, 5, 1, 4, 2)):
        for index in order:
            assert reason(trust, leaf, at=moments[index]) is expected[index]


def test_a_kept_result_is_not_judged_again(
    authority: Any, trust: Trust, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A survey meets the same chain of a big provider a hundred thousand times."""
    leaf = authority.issue("x", root)
    assert reason(trust, leaf) is ChainReason.OK
    monkeypatch.setattr(Trust, "_reason", lambda *_: ChainReason.UNKNOWN_CA)
    assert reason(trust, leaf, at=AT + 60) is ChainReason.OK
    assert reason(trust, authority.issue("y", root)) is ChainReason.UNKNOWN_CA


def test_the_default_roots_are_certifi_s_and_a_pem_file_adds_to_them(
    authority: Any, root: Any, tmp_path: Path
) -> None:
    leaf = authority.issue("x", root)
    extra = tmp_path / "extra.pem"
    extra.write_bytes(b"# my own\n" + root.certificate.public_bytes(serialization.Encoding.PEM))
    plain, added = Trust(), Trust(extra_pem=extra)
    assert len(plain) > 50
    assert len(added) == len(plain) + 1
    assert reason(plain, leaf) is ChainReason.UNKNOWN_CA
    assert reason(added, leaf) is ChainReason.OK
    assert added.trusts(root.der)
    assert not plain.trusts(root.der)


def test_a_file_of_roots_without_a_root_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    with pytest.raises(ValueError, match=r"empty\.pem: holds no PEM certificate"):
        Trust([], extra_pem=empty)
    empty.write_text("-----BEGIN CERTIFICATE-----\n=A=\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match=r"empty\.pem: a PEM certificate in it is damaged"):
        Trust([], extra_pem=empty)
    with pytest.raises(OSError):
        Trust([], extra_pem=tmp_path / "missing.pem")


def test_bytes_that_are_no_certificate_are_unknown(trust: Trust, root: Any) -> None:
    assert trust.valid_chain([], AT).reason is ChainReason.UNKNOWN_CA
    assert trust.valid_chain([b""], AT).reason is ChainReason.UNKNOWN_CA
    assert trust.valid_chain([b"garbage", root.der], AT).reason is ChainReason.UNKNOWN_CA
    assert trust.valid_chain([bytes(1 << 20)], AT).reason is ChainReason.UNKNOWN_CA


def test_garbage_among_the_intermediates_does_no_harm(
    authority: Any, trust: Trust, intermediate: Any
) -> None:
    leaf = authority.issue("x", intermediate)
    assert trust.valid_chain([leaf.der, b"garbage", bytes(1 << 20), intermediate.der], AT).valid


def test_moments_beyond_the_calendar_raise_nothing(authority: Any, trust: Trust, root: Any) -> None:
    leaf = authority.issue("x", root)
    assert reason(trust, leaf, at=1e18) is ChainReason.EXPIRED
    assert reason(trust, leaf, at=-1e18) is ChainReason.NOT_YET_VALID


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_chain_is_valid_or_raises(
    authority: Any, trust: Trust, intermediate: Any, data: st.DataObject
) -> None:
    """The last of the bytes is drawn too: a signature that is wrong in one bit is wrong."""
    der = bytearray(_leaf(authority, intermediate))
    der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    assert trust.valid_chain([_leaf(authority, intermediate), intermediate.der], AT).valid
    assert not trust.valid_chain([bytes(der), intermediate.der], AT).valid


@cache
def _leaf(authority: Any, intermediate: Any) -> bytes:
    return bytes(authority.issue("x", intermediate).der)
