"""SSL 3.0 (RFC 6101) as far as one can see it without speaking it.

No TLS library of today still speaks SSL 3.0, so the ClientHello is made by hand and the answer read by hand: the
ServerHello says that the peer speaks it, the Certificate message that follows comes in the clear. Nothing more is sent.
"""

import os

from openletter.dialogue.notes import MAX_SHOWN
from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import suite_name
from openletter.tls.hello import ServerHello, alert, is_record, server_hello
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

    __slots__ = ("_book", "_ders", "_hello", "_octets", "_received", "_said_hello", "_wire")

    def __init__(self, book: CertificateBook) -> None:
        self._book = book
        self._said_hello = False
        self._received = 0
        self._wire = bytearray()
        """Octets of a record that has not all come."""
        self._octets = bytearray()
        """Octets of a handshake message that has not all come; messages may lie across records (RFC 6101 §5.2.1)."""
        self._hello: ServerHello | None = None
        self._ders: list[bytes] = []

    def handshake(self, data: bytes) -> Progress:
        if not self._said_hello:
            self._said_hello = True
            return Progress(client_hello(), None)
        told_from_plaintext = self._received >= 2
        self._received += len(data)
        if self._received > _MAX_FLIGHT:
            return Progress(b"", Handshake(outcome=HandshakeOutcome.INVALID, detail="too_much_data"))
        self._wire += data
        if not told_from_plaintext and not is_record(bytes(self._wire[:2])):
            plaintext = bytes(self._wire[:MAX_SHOWN])
            return Progress(b"", Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=plaintext))
        return Progress(b"", self._records())

    def _records(self) -> Handshake | None:
        """Read the records that have come as a whole."""
        wire = self._wire
        while len(wire) >= 5:
            whole = 5 + int.from_bytes(wire[3:5], "big")
            if len(wire) < whole:
                return None
            record = bytes(wire[:whole])
            del wire[:whole]
            name = alert(record)
            if name:
                return Handshake(outcome=HandshakeOutcome.ALERT, detail=name, version=self._version)
            if record[0] != _HANDSHAKE:
                return Handshake(outcome=HandshakeOutcome.INVALID, detail="unexpected_message")
            self._octets += record[5:]
            result = self._messages()
            if result is not None:
                return result
        return None

    def _messages(self) -> Handshake | None:
        """Read the handshake messages that have come as a whole."""
        octets = self._octets
        while len(octets) >= 4:
            whole = 4 + int.from_bytes(octets[1:4], "big")
            if len(octets) < whole:
                return None
            message = bytes(octets[:whole])
            del octets[:whole]
            if message[0] == _SERVER_HELLO_DONE:
                return self._agreed()
            if message[0] == _CERTIFICATE:
                self._ders += _certificates(message[4:])
            elif self._hello is None:
                self._hello = server_hello(b"\x16\x03\x00\x00\x00" + message)
        return None

    @property
    def _version(self) -> str:
        return self._hello.version if self._hello is not None else ""

    def _agreed(self) -> Handshake:
        hello = self._hello
        if hello is None:
            return Handshake(outcome=HandshakeOutcome.INVALID, detail="no_server_hello")
        if hello.version != "SSLv3":
            return Handshake(
                outcome=HandshakeOutcome.INVALID, version=hello.version, detail="another_version"
            )
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version="SSLv3",
            cipher=suite_name(hello.cipher),
            chain=tuple(self._book.keep(der) for der in self._ders),
        )

    def lost(self, why: Lost) -> Handshake:
        return Handshake(outcome=_OUTCOMES[why], detail="" if self._received else "no_data")

    def encrypt(self, _: bytes) -> bytes:
        raise AssertionError("there is no session inside a hand-made hello")

    def decrypt(self, _: bytes) -> tuple[bytes, bytes, Ended | None]:
        return b"", b"", Ended.CLOSED
