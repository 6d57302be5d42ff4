"""TLS records and handshake messages by hand (RFC 5246 §6.2 and §7.4, RFC 8446 §4.1)."""

import socket

from hostile.peer import GoneError

GARBAGE_DER = b"\x30\x82\x01\x00" + b"\x02" * 256
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest (RFC 8446 §4.1.3)."""


def record(kind: int, body: bytes, version: bytes = b"\x03\x03") -> bytes:
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def server_hello(
    *,
    version: bytes = b"\x03\x03",
    random: bytes = b"r" * 32,
    session: bytes = b"",
    cipher: bytes = b"\x00\x9c",
    compression: bytes = b"\0",
    extensions: bytes = b"\xff\x01\x00\x01\x00",
) -> bytes:
    body = version + random + bytes([len(session)]) + session + cipher + compression
    if version != b"\x03\x00":
        body += len(extensions).to_bytes(2, "big") + extensions
    return message(2, body)


def certificate(*ders: bytes) -> bytes:
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in ders)
    return message(11, len(listed).to_bytes(3, "big") + listed)


def retry_request(hello: bytes) -> bytes:
    """Ask for a key of secp384r1, which our hello offers and has no key for."""
    session = hello[39 : 39 + hello[38]]
    extensions = b"\x00\x2b\x00\x02\x03\x04" + b"\x00\x33\x00\x02\x00\x18"
    return server_hello(random=_RETRY, session=session, cipher=b"\x13\x02", extensions=extensions)


def exactly(sock: socket.socket, count: int) -> bytes:
    said = b""
    while len(said) < count:
        piece = sock.recv(count - len(said))
        if not piece:
            raise GoneError
        said += piece
    return said


def read_record(sock: socket.socket) -> tuple[int, bytes]:
    head = exactly(sock, 5)
    return head[0], exactly(sock, int.from_bytes(head[3:5], "big"))


def client_hello(sock: socket.socket) -> bytes:
    """The engine's ClientHello message; a change of ciphers before it (RFC 8446 §D.4) is left out."""
    while True:
        kind, body = read_record(sock)
        if kind == 22:
            return body
