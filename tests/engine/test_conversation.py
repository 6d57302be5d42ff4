"""A dialogue with its TLS, driven without a socket.

When one of these fails, a peer can make us raise, or a dialogue that is overdue does not end.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import Endpoint, HandshakeOutcome, Mode, Protocol, Tcp
from openletter.dialogue.step import Lost
from openletter.engine.conversation import Conversation, Move
from openletter.engine.deadlines import Clock
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

CLIENT = FastClient(CertificateBook())
KINDS = [(p, m, c) for p in Protocol for m in Mode for c in (False, True)]
SAID = st.one_of(
    st.binary(min_size=1, max_size=50),
    st.sampled_from(
        [
            b"* OK [CAPABILITY X] x\r\n",
            b"* OK x\r\n",
            b"+OK x\r\n",
            b"+OK\r\nUSER\r\n.\r\n",
            b"* CAPABILITY X\r\na1 OK\r\n",
            b"a2 OK go\r\n",
            b"a2 NO\r\n",
            b"-ERR\r\n",
            b"+ \r\n",
            b"\x15\x03\x01\x00\x02\x02\x28",
            b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00",
            b"\x16\x03\x03\xff\xff",
        ]
    ),
)
EVENTS = st.one_of(SAID, SAID, SAID, st.sampled_from([*Lost, Tcp.REFUSED, Tcp.TIMEOUT]))


def begin(protocol: Protocol, mode: Mode, confirm: bool) -> Conversation:
    endpoint = Endpoint(ip="192.0.2.1", port=1, protocol=protocol, mode=mode)
    return Conversation(endpoint, CLIENT, confirm=confirm)


@pytest.mark.parametrize(("protocol", "mode", "confirm"), KINDS)
@settings(deadline=None, max_examples=60)
@given(events=st.lists(EVENTS, max_size=12))
def test_any_peer_then_overdue(protocol: Protocol, mode: Mode, confirm: bool, events: list[Any]) -> None:
    conversation = begin(protocol, mode, confirm)
    move, fresh = conversation.begin(), True
    for event in events:
        if move is Move.DONE:
            break
        fresh = fresh or move is Move.CONNECT
        conversation.outgoing = b""
        if isinstance(event, Tcp):
            # Only a connection that has not come to be can fail to.
            move = conversation.not_connected(event) if fresh else conversation.lost(Lost.RESET)
        elif isinstance(event, Lost):
            move = conversation.lost(event)
        else:
            move = conversation.received(event)
        fresh = False
    if move is not Move.DONE:
        conversation.overdue()
    seen = conversation.notes.observation(started=0.0, duration=0.0)
    assert seen.violation != "internal_error"
    assert len(seen.handshake.plaintext) <= 512


@pytest.mark.parametrize(("protocol", "mode", "confirm"), KINDS)
def test_overdue_at_the_very_start(protocol: Protocol, mode: Mode, confirm: bool) -> None:
    conversation = begin(protocol, mode, confirm)
    assert conversation.begin() is Move.WAIT
    conversation.overdue()
    seen = conversation.notes.observation(started=0.0, duration=0.0)
    if mode is Mode.IMPLICIT:
        assert seen.handshake.outcome is HandshakeOutcome.TIMEOUT


def test_clocks() -> None:
    conversation = begin(Protocol.IMAP, Mode.CLEARTEXT, False)
    conversation.begin()
    assert (conversation.clock, conversation.outgoing) == (Clock.GREETING, b"")
    conversation.received(b"* OK [CAPABILITY X")
    assert (conversation.clock, conversation.outgoing) == (None, b"")
    conversation.received(b"] x\r\n")
    assert (conversation.clock, conversation.outgoing) == (Clock.REPLY, b"a2 STARTTLS\r\n")
    conversation.outgoing = b""
    conversation.received(b"a2 OK\r\n")
    assert conversation.clock is Clock.HANDSHAKE
    assert conversation.outgoing.startswith(b"\x16\x03\x01")
    conversation = begin(Protocol.POP3, Mode.CLEARTEXT, False)
    conversation.begin()
    for said in (b"+OK\r\n", b"-ERR\r\n", b"-ERR\r\n"):
        conversation.outgoing = b""
        conversation.received(said)
    assert (conversation.clock, conversation.outgoing) == (Clock.QUIET, b"QUIT\r\n")
