"""Counts by issuer are shown to everybody: they must not tell the names of hosts that signed for themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from openletter.enrich.leaf import read_leaf

KEY = ec.generate_private_key(ec.SECP256R1())
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def signed(organisation: str, name: str, subject: str = "mail.example.org") -> bytes:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else []
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    builder = x509.CertificateBuilder().issuer_name(x509.Name(attributes)).public_key(KEY.public_key())
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
    builder = builder.serial_number(1).not_valid_before(BEGAN).not_valid_after(BEGAN + timedelta(days=90))
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("organisation", "name", "issuer"),
    [
        ("Let's Encrypt", "R11", "Let's Encrypt"),
        ("GoDaddy.com, Inc.", "Go Daddy Secure Certificate Authority - G2", "GoDaddy.com, Inc."),
        ("", "Plesk", "Plesk"),
        ("", "mail.example.org", ""),
        ("", "*.example.org", ""),
        ("", "192.0.2.7", ""),
        ("", "2001:db8::7", ""),
        ("", "postmaster@example.org", ""),
        ("mail.example.org", "Example", "Example"),
        ("The server MAIL.example.org", "Imap server of mail.example.org", ""),
        ("", "", ""),
    ],
)
def test_an_issuer_that_is_a_host_is_none(organisation: str, name: str, issuer: str):
    assert read_leaf(signed(organisation, name)).issuer == issuer
