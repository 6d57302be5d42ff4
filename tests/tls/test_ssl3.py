"""SSL 3.0 seen by hand. When one of these fails, a server that speaks only SSL 3.0 is counted as one without TLS."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost
from openletter.tls.book import CertificateBook
from openletter.tls.session import Ended
from openletter.tls.ssl3 import Ssl3Session, client_hello


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def record(body: bytes, kind: int = 22) -> bytes:
    return bytes([kind]) + b"\x03\x00" + len(body).to_bytes(2, "big") + body


def hello(version: bytes = b"\x03\x00") -> bytes:
    return message(2, version + b"r" * 32 + b"\x20" + b"s" * 32 + b"\x00\x05" + b"\x00")


def certificates(*ders: bytes) -> bytes:
    listed = b"".join(len(d).to_bytes(3, "big") + d for d in ders)
    return message(11, len(listed).to_bytes(3, "big") + listed)


DONE = message(14, b"")
LEAF, ISSUER = b"leaf" * 300, b"issuer" * 100
AGREED = hello() + certificates(LEAF, ISSUER) + message(12, b"key exchange") + DONE


def answer(said: bytes, size: int = 0) -> tuple[Handshake | None, CertificateBook]:
    book = CertificateBook()
    session = Ssl3Session(book)
    session.handshake(b"")
    for at in range(0, len(said), size or len(said)):
        result = session.handshake(said[at : at + (size or len(said))]).result
        if result is not None:
            return result, book
    return None, book


@pytest.mark.parametrize("size", [0, 1, 2, 7, 1_000])
@pytest.mark.parametrize("cut", [len(AGREED), 1_000, 50, 3, 1])
def test_a_peer_that_agrees(cut: int, size: int) -> None:
    """In one record or in many, a message across records, one octet at a time."""
    said = b"".join(record(AGREED[at : at + cut]) for at in range(0, len(AGREED), cut))
    result, book = answer(said, size)
    assert result is not None
    assert (result.outcome, result.version, result.cipher) == (
        HandshakeOutcome.OK,
        "SSLv3",
        "TLS_RSA_WITH_RC4_128_SHA",
    )
    assert book.chain(result.chain) == (LEAF, ISSUER)


def test_an_anonymous_peer_has_no_chain() -> None:
    result, _ = answer(record(hello() + DONE))
    assert result is not None
    assert (result.outcome, result.chain) == (HandshakeOutcome.OK, ())


@pytest.mark.parametrize(
    ("said", "outcome", "detail"),
    [
        (b"\x15\x03\x00\x00\x02\x02\x28", HandshakeOutcome.ALERT, "handshake_failure"),
        (record(hello()) + b"\x15\x03\x00\x00\x02\x02\x50", HandshakeOutcome.ALERT, "internal_error"),
        (record(hello(b"\x03\x03") + DONE), HandshakeOutcome.INVALID, "another_version"),
        (record(DONE), HandshakeOutcome.INVALID, "no_server_hello"),
        (record(message(2, b"short") + DONE), HandshakeOutcome.INVALID, "no_server_hello"),
        (record(b"x", 23), HandshakeOutcome.INVALID, "unexpected_message"),
        (record(b"\x0b\xff\xff\xff" + b"A" * 16_000) * 5, HandshakeOutcome.INVALID, "too_much_data"),
        (record(b"") * 14_000, HandshakeOutcome.INVALID, "too_much_data"),
        (b"* BYE no\r\n", HandshakeOutcome.PLAINTEXT, ""),
    ],
)
@pytest.mark.parametrize("size", [0, 1_000])
def test_a_peer_that_does_not(said: bytes, outcome: HandshakeOutcome, detail: str, size: int) -> None:
    result, _ = answer(said, size)
    assert result is not None
    assert (result.outcome, result.detail, result.chain) == (outcome, detail, ())


def test_a_certificate_list_is_read_as_far_as_its_lengths_hold() -> None:
    body = certificates(LEAF)[4:] + b"\xff\xff\xff" + b"x" * 5
    result, book = answer(record(hello() + message(11, body) + DONE))
    assert result is not None
    assert book.chain(result.chain) == (LEAF,)


def test_the_hello_is_one_record_of_ssl_3() -> None:
    """RFC 6101 §5.6.1.2."""
    said = client_hello()
    kind, version, length = struct.unpack("!BHH", said[:5])
    assert (kind, version, length) == (22, 0x0300, len(said) - 5)
    assert said[5] == 1
    assert int.from_bytes(said[6:9], "big") == length - 4
    assert said[9:11] == b"\x03\x00"
    assert said[-2:] == b"\x01\x00"
    assert client_hello() != said


@pytest.mark.parametrize("why", list(Lost))
def test_lost(why: Lost) -> None:
    session = Ssl3Session(CertificateBook())
    session.handshake(b"")
    assert session.lost(why) == Handshake(outcome=HandshakeOutcome(why.value), detail="no_data")
    session.handshake(record(hello()))
    assert session.lost(why).detail == ""


def test_nothing_can_be_said_inside() -> None:
    session = Ssl3Session(CertificateBook())
    assert session.decrypt(b"x") == (b"", b"", Ended.CLOSED)
    with pytest.raises(AssertionError):
        session.encrypt(b"USER x\r\n")


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=8), st.booleans())
def test_nothing_raises(pieces: list[bytes], like_a_record: bool) -> None:
    session = Ssl3Session(CertificateBook())
    session.handshake(b"")
    for piece in pieces:
        if session.handshake(record(piece) if like_a_record else piece).result is not None:
            return
