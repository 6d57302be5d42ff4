"""A first flight read by hand. When one of these fails, an old server's version is lost, or a hostile one stops a survey."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.tls.hello import ServerHello, alert, is_record, server_hello


def flight(
    version: int = 0x0303,
    random: bytes = b"r" * 32,
    cipher: int = 0xC02F,
    session: bytes = b"",
    extensions: bytes = b"",
) -> bytes:
    body = (
        version.to_bytes(2, "big")
        + random
        + bytes([len(session)])
        + session
        + cipher.to_bytes(2, "big")
        + b"\0"
    )
    if extensions:
        body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


SUPPORTED_13 = b"\x00\x2b\x00\x02\x03\x04"


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (flight(0x0300), "SSLv3"),
        (flight(0x0301), "TLSv1"),
        (flight(0x0302), "TLSv1.1"),
        (flight(0x0303), "TLSv1.2"),
        (flight(0x0303, extensions=SUPPORTED_13), "TLSv1.3"),
        (flight(0x0303, extensions=b"\xff\x01\x00\x01\x00" + SUPPORTED_13), "TLSv1.3"),
        (flight(0x0303, extensions=b"\x00\x2b\x00\x01\x03"), "TLSv1.2"),
        (flight(0x0303, extensions=b"\x00\x2b\xff\xff\x03\x04"), "TLSv1.2"),
        (flight(0x7F7F), "0x7f7f"),
        (flight(0x0303, session=b"s" * 32), "TLSv1.2"),
    ],
)
def test_versions(said: bytes, version: str) -> None:
    hello = server_hello(said)
    assert hello == ServerHello(version, 0xC02F, False)
    assert server_hello(said + b"more") == hello


@pytest.mark.parametrize(
    ("tail", "sentinel"), [(b"DOWNGRD\x01", True), (b"DOWNGRD\x00", True), (b"DOWNGRD\x02", False)]
)
def test_sentinel(tail: bytes, sentinel: bool) -> None:
    hello = server_hello(flight(random=b"r" * 24 + tail))
    assert hello is not None
    assert hello.downgrade_sentinel is sentinel


def test_too_little_is_none() -> None:
    said = flight(session=b"s" * 32, extensions=SUPPORTED_13)
    needed = 5 + 4 + 2 + 32 + 1 + 32 + 3
    for length in range(needed):
        assert server_hello(said[:length]) is None
    assert server_hello(said[:needed]) is not None


@pytest.mark.parametrize("at", [0, 5])
def test_what_is_no_server_hello_is_none(at: int) -> None:
    said = bytearray(flight())
    said[at] ^= 0xFF
    assert server_hello(bytes(said)) is None


def test_alerts() -> None:
    assert alert(b"\x15\x03\x01\x00\x02\x02\x28") == "handshake_failure"
    assert alert(b"\x15\x03\x01\x00\x02\x01\x00") == "close_notify"
    assert alert(b"\x15\x03\x01\x00\x02\x02\xc8") == "alert_200"
    for no in (
        b"",
        b"\x15\x03\x01\x00\x02\x02",
        b"\x16\x03\x01\x00\x02\x02\x28",
        b"\x15\x03\x01\x00\x03\x02\x28\0",
    ):
        assert alert(no) == ""


@pytest.mark.parametrize(
    ("data", "can"),
    [
        (b"", True),
        (b"\x16", True),
        (b"\x14\x03", True),
        (b"\x17\x03\x09", True),
        (b"\x18", False),
        (b"\x13", False),
        (b"\x16\x02", False),
        (b"* OK", False),
        (b"\x16\x03", True),
    ],
)
def test_records(data: bytes, can: bool) -> None:
    assert is_record(data) is can


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_octets_raise(data: bytes) -> None:
    for said in (data, b"\x16\x03\x03\x00\x7a\x02" + data, b"\x15\x03" + data):
        server_hello(said)
        assert alert(said).isascii()
        is_record(said)


@settings(deadline=None)
@given(st.data())
def test_no_damage_to_a_hello_raises(data: st.DataObject) -> None:
    said = bytearray(flight(session=b"s" * 32, extensions=SUPPORTED_13))
    for _ in range(data.draw(st.integers(1, 5))):
        said[data.draw(st.integers(0, len(said) - 1))] = data.draw(st.integers(0, 255))
    hello = server_hello(bytes(said)[: data.draw(st.integers(0, len(said)))])
    assert hello is None or hello.version.isprintable()
