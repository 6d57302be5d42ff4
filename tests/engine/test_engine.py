"""The loop with real sockets on loopback. When one of these fails, a survey stops, lies, or does what it must not."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
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
from openletter.engine.engine import Engine, Target
from openletter.engine.pace import Pace
from openletter.engine.poller import EpollPoller, SelectorsPoller

Run = Callable[..., list[Observation]]
MODES = pytest.mark.parametrize("mode", list(Mode))


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def refuse(peer: socket.socket) -> None:
    peer.sendall(b"* OK [CAPABILITY IMAP4rev1] x\r\n")
    peer.recv(100)
    peer.sendall(b"a2 NO\r\n")
    peer.recv(100)


def closed_port(loopback: Any) -> tuple[str, int]:
    listener = loopback.listen()
    where: tuple[str, int] = listener.getsockname()
    listener.close()
    return where


@pytest.fixture
def starttls_server(server_context: ssl.SSLContext, answering: Any) -> Callable[[socket.socket], None]:
    def serve(peer: socket.socket) -> None:
        peer.sendall(b"* OK ready\r\n")
        answers = {b"A1 CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n"}
        answering(peer, answers)  # ends at STARTTLS, which has no answer here
        peer.sendall(b"a2 OK begin\r\n")
        with server_context.wrap_socket(peer, server_side=True) as inside:
            answering(inside, {b"A3 CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK\r\n"})

    return serve


def check_starttls(seen: Observation) -> None:
    assert (seen.tcp, seen.greeting, seen.banner) == (Tcp.OPEN, Greeting.OK, b"* OK ready")
    assert (seen.caps_pre, seen.caps_pre_source) == (("IMAP4REV1", "STARTTLS"), ListSource.COMMAND)
    assert (seen.starttls_reply, seen.handshake.outcome) == (Reply.OK, HandshakeOutcome.OK)
    assert seen.caps_post == ("IMAP4REV1", "AUTH=PLAIN")
    assert seen.violation == ""


def test_a_whole_dialogue(loopback: Any, run: Run, book: Any, starttls_server: Any) -> None:
    (seen,) = run(loopback.serve(starttls_server))
    check_starttls(seen)
    assert len(book.chain(seen.handshake.chain)) == 1
    said = [bytes(e.data) for e in seen.transcript if e.side.value == "c"]
    assert said == [b"a1 CAPABILITY\r\n", b"a2 STARTTLS\r\n", b"a3 CAPABILITY\r\n", b"a9 LOGOUT\r\n"]


@pytest.mark.parametrize("late", [False, True])
def test_a_whole_dialogue_on_a_tls_port(
    loopback: Any, run: Run, server_context: ssl.SSLContext, answering: Any, late: bool
) -> None:
    """Also where the greeting comes later than the end of the handshake."""

    def serve(peer: socket.socket) -> None:
        with server_context.wrap_socket(peer, server_side=True) as inside:
            if late:
                time.sleep(0.1)
            inside.sendall(b"+OK ready\r\n")
            answering(inside, {b"CAPA": b"+OK\r\nUSER\r\n.\r\n"})

    (seen,) = run(loopback.serve(serve, Protocol.POP3, Mode.IMPLICIT))
    assert (seen.tcp, seen.handshake.outcome, seen.greeting) == (Tcp.OPEN, HandshakeOutcome.OK, Greeting.OK)
    assert (seen.banner, seen.caps_post, seen.violation) == (b"+OK ready", ("USER",), "")


@pytest.mark.parametrize("poller", [EpollPoller, SelectorsPoller])
def test_every_poller_sees_the_same(
    loopback: Any, run: Run, starttls_server: Any, poller: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``check`` must say the same on a machine without epoll."""
    monkeypatch.setattr("openletter.engine.engine.new_poller", poller)
    ip, port = closed_port(loopback)
    seen = run(
        loopback.serve(starttls_server),
        loopback.serve(refuse),
        loopback.serve(reset),
        loopback.serve(loopback.wait),
        loopback.serve(loopback.wait, mode=Mode.IMPLICIT),
        Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=Mode.IMPLICIT),
    )
    check_starttls(seen[0])
    assert seen[1].starttls_reply is Reply.NO
    assert (seen[2].tcp, seen[3].greeting) == (Tcp.RESET, Greeting.SILENT)
    assert seen[4].handshake.outcome is HandshakeOutcome.TIMEOUT
    assert seen[5].tcp is Tcp.REFUSED


@MODES
def test_refused(loopback: Any, run: Run, mode: Mode) -> None:
    """A closed 993 is closed, and no server whose TLS is broken."""
    ip, port = closed_port(loopback)
    (seen,) = run(Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=mode))
    assert (seen.tcp, seen.greeting) == (Tcp.REFUSED, Greeting.NOT_REACHED)
    assert seen.handshake.outcome is HandshakeOutcome.NOT_TRIED


@MODES
def test_reset_at_once_is_nobody(loopback: Any, run: Run, mode: Mode) -> None:
    seen = run(*[loopback.serve(reset, mode=mode) for _ in range(20)])
    assert {o.tcp for o in seen} == {Tcp.RESET}


def test_reset_behind_an_answer_is_a_reset(loopback: Any, run: Run) -> None:
    """Also where our own sending is what learns of it."""

    def serve(peer: socket.socket) -> None:
        peer.sendall(b"* OK [CAPABILITY X] x\r\n")
        peer.recv(100)
        peer.sendall(b"a2 OK\r\n")
        reset(peer)

    seen = run(*[loopback.serve(serve) for _ in range(20)])
    assert {o.handshake.outcome for o in seen} == {HandshakeOutcome.RESET}


def test_closed_at_once(loopback: Any, run: Run) -> None:
    cleartext, implicit = run(
        loopback.serve(lambda _: None), loopback.serve(lambda peer: peer.shutdown(2), mode=Mode.IMPLICIT)
    )
    assert (cleartext.tcp, cleartext.greeting) == (Tcp.OPEN, Greeting.CLOSED)
    assert implicit.tcp in (Tcp.OPEN, Tcp.RESET)


@MODES
def test_unreachable(run: Run, mode: Mode) -> None:
    (seen,) = run(Endpoint(ip="255.255.255.255", port=9, protocol=Protocol.POP3, mode=mode))
    assert seen.tcp is Tcp.UNREACHABLE


def test_ipv6(run: Run, loopback: Any) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with listener.accept()[0] as peer:
                refuse(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        (seen,) = run(Endpoint(ip="::1", port=port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
        thread.join(10)
    assert (seen.greeting, seen.starttls_reply) == (Greeting.OK, Reply.NO)


@pytest.mark.parametrize("length", [100, 511, 512, 513, 5_000])
def test_a_long_cleartext_greeting_on_a_tls_port(loopback: Any, run: Run, length: int) -> None:
    def greet(peer: socket.socket) -> None:
        peer.sendall(b"* OK " + b"x" * (length - 5) + b"\r\n")
        loopback.wait(peer)

    (seen,) = run(loopback.serve(greet, mode=Mode.IMPLICIT))
    assert (seen.handshake.outcome, seen.greeting) == (HandshakeOutcome.PLAINTEXT, Greeting.OK)
    assert len(seen.banner) == min(length, 512)


def test_one_connection_at_a_time_to_a_host(loopback: Any, run: Run) -> None:
    """Also where a dialogue needs several connections, and while other hosts are asked."""
    lock, open_, most = threading.Lock(), dict[str, int](), dict[str, int]()

    def watch(peer: socket.socket) -> None:
        ip = peer.getsockname()[0]
        with lock:
            for key in (ip, "all"):
                open_[key] = open_.get(key, 0) + 1
                most[key] = max(most.get(key, 0), open_[key])
        peer.sendall(b"* OK [CAPABILITY X] hi\r\n")
        peer.recv(100)
        peer.sendall(b"a2 OK\r\n")
        peer.recv(4_000)
        time.sleep(0.02)
        with lock:
            # Counted out before our last word, for once that is heard the next connection may come before we run again.
            open_[ip] -= 1
            open_["all"] -= 1
        peer.sendall(b"\x15\x03\x03\x00\x02\x02\x28")

    hosts = [loopback.address() for _ in range(3)]
    seen = run(*[loopback.serve(watch, ip=ip) for ip in hosts for _ in range(4)])
    assert {o.handshake.outcome for o in seen} == {HandshakeOutcome.ALERT}
    assert {o.legacy.outcome for o in seen} == {HandshakeOutcome.ALERT}
    assert all(most[ip] == 1 for ip in hosts)
    assert most["all"] >= 2


def test_the_gap_between_connections_to_a_host(loopback: Any, run: Run) -> None:
    ip = loopback.address()
    seen = run(*[loopback.serve(refuse, ip=ip) for _ in range(3)], host_gap=0.2)
    begun = sorted((o.started, o.duration) for o in seen)
    for (first, lasted), (second, _) in pairwise(begun):
        assert second - first - lasted >= 0.19


def test_the_overall_rate(loopback: Any, run: Run) -> None:
    began = time.monotonic()
    run(*[loopback.serve(refuse) for _ in range(30)], pace=Pace(rate=60.0))
    assert time.monotonic() - began >= 29 / 60 - 0.06


def test_concurrency_is_a_bound(loopback: Any, make_engine: Callable[..., Engine]) -> None:
    engine, most = make_engine(concurrency=3), 0
    endpoints = [loopback.serve(refuse) for _ in range(12)]

    def targets() -> Iterator[Target]:
        nonlocal most
        for endpoint in endpoints:
            most = max(most, engine.open_connections)
            yield Target(endpoint)

    count = 0

    def emit(_: Target, __: Observation) -> None:
        nonlocal count, most
        count += 1
        most = max(most, engine.open_connections)

    assert engine.run(targets(), emit)
    assert (count, most <= 3) == (12, True)


def test_peers_that_fail_at_once_are_told_at_once(make_engine: Callable[..., Engine]) -> None:
    """With the network cable out, a million failures must not pile up in memory before the first is written."""
    given = told = behind = 0

    def targets() -> Iterator[Target]:
        nonlocal given, behind
        for n in range(400):
            given += 1
            behind = max(behind, given - told)
            # Nobody connects to a multicast address: it fails at once, and nothing is sent (RFC 1122 §4.2.3.10).
            ip = f"224.0.{n >> 8}.{n & 255}"
            yield Target(Endpoint(ip=ip, port=1, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))

    def emit(_: Target, __: Observation) -> None:
        nonlocal told
        told += 1

    assert make_engine(concurrency=4).run(targets(), emit)
    assert told == 400
    assert behind <= 4 + 4 * 4 + 1


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_stop_gives_up_what_is_open(loopback: Any, make_engine: Callable[..., Engine]) -> None:
    engine, seen = make_engine(), []
    before = descriptors()
    endpoints = [loopback.serve(refuse), *[loopback.serve(loopback.wait) for _ in range(5)]]
    serving = descriptors()

    def emit(target: Target, _: Observation) -> None:
        seen.append(target.token)
        engine.stop()

    assert engine.run([Target(e, n) for n, e in enumerate(endpoints)], emit) is False
    assert seen == [0]
    assert engine.open_connections == 0
    assert descriptors() <= serving + len(endpoints)
    assert before < serving
    assert engine.run([Target(endpoints[0])], lambda *_: None)


class OddError(Exception):
    pass


def test_what_emit_and_targets_raise_comes_out_and_closes_all(
    loopback: Any, make_engine: Callable[..., Engine]
) -> None:
    """A full disk must end the survey, not be swallowed; the engine can be used again."""
    engine = make_engine()
    endpoints = [loopback.serve(refuse), *[loopback.serve(loopback.wait) for _ in range(5)]]

    def emit(_: Target, __: Observation) -> None:
        raise OddError

    def targets() -> Iterator[Target]:
        yield from (Target(e) for e in endpoints)
        yield Target(Endpoint(ip="224.0.0.1", port=1, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
        raise OddError

    with pytest.raises(OddError):
        engine.run([Target(e) for e in endpoints], emit)
    assert engine.open_connections == 0
    with pytest.raises(OddError):
        engine.run(targets(), lambda *_: None)
    assert engine.open_connections == 0
    seen = []
    assert engine.run([Target(endpoints[0])], lambda _, o: seen.append(o))
    assert [o.starttls_reply for o in seen] == [Reply.NO]


def test_no_descriptor_is_left_behind(loopback: Any, run: Run, starttls_server: Any) -> None:
    endpoints = [loopback.serve(h) for h in (starttls_server, refuse, reset, loopback.wait)]
    run(*endpoints)
    time.sleep(0.1)
    before = descriptors()
    for _ in range(3):
        run(*endpoints)
    time.sleep(0.1)
    assert descriptors() <= before + len(endpoints)


def test_a_fault_of_ours_costs_one_dialogue(
    loopback: Any, book: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """And no byte of what the peer said goes into the log."""

    class Faulty:
        def session(self, *_: Any) -> Any:
            raise OddError("ours")

    def begin(peer: socket.socket) -> None:
        peer.sendall(b"* OK [CAPABILITY X] \x1b[31mhostile\r\n")
        peer.recv(100)
        peer.sendall(b"a2 OK\r\n")
        peer.recv(100)

    seen: dict[int, Observation] = {}
    endpoints = [loopback.serve(begin), loopback.serve(refuse), loopback.serve(refuse, mode=Mode.IMPLICIT)]
    assert Engine(Faulty()).run(
        [Target(e, n) for n, e in enumerate(endpoints)], lambda t, o: seen.update({t.token: o})
    )
    assert [seen[n].violation for n in range(3)] == ["internal_error", "", "internal_error"]
    assert (seen[0].greeting, seen[1].starttls_reply) == (Greeting.OK, Reply.NO)
    assert len(caplog.records) == 2
    assert "hostile" not in caplog.text


def test_who_may_not_be_asked_is_not_connected_to(loopback: Any, make_engine: Callable[..., Engine]) -> None:
    """An opt-out that comes while a survey runs would else be kept from the next survey on only."""
    touched: list[str] = []

    def count(peer: socket.socket) -> None:
        touched.append(peer.getsockname()[0])
        refuse(peer)

    allowed, forbidden = loopback.serve(count), loopback.serve(count)
    engine = make_engine(may_connect=lambda endpoint: endpoint.ip != forbidden.ip, concurrency=2)
    seen: list[str] = []
    left_out: list[int] = []
    targets = [Target(forbidden, n) for n in range(5)] + [Target(allowed, 9)]
    done = engine.run(targets, lambda _, o: seen.append(o.ip), lambda target: left_out.append(target.token))
    assert (done, seen, left_out) == (True, [allowed.ip], [0, 1, 2, 3, 4])
    assert touched == [allowed.ip]


def test_a_second_connection_of_a_dialogue_needs_leave_too(
    loopback: Any, make_engine: Callable[..., Engine]
) -> None:
    connections: list[int] = []

    def serve(peer: socket.socket) -> None:
        connections.append(1)
        peer.recv(1_000)
        peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46")  # alert: protocol version

    endpoint = loopback.serve(serve, mode=Mode.IMPLICIT)
    engine = make_engine(may_connect=lambda _: not connections)
    left_out: list[Target] = []
    assert engine.run([Target(endpoint)], lambda *_: pytest.fail("observed"), left_out.append)
    assert (len(left_out), len(connections), engine.open_connections) == (1, 1, 0)


def test_what_came_while_we_were_held_up_is_no_silence(
    loopback: Any, make_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is busy for a moment must not make silent servers of those who answered in time."""
    # The last ones of what is ready would be read after the next look at the deadlines.
    monkeypatch.setattr("openletter.engine.poller.MAX_EVENTS", 1)
    held_up = False

    def greet(peer: socket.socket) -> None:
        time.sleep(0.1)
        peer.sendall(b"* OK ready\r\n")
        peer.recv(100)

    def each_turn() -> None:
        nonlocal held_up
        if engine.open_connections == 6 and not held_up:
            held_up = True
            time.sleep(1.0)

    engine = make_engine(each_turn=each_turn)
    seen: list[Observation] = []
    engine.run(
        [Target(loopback.serve(greet)) for _ in range(6)], lambda _, observation: seen.append(observation)
    )
    assert held_up
    assert [one.greeting for one in seen] == [Greeting.OK] * 6


def test_a_refusal_that_came_while_we_were_held_up_is_a_refusal(
    loopback: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a port that is closed would be asked again in the second pass."""
    monkeypatch.setattr(EpollPoller, "watch", lambda *_, **__: None)
    ip, port = closed_port(loopback)
    (seen,) = run(Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
    assert seen.tcp is Tcp.REFUSED
