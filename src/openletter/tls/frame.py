"""The frame of a certificate (RFC 5280 §4.1): where its fields lie, before any of them is understood."""

import msgspec

from openletter.tls import der

MAX_DER_BYTES = 102_400
"""OpenSSL takes no longer chain than this by default (``SSL_MAX_CERT_LIST_DEFAULT``); a certificate of a mail
server with hundreds of names has some 20,000."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """Where the fields of RFC 5280 §4.1 lie."""

    tbs: der.Element
    version: int
    serial: int
    issuer: der.Element
    validity: der.Element
    subject: der.Element
    spki: der.Element
    extensions: der.Element | None
    signature_algorithm: der.Element
    signature: bytes


def read_frame(data: bytes) -> Frame:
    """Find the fields. Raises :class:`~openletter.tls.der.MalformedError` where a needed one is not there."""
    outer = der.expect(data, 0, len(data), der.SEQUENCE)
    tbs = der.expect(data, outer.start, outer.end, der.SEQUENCE)
    algorithm = der.expect(data, tbs.end, outer.end, der.SEQUENCE)
    signature = der.bits(data, der.element(data, algorithm.end, outer.end))
    fields = list(der.children(data, tbs))
    version = 0
    if fields and fields[0].tag == 0xA0:
        version = der.integer(data, der.element(data, fields[0].start, fields[0].end))
        fields = fields[1:]
    if len(fields) < 6 or any(f.tag != der.SEQUENCE for f in fields[1:6]):
        raise der.MalformedError("certificate")
    serial, _, issuer, validity, subject, spki = fields[:6]
    wrapped = next((f for f in fields[6:] if f.tag == 0xA3), None)
    if not 0 <= version <= 255:
        raise der.MalformedError("version")
    return Frame(
        tbs=tbs,
        version=version,
        serial=der.integer(data, serial),
        issuer=issuer,
        validity=validity,
        subject=subject,
        spki=spki,
        extensions=wrapped,
        signature_algorithm=algorithm,
        signature=signature,
    )


def extensions(data: bytes, parts: Frame) -> dict[str, der.Element]:
    """Identifier to the OCTET STRING that holds the value; the first of a kind counts."""
    if parts.extensions is None:
        return {}
    found: dict[str, der.Element] = {}
    listed = der.expect(data, parts.extensions.start, parts.extensions.end, der.SEQUENCE)
    for extension in der.children(data, listed):
        inner = list(der.children(data, extension))
        if len(inner) < 2 or inner[-1].tag != der.OCTET_STRING:
            raise der.MalformedError("extension")
        found.setdefault(der.oid(data, inner[0]), inner[-1])
    return found


def algorithm_identifier(data: bytes, identifier: der.Element) -> tuple[str, der.Element | None]:
    """AlgorithmIdentifier: the object identifier and the parameters."""
    kind = der.expect(data, identifier.start, identifier.end, der.OID)
    if kind.end == identifier.end:
        return der.oid(data, kind), None
    return der.oid(data, kind), der.element(data, kind.end, identifier.end)
