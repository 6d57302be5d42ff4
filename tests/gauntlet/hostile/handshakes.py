"""Peers that are hostile where TLS should begin, behind STARTTLS and on a TLS port."""

import socket
import time
from collections.abc import Callable

from hostile import flights
from hostile.flights import GARBAGE_DER, certificate, message, record, retry_request, server_hello
from hostile.peer import ESCAPES, IMAP, POP3S, drip, flood, hold, hostile, reset, tiny, to_starttls

Shake = Callable[[socket.socket, bytes], None]


def shaking(**seen: str) -> Callable[[Shake], Shake]:
    """A peer that reads our ClientHello and then does its worst, as IMAP behind STARTTLS and as POP3 on its TLS port."""

    def register(shake: Shake) -> Shake:
        for kind in (IMAP, POP3S):

            def serve(sock: socket.socket, kind: tuple[str, str] = kind) -> None:
                to_starttls(sock, kind)
                shake(sock, flights.client_hello(sock))

            serve.__name__ = f"{shake.__name__} ({'-'.join(kind)})"
            hostile(kind, **seen)(serve)
        return shake

    return register


HELLO = record(22, server_hello())


@shaking(handshake="timeout")
def stalls_in_the_handshake(sock: socket.socket, _: bytes) -> None:
    hold(sock)


@shaking(handshake="closed")
def closes_in_the_handshake(sock: socket.socket, _: bytes) -> None:
    pass


@shaking()
def resets_in_the_handshake(sock: socket.socket, _: bytes) -> None:
    reset(sock)


@shaking()
def half_closes_in_the_handshake(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO)
    sock.shutdown(socket.SHUT_WR)
    hold(sock)


@shaking(handshake="plaintext")
def floods_the_handshake_in_the_clear(sock: socket.socket, _: bytes) -> None:
    flood(sock, b"* OK " + ESCAPES + b"\r\n+OK " + ESCAPES + b"\r\n")


@shaking(handshake="plaintext")
def sends_nul_for_tls(sock: socket.socket, _: bytes) -> None:
    flood(sock, b"\0")


@shaking(handshake="invalid")
def sends_garbage_in_records(sock: socket.socket, _: bytes) -> None:
    flood(sock, record(22, b"\xaa" * 400))


@shaking(handshake="invalid")
def sends_a_record_of_65535(sock: socket.socket, _: bytes) -> None:
    flood(sock, b"\x16\x03\x03\xff\xff" + b"\0" * 65_535)


@shaking(handshake="timeout")
def cuts_a_record_short_and_waits(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO[:-3])
    hold(sock)


@shaking(handshake="closed")
def cuts_a_record_short_and_closes(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO[:-3])


@shaking(handshake="timeout")
def drips_its_server_hello(sock: socket.socket, _: bytes) -> None:
    drip(sock, HELLO * 9)


@shaking(handshake="invalid")
def speaks_plainly_in_the_middle(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO + b"* BYE " + ESCAPES + b"\r\n")
    hold(sock)


@shaking()
def sends_empty_handshake_records_for_ever(sock: socket.socket, _: bytes) -> None:
    flood(sock, record(22, b""))


@shaking()
def sends_empty_data_records_for_ever(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO)
    flood(sock, record(23, b""))


@shaking()
def warns_for_ever(sock: socket.socket, _: bytes) -> None:
    flood(sock, record(21, b"\x01\x70"))


@shaking()
def changes_ciphers_for_ever(sock: socket.socket, _: bytes) -> None:
    sock.sendall(HELLO)
    flood(sock, record(20, b"\x01"))


@shaking(handshake="alert")
def alerts_for_ever(sock: socket.socket, _: bytes) -> None:
    flood(sock, record(21, b"\x02\x28"))


@shaking(handshake="alert")
def alerts_with_a_number_that_has_no_name(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(21, b"\x02\xfe"))


@shaking(handshake="invalid")
def asks_for_another_hello_again_and_again(sock: socket.socket, hello: bytes) -> None:
    sock.sendall(record(22, retry_request(hello)))
    flights.client_hello(sock)
    flood(sock, record(22, retry_request(hello)))


@shaking(handshake="invalid")
def has_a_certificate_that_does_not_parse(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello() + certificate(GARBAGE_DER)))
    hold(sock)


@shaking(handshake="invalid")
def has_a_certificate_of_escapes(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello() + certificate(ESCAPES * 20)))
    hold(sock)


@shaking(handshake="invalid")
def has_a_certificate_of_a_megabyte_of_nothing(sock: socket.socket, _: bytes) -> None:
    said = server_hello() + certificate(b"\0" * 1_000_000)
    for at in range(0, len(said), 16_000):
        sock.sendall(record(22, said[at : at + 16_000]))
    hold(sock)


@shaking(handshake="invalid")
def lies_about_the_length_of_its_certificates(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello() + message(11, b"\xff\xff\xff\xff\xff\xff" + b"x" * 50)))
    hold(sock)


@shaking(handshake="invalid")
def announces_a_message_of_sixteen_megabytes(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello() + b"\x0b\xff\xff\xff"))
    flood(sock, record(22, b"\0" * 16_000))


@shaking(handshake="invalid")
def says_hello_for_ever(sock: socket.socket, _: bytes) -> None:
    flood(sock, HELLO)


@shaking(handshake="invalid")
def sends_our_hello_back(sock: socket.socket, hello: bytes) -> None:
    sock.sendall(record(22, hello))
    hold(sock)


@shaking(handshake="invalid")
def chooses_a_version_that_does_not_exist(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello(version=b"\x7f\x1b") + message(14, b"")))
    hold(sock)


@shaking(handshake="invalid")
def chooses_a_cipher_that_does_not_exist(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello(cipher=b"\x1b\x5b") + message(14, b"")))
    hold(sock)


@shaking(handshake="invalid")
def chooses_compression(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello(compression=b"\x01") + message(14, b"")))
    hold(sock)


@shaking(handshake="invalid")
def takes_tls_13_away(sock: socket.socket, _: bytes) -> None:
    sock.sendall(record(22, server_hello(random=b"r" * 24 + b"DOWNGRD\x01") + message(14, b"")))
    hold(sock)


@shaking(handshake="plaintext")
def sends_a_heartbeat(sock: socket.socket, _: bytes) -> None:
    flood(sock, b"\x18\x03\x03\x00\x03\x02\x00\x10")


@shaking(handshake="plaintext")
def speaks_ssl_2(sock: socket.socket, _: bytes) -> None:
    sock.sendall(b"\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00")
    hold(sock)


@shaking(handshake="invalid")
def sends_its_flight_one_octet_a_segment(sock: socket.socket, _: bytes) -> None:
    tiny(sock, b"".join(record(22, bytes([octet])) for octet in server_hello() + certificate(GARBAGE_DER)))
    hold(sock)


def is_ssl3(hello: bytes) -> bool:
    return hello[4:6] == b"\x03\x00"


@shaking(legacy="alert")
def speaks_ssl_3_in_empty_records_for_ever(sock: socket.socket, hello: bytes) -> None:
    if not is_ssl3(hello):
        sock.sendall(record(21, b"\x02\x46"))
        return
    flood(sock, record(22, b"", b"\x03\x00"))


@shaking(legacy="alert")
def speaks_ssl_3_one_octet_a_record_and_a_segment(sock: socket.socket, hello: bytes) -> None:
    if not is_ssl3(hello):
        sock.sendall(record(21, b"\x02\x46"))
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = server_hello(version=b"\x03\x00") + message(11, b"\0\x7f\xff" + b"\0" * 32_767)
    for octet in body:
        sock.sendall(record(22, bytes([octet]), b"\x03\x00"))


@shaking(legacy="ok")
def speaks_ssl_3_with_a_certificate_of_escapes(sock: socket.socket, hello: bytes) -> None:
    if not is_ssl3(hello):
        sock.sendall(record(21, b"\x02\x46"))
        return
    said = server_hello(version=b"\x03\x00", cipher=b"\x00\x05") + certificate(ESCAPES) + message(14, b"")
    sock.sendall(record(22, said, b"\x03\x00"))
    time.sleep(0.1)


@shaking()
def speaks_ssl_3_with_ten_thousand_certificates(sock: socket.socket, hello: bytes) -> None:
    if not is_ssl3(hello):
        sock.sendall(record(21, b"\x02\x46"))
        return
    said = (
        server_hello(version=b"\x03\x00") + certificate(*[b"%d" % n for n in range(8_000)]) + message(14, b"")
    )
    for at in range(0, len(said), 16_000):
        sock.sendall(record(22, said[at : at + 16_000], b"\x03\x00"))
    hold(sock)
