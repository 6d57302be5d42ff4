"""TLS peers made by hand: an SSLv3-only server as far as its ServerHelloDone, alerts, and garbage.

No library of today speaks SSLv3 (RFC 6101); a surveyor can only recognise it, and for that these records are enough.
"""

import base64
import os
from pathlib import Path

HANDSHAKE, ALERT = 22, 21
VERSION_3_0 = b"\x03\x00"
RSA_WITH_3DES = b"\x00\x0a"
"""TLS_RSA_WITH_3DES_EDE_CBC_SHA."""
RECORD_HEADER = 5
HANDSHAKE_FAILURE, PROTOCOL_VERSION = 40, 70


def record(kind: int, version: bytes, payload: bytes) -> bytes:
    return bytes([kind]) + version + len(payload).to_bytes(2) + payload


def alert(description: int, version: bytes = b"\x03\x01") -> bytes:
    """A fatal alert (RFC 8446 §6)."""
    return record(ALERT, version, bytes([2, description]))


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3) + body


def whole_hello(data: bytes) -> bool:
    """Whether the first record is complete, or is no handshake record at all and need not be waited for."""
    if data[:1] and data[0] != HANDSHAKE:
        return True
    return len(data) >= RECORD_HEADER and len(data) >= RECORD_HEADER + int.from_bytes(data[3:5])


def offers_only_ssl3(hello: bytes) -> bool:
    """Whether the ClientHello's own version is 3.0: no TLS is on offer."""
    return hello[:1] == b"\x16" and hello[9:11] == VERSION_3_0


def der_chain(pem: Path) -> list[bytes]:
    """The certificates of a PEM file, leaf first."""
    text = pem.read_text("ascii")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return [base64.b64decode(part.split(end)[0]) for part in text.split(begin)[1:]]


def server_flight(chain: list[bytes]) -> bytes:
    """ServerHello, Certificate, ServerHelloDone in one SSLv3 record each."""
    hello = VERSION_3_0 + os.urandom(32) + b"\x00" + RSA_WITH_3DES + b"\x00"
    listed = b"".join(len(der).to_bytes(3) + der for der in chain)
    certificate = len(listed).to_bytes(3) + listed
    return b"".join(
        record(HANDSHAKE, VERSION_3_0, each)
        for each in (message(2, hello), message(11, certificate), message(14, b""))
    )


GARBAGE = record(HANDSHAKE, b"\x03\x03", bytes(range(180, 244)))
"""Looks like a record, holds no message."""
