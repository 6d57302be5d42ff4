"""A peer that is a list of what it answers: no socket, no clock."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import settings

from openletter.dialogue.dialogue import dialogue
from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Endpoint, Handshake, HandshakeOutcome, Mode, Observation, Protocol
from openletter.dialogue.step import NEW_CONNECTION, Await, Result, Step
from openletter.grammar.command import Command

settings.register_profile("openletter", deadline=None, max_examples=60)
settings.load_profile("openletter")

Script = list[tuple[Step, Result]]
Play = Callable[..., Observation]

WORKS = Handshake(
    outcome=HandshakeOutcome.OK, version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", chain=("ab",)
)
ALERT = Handshake(outcome=HandshakeOutcome.ALERT, detail="protocol_version")


def play(
    protocol: Protocol, mode: Mode, script: Script, *, confirm: bool = False, octets: bool = False
) -> Observation:
    """Hold the dialogue to a script: each step that it takes, and what it is resumed with; then it must have ended.

    ``octets`` gives each answer one octet at a time, but for that to a farewell: nobody waits for the whole of it.
    """
    notes = Notes(Endpoint(ip="192.0.2.1", port=1, protocol=protocol, mode=mode))
    steps = dialogue(notes, confirm=confirm)
    value: Result = None
    for number, (wanted, answer) in enumerate(script):
        step = steps.send(value)
        assert step is wanted, f"step {number}: {step!r} where {wanted!r} was due"
        value = answer
        farewell = isinstance(wanted, Command) and wanted.is_farewell
        if octets and isinstance(answer, bytes) and not farewell:
            for octet in answer[:-1]:
                assert steps.send(bytes([octet])) is Await.MORE
            value = answer[-1:]
    with pytest.raises(StopIteration):
        steps.send(value)
    return notes.observation(started=0.0, duration=0.0)


@pytest.fixture(params=[False, True], ids=["whole", "octets"])
def imap(request: pytest.FixtureRequest) -> Play:
    return partial(play, Protocol.IMAP, Mode.CLEARTEXT, octets=request.param)


@pytest.fixture(params=[False, True], ids=["whole", "octets"])
def pop3(request: pytest.FixtureRequest) -> Play:
    return partial(play, Protocol.POP3, Mode.CLEARTEXT, octets=request.param)


@pytest.fixture
def whole() -> Play:
    return play


@pytest.fixture
def works() -> Handshake:
    return WORKS


@pytest.fixture
def fails() -> Handshake:
    return ALERT


@pytest.fixture
def once_more() -> tuple[Step, Result]:
    return NEW_CONNECTION, None
