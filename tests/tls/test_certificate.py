"""What a report says of a certificate must be what the certificate says, however strange it is."""

import hashlib
import ipaddress
import shutil
import subprocess
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openletter.tls.certificate import CertificateFacts, Unreadable, UnreadableReason, ValidationLevel, facts
from openletter.tls.distinguished_name import DistinguishedName
from openletter.tls.frame import MAX_DER_BYTES

ATTRIBUTES = {
    NameOID.COMMON_NAME: "mail.example.org",
    NameOID.COUNTRY_NAME: "JP",
    NameOID.STATE_OR_PROVINCE_NAME: "東京都",
    NameOID.LOCALITY_NAME: "千代田区",
    NameOID.STREET_ADDRESS: "1-1 Chiyoda",
    NameOID.POSTAL_CODE: "100-0001",
    NameOID.ORGANIZATION_NAME: "Exämple K.K.",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Mail",
    NameOID.BUSINESS_CATEGORY: "Private Organization",
    NameOID.SERIAL_NUMBER: "0100-01-000000",
    NameOID.EMAIL_ADDRESS: "post@example.org",
    NameOID.GIVEN_NAME: "Hanako",
    NameOID.SURNAME: "Yamada",
}


def read(der: bytes) -> CertificateFacts:
    found = facts(der)
    assert isinstance(found, CertificateFacts)
    return found


def swap(der: bytes, old: bytes, new: bytes) -> bytes:
    """Change bytes in place; lengths stay, so the frame does. The signature is then wrong."""
    assert len(old) == len(new)
    assert old in der
    return der.replace(old, new)


COLUMNS = """business_category common_name country email_address given_name locality_name organization_name
organization_unit_name postal_code serial_number state_or_province_name street_address surname"""
"""What stands behind ``subject_`` and ``issuer_`` in the field list that the Foundation publishes."""


def test_all_columns_of_the_report_that_tell_of_names_have_a_field() -> None:
    assert set(COLUMNS.split()) == set(DistinguishedName.__struct_fields__)


def test_every_attribute_of_a_name_arrives_in_its_own_field(authority: Any) -> None:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in ATTRIBUTES.items()])
    subject = read(authority.issue("x", subject=name).der).subject
    assert subject == DistinguishedName(
        common_name="mail.example.org",
        country="JP",
        state_or_province_name="東京都",
        locality_name="千代田区",
        street_address="1-1 Chiyoda",
        postal_code="100-0001",
        organization_name="Exämple K.K.",
        organization_unit_name="Mail",
        business_category="Private Organization",
        serial_number="0100-01-000000",
        email_address="post@example.org",
        given_name="Hanako",
        surname="Yamada",
    )


def test_an_attribute_given_twice_is_kept_twice(authority: Any) -> None:
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in ("Mail", "Kyoto")]
    assert (
        read(authority.issue("x", subject=x509.Name(units)).der).subject.organization_unit_name
        == "Mail, Kyoto"
    )


def test_fingerprints_serial_version_and_dates(authority: Any) -> None:
    der = authority.issue("x", serial=0xABC, end=datetime(2027, 1, 1, 12, 30, 15)).der
    found = read(der)
    assert found.md5 == hashlib.md5(der).hexdigest()
    assert found.sha1 == hashlib.sha1(der).hexdigest()
    assert found.sha256 == hashlib.sha256(der).hexdigest()
    assert found.sha512 == hashlib.sha512(der).hexdigest()
    assert found.serial == "0ABC"
    assert found.version == 2
    assert found.not_before == datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    assert found.not_after == datetime(2027, 1, 1, 12, 30, 15, tzinfo=UTC).timestamp()
    assert found.malformed == ()


@pytest.mark.parametrize(
    ("make", "algorithm", "bits", "signature", "weak"),
    [
        (
            lambda: rsa.generate_private_key(65537, 1024),
            "rsaEncryption",
            1024,
            "sha256WithRSAEncryption",
            True,
        ),
        (
            lambda: rsa.generate_private_key(65537, 2048),
            "rsaEncryption",
            2048,
            "sha256WithRSAEncryption",
            False,
        ),
        (lambda: dsa.generate_private_key(1024), "dsaEncryption", 1024, "dsa_with_SHA256", True),
        (lambda: ec.generate_private_key(ec.SECP192R1()), "id-ecPublicKey", 192, "ecdsa-with-SHA256", True),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "id-ecPublicKey", 224, "ecdsa-with-SHA256", False),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "id-ecPublicKey", 521, "ecdsa-with-SHA256", False),
        (ed25519.Ed25519PrivateKey.generate, "ED25519", 256, "ED25519", False),
        (ed448.Ed448PrivateKey.generate, "ED448", 456, "ED448", False),
    ],
)
def test_key_and_signature_have_openssl_s_names_and_a_weak_key_is_called_weak(
    authority: Any, make: Callable[[], Any], algorithm: str, bits: int, signature: str, weak: bool
) -> None:
    key = make()
    digest = None if algorithm.startswith("ED") else hashes.SHA256()
    found = read(authority.issue("x", key=key, digest=digest).der)
    assert (found.key_algorithm, found.key_bits, found.signature_algorithm) == (algorithm, bits, signature)
    assert found.weak_key is weak
    assert found.self_signed


def test_an_rsa_key_of_512_bits_which_libraries_refuse_is_still_called_weak(
    openssl_certificate: Callable[..., bytes],
) -> None:
    found = read(openssl_certificate("-newkey", "rsa:512", "-subj", "/CN=old", "-sha256", "-days", "9"))
    assert (found.key_bits, found.weak_key) == (512, True)


@pytest.mark.parametrize(
    ("digest", "name"), [("-md5", "md5WithRSAEncryption"), ("-sha1", "sha1WithRSAEncryption")]
)
def test_a_weak_digest_counts_unless_the_certificate_vouches_for_itself(
    openssl_certificate: Callable[..., bytes], digest: str, name: str
) -> None:
    der = openssl_certificate("-newkey", "rsa:2048", "-subj", "/CN=OLD CA", digest, "-days", "9")
    own = read(der)
    assert (own.signature_algorithm, own.self_signed, own.weak_signature) == (name, True, False)
    index = der.index(b"OLD CA")
    foreign = read(der[:index] + b"NEW CA" + der[index + 6 :])
    assert (foreign.self_issued, foreign.self_signed, foreign.weak_signature) == (False, False, True)


def test_pss_signatures_are_read_with_the_digest_in_their_parameters(
    openssl_certificate: Callable[..., bytes],
) -> None:
    base = ("-newkey", "rsa:2048", "-subj", "/CN=OLD CA", "-days", "9", "-sigopt", "rsa_padding_mode:pss")
    strong, weak = openssl_certificate(*base, "-sha256"), openssl_certificate(*base, "-sha1")
    assert read(strong).signature_algorithm == "rsassaPss"
    assert read(strong).self_signed
    assert not read(strong).weak_signature
    index = weak.index(b"OLD CA")
    assert read(weak[:index] + b"NEW CA" + weak[index + 6 :]).weak_signature


def test_same_name_without_the_key_is_self_issued_and_not_self_signed(authority: Any) -> None:
    der = authority.issue("x").der
    forged = read(der[:-1] + bytes([der[-1] ^ 1]))
    assert (forged.self_issued, forged.self_signed) == (True, False)


@pytest.mark.parametrize(
    ("policies", "level"),
    [
        (["2.23.140.1.2.1"], ValidationLevel.DV),
        (["2.23.140.1.2.2"], ValidationLevel.OV),
        (["2.23.140.1.2.3"], ValidationLevel.OV),
        (["2.23.140.1.1"], ValidationLevel.EV),
        (["1.3.6.1.4.1.6449.1.2.2.7", "2.23.140.1.2.1"], ValidationLevel.DV),
        (["2.23.140.1.2.1", "2.23.140.1.1"], ValidationLevel.EV),
        (["2.5.29.32.0"], ValidationLevel.UNKNOWN),
    ],
)
def test_validation_level_comes_from_the_policy_identifiers(
    authority: Any, policies: list[str], level: ValidationLevel
) -> None:
    listed = x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(p), None) for p in policies]
    )
    assert read(authority.issue("x", extensions=((listed, False),)).der).validation_level is level


def test_names_addresses_and_the_right_to_issue(authority: Any, root: Any) -> None:
    found = read(authority.issue("a", names=("a.example", "*.b.example")).der)
    assert found.dns_names == ("a.example", "*.b.example")
    assert not found.is_ca
    assert read(root.der).is_ca
    addresses = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(a)) for a in ("192.0.2.1", "2001:db8::1")]
    )
    assert read(authority.issue("a", names=(), extensions=((addresses, False),)).der).ip_addresses == (
        "192.0.2.1",
        "2001:db8::1",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"99991231235959Z", 253402300799),
        (b"00010101000000Z", -62135596800),
        (b"00000101000000Z", -62167219200),
        (b"19700101000000Z", 0),
        (b"20000229000000Z", 951782400),
        (b"20001231235960Z", 978307200),
    ],
)
def test_dates_at_the_ends_of_the_calendar_are_numbers_and_no_crash(
    authority: Any, text: bytes, expected: int
) -> None:
    der = swap(authority.issue("x", end=datetime(9999, 1, 1)).der, b"99990101000000Z", text)
    assert read(der).not_after == expected


@pytest.mark.parametrize(
    "text", [b"99991301000000Z", b"21000229000000Z", b"9999010100000\x00Z", b"-9990101000000Z"]
)
def test_an_impossible_date_is_named_and_the_rest_is_kept(authority: Any, text: bytes) -> None:
    found = read(swap(authority.issue("x", end=datetime(9999, 1, 1)).der, b"99990101000000Z", text))
    assert found.not_after is None
    assert found.malformed == ("not_after",)
    assert found.subject.common_name == "x"


def test_a_negative_serial_which_libraries_refuse_keeps_its_facts(authority: Any) -> None:
    der = swap(authority.issue("x", serial=0x7FEE).der, b"\x02\x02\x7f\xee", b"\x02\x02\xff\xee")
    with pytest.raises(ValueError):
        x509.load_der_x509_certificate(der)
    found = read(der)
    assert found.serial == "-12"
    assert found.subject.common_name == "x"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"O\xff\xfeRG", r"O\xff\xfeRG"),
        (b"O\x00ORG", r"O\x00ORG"),
        (b"\x1b[2JX", r"\x1b[2JX"),
        (b"O\xe2\x80\xaeG"[:5], r"O\u202eG"),
    ],
)
def test_hostile_text_in_a_name_comes_out_printable(authority: Any, written: bytes, shown: str) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "QQQQQ")])
    found = read(swap(authority.issue("x", subject=subject).der, b"QQQQQ", written))
    assert found.subject.organization_name == shown


def test_text_is_cut_and_no_field_grows_with_the_certificate(authority: Any) -> None:
    names = tuple(f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{i}" for i in range(20))
    many = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "o" * 60) for _ in range(50)])
    found = read(authority.issue("x", subject=many, names=names).der)
    assert len(found.subject.organization_name) == 256
    assert {len(name) for name in found.dns_names} == {256}


@pytest.mark.parametrize(
    ("der", "reason"),
    [
        (b"", UnreadableReason.EMPTY),
        (b"\x30\x83\x10\x00\x00" + bytes(1 << 20), UnreadableReason.TOO_LONG),
        (bytes(MAX_DER_BYTES + 1), UnreadableReason.TOO_LONG),
        (b"-----BEGIN CERTIFICATE-----", UnreadableReason.NOT_A_CERTIFICATE),
        (b"\x30\x80\x00\x00", UnreadableReason.NOT_A_CERTIFICATE),
        (b"\x30" * 5000, UnreadableReason.NOT_A_CERTIFICATE),
    ],
)
def test_what_is_no_certificate_is_unreadable_for_a_reason(der: bytes, reason: UnreadableReason) -> None:
    assert facts(der) == Unreadable(reason)


def test_an_unknown_kind_of_key_or_signature_is_shown_by_its_number(authority: Any) -> None:
    der = authority.issue("x").der
    ec_key, ecdsa = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06082a8648ce3d040302")
    odd = read(swap(swap(der, ec_key, ec_key[:-1] + b"\x77"), ecdsa, ecdsa[:-1] + b"\x7f"))
    assert (odd.key_algorithm, odd.key_bits) == ("1.2.840.10045.2.119", 0)
    assert odd.signature_algorithm == "1.2.840.10045.4.3.127"
    assert not odd.weak_key
    assert not odd.self_signed


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(facts(data), Unreadable | CertificateFacts)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_to_a_real_certificate_raises_or_leaves_unprintable_text(
    authority: Any, data: st.DataObject
) -> None:
    der = bytearray(_full(authority))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(der) - 1))
        der[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)) | st.just(len(der)))
    found = facts(bytes(der[:cut]))
    if isinstance(found, CertificateFacts):
        for name in (found.subject, found.issuer):
            for field in DistinguishedName.__struct_fields__:
                assert getattr(name, field).isprintable()
        assert all(name.isprintable() for name in found.dns_names)
        "".join(found.dns_names).encode("utf-8")


_FULL: list[bytes] = []


def _full(authority: Any) -> bytes:
    if not _FULL:
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in ATTRIBUTES.items()])
        policy = x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)]
        )
        _FULL.append(
            authority.issue("x", subject=name, names=("a", "b.c"), extensions=((policy, False),)).der
        )
    return _FULL[0]


def test_the_facts_are_those_that_cryptography_reads_from_every_public_root() -> None:
    """Two readers, one of them ours: where the other can read a certificate at all, they agree."""
    pem = Path(certifi.where()).read_text()
    blocks = [b + "-----END CERTIFICATE-----\n" for b in pem.split("-----END CERTIFICATE-----")[:-1]]
    compared = 0
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = x509.load_pem_x509_certificate(block[block.index("-----BEGIN") :].encode())
            ours = read(theirs.public_bytes(serialization.Encoding.DER))
            key = theirs.public_key()
            assert ours.key_bits == key.key_size  # type: ignore[union-attr]
            assert int(ours.serial, 16) == theirs.serial_number
        assert ours.not_before == theirs.not_valid_before_utc.timestamp()
        assert ours.not_after == theirs.not_valid_after_utc.timestamp()
        names = theirs.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert ours.subject.common_name == ", ".join(str(n.value) for n in names)
        assert ours.self_signed
        assert ours.is_ca or theirs.version is x509.Version.v1
        assert not ours.weak_signature
        compared += 1
    assert compared > 50


def test_openssl_agrees_on_the_words_of_a_certificate(authority: Any, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl binary to compare with")
    der = authority.issue("x", serial=0x0ABC).der
    (tmp_path / "c.der").write_bytes(der)
    text = subprocess.run(
        [openssl, "x509", "-inform", "DER", "-in", str(tmp_path / "c.der"), "-noout", "-text", "-serial"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = read(der)
    assert f"Public Key Algorithm: {found.key_algorithm}\n" in text
    assert f"Signature Algorithm: {found.signature_algorithm}\n" in text
    assert f"serial={found.serial}\n" in text
