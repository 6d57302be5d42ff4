"""Whatever a peer does, a dialogue says nothing but what it may, and ends.

When one of these fails, a stranger's server could make a survey say something, stop it, or hold it for ever.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.dialogue.dialogue import dialogue
from openletter.dialogue.notes import MAX_TRANSCRIPT, Notes
from openletter.dialogue.observation import Endpoint, Handshake, HandshakeOutcome, Mode, Protocol, Side, Tcp
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Profile
from openletter.grammar.command import CONFIRMING, Command

SAID = st.one_of(
    st.binary(min_size=1, max_size=60),
    st.sampled_from(
        [
            b"* OK x\r\n",
            b"* OK [CAPABILITY IMAP4rev1 STARTTLS]\r\n",
            b"* PREAUTH x\r\n",
            b"+OK x\r\n",
            b"+OK\r\nUSER\r\nSTLS\r\n.\r\n",
            b"+ \r\n",
            b"-ERR x\r\n",
            b"* CAPABILITY X\r\na1 OK\r\n",
            b"* CAPABILITY X\r\na3 OK\r\n",
            b"a2 OK go\r\n",
            b"a2 NO\r\n",
            b"a4 NO tls\r\n",
            b"* BAD what\r\n",
            b"\x16\x03\x01",
            b"* ID {9}\r\n",
        ]
    ),
)
HANDSHAKES = st.builds(
    Handshake,
    outcome=st.sampled_from([o for o in HandshakeOutcome if o is not HandshakeOutcome.NOT_TRIED]),
    detail=st.sampled_from(["", "no_data", "protocol_version"]),
    plaintext=st.binary(max_size=30),
)
ENDPOINTS = [(p, m, c) for p in Protocol for m in Mode for c in (False, True)]


@pytest.mark.parametrize(("protocol", "mode", "confirm"), ENDPOINTS)
@given(data=st.data())
def test_any_peer(protocol: Protocol, mode: Mode, confirm: bool, data: st.DataObject) -> None:
    notes = Notes(Endpoint(ip="192.0.2.1", port=1, protocol=protocol, mode=mode, host="caller.example"))
    steps = dialogue(notes, confirm=confirm)
    value: Any = None
    connecting, heard, left = True, False, data.draw(st.integers(0, 30))
    for _ in range(60):
        try:
            step = steps.send(value)
        except StopIteration:
            break
        if step is NEW_CONNECTION:
            connecting, heard, value = True, False, None
            continue
        left -= 1
        lost = st.sampled_from(list(Lost))
        reached = st.sampled_from([t for t in Tcp if t is not Tcp.OPEN])
        if isinstance(step, Profile):
            value = data.draw(st.one_of(HANDSHAKES, reached) if connecting else HANDSHAKES)
            heard = False
        else:
            if isinstance(step, Command):
                assert type(step) is Command
                assert heard, (
                    "something was said before the peer had greeted, or before it had greeted inside TLS"
                )
                assert confirm or step not in CONFIRMING
            else:
                assert isinstance(step, Await)
            value = data.draw(SAID if left > 0 else lost) if left > -40 else Lost.CLOSED
            if connecting and data.draw(st.booleans()):
                value = data.draw(st.one_of(reached, lost))
            heard = heard or isinstance(value, bytes)
        # Inside STARTTLS there is no second greeting (RFC 9051 §6.2.1): the client speaks first.
        heard = heard or (isinstance(step, Profile) and mode is Mode.CLEARTEXT)
        connecting = False
    else:
        pytest.fail("sixty steps, and no end of it")
    seen = notes.observation(started=1.0, duration=1.0)
    assert len(seen.banner) <= 512
    assert len(seen.starttls_text) <= 512
    assert len(seen.bytes_after_starttls_ok) <= 512
    assert len(seen.server_id) <= 512


@pytest.mark.parametrize("why", [*Lost, Tcp.TIMEOUT])
@pytest.mark.parametrize(("protocol", "mode", "confirm"), ENDPOINTS)
def test_a_dialogue_whose_peer_is_gone_ends_in_a_few_steps(
    protocol: Protocol, mode: Mode, confirm: bool, why: Lost | Tcp
) -> None:
    steps = dialogue(Notes(Endpoint(ip="192.0.2.1", port=1, protocol=protocol, mode=mode)), confirm=confirm)
    value: Any = None
    for _ in range(12):
        try:
            step = steps.send(value)
        except StopIteration:
            return
        value = None if step is NEW_CONNECTION else why
        if isinstance(step, Profile):
            value = (
                Handshake(outcome=HandshakeOutcome.RESET, detail="no_data") if isinstance(why, Lost) else why
            )
    pytest.fail("twelve steps, and no end of it")


@given(
    st.lists(
        st.tuples(st.binary(min_size=1, max_size=9), st.integers(0, 900)).map(lambda p: p[0] * p[1]),
        max_size=60,
    )
)
def test_a_transcript_is_bounded(pieces: list[bytes]) -> None:
    notes = Notes(Endpoint(ip="192.0.2.1", port=1, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
    for piece in pieces:
        notes.record(Side.SERVER, piece)
    kept = notes.observation(started=0.0, duration=0.0).transcript
    assert sum(len(e.data) for e in kept) <= MAX_TRANSCRIPT
    assert len(kept) <= MAX_TRANSCRIPT // 16
    assert b"".join(pieces).startswith(b"".join(e.data for e in kept))
