"""Runs every hostile peer in one process of its own, so that their floods cost the engine's process nothing but octets.

``python gang.py`` listens, prints a JSON list of ``[name, ip, port, protocol, mode]`` on one line and serves until its
standard input ends. Everything is bound to the loopback device.
"""

import json
import os
import random
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hostile import greetings, handshakes, inside, replies  # noqa: F401
from hostile.offsets import FAMILIES
from hostile.peer import PEERS

Found = list[tuple[str, str, int, str, str]]
MAX_SECONDS = 10


def _run(serve: Callable[[socket.socket], None], sock: socket.socket) -> None:
    # Whatever the engine does to a peer in its turn, is the peer's own business.
    with sock, suppress(OSError, ValueError):
        sock.settimeout(MAX_SECONDS)
        serve(sock)


def _accept(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_run, args=(serve, sock), daemon=True).start()


_PORTS: set[int] = set()


def _bound(address: str) -> socket.socket:
    """A socket on a port that no other peer has: ``openletter check`` is told of each port what speaks there."""
    while True:
        listener = socket.socket()
        if address == "0.0.0.0":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        if port not in _PORTS:
            _PORTS.add(port)
            return listener
        listener.close()


def _listen(address: str, serve: Callable[[socket.socket], None]) -> int:
    listener = _bound(address)
    listener.listen(256)
    threading.Thread(target=_accept, args=(listener, serve), daemon=True).start()
    return int(listener.getsockname()[1])


def gather() -> Found:
    """Start every peer; where each is to be found."""
    found: Found = []
    block = random.randint(96, 126)
    for number, peer in enumerate(PEERS):
        ip = f"127.{block}.{number >> 8}.{number & 255 or 254}"
        found.append((peer.name, ip, _listen(ip, peer.serve), *peer.kind))
    for number, family in enumerate(FAMILIES):

        def serve(sock: socket.socket, family: object = family) -> None:
            octets = sock.getsockname()[0].split(".")
            family.serve(sock, int(octets[2]) % 16 * 256 + int(octets[3]))  # type: ignore[attr-defined]

        port = _listen("0.0.0.0", serve)
        for member in family.members():
            ip = f"127.{block}.{number * 16 + (member >> 8)}.{member & 255}"
            if number == 0 and member == 0:
                continue
            found.append((f"{family.name}: {member}", ip, port, *family.kind))
    return found


if __name__ == "__main__":
    print(json.dumps(gather()), flush=True)
    sys.stdin.read()
    os._exit(0)
