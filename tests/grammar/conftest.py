"""What the tests of the grammar share: streams like those of real servers and of none, and every way to cut them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from openletter.grammar.violation import RemoteProtocolError

# The machine is shared: how long one example takes says nothing.
settings.register_profile("openletter", deadline=None, max_examples=60)
settings.load_profile("openletter")

Said = tuple[list[Any], str]
"""The events of a stream and the violation that ended it, empty where none did."""


class Reader(Protocol):
    def receive(self, data: bytes) -> None: ...
    def next(self) -> Any: ...
    def rest(self) -> bytes: ...


def read_all(reader: Reader, pieces: list[bytes], step: Callable[[], Any] | None = None) -> Said:
    """What a reader makes of a stream that comes in these pieces."""
    step = step or reader.next
    events: list[Any] = []
    for piece in pieces:
        reader.receive(piece)
        try:
            while (event := step()) is not None:
                events.append(event)
        except RemoteProtocolError as error:
            return events, error.violation.value
    return events, ""


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """A stream in pieces; places beyond its end count round again."""
    at = sorted({p % (len(stream) + 1) for p in places} | {0, len(stream)})
    return [stream[a:b] for a, b in pairwise(at)]


LINE_ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b""])
ODD = st.sampled_from(
    [
        b"\0",
        b"\x1b[31m",
        b"\xe2\x80\xae",
        b"{5}",
        b"{0}",
        b"{4294967295}",
        b"}",
        b"[",
        b"]",
        b" ",
        b".",
        b"..",
        b"+",
    ]
)
IMAP_PIECES = st.sampled_from(
    [
        b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED] Dovecot ready.",
        b"* OK IMAP4rev1 server ready",
        b"* PREAUTH [CAPABILITY IMAP4rev1] Logged in as x",
        b"* BYE Temporary problem, please try again later",
        b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN",
        b"* capability imap4rev1",
        b"a1 OK Pre-login capabilities listed, post-login capabilities have more.",
        b"a1 BAD Error in IMAP command received by server.",
        b"a2 OK Begin TLS negotiation now.",
        b"a2 NO [UNAVAILABLE] Error initializing TLS {5}",
        b"* BAD Unknown command",
        b"+ ",
        b"+ idling",
        b'* ID ("name" "Cyrus IMAPD" "version" {5}\r\n3.6.1 "vendor" NIL)',
        b"* ID ({3}\r\na\r\n {2}\r\n\n\n)",
        b"* 23 FETCH (BODY[TEXT] {11}\r\nhello\r\n\0abc)",
        b"HTTP/1.1 400 Bad Request",
        b"* XMANY {0}\r\n{0}\r\n{0}\r\n",
    ]
)
POP3_PIECES = st.sampled_from(
    [
        b"+OK Dovecot ready. <1896.697170952@dbc.mtview.ca.us>",
        b"+OK",
        b"-ERR [AUTH] not now",
        b"+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nSTLS\r\nUSER\r\nSASL PLAIN LOGIN\r\n.",
        b"+OK List follows\r\n..stuffed\r\nIMPLEMENTATION Courier Mail Server\r\n.",
        b"+ ",
        b"+ PDE4OTYuNjk3MTcwOTUyQGRiYz4=",
        b".",
        b". ",
        b"220 mx.example.org ESMTP",
    ]
)


def stream_of(pieces: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Streams of whole and of damaged responses, with a run of many octets here and there."""
    runs = st.tuples(st.sampled_from([b"a", b"\0", b" ", b"x y"]), st.integers(0, 70_000)).map(
        lambda run: run[0] * (run[1] // len(run[0]))
    )
    part = st.one_of(pieces, pieces, ODD, LINE_ENDS, LINE_ENDS, st.binary(max_size=40), runs)
    return st.lists(part, max_size=14).map(b"".join)


@pytest.fixture(scope="session")
def reading() -> Callable[..., Said]:
    return read_all


@pytest.fixture(scope="session")
def cutting() -> Callable[[bytes, list[int]], list[bytes]]:
    return cut


@pytest.fixture(scope="session")
def imap_streams() -> st.SearchStrategy[bytes]:
    return stream_of(IMAP_PIECES)


@pytest.fixture(scope="session")
def pop3_streams() -> st.SearchStrategy[bytes]:
    return stream_of(POP3_PIECES)
