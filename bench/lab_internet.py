"""What the simulated Internet costs: dialogues per second of CPU of its server processes.

    python bench/lab_internet.py [--dialogues N]

A trivial client holds N dialogues of each kind with a world at 1:1000, a wave of connections at a time in step, as a
surveyor keeps many open. What is read is the time that the server's processes took, from /proc, not the wall clock: a
benchmark of a surveyor loses that much of the processor to the simulation.
"""

import argparse
import itertools
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from openletter.lab.internet.simulation import SimulatedInternet
from openletter.lab.internet.truth import Class, Truth

TICKS = os.sysconf("SC_CLK_TCK")
WAVE = 100
Dialogue = Generator[bytes, bytes, None]
"""Yields what to send, gets the next piece heard."""


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """User and system time of the processes so far (proc(5), utime and stime of stat)."""
    spent = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / TICKS


def in_the_clear() -> Dialogue:
    yield b""
    yield b"CAPA\r\n"
    yield b"STLS\r\n"
    yield b"QUIT\r\n"


def _client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


CONTEXT = _client_context()


def with_starttls() -> Dialogue:
    yield b""
    yield b"CAPA\r\n"
    yield b"STLS\r\n"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = CONTEXT.wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            incoming.write((yield outgoing.read()))
    tls.write(b"CAPA\r\n")
    incoming.write((yield outgoing.read()))
    tls.write(b"QUIT\r\n")
    yield outgoing.read()


def refused() -> Dialogue:
    yield b""


KINDS: tuple[tuple[str, Callable[[], Dialogue], Callable[[Truth], bool]], ...] = (
    ("cleartext POP3, no STLS", in_the_clear, lambda t: t.manner == "pop3:dovecot-none"),
    (
        "POP3 with STLS (ECDSA P-256, TLS 1.3)",
        with_starttls,
        lambda t: (t.manner, t.certificate, t.tls_version) == ("pop3:dovecot-optional", "good", "TLSv1.3"),
    ),
    ("closed port", refused, lambda t: t.cls is Class.UNREACHABLE and t.manner == "closed"),
)


def hold(dialogue: Callable[[], Dialogue], targets: list[tuple[str, int]]) -> None:
    """One wave: all connections in step. A reset ends a dialogue."""
    talks: list[tuple[socket.socket, Dialogue, bytes]] = []
    for target in targets:
        sock = socket.socket()
        sock.settimeout(10)
        try:
            sock.connect(target)
        except ConnectionResetError:
            sock.close()
            continue
        talk = dialogue()
        talks.append((sock, talk, next(talk)))
    while talks:
        for sock, _, question in talks:
            if question:
                sock.sendall(question)
        going = []
        for sock, talk, _ in talks:
            try:
                going.append((sock, talk, talk.send(sock.recv(16384))))
            except (StopIteration, ConnectionResetError):
                sock.close()
        talks = going


def run(
    lab: SimulatedInternet, dialogue: Callable[[], Dialogue], targets: Iterator[tuple[str, int]], count: int
) -> float:
    """CPU seconds of the server a dialogue."""
    before = cpu_seconds(lab.pids)
    for _ in range(0, count, WAVE):
        hold(dialogue, list(itertools.islice(targets, WAVE)))
    return (cpu_seconds(lab.pids) - before) / count


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dialogues", type=int, default=5000, help="of each kind (default: %(default)s)")
    count = parser.parse_args().dialogues
    with (
        tempfile.TemporaryDirectory() as cache,
        SimulatedInternet(port_base=None, processes=1, cache=Path(cache)) as lab,
    ):
        pop3 = [truth for truth in lab.world.truths() if truth.port == 110]
        print(f"{'dialogue':<40} {'µs of server CPU':>18} {'a second of CPU':>17}")
        for name, dialogue, chosen in KINDS:
            targets = [(truth.ip, lab.ports["pop3"]) for truth in pop3 if chosen(truth)]
            seconds = run(lab, dialogue, itertools.cycle(targets), count)
            print(f"{name:<40} {seconds * 1e6:>18.0f} {1 / seconds if seconds else float('inf'):>17,.0f}")


if __name__ == "__main__":
    main()
