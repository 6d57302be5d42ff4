"""A private CA whose certificates have whatever fault a test asks for."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SHA256 = hashes.SHA256()


@dataclass(frozen=True, kw_only=True)
class Issued:
    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Authority:
    """Makes certificates. ``issuer=None`` makes one that is signed by its own key."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def issue(
        self,
        name: str,
        issuer: Issued | None = None,
        *,
        ca: bool = False,
        path_length: int | None = None,
        begin: datetime = datetime(2025, 1, 1),
        end: datetime = datetime(2027, 1, 1),
        key: CertificateIssuerPrivateKeyTypes | None = None,
        subject: x509.Name | None = None,
        names: tuple[str, ...] | None = None,
        serial: int = 0x1CE,
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
        digest: hashes.HashAlgorithm | None = SHA256,
    ) -> Issued:
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(begin)
            .not_valid_after(end)
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, path_length), True)
        else:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        listed = names if names is not None else (() if ca else (name,))
        if listed:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(n) for n in listed]), False
            )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return Issued(certificate=builder.sign(issuer.key if issuer else key, digest), key=key)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def root(authority: Authority) -> Issued:
    return authority.issue("Test Root", ca=True, begin=datetime(2020, 1, 1), end=datetime(2035, 1, 1))


@pytest.fixture(scope="session")
def intermediate(authority: Authority, root: Issued) -> Issued:
    return authority.issue(
        "Test Intermediate", root, ca=True, begin=datetime(2021, 1, 1), end=datetime(2034, 1, 1)
    )


@pytest.fixture(scope="session")
def openssl_certificate(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """DER of a self-signed certificate made by the openssl binary with the given arguments of ``req``."""
    binary = shutil.which("openssl")
    folder = tmp_path_factory.mktemp("openssl")

    @cache
    def make(*arguments: str) -> bytes:
        if binary is None:
            pytest.skip("no openssl binary to make a certificate that cryptography refuses to make")
        out = folder / "certificate.der"
        fixed = ("-x509", "-nodes", "-keyout", str(folder / "key.pem"), "-outform", "DER", "-out", str(out))
        subprocess.run([binary, "req", *fixed, *arguments], check=True, capture_output=True)
        return out.read_bytes()

    return make


@pytest.fixture(scope="session")
def openssl_issued(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[bytes, bytes]]:
    """(root, leaf) as DER, the leaf signed by the root over the given digest (``-sha1``); ``basic`` is what the
    root says of itself."""
    binary = shutil.which("openssl")
    folder = tmp_path_factory.mktemp("issued")

    @cache
    def make(digest: str, basic: str = "CA:TRUE") -> tuple[bytes, bytes]:
        if binary is None:
            pytest.skip("no openssl binary to sign what cryptography refuses to sign")

        (folder / "empty.cnf").write_text("[req]\ndistinguished_name=d\n[d]\n")

        def run(line: str) -> None:
            subprocess.run([binary, *line.split()], cwd=folder, check=True, capture_output=True)

        new = "req -x509 -nodes -newkey rsa:2048 -keyout ca.key -out ca.pem -subj /CN=Old -days 20 -sha256"
        run(f"{new} -config empty.cnf -addext basicConstraints={basic}")
        run("req -nodes -newkey rsa:2048 -keyout leaf.key -out leaf.csr -subj /CN=mail.example.org")
        run(f"x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 5 -days 9 {digest} -out leaf.pem")
        run("x509 -in ca.pem -outform DER -out ca.der")
        run("x509 -in leaf.pem -outform DER -out leaf.der")
        return (folder / "ca.der").read_bytes(), (folder / "leaf.der").read_bytes()

    return make
