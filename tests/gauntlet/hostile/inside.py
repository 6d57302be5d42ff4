"""Peers whose handshake is fine, and that are hostile inside TLS; and those that say the wrong thing on a TLS port."""

import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hostile.flights import client_hello, record
from hostile.peer import (
    BARE,
    ESCAPES,
    GREETING,
    IMAP,
    IMAPS,
    POP3S,
    drip,
    flood,
    hold,
    hostile,
    line,
    reset,
    to_starttls,
)
from hostile.tls12 import ALERT, DATA, HANDSHAKE, HELLO_REQUEST, RudeServer

EVIL = "\x1b[31m\u202eevil\x07\x9b2J"
_MEGABYTE = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x04\x03abc" + b"A" * 1_000_000
)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@cache
def _certificate(name: str, big: bool = False) -> x509.Certificate:
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
    )
    builder = x509.CertificateBuilder(
        subject, subject, _key().public_key(), 1, datetime(2025, 1, 1), datetime(2035, 1, 1)
    ).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("\x1b[2J.example"), x509.DNSName("a\nb")]), False
    )
    if big:
        builder = builder.add_extension(_MEGABYTE, False)
    return builder.sign(_key(), hashes.SHA256())


@cache
def _context(name: str = "peer.example", big: bool = False) -> ssl.SSLContext:
    pem = serialization.Encoding.PEM
    key = _key().private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.pem"
        path.write_bytes(key + _certificate(name, big).public_bytes(pem))
        context.load_cert_chain(path)
    return context


Inside = Callable[[ssl.SSLSocket], None]
Rude = Callable[[RudeServer, socket.socket], None]
_GREETING = {"imap": BARE, "pop3": GREETING["pop3"]}


def inside(name: str = "peer.example", *, big: bool = False, **seen: str) -> Callable[[Inside], Inside]:
    """A peer that shakes hands, as IMAP behind STARTTLS and as POP3 on its TLS port, and then does its worst."""

    def register(speak: Inside) -> Inside:
        for kind in (IMAP, POP3S):

            def serve(sock: socket.socket, kind: tuple[str, str] = kind) -> None:
                to_starttls(sock, kind)
                with _context(name, big).wrap_socket(sock, server_side=True) as tls:
                    if kind[1] == "implicit":
                        tls.sendall(_GREETING[kind[0]])
                    line(tls)
                    speak(tls)

            serve.__name__ = f"{speak.__name__} ({'-'.join(kind)})"
            hostile(kind, **seen)(serve)
        return speak

    return register


def rudely(**seen: str) -> Callable[[Rude], Rude]:
    """The same with TLS by hand, which can be as rude as it likes."""

    def register(speak: Rude) -> Rude:
        for kind in (IMAP, POP3S):

            def serve(sock: socket.socket, kind: tuple[str, str] = kind) -> None:
                to_starttls(sock, kind)
                der = _certificate("peer.example").public_bytes(serialization.Encoding.DER)
                rude = RudeServer(sock, _key(), der)
                rude.shake()
                if kind[1] == "implicit":
                    rude.send(DATA, _GREETING[kind[0]])
                rude.hear()
                speak(rude, sock)

            serve.__name__ = f"{speak.__name__} ({'-'.join(kind)})"
            hostile(kind, handshake="ok", **seen)(serve)
        return speak

    return register


@inside(handshake="ok", caps_post_source="no_answer", violation="line_too_long")
def speaks_an_endless_line_inside(tls: ssl.SSLSocket) -> None:
    flood(tls, b"+OK CAPABILITY")


@inside(handshake="ok", caps_post_source="no_answer")
def floods_inside(tls: ssl.SSLSocket) -> None:
    flood(tls, b"+OK\r\n* X " + ESCAPES + b"\r\n")


@inside(handshake="ok", caps_post_source="no_answer")
def says_nothing_inside(tls: ssl.SSLSocket) -> None:
    hold(tls)


@inside(handshake="ok", caps_post_source="no_answer")
def drips_inside(tls: ssl.SSLSocket) -> None:
    drip(tls, b"+OK\r\n* CAPABILITY " * 9)


@inside(handshake="ok", caps_post_source="no_answer")
def resets_inside(tls: ssl.SSLSocket) -> None:
    reset(tls)


@inside(handshake="ok", caps_post_source="no_answer")
def closes_inside_without_a_word(tls: ssl.SSLSocket) -> None:
    pass


@inside(EVIL, handshake="ok", caps_post_source="command")
def has_a_certificate_with_escapes_for_names(tls: ssl.SSLSocket) -> None:
    tls.sendall(b"+OK\r\n* CAPABILITY " + ESCAPES + b"\r\na3 OK\r\n.\r\n")
    hold(tls)


@inside("big.example", big=True, handshake="invalid")
def has_a_certificate_of_a_megabyte(tls: ssl.SSLSocket) -> None:
    hold(tls)


@rudely(caps_post_source="no_answer")
def asks_for_renegotiation_for_ever(rude: RudeServer, _: socket.socket) -> None:
    while True:
        rude.send(HANDSHAKE, HELLO_REQUEST * 200)


@rudely(caps_post_source="no_answer")
def asks_for_renegotiation_and_stops_reading(rude: RudeServer, sock: socket.socket) -> None:
    """Each request is answered by a refusal, which must not pile up with us."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    block = b"".join(rude.sealed(HANDSHAKE, HELLO_REQUEST) for _ in range(20_000))
    sock.sendall(block)
    time.sleep(2)


@rudely()
def sends_empty_records_inside_for_ever(rude: RudeServer, _: socket.socket) -> None:
    while True:
        rude.send(DATA, b"")


@rudely(caps_post_source="no_answer")
def warns_inside_for_ever(rude: RudeServer, _: socket.socket) -> None:
    while True:
        rude.send(ALERT, b"\x01\x5a")


@rudely(caps_post_source="no_answer")
def sends_a_record_that_was_tampered_with(rude: RudeServer, sock: socket.socket) -> None:
    sealed = bytearray(rude.sealed(DATA, b"+OK\r\n"))
    sealed[-1] ^= 1
    sock.sendall(sealed)
    hold(sock)


@rudely(caps_post_source="no_answer")
def cuts_a_record_short_inside(rude: RudeServer, sock: socket.socket) -> None:
    sock.sendall(rude.sealed(DATA, b"* CAPABILITY X\r\na3 OK\r\n")[:-5])


@rudely(caps_post_source="no_answer")
def speaks_plainly_inside(_: RudeServer, sock: socket.socket) -> None:
    sock.sendall(b"* CAPABILITY FORGED\r\na3 OK\r\n+OK\r\n.\r\n")
    hold(sock)


@rudely()
def sends_another_hello_inside(rude: RudeServer, sock: socket.socket) -> None:
    rude.send(HANDSHAKE, b"\x02\x00\x00\x04junk" * 100)
    hold(sock)


@rudely(caps_post_source="no_answer")
def sends_an_octet_a_record(rude: RudeServer, _: socket.socket) -> None:
    while True:
        rude.send(DATA, b"+")


@hostile(IMAPS, POP3S, handshake="plaintext")
def floods_a_tls_port_in_the_clear(sock: socket.socket) -> None:
    flood(sock, b"* OK [CAPABILITY " + b"X" * 2_000)


@hostile(IMAPS, handshake="plaintext", greeting="ok")
def greets_a_tls_port_with_escapes(sock: socket.socket) -> None:
    sock.sendall(b"* OK " + ESCAPES + b"\r\n")
    hold(sock)


@hostile(IMAPS, handshake="plaintext", greeting="silent")
def drips_on_a_tls_port(sock: socket.socket) -> None:
    drip(sock, b"* OK [CAPABILITY ]" * 9)


def _resets_a_hello(sock: socket.socket) -> bool:
    """Reset where a hello comes within a tenth of a second; whether none came."""
    sock.settimeout(0.1)
    try:
        client_hello(sock)
    except TimeoutError:
        sock.settimeout(5)
        return True
    reset(sock)
    return False


@hostile(IMAPS)
def resets_a_hello_and_floods_silence(sock: socket.socket) -> None:
    if _resets_a_hello(sock):
        flood(sock, b"* OK " + ESCAPES + b"\r\n")


@hostile(IMAPS)
def resets_a_hello_and_alerts_silence(sock: socket.socket) -> None:
    if _resets_a_hello(sock):
        flood(sock, record(21, b"\x02\x0a"))


@hostile(POP3S)
def resets_a_hello_and_drips_at_silence(sock: socket.socket) -> None:
    if _resets_a_hello(sock):
        drip(sock, b"+OK ready" * 9)


@hostile(POP3S)
def resets_a_hello_and_keeps_silent(sock: socket.socket) -> None:
    if _resets_a_hello(sock):
        hold(sock)
