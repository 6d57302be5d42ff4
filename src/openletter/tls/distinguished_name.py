"""A distinguished name as the reports want it: one text a kind of attribute.

This is the place where the bytes of a name become text. Every control character and every byte that its
string type does not allow is written as an escape (``\\x00``), so what comes out is one printable line, still a
stranger's words: to be escaped again for HTML, CSV or a mail header where it is shown.
"""

import msgspec

from openletter.tls import der

MAX_TEXT = 256
"""Characters of a text field. X.520 bounds none of these attributes above 128 but for the street."""

_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",  # TeletexString: what everyone writes into it, whatever T.61 says
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


class DistinguishedName(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Subject or issuer. The fields are the columns ``subject_*`` and ``issuer_*`` of REPORT_FORMAT.md.

    A kind that occurs more than once is joined by ``", "`` in the order of the certificate. Empty: not there.
    """

    common_name: str = ""
    organization_name: str = ""
    organization_unit_name: str = ""
    country: str = ""
    state_or_province_name: str = ""
    locality_name: str = ""
    street_address: str = ""
    postal_code: str = ""
    surname: str = ""
    given_name: str = ""
    email_address: str = ""
    business_category: str = ""
    serial_number: str = ""


_FIELDS = {
    "2.5.4.3": "common_name",
    "2.5.4.10": "organization_name",
    "2.5.4.11": "organization_unit_name",
    "2.5.4.6": "country",
    "2.5.4.8": "state_or_province_name",
    "2.5.4.7": "locality_name",
    "2.5.4.9": "street_address",
    "2.5.4.17": "postal_code",
    "2.5.4.4": "surname",
    "2.5.4.42": "given_name",
    "1.2.840.113549.1.9.1": "email_address",
    "2.5.4.15": "business_category",
    "2.5.4.5": "serial_number",
}


def printable(raw: bytes, encoding: str) -> str:
    """Text of at most :data:`MAX_TEXT` characters, controls and undecodable bytes as escapes."""
    # Four bytes are the longest character of any of these encodings.
    text = raw[: MAX_TEXT * 4].decode(encoding, "backslashreplace")[:MAX_TEXT]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return text[:MAX_TEXT]


def read_name(data: bytes, name: der.Element) -> DistinguishedName:
    """Read a Name (RFC 5280 §4.1.2.4). Raises :class:`der.MalformedError` where its frame is broken."""
    found: dict[str, str] = {}
    for rdn in der.children(data, name):
        if rdn.tag != der.SET:
            raise der.MalformedError("name")
        for pair in der.children(data, rdn):
            kind = der.expect(data, pair.start, pair.end, der.OID)
            value = der.element(data, kind.end, pair.end)
            field = _FIELDS.get(der.oid(data, kind))
            if field is None:
                continue
            text = printable(data[value.start : value.end], _ENCODINGS.get(value.tag, "utf-8"))
            before = found.get(field)
            found[field] = text if before is None else f"{before}, {text}"[:MAX_TEXT]
    return DistinguishedName(**found)
