"""What a hostile peer is: a name, the port that it pretends to be, and what it does with a connection."""

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

Serve = Callable[[socket.socket], None]
IMAP, POP3, IMAPS, POP3S = (
    ("imap", "cleartext"),
    ("pop3", "cleartext"),
    ("imap", "implicit"),
    ("pop3", "implicit"),
)
Kind = tuple[str, str]


@dataclass(frozen=True)
class Peer:
    name: str
    kind: Kind
    serve: Serve
    seen: dict[str, str] = field(default_factory=dict)
    """What the observation must say; ``handshake`` means the outcome of it."""


PEERS: list[Peer] = []


def hostile(*kinds: Kind, **seen: str) -> Callable[[Serve], Serve]:
    """Make a function a peer of each kind. It is named like the function."""

    def register(serve: Serve) -> Serve:
        for kind in kinds:
            label = "" if len(kinds) == 1 else f" ({'-'.join(kind)})"
            PEERS.append(Peer(serve.__name__.replace("_", " ") + label, kind, serve, seen))
        return serve

    return register


class GoneError(OSError):
    """The engine has closed the connection: the peer's work is done."""


def line(sock: socket.socket) -> bytes:
    """One line of the engine's."""
    said = b""
    while not said.endswith(b"\n"):
        octet = sock.recv(1)
        if not octet:
            raise GoneError
        said += octet
    return said


def hold(sock: socket.socket) -> None:
    """Keep the connection open without a word, reading whatever comes."""
    while sock.recv(65_536):
        pass


def flood(sock: socket.socket, block: bytes) -> NoReturn:
    """As fast as the machine can."""
    block = block * max(1, 1_000_000 // len(block))
    while True:
        sock.sendall(block)


def drip(sock: socket.socket, said: bytes, pause: float = 0.1) -> None:
    for octet in said:
        sock.sendall(bytes([octet]))
        time.sleep(pause)


def tiny(sock: socket.socket, said: bytes) -> None:
    """One octet a segment."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in said:
        sock.send(bytes([octet]))


def reset(sock: socket.socket) -> None:
    """The connection ends in a reset as soon as the peer returns."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


GREETING = {"imap": b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", "pop3": b"+OK ready\r\n"}
BARE = b"* OK ready\r\n"
ESCAPES = (
    b"\x1b[31m\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x08\x7f\xe2\x80\xae\xe2\x80\x8f\xef\xbb\xbf\x00\x0b\x0c\x85"
)
"""Colours, a window title, a cleared screen, C1 controls, backspaces, bidirectional overrides, a NUL."""


def to_starttls(sock: socket.socket, kind: Kind) -> None:
    """Behave up to the OK that begins TLS."""
    if kind[1] == "implicit":
        return
    sock.sendall(GREETING[kind[0]])
    if kind[0] == "pop3":
        # The second connection asks for no list.
        if b"CAPA" in line(sock):
            sock.sendall(b"+OK\r\nUSER\r\nSTLS\r\n.\r\n")
            line(sock)
        sock.sendall(b"+OK begin\r\n")
    else:
        line(sock)
        sock.sendall(b"a2 OK begin\r\n")
