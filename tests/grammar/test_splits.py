"""How the network cut a stream must not change what was said.

When one of these fails, a server behind a slow line is judged otherwise than the same server behind a fast one.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.grammar.imap import ImapReader
from openletter.grammar.lines import MAX_TOTAL
from openletter.grammar.pop3 import Pop3Reader

Reading = Callable[..., tuple[list[Any], str]]
Cutting = Callable[[bytes, list[int]], list[bytes]]
PLACES = st.lists(st.integers(0, 400_000), max_size=12)


def listing_step(reader: Pop3Reader) -> Callable[[], Any]:
    """A status line, then a listing, then a status line, as in CAPA after CAPA."""
    state = {"listing": False}

    def step() -> Any:
        event = reader.next_listing() if state["listing"] else reader.next()
        if event is not None:
            state["listing"] = not state["listing"]
        return event

    return step


@pytest.mark.parametrize("kind", ["imap", "pop3", "pop3_listing"])
@given(data=st.data())
def test_any_split_gives_the_same_events_and_the_same_error(
    kind: str,
    reading: Reading,
    cutting: Cutting,
    imap_streams: st.SearchStrategy[bytes],
    pop3_streams: st.SearchStrategy[bytes],
    data: st.DataObject,
) -> None:
    stream = data.draw(st.one_of(imap_streams if kind == "imap" else pop3_streams, st.binary(max_size=2_000)))
    places = data.draw(PLACES)

    def read(pieces: list[bytes]) -> tuple[list[Any], str]:
        reader: Any = ImapReader() if kind == "imap" else Pop3Reader()
        return reading(reader, pieces, listing_step(reader) if kind == "pop3_listing" else None)

    whole = read([stream])
    assert read(cutting(stream, places)) == whole
    if len(stream) < 1_500:
        assert read([stream[i : i + 1] for i in range(len(stream))]) == whole


@pytest.mark.parametrize("make", [ImapReader, Pop3Reader])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_what_is_held_is_bounded_whatever_comes(
    make: type[ImapReader] | type[Pop3Reader], data: st.DataObject
) -> None:
    """A peer that sends for ever must not fill the memory of a survey, also where nobody takes the events."""
    reader = make()
    piece = data.draw(st.binary(min_size=1, max_size=300))
    times = data.draw(st.integers(1, 9)) * (MAX_TOTAL // len(piece) // 4)
    for _ in range(times):
        reader.receive(piece)
    assert len(reader.rest()) <= MAX_TOTAL + 1


@pytest.mark.parametrize(
    ("make", "stream", "violation"),
    [
        (ImapReader, b"* OK " + b"a" * 70_000, "line_too_long"),
        (ImapReader, b"* OK " + b"a" * 70_000 + b"\r\n", "line_too_long"),
        (ImapReader, b"* ID ({4294967295}\r\n", "literal_too_large"),
        (ImapReader, b"* ID ({9999999999}\r\n", "literal_too_large"),
        (ImapReader, b"* ID ({65536}\r\n", "literal_too_large"),
        (ImapReader, b"* ID ({60000}\r\n" + b"a" * 60_000 + b"b" * 6_000 + b"\r\n", "line_too_long"),
        (ImapReader, b"* ID (" + b"{0}\r\n" * 65, "literal_too_large"),
        (ImapReader, b"* FLAGS ()\r\n" * 30_000, "too_much_data"),
        (ImapReader, b"* X\r\n" * 52_428 + b"* ID {9}\r\n" + b"a" * 9, "too_much_data"),
        (Pop3Reader, b"+OK " + b"a" * 70_000, "line_too_long"),
        (Pop3Reader, b"+OK\r\n" * 60_000, "too_much_data"),
    ],
)
def test_each_bound_has_its_word(
    make: type[ImapReader] | type[Pop3Reader], stream: bytes, violation: str, reading: Reading
) -> None:
    """The operator reads in the observation which bound a peer broke."""
    assert reading(make(), [stream])[1] == violation
    assert reading(make(), [stream[:6], stream[6:50_001], stream[50_001:]])[1] == violation


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_longest_line_is_still_read(end: bytes, reading: Reading) -> None:
    """An honest server at the bound must not be called hostile."""
    line = b"* OK " + b"a" * (65_536 - 5 - (len(end) - 1))
    events, violation = reading(ImapReader(), [line + end])
    assert violation == ""
    assert events[0].line == line


def test_an_endless_listing_ends() -> None:
    """A CAPA that never ends would hold a connection and its memory until the deadline."""
    reader = Pop3Reader()
    for _ in range(512):
        reader.receive(b"X\r\n")
    assert reader.next_listing() is None
    reader.receive(b"X\r\n")
    with pytest.raises(Exception, match="list_too_long"):
        reader.next_listing()
