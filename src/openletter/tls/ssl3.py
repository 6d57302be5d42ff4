"""SSL 3.0 (RFC 6101) as far as one can see it without speaking it.

No TLS library of today still speaks SSL 3.0, so the ClientHello is made by hand and the answer read by hand: the
ServerHello says that the peer speaks it, the Certificate message that follows comes in the clear. Nothing more is sent.
"""

import os

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import suite_name
from openletter.tls.hello import alert, is_record, server_hello
from openletter.tls.session import Ended, Progress

_MAX_FLIGHT = 65_536
_HANDSHAKE = 22
_CERTIFICATE, _SERVER_HELLO_DONE = 11, 14

_SUITES = (
    0x0035, 0x002F, 0x0039, 0x0033, 0x000A, 0x0016, 0x0013, 0x0005, 0x0004,  # AES, 3DES, RC4 with RSA and DHE
    0x0009, 0x0015, 0x0012, 0x0003, 0x0006, 0x0008, 0x0014, 0x0011,  # DES and export grade
    0x0034, 0x003A, 0x001B, 0x0018,  # anonymous
)  # fmt: skip


_OUTCOMES = {
    Lost.TIMEOUT: HandshakeOutcome.TIMEOUT,
    Lost.CLOSED: HandshakeOutcome.CLOSED,
    Lost.RESET: HandshakeOutcome.RESET,
}


def client_hello() -> bytes:
    """One SSL 3.0 record with a ClientHello (RFC 6101 §5.6.1.2): no extension, no session, null compression."""
    suites = b"".join(s.to_bytes(2, "big") for s in _SUITES)
    body = b"\x03\x00" + os.urandom(32) + b"\x00" + len(suites).to_bytes(2, "big") + suites + b"\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x00" + len(message).to_bytes(2, "big") + message


def _handshake_octets(flight: bytes) -> bytes:
    """The handshake messages of whole records; messages may lie across records (RFC 6101 §5.2.1)."""
    octets, at = b"", 0
    while at + 5 <= len(flight) and flight[at] == _HANDSHAKE:
        length = int.from_bytes(flight[at + 3 : at + 5], "big")
        if at + 5 + length > len(flight):
            break
        octets += flight[at + 5 : at + 5 + length]
        at += 5 + length
    return octets


def _messages(octets: bytes) -> list[tuple[int, bytes]]:
    messages, at = [], 0
    while at + 4 <= len(octets):
        length = int.from_bytes(octets[at + 1 : at + 4], "big")
        if at + 4 + length > len(octets):
            break
        messages.append((octets[at], octets[at + 4 : at + 4 + length]))
        at += 4 + length
    return messages


def _certificates(body: bytes) -> list[bytes]:
    """A Certificate message's list (RFC 6101 §5.6.2), as far as its lengths hold."""
    certificates, at = [], 3
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        if length == 0 or at + 3 + length > len(body):
            break
        certificates.append(body[at + 3 : at + 3 + length])
        at += 3 + length
    return certificates


class Ssl3Session:
    """A hello and its answer. It ends with ``OK`` where the peer agreed on SSL 3.0; there is nothing inside to read."""

    __slots__ = ("_book", "_flight")

    def __init__(self, book: CertificateBook) -> None:
        self._book = book
        self._flight = bytearray()

    def handshake(self, data: bytes) -> Progress:
        if not data and not self._flight:
            return Progress(client_hello(), None)
        self._flight += data[: _MAX_FLIGHT + 1 - len(self._flight)]
        flight = bytes(self._flight)
        if not is_record(flight):
            return Progress(b"", Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=flight[:512]))
        name = alert(flight)
        if name:
            return Progress(b"", Handshake(outcome=HandshakeOutcome.ALERT, detail=name))
        octets = _handshake_octets(flight)
        if any(kind == _SERVER_HELLO_DONE for kind, _ in _messages(octets)):
            return Progress(b"", self._agreed(octets))
        if len(flight) > _MAX_FLIGHT:
            return Progress(b"", Handshake(outcome=HandshakeOutcome.INVALID, detail="too_much_data"))
        return Progress(b"", None)

    def _agreed(self, octets: bytes) -> Handshake:
        hello = server_hello(b"\x16\x03\x00\x00\x00" + octets)
        if hello is None:
            return Handshake(outcome=HandshakeOutcome.INVALID, detail="no_server_hello")
        if hello.version != "SSLv3":
            return Handshake(
                outcome=HandshakeOutcome.INVALID, version=hello.version, detail="another_version"
            )
        ders = [
            der for kind, body in _messages(octets) if kind == _CERTIFICATE for der in _certificates(body)
        ]
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version="SSLv3",
            cipher=suite_name(hello.cipher),
            chain=tuple(self._book.keep(der) for der in ders),
        )

    def lost(self, why: Lost) -> Handshake:
        return Handshake(outcome=_OUTCOMES[why], detail="" if self._flight else "no_data")

    def encrypt(self, _: bytes) -> bytes:
        raise AssertionError("there is no session inside a hand-made hello")

    def decrypt(self, _: bytes) -> tuple[bytes, bytes, Ended | None]:
        return b"", b"", Ended.CLOSED
