"""What the reports tell of a certificate: each distinct one is read and put into words once a table."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import pyarrow as pa

from openletter.report.shadowserver.columns import COLUMNS, WORDS, Form, Source
from openletter.report.visible import visible_text
from openletter.tls.certificate import Unreadable, facts
from openletter.tls.distinguished_name import DistinguishedName

CERTIFICATE_COLUMNS = tuple(column for column in COLUMNS if column.source is Source.CERTIFICATE)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Whatever the locale."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = 8_192
"""Certificates whose words are kept, some 4 kB each: those that hosters show on thousands of servers."""

Cells = dict[str, str | int | None]


def date(seconds: int | None) -> str | None:
    """``Jan 14 08:04:50 2015 GMT``, as OpenSSL prints it; none for no date and for one of the year 0."""
    if seconds is None:
        return None
    try:
        when = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return f"{_MONTHS[when.month - 1]} {when.day:2d} {when.hour:02d}:{when.minute:02d}:{when.second:02d} {when.year:04d} GMT"


def fingerprint(digest: str) -> str:
    """``5E:A1:…`` of hex."""
    return bytes.fromhex(digest).hex(":").upper()


def _shown(text: str) -> str:
    # Most of them, for which taking a text to pieces would be the better part of the work.
    return text if text.isascii() and text.isprintable() else visible_text(text)


def _name(which: str, name: DistinguishedName) -> Cells:
    return {
        f"{which}_{attribute}": _shown(text)
        for attribute in DistinguishedName.__struct_fields__
        if (text := getattr(name, attribute))
    }


def cells(der: bytes) -> Cells:
    """What ``CERTIFICATE_COLUMNS`` say of a DER certificate, whatever the bytes are; what is not told is none or missing."""
    read = facts(der)
    if isinstance(read, Unreadable):
        return {
            f"{name}_fingerprint": fingerprint(hashlib.new(name, der, usedforsecurity=False).hexdigest())
            for name in ("md5", "sha1", "sha256", "sha512")
        }
    return {
        "cert_expiration_date": date(read.not_after),
        "cert_issue_date": date(read.not_before),
        "cert_length": read.key_bits or None,
        "cert_serial_number": read.serial or None,
        **_name("issuer", read.issuer),
        "key_algorithm": read.key_algorithm or None,
        "md5_fingerprint": fingerprint(read.md5),
        "self_signed": "Y" if read.self_signed else "N",
        "sha1_fingerprint": fingerprint(read.sha1),
        "sha256_fingerprint": fingerprint(read.sha256),
        "sha512_fingerprint": fingerprint(read.sha512),
        "signature_algorithm": read.signature_algorithm or None,
        "ssl_version": read.version,
        **_name("subject", read.subject),
        "validation_level": str(read.validation_level),
    }


_kept = lru_cache(_KEPT)(cells)


def certificate_columns(certificate: Any, ders: Mapping[str, bytes]) -> dict[str, Any]:
    """Each of ``CERTIFICATE_COLUMNS`` as an array as long as ``certificate``, an array of SHA-256 (hex, empty where there is
    none). Of one that is not among ``ders`` nothing is told but that."""
    encoded = certificate.cast(pa.string()).dictionary_encode()
    told = [_of(digest, ders) for digest in encoded.dictionary.to_pylist()]
    columns = {}
    for column in CERTIFICATE_COLUMNS:
        values = [one.get(column.name) for one in told]
        if column.form is Form.NUMBER:
            columns[column.name] = pa.array(values, pa.int64()).take(encoded.indices)
        else:
            words = pa.array(values, pa.string()).dictionary_encode()
            columns[column.name] = words.take(encoded.indices).cast(WORDS)
    return columns


def _of(digest: str, ders: Mapping[str, bytes]) -> Cells:
    if not digest:
        return {}
    der = ders.get(digest)
    return {"sha256_fingerprint": fingerprint(digest)} if der is None else _kept(der)
