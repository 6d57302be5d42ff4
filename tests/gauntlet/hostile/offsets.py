"""Families of peers: each member ends the connection behind another octet of an honest dialogue.

Member ``n`` of a family stops behind octet ``n``; it knows its number by the address that it is reached at.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding
from hostile.flights import certificate, client_hello, message, record, server_hello
from hostile.inside import _certificate, _context
from hostile.peer import BARE, GREETING, IMAP, IMAPS, POP3, Kind, hold, line, reset, to_starttls


@dataclass(frozen=True)
class Family:
    name: str
    kind: Kind
    said: Callable[[], bytes]
    """What the members say in part."""
    before: Callable[[socket.socket], None]
    after: Callable[[socket.socket], None]
    """How they end: ``reset``, ``hold`` or nothing."""
    step: int = 1

    def members(self) -> range:
        return range(0, len(self.said()), self.step)

    def serve(self, sock: socket.socket, number: int) -> None:
        self.before(sock)
        sock.sendall(self.said()[:number])
        self.after(sock)


def _nothing(_: socket.socket) -> None:
    pass


def _greeted(sock: socket.socket) -> None:
    sock.sendall(BARE)
    line(sock)


def _greeted_pop3(sock: socket.socket) -> None:
    sock.sendall(GREETING["pop3"])
    line(sock)


def _asked(sock: socket.socket) -> None:
    sock.sendall(GREETING["imap"])
    line(sock)


def _hello(sock: socket.socket) -> None:
    client_hello(sock)


def _hello_starttls(sock: socket.socket) -> None:
    to_starttls(sock, IMAP)
    client_hello(sock)


LIST = b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"
CAPA = b"+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"
OK = b"a2 OK begin\r\n"


@cache
def flight12() -> bytes:
    """The flight of a TLS 1.2 server with RSA key exchange."""
    der = _certificate("peer.example").public_bytes(Encoding.DER)
    return record(22, server_hello()) + record(22, certificate(der)) + record(22, message(14, b""))


@cache
def flight13() -> bytes:
    """The flight of a TLS 1.3 server, as it was said to somebody else."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = client.wrap_bio(to_client, to_server), _context().wrap_bio(to_server, to_client, server_side=True)
    for side in sides:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return to_client.read()


FAMILIES = (
    Family("resets in its greeting", IMAP, lambda: GREETING["imap"], _nothing, reset),
    Family("closes in its greeting", POP3, lambda: b"+OK ready <1.2@x>\r\n", _nothing, _nothing),
    Family("resets in its list", IMAP, lambda: LIST, _greeted, reset),
    Family("closes in its list", IMAP, lambda: LIST, _greeted, _nothing),
    Family("resets in its CAPA", POP3, lambda: CAPA, _greeted_pop3, reset),
    Family("closes in its CAPA", POP3, lambda: CAPA, _greeted_pop3, _nothing),
    Family("resets in its OK", IMAP, lambda: OK, _asked, reset),
    Family("closes in its OK", IMAP, lambda: OK, _asked, _nothing),
    Family("stalls in its OK", IMAP, lambda: OK, _asked, hold),
    Family("resets in its flight of TLS 1.2", IMAPS, flight12, _hello, reset),
    Family("closes in its flight of TLS 1.2", IMAP, flight12, _hello_starttls, _nothing, step=7),
    Family("resets in its flight of TLS 1.3", IMAPS, flight13, _hello, reset, step=3),
    Family("stalls in its flight of TLS 1.3", IMAPS, flight13, _hello, hold, step=60),
)
