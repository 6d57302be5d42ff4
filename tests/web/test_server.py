"""A real server on a real port: what the test client does not show."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from uvicorn.config import Config
from uvicorn.server import Server

from openletter.web import server as module
from openletter.web.app import create_app
from openletter.web.settings import WebSettings


class Running:
    def __init__(self, process: subprocess.Popen[str], address: str, said: list[str]) -> None:
        self.process = process
        self.address = address
        self.said = said

    def raw(self, octets: bytes) -> bytes:
        host, port = self.address.removeprefix("http://").rstrip("/").rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)


@contextmanager
def serving(*arguments: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "openletter.cli.main", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    try:
        first = process.stderr.readline()
        address = re.search(r"http://\S+/", first)
        assert address, first + process.stderr.read()
        said: list[str] = []
        reading = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
        reading.start()
        running = Running(process, address[0], said)
        for _ in range(200):
            try:
                httpx2.get(f"{running.address}healthz", timeout=10)
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reading.join(10)
        process.stderr.close()


@pytest.fixture(scope="module")
def running(world) -> Iterator[Running]:
    with serving("--store", str(world.root)) as made:
        yield made


def test_it_serves_and_says_nothing_of_what_it_is_made_of(running: Running):
    with httpx2.Client(base_url=running.address) as reader:
        answer = reader.get("/countries")
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"
        assert "server" not in answer.headers
        assert reader.get("/endpoints").status_code == 200
        assert reader.head("/countries").content == b""


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(running: Running, request_line: bytes):
    try:
        answer = running.raw(request_line)
    except OSError:
        # Reset by the server; our half of the connection may be gone before we end it (ENOTCONN is no ConnectionError).
        answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert httpx2.get(f"{running.address}healthz").status_code == 200


def test_many_readers_at_once_get_the_same_page(running: Running):
    bodies: list[str] = []

    def read() -> None:
        with httpx2.Client(base_url=running.address) as reader:
            bodies.extend(reader.get(path).text for path in ("/", "/countries", "/") * 3)

    threads = [threading.Thread(target=read) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 90
    assert len(set(bodies)) == 2


def test_ctrl_c_ends_it_in_order(world):
    with serving("--store", str(world.root)) as made:
        assert httpx2.get(f"{made.address}healthz").status_code == 200
        made.process.send_signal(signal.SIGINT)
        assert made.process.wait(20) == 0
    assert made.said[-1] == "openletter: stopped\n"
    assert not any("Traceback" in line for line in made.said)


def test_several_processes_share_a_port(world):
    with serving("--store", str(world.root), "--workers", "2") as made:
        for _ in range(10):
            assert httpx2.get(f"{made.address}countries").status_code == 200
        made.process.send_signal(signal.SIGINT)
        assert made.process.wait(30) == 0
    assert not any("Traceback" in line for line in made.said)


def test_without_a_store_it_starts_and_says_so(tmp_path: Path):
    with serving("--store", str(tmp_path / "none")) as made:
        answer = httpx2.get(made.address)
        assert answer.status_code == 200
        assert "No survey yet" in answer.text
    assert any("there is no store here yet" in line for line in made.said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "start",
    [b"", b"GET / HT", b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nna"],
)
def test_who_sends_a_request_drop_by_drop_is_cut_off(world, monkeypatch, start: bytes):
    """A thousand such connections would keep everybody else out."""
    monkeypatch.setattr(module, "REQUEST_WITHIN", 0.4)
    settings = WebSettings(store=world.root, port=0)
    with module.listening(settings) as opened:
        config = Config(
            create_app(settings), loop="asyncio", http=module.PunctualH11, ws="none", log_config=None
        )
        served = Server(config)
        thread = threading.Thread(target=lambda: served.run(sockets=[opened]))
        thread.start()
        while not served.started:
            time.sleep(0.01)
        try:
            with socket.create_connection(opened.getsockname(), timeout=10) as connection:
                began = time.monotonic()
                connection.sendall(start)
                for _ in range(100):
                    time.sleep(0.05)
                    try:
                        connection.sendall(b"x") if start else None
                        connection.setblocking(False)
                        ended = connection.recv(65_536) == b""
                    except BlockingIOError:
                        ended = False
                    except ConnectionError:
                        ended = True
                    connection.setblocking(True)
                    if ended or time.monotonic() - began > 4:
                        break
                assert ended
        finally:
            served.should_exit = True
            thread.join()
