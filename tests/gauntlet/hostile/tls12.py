"""A server of TLS 1.2 by hand, with RSA key exchange and AES-128-GCM (RFC 5246, RFC 5288).

No library lets a server be as rude as this one: it asks for renegotiation a million times, and sends what it likes.
"""

import hmac
import os
import socket
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hostile.flights import certificate, message, read_record, record, server_hello

HELLO_REQUEST = message(0, b"")
HANDSHAKE, DATA, ALERT = 22, 23, 21


def _prf(secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 §5."""
    seed = label + seed
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, "sha256")
        out += hmac.digest(secret, a + seed, "sha256")
    return out[:length]


class _Direction:
    """One direction's cipher."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._aead, self._salt, self._count = AESGCM(key), salt, 0

    def _extra(self, kind: int, length: int) -> tuple[bytes, bytes]:
        count = self._count.to_bytes(8, "big")
        self._count += 1
        return count, count + bytes([kind]) + b"\x03\x03" + length.to_bytes(2, "big")

    def seal(self, kind: int, plain: bytes) -> bytes:
        explicit, extra = self._extra(kind, len(plain))
        return record(kind, explicit + self._aead.encrypt(self._salt + explicit, plain, extra))

    def open(self, kind: int, body: bytes) -> bytes:
        _, extra = self._extra(kind, len(body) - 24)
        return self._aead.decrypt(self._salt + body[:8], body[8:], extra)


class RudeServer:
    """After ``shake`` it can send records of any kind, sealed as they should be."""

    def __init__(self, sock: socket.socket, key: rsa.RSAPrivateKey, der: bytes) -> None:
        self._sock, self._key, self._der = sock, key, der
        self._said = b""

    def _heard(self) -> bytes:
        kind, body = read_record(self._sock)
        if kind == HANDSHAKE:
            self._said += body
        return body

    def shake(self) -> None:
        hello = self._heard()
        random = os.urandom(24) + b"not 1.3!"
        flight = server_hello(random=random) + certificate(self._der) + message(14, b"")
        self._said += flight
        self._sock.sendall(record(HANDSHAKE, flight))
        exchange = self._heard()
        secret = self._key.decrypt(exchange[6:], padding.PKCS1v15())
        client_random = hello[6:38]
        master = _prf(secret, b"master secret", client_random + random, 48)
        keys = _prf(master, b"key expansion", random + client_random, 40)
        self._in = _Direction(keys[:16], keys[32:36])
        self._out = _Direction(keys[16:32], keys[36:40])
        read_record(self._sock)  # ChangeCipherSpec
        _, finished = read_record(self._sock)
        self._said += self._in.open(HANDSHAKE, finished)
        proof = _prf(master, b"server finished", sha256(self._said).digest(), 12)
        self._sock.sendall(record(20, b"\x01") + self._out.seal(HANDSHAKE, message(20, proof)))

    def sealed(self, kind: int, plain: bytes) -> bytes:
        return self._out.seal(kind, plain)

    def send(self, kind: int, plain: bytes) -> None:
        self._sock.sendall(self.sealed(kind, plain))

    def hear(self) -> tuple[int, bytes]:
        """A record of the client's: its kind and what is in it."""
        kind, body = read_record(self._sock)
        return kind, self._in.open(kind, body)
