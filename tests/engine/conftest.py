"""Small servers on loopback, each on an address of its own, and an engine that has little patience."""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openletter.dialogue.observation import Endpoint, Mode, Observation, Protocol
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine, Target
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

Handler = Callable[[socket.socket], None]
SHORT = Deadlines(connect=0.6, greeting=0.4, reply=0.4, handshake=0.4, quiet=0.3, total=3.0)


class Loopback:
    """Servers that live for one test. A handler has a connection; it is closed when the handler returns."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listeners: list[socket.socket] = []

    @staticmethod
    def address() -> str:
        """An address of 127.64.0.0/11 that nobody else has: where another picked it, too, ports still differ."""
        return f"127.{random.randint(64, 95)}.{random.randint(0, 255)}.{random.randint(1, 254)}"

    def listen(self, ip: str = "", backlog: int = 64) -> socket.socket:
        listener = socket.create_server((ip or self.address(), 0), backlog=backlog)
        self._listeners.append(listener)
        return listener

    def serve(
        self, handler: Handler, protocol: Protocol = Protocol.IMAP, mode: Mode = Mode.CLEARTEXT, ip: str = ""
    ) -> Endpoint:
        listener = self.listen(ip)
        listener.settimeout(0.05)
        self._start(lambda: self._accept(listener, handler))
        where = listener.getsockname()
        return Endpoint(ip=where[0], port=where[1], protocol=protocol, mode=mode)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, handler: Handler) -> None:
        while not self._over.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            peer.settimeout(5)
            self._start(lambda peer=peer: self._handle(peer, handler))  # type: ignore[misc]

    @staticmethod
    def _handle(peer: socket.socket, handler: Handler) -> None:
        with peer, suppress(OSError):
            handler(peer)

    def wait(self, _: socket.socket) -> None:
        """A handler that keeps the connection open and silent until the test is over."""
        self._over.wait(10)

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        for listener in self._listeners:
            listener.close()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    servers = Loopback()
    try:
        yield servers
    finally:
        servers.end()


@pytest.fixture(scope="session")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "engine.example")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2025, 1, 1), datetime(2035, 1, 1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem, form, plain = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path: Path = tmp_path_factory.mktemp("engine") / "server.pem"
    path.write_bytes(key.private_bytes(pem, form, plain) + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def book() -> CertificateBook:
    return CertificateBook()


Run = Callable[..., list[Observation]]


@pytest.fixture
def make_engine(book: CertificateBook) -> Callable[..., Engine]:
    def make(**settings: Any) -> Engine:
        return Engine(FastClient(book), **{"deadlines": SHORT, **settings})

    return make


@pytest.fixture
def run(make_engine: Callable[..., Engine]) -> Run:
    """Observations in the order of the endpoints; each must have exactly one."""

    def do(*endpoints: Endpoint, **settings: Any) -> list[Observation]:
        engine, seen = make_engine(**settings), {}

        def emit(target: Target, observation: Observation) -> None:
            assert target.token not in seen
            seen[target.token] = observation

        began = time.monotonic()
        assert engine.run([Target(e, n) for n, e in enumerate(endpoints)], emit)
        spent = time.monotonic() - began
        assert engine.open_connections == 0
        assert all(0 <= o.duration <= spent for o in seen.values())
        assert all((o.ip, o.port) == (endpoints[n].ip, endpoints[n].port) for n, o in seen.items())
        return [seen[n] for n in range(len(endpoints))]

    return do


def lines(peer: socket.socket, answers: dict[bytes, bytes]) -> None:
    """Answer each line by its first words; a line without an answer ends it."""
    buffer = b""
    while data := peer.recv(4_096):
        buffer += data
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            answer = answers.get(line.strip().upper())
            if answer is None:
                return
            peer.sendall(answer)


@pytest.fixture(scope="session")
def answering() -> Callable[[socket.socket, dict[bytes, bytes]], None]:
    return lines
