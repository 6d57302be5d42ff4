"""The lab's certificates, made once into a folder: a root, an intermediate, and leaves with each fault.

The only part of the simulation that needs more than the standard library. The certification authorities' keys are
thrown away after use; what is left are the leaves' keys and ``root.pem``, which a survey may be told to trust.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from openletter.lab.internet.tls_profiles import Certificate

VERSION = "2"
"""Of what is in the folder; another version has a folder of its own."""
NAME = "mail.example.net"
DAY = timedelta(days=1)
LIFE = 3650 * DAY
AUTHORITY_AGE = 1000 * DAY
"""How long the authorities have been there when they are made: longer than the certificate that has run out, else no
one could say that they ever vouched for it."""
AUTHORITY_AGE = 1500 * DAY
"""How long before its making an authority begins: it was there when the oldest of its certificates was issued."""
RENEWAL = 90 * DAY
"""A folder whose certificates end sooner is made anew."""
SHA256_WITH_RSA = bytes.fromhex("2a864886f70d01010b")
SHA1_WITH_RSA = bytes.fromhex("2a864886f70d010105")

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    key: PrivateKey


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Openletter simulated Internet"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )


def _authority(name: str, key: PrivateKey, now: datetime, issuer: Authority | None, path: int) -> Authority:
    subject = _subject(name)
    signer = issuer.key if issuer else key
    built = _builder(
        subject,
        key,
        issuer.certificate.subject if issuer else subject,
        signer,
        now - AUTHORITY_AGE,
        now + LIFE,
    )
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=path), critical=True)
    return Authority(built.add_extension(usage, critical=True).sign(signer, hashes.SHA256()), key)


def _leaf(key: PrivateKey, issuer: Authority | None, start: datetime, end: datetime) -> x509.Certificate:
    subject = _subject(NAME)
    signer = issuer.key if issuer else key
    built = _builder(subject, key, issuer.certificate.subject if issuer else subject, signer, start, end)
    return (
        built.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def signed_with_sha1(certificate: x509.Certificate, issuer_key: rsa.RSAPrivateKey) -> x509.Certificate:
    """The same certificate, really signed with SHA-1. ``cryptography`` builds none, so the two algorithm identifiers,
    which differ from SHA-256's in their last byte, are changed in the DER and the signature is made anew."""
    tbs = certificate.tbs_certificate_bytes.replace(SHA256_WITH_RSA, SHA1_WITH_RSA, 1)
    signature = issuer_key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    der = certificate.public_bytes(serialization.Encoding.DER)
    changed = (
        der.replace(certificate.tbs_certificate_bytes, tbs, 1)
        .replace(SHA256_WITH_RSA, SHA1_WITH_RSA, 1)
        .replace(certificate.signature, signature, 1)
    )
    return x509.load_der_x509_certificate(changed)


def _p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def _pem(certificates: list[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def _write(folder: Path, kind: Certificate, key: PrivateKey, chain: list[x509.Certificate]) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{kind.value}.pem").write_bytes(secret + _pem(chain))


def _make(folder: Path, now: datetime) -> None:
    root = _authority("Openletter lab root", _p256(), now, None, 1)
    intermediate = _authority("Openletter lab intermediate", _p256(), now, root, 0)
    old_key = _rsa(2048)
    old = _authority("Openletter lab intermediate RSA", old_key, now, root, 0)
    stranger = _authority("Unheard-of root", _p256(), now, None, 0)
    start, end = now - 30 * DAY, now + LIFE - DAY
    past = (now - 800 * DAY, now - 435 * DAY)
    future = (now + 2000 * DAY, now + 2365 * DAY)

    def issued(kind: Certificate, by: Authority, key: PrivateKey, dates: tuple[datetime, datetime]) -> None:
        chain = [_leaf(key, by, *dates)]
        if by is not stranger:
            chain.append(by.certificate)
        _write(folder, kind, key, chain)

    def self_signed(kind: Certificate, key: PrivateKey, dates: tuple[datetime, datetime]) -> None:
        _write(folder, kind, key, [_leaf(key, None, *dates)])

    issued(Certificate.GOOD, intermediate, _p256(), (start, end))
    issued(Certificate.GOOD_RSA, intermediate, _rsa(2048), (start, end))
    issued(Certificate.EXPIRED, intermediate, _p256(), past)
    issued(Certificate.NOT_YET_VALID, intermediate, _p256(), future)
    issued(Certificate.UNKNOWN_CA, stranger, _p256(), (start, end))
    issued(Certificate.WEAK_KEY, intermediate, _rsa(1024), (start, end))
    self_signed(Certificate.SELF_SIGNED, _p256(), (start, end))
    self_signed(Certificate.APPLIANCE, _rsa(1024), past)
    key = _p256()
    sha1 = signed_with_sha1(_leaf(key, old, start, end), old_key)
    _write(folder, Certificate.WEAK_SIGNATURE, key, [sha1, old.certificate])
    (folder / "root.pem").write_bytes(_pem([root.certificate]))


def _usable(folder: Path, now: datetime) -> bool:
    kinds = [kind for kind in Certificate if kind is not Certificate.NONE]
    if not all((folder / f"{kind.value}.pem").is_file() for kind in kinds):
        return False
    try:
        root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    except (OSError, ValueError):
        return False
    # What is not yet valid in the folder starts 2,000 days after it was made: the root's age bounds that too.
    made = root.not_valid_before_utc + AUTHORITY_AGE
    return root.not_valid_after_utc - now > RENEWAL and now - made < 1000 * DAY


def certificates_in(cache: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Path:
    """Folder below ``cache`` with ``<kind>.pem`` (key, leaf, chain) for each kind of ``Certificate`` and ``root.pem``;
    made if it is not there or grows old. Safe against others who make it at the same time.

    Raises ``OSError`` where the folder cannot be written.
    """
    now = clock()
    folder = cache / f"certificates-{VERSION}"
    if _usable(folder, now):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="certificates-", dir=cache))
    try:
        _make(made, now)
        if _usable(folder, now):
            return folder
        aged = Path(tempfile.mkdtemp(prefix="aged-", dir=cache))
        with contextlib.suppress(FileNotFoundError):
            folder.replace(aged)
        shutil.rmtree(aged, ignore_errors=True)
        try:
            made.replace(folder)
        except OSError:
            if not _usable(folder, now):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder
