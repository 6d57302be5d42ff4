"""Open ports are found by connecting, politely.

What a user loses when this fails: hosts that are open and not found, or hosts that are troubled: by octets that were sent, by two
connections at once, against their will.
"""

import itertools
import socket
import threading
import time
from collections import Counter

import pytest

from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.discovery.connect_scan import ConnectScan
from openletter.engine.connecting import OutOfResourcesError
from openletter.engine.pace import Pace


def endpoint(ip: str, port: int, **more) -> Endpoint:
    return Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, **more)


class Listener:
    """Takes connections on the wildcard of loopback and notes, for each, from when to when it stood and what came."""

    def __init__(self) -> None:
        self.sock = socket.socket()
        self.sock.bind(("0.0.0.0", 0))
        self.sock.listen(512)
        self.port = self.sock.getsockname()[1]
        self.taken: list[tuple[str, float, float, bytes]] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self.sock.accept()
            with connection:
                connection.settimeout(10)
                asked = connection.getsockname()[0]
                began = time.monotonic()
                try:
                    data = connection.recv(100)
                except OSError:
                    data = b""
                if data == b"end":
                    return
                self.taken.append((asked, began, time.monotonic(), data))

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self._thread.join(20)
        self.sock.close()


@pytest.fixture
def listener():
    running = Listener()
    yield running
    running.close()


@pytest.fixture
def closed_port():
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        yield sock.getsockname()[1]


def settled(listener: Listener, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(listener.taken) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_open_ports_are_found_and_closed_ones_are_not(listener, closed_port):
    scan = ConnectScan()
    asked = [endpoint(f"127.9.0.{n}", port) for n in range(1, 50) for port in (listener.port, closed_port)]
    found = list(scan.scan(asked))
    assert sorted((f.ip, f.port) for f in found) == sorted(
        (f"127.9.0.{n}", listener.port) for n in range(1, 50)
    )
    assert (scan.tried, scan.found) == (98, 49)


def test_no_octet_is_sent_and_each_connection_ends_at_once(listener):
    list(ConnectScan().scan(endpoint(f"127.9.1.{n}", listener.port) for n in range(1, 30)))
    settled(listener, 29)
    assert len(listener.taken) == 29
    assert {data for _, _, _, data in listener.taken} == {b""}


def test_what_the_scope_knows_goes_along(listener):
    (found,) = ConnectScan().scan([endpoint("127.9.2.1", listener.port, host="a.example", country="NL")])
    assert (found.name, found.country, found.protocol, found.mode) == (
        "a.example",
        "NL",
        Protocol.IMAP,
        Mode.CLEARTEXT,
    )
    assert abs(found.seen_at - time.time()) < 60


def test_excluded_addresses_are_never_touched(listener):
    scan = ConnectScan(excluded=lambda ip: ip.endswith("7"))
    found = list(scan.scan(endpoint(f"127.9.3.{n}", listener.port) for n in range(1, 40)))
    settled(listener, len(found))
    assert not [ip for ip, *_ in listener.taken if ip.endswith("7")]
    assert (len(found), scan.excluded, scan.tried) == (35, 4, 35)


def test_a_host_has_one_connection_at_a_time_with_its_gap_between(listener):
    """Ports of one host come together, as a scope gives them."""
    gap = 0.05
    others = [endpoint(f"127.9.4.{n}", listener.port) for n in range(10, 20)]
    asked = [endpoint("127.9.4.1", listener.port)] * 4 + others
    found = list(ConnectScan(host_gap=gap).scan(asked))
    settled(listener, 14)
    assert Counter(f.ip for f in found)["127.9.4.1"] == 4
    begun = sorted(began for ip, began, _, _ in listener.taken if ip == "127.9.4.1")
    assert all(later - earlier >= gap * 0.5 for earlier, later in itertools.pairwise(begun))


def test_the_rate_is_kept(listener):
    began = time.monotonic()
    found = list(
        ConnectScan(pace=Pace(100)).scan(endpoint(f"127.9.5.{n}", listener.port) for n in range(1, 41))
    )
    assert len(found) == 40
    # Forty at a hundred a second, less the burst of a twentieth of a second.
    assert time.monotonic() - began >= 0.3


def test_silent_addresses_are_given_up_after_the_timeout_and_none_of_the_rest_is_lost(listener):
    """A full queue of a listener that takes nothing drops the SYN, as a firewall does."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.9.6.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(("127.9.6.1", port))
        asked = [
            endpoint("127.9.6.1", port),
            *(endpoint(f"127.9.6.{n}", listener.port) for n in range(2, 12)),
        ]
        found = list(ConnectScan(timeout=0.5, concurrency=2).scan(asked))
    assert {f.ip for f in found} == {f"127.9.6.{n}" for n in range(2, 12)}


def test_it_can_be_stopped_and_leaves_no_connection(listener):
    scan = ConnectScan(concurrency=1)
    found = []
    for one in scan.scan(endpoint(f"127.9.7.{n}", listener.port) for n in range(1, 200)):
        found.append(one)
        if len(found) == 3:
            scan.stop()
    assert len(found) == 3
    half = ConnectScan().scan(endpoint(f"127.9.8.{n}", listener.port) for n in range(1, 100))
    next(half)
    half.close()


def test_an_ipv6_endpoint_is_found():
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine's loopback")
        sock.listen()
        (found,) = ConnectScan().scan([endpoint("::1", sock.getsockname()[1])])
    assert found.ip == "::1"


def test_a_source_that_is_not_ours_is_an_error_of_this_machine(listener):
    with pytest.raises(OutOfResourcesError, match=r"192\.0\.2\.1"):
        list(ConnectScan(sources=["192.0.2.1"]).scan([endpoint("127.9.9.1", listener.port)]))


def test_connections_come_from_the_source_that_was_named(listener):
    (found,) = ConnectScan(sources=["127.9.10.10"]).scan([endpoint("127.9.10.1", listener.port)])
    assert found.ip == "127.9.10.1"
