"""What a host and a network are spared, with real sockets. When one of these fails, somebody is asked too often."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from openletter.dialogue.observation import Endpoint, HandshakeOutcome, Mode, Observation, Protocol
from openletter.engine.engine import Engine, Target
from openletter.engine.pace import BURST_SECONDS, CATCHING_UP, Pace

Run = Callable[..., list[Observation]]


class Door:
    """A handler that writes down when somebody came and when they had gone, and says nothing."""

    def __init__(self, last_words: bytes = b"") -> None:
        self.visits: list[tuple[float, float]] = []
        self._last_words = last_words
        self._lock = threading.Lock()

    def __call__(self, peer: socket.socket) -> None:
        came = time.monotonic()
        if self._last_words:
            peer.recv(2_000)
            peer.sendall(self._last_words)
        while peer.recv(2_000):
            pass
        with self._lock:
            self.visits.append((came, time.monotonic()))

    def wait_for(self, visits: int) -> None:
        """The last one may have gone a moment ago."""
        deadline = time.monotonic() + 3
        while len(self.visits) < visits and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.visits) == visits

    @property
    def gaps(self) -> list[float]:
        return [later[0] - before[1] for before, later in pairwise(sorted(self.visits))]


HANDSHAKE_FAILURE = b"\x15\x03\x01\x00\x02\x02\x28"


def test_the_further_connections_of_a_dialogue_wait_for_the_gap_too(loopback: Any, run: Run) -> None:
    """A server whose TLS is broken gets three hellos; in a row they look like an attack."""
    door = Door(HANDSHAKE_FAILURE)
    (seen,) = run(loopback.serve(door, mode=Mode.IMPLICIT), host_gap=0.25)
    assert seen.handshake.outcome is HandshakeOutcome.ALERT
    door.wait_for(3)
    assert min(door.gaps) >= 0.24


def test_further_connections_wait_for_their_networks_turn(loopback: Any, run: Run) -> None:
    door = Door(HANDSHAKE_FAILURE)
    run(loopback.serve(door, mode=Mode.IMPLICIT), pace=Pace(network_rate=4.0))
    door.wait_for(3)
    came = sorted(visit[0] for visit in door.visits)
    assert min(later - before for before, later in pairwise(came)) >= 0.2


def test_a_dialogue_that_waits_for_its_next_connection_can_be_given_up(
    loopback: Any, make_engine: Any
) -> None:
    door = Door(HANDSHAKE_FAILURE)
    engine: Engine = make_engine(host_gap=30.0, each_turn=lambda: engine.stop() if door.visits else None)
    seen: list[Observation] = []
    finished = engine.run(
        [Target(loopback.serve(door, mode=Mode.IMPLICIT))], lambda _, observation: seen.append(observation)
    )
    assert not finished
    assert seen == []


def test_nobody_is_asked_during_a_pause(loopback: Any, make_engine: Any) -> None:
    """The hours in which a survey may ask end in the middle of it."""
    came: list[float] = []

    def serve(peer: socket.socket) -> None:
        came.append(time.monotonic())

    began = time.monotonic()
    pause_from, pause_until = began + 0.3, began + 1.5

    def each_turn() -> None:
        if pause_from <= time.monotonic() < pause_until:
            engine.pause_until(pause_until)

    engine: Engine = make_engine(pace=Pace(40.0), each_turn=each_turn)
    endpoint = loopback.serve(serve)
    others = [loopback.serve(serve) for _ in range(3)]
    assert engine.run([Target(e) for e in [endpoint, *others] * 10], lambda *_: None)
    assert len(came) == 40
    assert not [at for at in came if pause_from + 0.2 < at < pause_until - 0.01]
    assert sum(at > pause_until for at in came) > 5


def test_a_dialogue_that_is_under_way_ends_in_a_pause(loopback: Any, make_engine: Any) -> None:
    """Else what older TLS it speaks would be asked hours later, or never, and its shard would be kept as late."""
    door, other = Door(HANDSHAKE_FAILURE), Door(HANDSHAKE_FAILURE)
    targets = [Target(loopback.serve(one, mode=Mode.IMPLICIT)) for one in (door, other)]
    opens_at = float("inf")

    def each_turn() -> None:
        nonlocal opens_at
        if engine.open_connections and opens_at == float("inf"):
            opens_at = time.monotonic() + 2.0
        engine.pause_until(opens_at if opens_at != float("inf") else 0.0)

    engine: Engine = make_engine(host_gap=0.2, concurrency=1, each_turn=each_turn)
    assert engine.run(targets, lambda *_: None)
    for one in (door, other):
        one.wait_for(3)
    assert max(went for _, went in door.visits) < opens_at, "its further hellos waited for the pause to end"
    assert min(came for came, _ in other.visits) >= opens_at, "a dialogue was begun in a pause"


@pytest.fixture
def counting() -> Iterator[tuple[list[int], list[float]]]:
    """Forty ports that close at once whoever connects, and when they did; one thread, so that it keeps up."""
    times: list[float] = []
    listeners = [socket.create_server((f"127.66.7.{n}", 0), backlog=512) for n in range(1, 41)]
    over = threading.Event()

    def serve() -> None:
        poll = select.epoll()
        by_fd = {listener.fileno(): listener for listener in listeners}
        for fd, listener in by_fd.items():
            listener.setblocking(False)
            poll.register(fd, select.EPOLLIN)
        while not over.is_set():
            for fd, _ in poll.poll(0.05):
                peer, _ = by_fd[fd].accept()
                times.append(time.monotonic())
                peer.close()
        poll.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield [listener.getsockname()[1] for listener in listeners], times
    finally:
        over.set()
        thread.join()
        for listener in listeners:
            listener.close()


@pytest.mark.parametrize(("rate", "seconds"), [(5.0, 6.0), (200.0, 5.0), (1_500.0, 5.0)])
def test_the_rate_is_within_five_per_cent_of_the_wanted_one(
    counting: tuple[list[int], list[float]], make_engine: Any, rate: float, seconds: float
) -> None:
    """Over some seconds: slower costs a survey days, faster costs it its welcome."""
    ports, times = counting
    endpoints = [
        Endpoint(ip=f"127.66.7.{n}", port=port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT)
        for n, port in enumerate(ports, 1)
    ]
    engine: Engine = make_engine(pace=Pace(rate), concurrency=2_000)
    wanted = int(rate * seconds)
    assert engine.run((Target(endpoints[n % 40]) for n in range(wanted)), lambda *_: None)
    assert len(times) == wanted
    achieved = (wanted - 1) / (times[-1] - times[0])
    assert achieved <= rate * 1.05
    # Five per cent are what the engine may cost, and the rest is what a busy machine may.
    assert achieved >= rate * 0.92
    last = 0
    for first, at in enumerate(times):
        while last < len(times) and times[last] < at + 1.0:
            last += 1
        assert last - first <= rate * (1 + CATCHING_UP + BURST_SECONDS) + 1 + rate * 0.05, "a flood"


def test_a_tls_server_is_met_once_and_left_alone(
    loopback: Any, run: Run, server_context: ssl.SSLContext
) -> None:
    """Who asks a server nothing more needs no second connection."""
    visits = []

    def serve(peer: socket.socket) -> None:
        visits.append(peer)
        with server_context.wrap_socket(peer, server_side=True) as inside:
            inside.sendall(b"* BYE\r\n")

    run(loopback.serve(serve, mode=Mode.IMPLICIT), host_gap=0.1)
    assert len(visits) == 1
