"""What a certificate says of itself: the fields of REPORT_FORMAT.md, and the faults that show without its issuer.

Read by :mod:`openletter.tls.der` and not by ``cryptography``, which rightly refuses certificates that TLS
accepts all the same (negative serials, names in broken encodings, impossible dates); only signatures are its
work.
"""

import hashlib
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address

import msgspec

from openletter.tls import algorithms, der
from openletter.tls.distinguished_name import MAX_TEXT, DistinguishedName, printable, read_name
from openletter.tls.frame import MAX_DER_BYTES, Frame, algorithm_identifier, extensions, read_frame
from openletter.tls.signature import digest_name, verifies

_BASIC_CONSTRAINTS = "2.5.29.19"
_ALTERNATIVE_NAME = "2.5.29.17"
_POLICIES = "2.5.29.32"


class ValidationLevel(StrEnum):
    """How the CA says that it checked the subject (CA/Browser Forum Baseline Requirements §7.1.6.1)."""

    DV = "DV"
    OV = "OV"
    """Organization validated; also individual validated (2.23.140.1.2.3): the reports have no word for it."""
    EV = "EV"
    UNKNOWN = "unknown"


_LEVELS = {
    "2.23.140.1.1": ValidationLevel.EV,
    "2.23.140.1.2.1": ValidationLevel.DV,
    "2.23.140.1.2.2": ValidationLevel.OV,
    "2.23.140.1.2.3": ValidationLevel.OV,
}


class UnreadableReason(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too_long"
    """More than :data:`~openletter.tls.frame.MAX_DER_BYTES`."""
    NOT_A_CERTIFICATE = "not_a_certificate"
    """The frame of RFC 5280 §4.1 is not there."""


class Unreadable(msgspec.Struct, frozen=True):
    """Bytes that were sent as a certificate and are none that can be read."""

    reason: UnreadableReason


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one certificate. All text is printable, at most 256 characters, and a stranger's."""

    sha256: str
    """Fingerprints of the DER, lower-case hex without colons."""
    sha1: str
    md5: str
    sha512: str
    version: int
    """The X.509 version field: 2 means v3."""
    serial: str
    """Upper-case hex, two digits an octet; a negative one has a ``-`` in front."""
    subject: DistinguishedName
    issuer: DistinguishedName
    not_before: int | None
    """Unix seconds, perhaps far below zero. ``None``: the field holds no date, and is named in ``malformed``."""
    not_after: int | None
    key_algorithm: str
    """OpenSSL's name (``rsaEncryption``), or the dotted identifier of one it does not know."""
    key_bits: int
    """0: not known."""
    key_curve: str = ""
    """Of an elliptic curve that has a name of its own: ``P-256``, ``brainpoolP256r1``."""
    signature_algorithm: str
    """OpenSSL's name (``sha256WithRSAEncryption``), or the dotted identifier."""
    dns_names: tuple[str, ...] = ()
    """subjectAltName, in its order."""
    ip_addresses: tuple[str, ...] = ()
    self_issued: bool
    """Issuer and subject are the same name."""
    self_signed: bool
    """Self-issued, and its own key verifies its signature."""
    is_ca: bool
    validation_level: ValidationLevel
    weak_key: bool
    """RSA or DSA under 2048 bits, a curve under 224."""
    weak_signature: bool
    """Signed over MD5, SHA-1 or older. Not counted where self-signed: that signature vouches for nothing."""
    malformed: tuple[str, ...] = ()
    """Fields that could not be read, in our own words."""


def _key(data: bytes, spki: der.Element) -> tuple[str, int, str]:
    """Object identifier, bits (0: not known) and curve of the public key."""
    identifier = der.expect(data, spki.start, spki.end, der.SEQUENCE)
    name, parameters = algorithm_identifier(data, identifier)
    if name in (algorithms.RSA, algorithms.RSA_PSS):
        key = der.bits(data, der.element(data, identifier.end, spki.end))
        sequence = der.expect(key, 0, len(key), der.SEQUENCE)
        return name, der.integer(key, der.element(key, sequence.start, sequence.end)).bit_length(), ""
    if name == algorithms.DSA and parameters is not None and parameters.tag == der.SEQUENCE:
        return name, der.integer(data, der.element(data, parameters.start, parameters.end)).bit_length(), ""
    if name == algorithms.EC and parameters is not None and parameters.tag == der.OID:
        curve = der.oid(data, parameters)
        return name, algorithms.CURVE_BITS.get(curve, 0), algorithms.CURVE_NAMES.get(curve, "")
    return name, algorithms.FIXED_KEY_BITS.get(name, 0), ""


def _hex(number: int) -> str:
    text = f"{abs(number):X}"
    return ("-" if number < 0 else "") + ("0" * (len(text) % 2) + text)


def _alternative_names(data: bytes, value: der.Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """GeneralNames (RFC 5280 §4.2.1.6): dNSName and iPAddress; an address of a wrong length is left out."""
    names: list[str] = []
    addresses: list[str] = []
    for general in der.children(data, der.expect(data, value.start, value.end, der.SEQUENCE)):
        raw = data[general.start : general.end]
        if general.tag == 0x82:
            names.append(printable(raw, "ascii"))
        elif general.tag == 0x87 and len(raw) in (4, 16):
            addresses.append(str(ip_address(raw)))
    return tuple(names), tuple(addresses)


def _is_ca(data: bytes, value: der.Element) -> bool:
    sequence = der.expect(data, value.start, value.end, der.SEQUENCE)
    first = next(der.children(data, sequence), None)
    return first is not None and first.tag == der.BOOLEAN and any(data[first.start : first.end])


def _validation_level(data: bytes, value: der.Element) -> ValidationLevel:
    """The highest of the levels that the policies claim."""
    found = set()
    for policy in der.children(data, der.expect(data, value.start, value.end, der.SEQUENCE)):
        identifier = der.oid(data, der.expect(data, policy.start, policy.end, der.OID))
        found.add(_LEVELS.get(identifier, ValidationLevel.UNKNOWN))
    order = (ValidationLevel.EV, ValidationLevel.OV, ValidationLevel.DV)
    return next((level for level in order if level in found), ValidationLevel.UNKNOWN)


class _Reader:
    """Reads field by field; one that cannot be read is noted and has its empty value."""

    def __init__(self, data: bytes, parts: Frame) -> None:
        self.data = data
        self.parts = parts
        self.malformed: list[str] = []

    def name(self, word: str, at: der.Element) -> DistinguishedName:
        try:
            return read_name(self.data, at)
        except der.MalformedError:
            self.malformed.append(word)
            return DistinguishedName()

    def dates(self) -> tuple[int | None, int | None]:
        found: list[int | None] = [None, None]
        at = self.parts.validity.start
        for index, word in enumerate(("not_before", "not_after")):
            try:
                field = der.element(self.data, at, self.parts.validity.end)
                at = field.end
                found[index] = der.time(self.data, field)
            except der.MalformedError:
                self.malformed.append(word)
        return found[0], found[1]

    def key(self) -> tuple[str, int, str]:
        try:
            return _key(self.data, self.parts.spki)
        except der.MalformedError:
            self.malformed.append("key")
            return "", 0, ""

    def signature(self) -> tuple[str, str]:
        """Object identifier and digest."""
        try:
            name, parameters = algorithm_identifier(self.data, self.parts.signature_algorithm)
            return name, digest_name(self.data, name, parameters)
        except der.MalformedError:
            self.malformed.append("signature_algorithm")
            return "", ""

    def extensions(self) -> dict[str, der.Element]:
        try:
            return extensions(self.data, self.parts)
        except der.MalformedError:
            self.malformed.append("extensions")
            return {}

    def alternative_names(self, value: der.Element | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        try:
            return _alternative_names(self.data, value) if value else ((), ())
        except der.MalformedError:
            self.malformed.append("alternative_names")
            return (), ()

    def is_ca(self, value: der.Element | None) -> bool:
        try:
            return value is not None and _is_ca(self.data, value)
        except der.MalformedError:
            self.malformed.append("basic_constraints")
            return False

    def validation_level(self, value: der.Element | None) -> ValidationLevel:
        try:
            return _validation_level(self.data, value) if value else ValidationLevel.UNKNOWN
        except der.MalformedError:
            self.malformed.append("policies")
            return ValidationLevel.UNKNOWN


@lru_cache(64)  # the name, the faults and the chain of one host ask one after the other
def facts(certificate: bytes) -> CertificateFacts | Unreadable:
    """The facts of a DER certificate. Whatever the bytes are, nothing is raised and no warning leaves."""
    if not certificate:
        return Unreadable(UnreadableReason.EMPTY)
    if len(certificate) > MAX_DER_BYTES:
        return Unreadable(UnreadableReason.TOO_LONG)
    try:
        parts = read_frame(certificate)
    except der.MalformedError:
        return Unreadable(UnreadableReason.NOT_A_CERTIFICATE)
    reader = _Reader(certificate, parts)
    key_oid, key_bits, key_curve = reader.key()
    signature_oid, digest = reader.signature()
    known = algorithms.SIGNATURES.get(signature_oid)
    not_before, not_after = reader.dates()
    found = reader.extensions()
    dns_names, ip_addresses = reader.alternative_names(found.get(_ALTERNATIVE_NAME))
    subject_bytes = certificate[parts.subject.head : parts.subject.end]
    self_issued = subject_bytes == certificate[parts.issuer.head : parts.issuer.end]
    subject = reader.name("subject", parts.subject)
    spki = certificate[parts.spki.head : parts.spki.end]
    self_signed = self_issued and verifies(certificate, parts, signature_oid, digest, spki)
    return CertificateFacts(
        sha256=hashlib.sha256(certificate).hexdigest(),
        sha1=hashlib.sha1(certificate, usedforsecurity=False).hexdigest(),
        md5=hashlib.md5(certificate, usedforsecurity=False).hexdigest(),
        sha512=hashlib.sha512(certificate).hexdigest(),
        version=parts.version,
        serial=_hex(parts.serial)[:MAX_TEXT],
        subject=subject,
        issuer=subject if self_issued else reader.name("issuer", parts.issuer),
        not_before=not_before,
        not_after=not_after,
        key_algorithm=algorithms.KEY_NAMES.get(key_oid, key_oid),
        key_bits=key_bits,
        key_curve=key_curve,
        signature_algorithm=known.name if known else signature_oid,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        self_issued=self_issued,
        self_signed=self_signed,
        is_ca=reader.is_ca(found.get(_BASIC_CONSTRAINTS)),
        validation_level=reader.validation_level(found.get(_POLICIES)),
        weak_key=algorithms.weak_key(key_oid, key_bits),
        weak_signature=digest in algorithms.WEAK_DIGESTS and not self_signed,
        malformed=tuple(reader.malformed),
    )
