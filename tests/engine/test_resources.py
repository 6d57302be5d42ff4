"""What this machine lacks is not what a peer lacks. When one of these fails, hosts are called unreachable for our want."""

import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from openletter.dialogue.observation import Observation
from openletter.engine.connecting import OutOfResourcesError

Run = Callable[..., list[Observation]]


def test_a_source_address(loopback: Any, run: Run) -> None:
    came_from = []

    def note(peer: socket.socket) -> None:
        came_from.append(peer.getpeername()[0])

    run(loopback.serve(note), loopback.serve(note), sources=("127.63.1.1",))
    assert came_from == ["127.63.1.1"] * 2


def test_a_source_that_is_not_ours_stops_the_survey(loopback: Any, run: Run) -> None:
    """Else the whole Internet would be called unreachable."""
    with pytest.raises(OutOfResourcesError, match=r"192\.0\.2\.1"):
        run(loopback.serve(loopback.wait), sources=("192.0.2.1",))


OUT_OF_DESCRIPTORS = """
import resource, sys
from openletter.dialogue.observation import Endpoint, Mode, Protocol
from openletter.engine.connecting import OutOfResourcesError
from openletter.engine.engine import Engine, Target
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
engine = Engine(FastClient(CertificateBook()))
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
targets = (Target(Endpoint(ip=f"127.65.1.{n}", port=int(sys.argv[1]), protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))
           for n in range(1, 200))
try:
    engine.run(targets, lambda *_: None)
except OutOfResourcesError as error:
    print("out:", error, engine.open_connections)
assert "asyncio" not in sys.modules
"""


def test_out_of_descriptors_stops_the_survey() -> None:
    """Else hosts would be called unreachable that nobody had asked. And there is no asyncio in the engine."""
    with socket.create_server(("0.0.0.0", 0), backlog=256) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        done = subprocess.run(
            [sys.executable, "-c", OUT_OF_DESCRIPTORS, str(listener.getsockname()[1])],
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == b""
    assert done.stdout == b"out: cannot open another socket: Too many open files 0\n"
