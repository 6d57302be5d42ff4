"""A small, bounded reader of DER (ITU-T X.690), for certificates that stricter parsers refuse.

Mail servers present certificates with negative serials, names in broken encodings and impossible dates. TLS
stacks accept them, so a survey meets them and must still be able to say what they are. The reader never
recurses, copies nothing but what it is asked for, and knows one error, :class:`MalformedError`.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
SEQUENCE = 0x30
SET = 0x31
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18


class MalformedError(ValueError):
    """The bytes are not the DER that was expected. Its text is a fixed word of ours, never the peer's."""


class Element(NamedTuple):
    """One tag-length-value: ``data[start:end]`` is the value, ``data[head:end]`` the whole."""

    tag: int
    head: int
    start: int
    end: int


def element(data: bytes, at: int, limit: int) -> Element:
    """Read the element that begins at ``at`` and must end by ``limit`` (offsets in bytes).

    One-byte tags and definite lengths of at most four bytes only: a certificate has no others.
    """
    if at + 2 > limit:
        raise MalformedError("cut short")
    tag = data[at]
    if tag & 0x1F == 0x1F:
        raise MalformedError("tag")
    length = data[at + 1]
    start = at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > limit:
            raise MalformedError("length")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > limit:
        raise MalformedError("length")
    return Element(tag, at, start, start + length)


def expect(data: bytes, at: int, limit: int, tag: int) -> Element:
    """As :func:`element`, of one kind only."""
    found = element(data, at, limit)
    if found.tag != tag:
        raise MalformedError("kind")
    return found


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """The elements inside a constructed one, in order."""
    at = parent.start
    while at < parent.end:
        child = element(data, at, parent.end)
        yield child
        at = child.end


def integer(data: bytes, of: Element) -> int:
    """Two's complement, so a negative one is told apart (X.690 §8.3)."""
    if of.tag != INTEGER or of.start == of.end:
        raise MalformedError("integer")
    return int.from_bytes(data[of.start : of.end], "big", signed=True)


def oid(data: bytes, of: Element) -> str:
    """Dotted form (X.690 §8.19). At most 64 bytes are an object identifier here; no real one is longer."""
    if of.tag != OID or not 0 < of.end - of.start <= 64:
        raise MalformedError("object identifier")
    return _dotted(data[of.start : of.end])


@lru_cache(1024)  # all certificates of the world share some two hundred
def _dotted(body: bytes) -> str:
    if body[-1] & 0x80:
        raise MalformedError("object identifier")
    arcs: list[int] = []
    value = 0
    for octet in body:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def bits(data: bytes, of: Element) -> bytes:
    """The octets of a BIT STRING; the count of unused bits is left out."""
    if of.tag != BIT_STRING or of.start == of.end:
        raise MalformedError("bit string")
    return data[of.start + 1 : of.end]


def _digits(text: bytes) -> int:
    if not text.isdigit():
        raise MalformedError("time")
    return int(text)


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar, years 0000 to 9999.

    ``datetime`` begins with the year 1; a certificate may say 0. Counted in years that begin in March, so
    that the leap day is a year's last.
    """
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + day_of_year - 719468


def time(data: bytes, of: Element) -> int:
    """UTCTime or GeneralizedTime as Unix seconds; may be far below zero.

    RFC 5280 §4.1.2.5 wants seconds and ``Z``; what BER also allows (no seconds, fractions, an offset) is read
    as well. A two-digit year below 50 is of this century.
    """
    body = data[of.start : of.end]
    if of.tag == UTC_TIME and 11 <= len(body) <= 17:
        short = _digits(body[:2])
        year, rest = short + (2000 if short < 50 else 1900), body[2:]
    elif of.tag == GENERALIZED_TIME and 11 <= len(body) <= 32:
        year, rest = _digits(body[:4]), body[4:]
    else:
        raise MalformedError("time")
    month, day, hour = _digits(rest[0:2]), _digits(rest[2:4]), _digits(rest[4:6])
    rest = rest[6:]
    minute = second = offset = 0
    if rest[:2].isdigit():
        minute, rest = int(rest[:2]), rest[2:]
        if rest[:2].isdigit():
            second, rest = int(rest[:2]), rest[2:]
    if rest[:1] in (b".", b","):
        rest = rest[1:].lstrip(b"0123456789")
    if rest[:1] in (b"+", b"-") and len(rest) == 5:
        offset = (_digits(rest[1:3]) * 60 + _digits(rest[3:5])) * (-60 if rest[:1] == b"-" else 60)
    elif rest not in (b"Z", b""):
        raise MalformedError("time")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not (
        1 <= month <= 12 and 1 <= day <= lengths[month - 1] and hour < 24 and minute < 60 and second <= 60
    ):
        raise MalformedError("time")
    return _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
