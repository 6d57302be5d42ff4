"""Certificates have exactly the fault that was asked for; else a finding would be credited to the wrong one."""

import datetime
import os
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from openletter.lab.real.certificates import Authority, Fault, write_files


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test authority")


def issued(authority: Authority, *faults: Fault) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.issue("mail.example", "127.10.0.1", faults)[0])


def test_a_good_certificate_is_valid_now_for_its_name_and_address(authority: Authority) -> None:
    certificate = issued(authority)
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mail.example"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.10.0.1"]
    certificate.verify_directly_issued_by(authority.certificate)


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_comes_alone(authority: Authority, fault: Fault) -> None:
    certificate = issued(authority, fault)
    now = datetime.datetime.now(datetime.UTC)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert {
        Fault.EXPIRED: certificate.not_valid_after_utc < now,
        Fault.NOT_YET_VALID: certificate.not_valid_before_utc > now,
        Fault.SELF_SIGNED: certificate.issuer == certificate.subject,
        Fault.WEAK_KEY: key.key_size < 2048,
        Fault.WEAK_SIGNATURE: isinstance(certificate.signature_hash_algorithm, hashes.SHA1),
        Fault.NAME_MISMATCH: "mail.example" not in names.get_values_for_type(x509.DNSName),
    } == {
        other: other is fault
        for other in Fault
        # Who issued it is not in the certificate's own power: the lab takes another authority.
        if other is not Fault.UNKNOWN_CA
    }


def test_the_sha1_signature_is_a_valid_one(authority: Authority) -> None:
    """A wrong signature would be another fault than the one to be found."""
    certificate = issued(authority, Fault.WEAK_SIGNATURE)
    key = authority.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = certificate.tbs_certificate_bytes
    key.verify(certificate.signature, signed, padding.PKCS1v15(), hashes.SHA1())
    with pytest.raises(InvalidSignature):
        key.verify(certificate.signature, signed + b"\0", padding.PKCS1v15(), hashes.SHA1())


def test_keys_are_readable_by_their_owner_only(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue("mail.example", "127.10.0.1")
    files = write_files(tmp_path, certificate, key, os.getuid())
    assert {path.stat().st_mode & 0o777 for path in (files.key, files.both)} == {0o600}
    assert serialization.load_pem_private_key(files.both.read_bytes(), None)
    assert x509.load_pem_x509_certificate(files.both.read_bytes()) == x509.load_pem_x509_certificate(
        certificate
    )
