"""POP3 replies. When one of these fails, a server's words are taken for what it did not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.grammar.pop3 import (
    Continuation,
    Listing,
    Other,
    Pop3Reader,
    Status,
    has_apop_stamp,
    parse,
)


@pytest.mark.parametrize(
    ("line", "ok"),
    [
        (b"+OK Dovecot (Debian) ready.", True),
        (b"+OK Hello there.", True),
        (b"+OK <1896.697170952@dbc.mtview.ca.us>", True),
        (b"+OK The Microsoft Exchange POP3 service is ready.", True),
        (b"+OK", True),
        (b"+ok lower case", True),
        (b"-ERR [SYS/TEMP] Maximum number of connections exceeded", False),
        (b"-ERR Unknown command.", False),
        (b"-err", False),
    ],
)
def test_status(line: bytes, ok: bool) -> None:
    assert parse(line) == Status(ok, line)


@pytest.mark.parametrize("line", [b"", b"+OKAY", b"OK", b"* OK x", b"-ERROR", b"\0+OK", b"220 smtp", b" +OK"])
def test_what_no_reply_begins(line: bytes) -> None:
    assert parse(line) == Other(line)


def test_continuation() -> None:
    assert parse(b"+ ") == Continuation(b"+ ")
    assert parse(b"+") == Continuation(b"+")


@pytest.mark.parametrize(
    ("greeting", "stamp"),
    [
        (b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>", True),
        (b"+OK <a@b>", True),
        (b"+OK ready <not a stamp@x>", False),
        (b"+OK ready <nothing>", False),
        (b"+OK mail to <a@b@c>", False),
        (b"+OK a@b", False),
        (b"+OK", False),
    ],
)
def test_apop_stamp(greeting: bytes, stamp: bool) -> None:
    """An owner is told of a challenge that can be guessed offline only where there is one."""
    assert has_apop_stamp(greeting) is stamp


def listing(stream: bytes) -> Listing | None:
    reader = Pop3Reader()
    reader.receive(stream)
    assert reader.next() is not None
    return reader.next_listing()


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b"+OK\r\nCAPA\r\nTOP\r\n.\r\n", b"CAPA\nTOP"),
        (b"+OK\nCAPA\nTOP\n.\n", b"CAPA\nTOP"),
        (b"+OK\r\n.\r\n", b""),
        (b"+OK\r\n..\r\n...x\r\n.y\r\n.\r\n", b".\n..x\ny"),
        (b"+OK\r\n\r\n.\r\n", b""),
    ],
)
def test_a_listing_ends_at_the_lone_dot_and_loses_its_stuffing(stream: bytes, lines: bytes) -> None:
    assert listing(stream) == Listing(lines)


@pytest.mark.parametrize(
    "stream", [b"+OK\r\nTOP\r\n", b"+OK\r\nTOP\r\n.", b"+OK\r\n. \r\n", b"+OK\r\nTOP.\r\n"]
)
def test_a_listing_without_its_dot_is_not_whole(stream: bytes) -> None:
    """Half a list would judge a server by the half that came."""
    assert listing(stream) is None


def test_what_stands_behind_the_ok_is_kept() -> None:
    reader = Pop3Reader()
    reader.receive(b"+OK Begin TLS\r\n-ERR not really\r\n")
    reader.next()
    assert reader.rest() == b"-ERR not really\r\n"


@given(st.binary(max_size=300))
def test_no_line_raises(line: bytes) -> None:
    assert parse(line) is not None
    has_apop_stamp(line)
