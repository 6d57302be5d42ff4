"""The lab's certification authority, and the certificates that it hands out: good ones, and one with each fault.

Names of faults are the modifiers of VERDICTS §2. A certificate's faults are known from how it was made, so the truth
about it needs no parser.
"""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
RSA_WITH_SHA256 = bytes.fromhex("06092a864886f70d01010b")
RSA_WITH_SHA1 = bytes.fromhex("06092a864886f70d010105")
"""Object identifiers in DER (RFC 8017 appendix A.2.4): equal in length, which `_resigned_with_sha1` relies on."""


class Fault(StrEnum):
    EXPIRED = "cert_expired"
    NOT_YET_VALID = "cert_not_yet_valid"
    SELF_SIGNED = "cert_self_signed"
    UNKNOWN_CA = "cert_unknown_ca"
    """Issued by an authority that nobody is told of, not even those who trust the lab's own."""
    WEAK_KEY = "cert_weak_key"
    """RSA of 1024 bits."""
    WEAK_SIGNATURE = "cert_weak_signature"
    """RSA with SHA-1."""
    NAME_MISMATCH = "cert_name_mismatch"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files of one server."""

    certificate: Path
    key: Path
    both: Path
    """Key, then certificate: what courier wants in one file."""


class Authority:
    """A root of its own, made anew for each run; nothing of it outlives the run's folder."""

    def __init__(self, common_name: str) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = datetime.datetime.now(datetime.UTC)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2000 * DAY)
            .not_valid_after(now + 2000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str, address: str, faults: tuple[Fault, ...] = ()) -> tuple[bytes, bytes]:
        """(certificate, private key) in PEM for a DNS name and an IP address, with exactly these faults.

        Keys are RSA, as most mail servers' are, and as the oldest TLS versions need.
        """
        key = rsa.generate_private_key(65537, 1024 if Fault.WEAK_KEY in faults else 2048)
        begin, end = _validity(faults)
        if Fault.NAME_MISMATCH in faults:
            host = "elsewhere.example"
            names: list[x509.GeneralName] = [x509.DNSName(host)]
        else:
            names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address(address))]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        self_signed = Fault.SELF_SIGNED in faults
        signer = key if self_signed else self._key
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        if Fault.WEAK_SIGNATURE in faults:
            certificate = _resigned_with_sha1(certificate, signer)
        return (
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ),
        )


def _validity(faults: tuple[Fault, ...]) -> tuple[datetime.datetime, datetime.datetime]:
    now = datetime.datetime.now(datetime.UTC)
    if Fault.EXPIRED in faults:
        return now - 400 * DAY, now - 35 * DAY
    if Fault.NOT_YET_VALID in faults:
        return now + 35 * DAY, now + 400 * DAY
    return now - 10 * DAY, now + 80 * DAY


def _resigned_with_sha1(certificate: x509.Certificate, signer: rsa.RSAPrivateKey) -> x509.Certificate:
    # `cryptography` no longer signs certificates with SHA-1, but still makes the raw signature: the algorithm's
    # identifier is exchanged in both places (RFC 5280 §4.1.1.2, §4.1.2.3) and the signature, which comes last.
    tbs = certificate.tbs_certificate_bytes.replace(RSA_WITH_SHA256, RSA_WITH_SHA1)
    signature = signer.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    der = certificate.public_bytes(serialization.Encoding.DER).replace(RSA_WITH_SHA256, RSA_WITH_SHA1)
    return x509.load_der_x509_certificate(der[: -len(signature)] + signature)


def write_files(folder: Path, certificate: bytes, key: bytes, owner: int) -> CertificateFiles:
    """Writes `certificate.pem`, `key.pem` and `both.pem`; the keys are readable by the owner (a uid) only."""
    files = CertificateFiles(folder / "certificate.pem", folder / "key.pem", folder / "both.pem")
    files.certificate.write_bytes(certificate)
    for path, content in ((files.key, key), (files.both, key + certificate)):
        path.touch(mode=0o600)
        path.write_bytes(content)
        os.chown(path, owner, -1)
    return files
