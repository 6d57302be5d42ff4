"""Every way in which a peer can keep us waiting. When one of these fails, a peer holds a survey for as long as it likes."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from openletter.dialogue.observation import (
    Endpoint,
    Greeting,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.engine.deadlines import Clock, Deadlines

Run = Callable[..., list[Observation]]
SHORT = Deadlines(connect=0.6, greeting=0.4, reply=0.4, handshake=0.4, quiet=0.3, total=3.0)


@pytest.fixture
def full_backlog(loopback: Any) -> Iterator[tuple[str, int]]:
    """A listener whose queue is full: Linux leaves further SYNs unanswered."""
    where = loopback.listen(backlog=0).getsockname()
    with ExitStack() as stack:
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(where)
        time.sleep(0.05)
        yield where


@pytest.mark.parametrize("mode", list(Mode))
def test_connect(full_backlog: tuple[str, int], loopback: Any, run: Run, mode: Mode) -> None:
    ip, port = full_backlog
    (seen,) = run(Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=mode))
    assert seen.tcp is Tcp.TIMEOUT
    assert seen.duration >= SHORT.connect


def test_greeting(loopback: Any, run: Run) -> None:
    def half(peer: socket.socket) -> None:
        peer.sendall(b"* OK [CAP")
        loopback.wait(peer)

    silent, halved = run(loopback.serve(loopback.wait), loopback.serve(half))
    assert (silent.tcp, silent.greeting) == (Tcp.OPEN, Greeting.SILENT)
    assert (halved.tcp, halved.greeting, halved.banner) == (Tcp.OPEN, Greeting.SILENT, b"* OK [CAP")
    for seen in (silent, halved):
        assert SHORT.greeting <= seen.duration < SHORT.total


def test_reply(loopback: Any, run: Run) -> None:
    def mute(peer: socket.socket) -> None:
        peer.sendall(b"* OK x\r\n")
        loopback.wait(peer)

    (seen,) = run(loopback.serve(mute))
    assert (seen.greeting, seen.caps_pre_source) == (Greeting.OK, ListSource.NO_ANSWER)
    assert seen.duration >= SHORT.reply


def test_handshake(loopback: Any, run: Run) -> None:
    def stall(peer: socket.socket) -> None:
        peer.sendall(b"* OK [CAPABILITY X] x\r\n")
        peer.recv(100)
        peer.sendall(b"a2 OK\r\n")
        loopback.wait(peer)

    starttls, implicit = run(
        loopback.serve(stall), loopback.serve(loopback.wait, Protocol.POP3, Mode.IMPLICIT)
    )
    for seen in (starttls, implicit):
        assert seen.handshake.outcome is HandshakeOutcome.TIMEOUT
        assert seen.legacy.outcome is HandshakeOutcome.TIMEOUT
        assert 2 * SHORT.handshake <= seen.duration
    assert starttls.starttls_reply is Reply.OK


def test_farewell(loopback: Any, run: Run, answering: Any) -> None:
    """Nobody waits long for the answer to a farewell."""

    def no_goodbye(peer: socket.socket) -> None:
        peer.sendall(b"+OK\r\n")
        answering(peer, {b"CAPA": b"-ERR\r\n", b"STLS": b"-ERR\r\n", b"QUIT": b""})

    (seen,) = run(
        loopback.serve(no_goodbye, Protocol.POP3),
        deadlines=Deadlines(connect=5, greeting=5, reply=5, handshake=5, quiet=0.2, total=30),
    )
    assert (seen.caps_pre_source, seen.starttls_reply) == (ListSource.REFUSED, Reply.ERR)
    assert 0.2 <= seen.duration < 4


@pytest.mark.parametrize("mode", list(Mode))
def test_total(loopback: Any, run: Run, mode: Mode) -> None:
    """A drip of octets moves no deadline, and many short waits do not add up beyond the whole."""

    def drip(peer: socket.socket) -> None:
        while True:
            peer.sendall(b"*" if mode is Mode.CLEARTEXT else b"\x16\x03\x03\x40\x00"[:1])
            time.sleep(0.05)

    patient = Deadlines(connect=9, greeting=9, reply=9, handshake=9, quiet=9, total=0.7)
    (seen,) = run(loopback.serve(drip, mode=mode), deadlines=patient)
    assert 0.7 <= seen.duration < 5
    (seen,) = run(loopback.serve(loopback.wait, mode=mode), deadlines=patient)
    assert 0.7 <= seen.duration < 5


def test_a_drip_moves_no_deadline(loopback: Any, run: Run) -> None:
    def drip(peer: socket.socket) -> None:
        peer.sendall(b"* OK x\r\n")
        while True:
            peer.sendall(b"* FLAGS ()\r\n")
            time.sleep(0.05)

    (seen,) = run(loopback.serve(drip))
    assert seen.caps_pre_source is ListSource.NO_ANSWER
    assert SHORT.reply <= seen.duration < SHORT.total


def test_each_clock_has_its_seconds() -> None:
    by_clock = SHORT.by_clock
    assert [by_clock[c] for c in (Clock.GREETING, Clock.REPLY, Clock.HANDSHAKE, Clock.QUIET)] == [
        SHORT.greeting,
        SHORT.reply,
        SHORT.handshake,
        SHORT.quiet,
    ]
    half = SHORT.scaled(0.5)
    assert (half.connect, half.total, half.shortest) == (0.3, 1.5, 0.15)
