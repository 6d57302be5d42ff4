"""Start and end the simulated Internet: one process a core, and a lock so that no two share ports."""

import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from openletter.lab.internet.figures import PORTS
from openletter.lab.internet.population import NO_TLS_SHARE, SEED, World

UNPRIVILEGED_BASE = 10_000
"""10110, 10143, 10993, 10995: no root needed, and the registered ports stay free for real servers."""
STANDARD_BASE = 0
FREE_BASES = range(11_000, 31_000, 1_000)
"""Below the ports that Linux gives to clients (32768 and up)."""
NAMES = {110: "pop3", 143: "imap", 993: "imaps", 995: "pop3s"}
END_S = 5.0


class CannotStartError(OSError):
    """The simulation cannot run here; the text says why."""


def default_cache() -> Path:
    """Folder for the lab's certificates: below ``XDG_CACHE_HOME``, or ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openletter" / "lab-internet"


def _lock(base: int) -> socket.socket | None:
    """A lock on a port base, held while the socket is open: an abstract name, which dies with its process."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0openletter-lab-internet-{base}")
    except OSError:
        lock.close()
        return None
    return lock


def _taken(base: int) -> int | None:
    """The first of the four ports that someone listens on already."""
    for port in PORTS:
        with socket.socket() as probe:
            # Without SO_REUSEPORT: beside a listener that has it, this fails, and the kernel would not share.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", base + port))
            except PermissionError as error:
                raise CannotStartError(f"port {base + port} needs root ({error.strerror})") from error
            except OSError:
                return base + port
    return None


class SimulatedInternet:
    """Context manager: the world at 1:``scale`` answers between enter and exit.

    ``port_base`` is added to 110, 143, 993, 995; ``None`` picks a free one (for tests that run side by side).
    Raises ``CannotStartError`` where a port is taken or the processes cannot listen on loopback alone, ``ValueError`` for a
    scale that is none.
    """

    def __init__(
        self,
        scale: int = 1000,
        processes: int | None = None,
        *,
        port_base: int | None = UNPRIVILEGED_BASE,
        cache: Path | None = None,
        seed: int = SEED,
        no_tls_share: float = NO_TLS_SHARE,
    ) -> None:
        self.world = World(scale, seed, no_tls_share)
        self.processes = processes or os.cpu_count() or 1
        self._wanted_base = port_base
        self._cache = cache or default_cache()
        self._workers: list[subprocess.Popen[str]] = []
        self._lock: socket.socket | None = None
        self.port_base = -1
        self.root_pem = Path()
        """The lab's root certificate."""

    @property
    def ports(self) -> dict[str, int]:
        """``{"pop3": 10110, "imap": 10143, "imaps": 10993, "pop3s": 10995}``, as they are listened on."""
        return {NAMES[port]: self.port_base + port for port in PORTS}

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(worker.pid for worker in self._workers)

    def __enter__(self) -> Self:
        # Here, so that the server's processes, which import this package too, keep to the standard library.
        from openletter.lab.internet.certificates import certificates_in

        folder = certificates_in(self._cache)
        self.root_pem = folder / "root.pem"
        self._claim_ports()
        try:
            self._start(folder)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _claim_ports(self) -> None:
        wanted = self._wanted_base
        bases = random.sample(FREE_BASES, len(FREE_BASES)) if wanted is None else [wanted]
        for base in bases:
            lock = _lock(base)
            if lock is None:
                continue
            taken = _taken(base)
            if taken is None:
                self._lock, self.port_base = lock, base
                return
            lock.close()
            if wanted is not None:
                raise CannotStartError(f"port {taken} is in use")
        raise CannotStartError(f"another simulated Internet runs on ports {bases[0]}+110, +143, +993, +995")

    def _start(self, folder: Path) -> None:
        world = self.world
        command = [
            sys.executable,
            "-m",
            "openletter.lab.internet.worker",
            *map(str, (world.scale, world.seed, world.no_tls_share, self.port_base, folder)),
        ]
        self._workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(self.processes)
        ]
        for worker in self._workers:
            assert worker.stdout is not None
            said = worker.stdout.readline().strip()
            if said != "ready":
                raise CannotStartError(said or f"a process ended at start-up with code {worker.wait()}")

    def ended(self) -> int | None:
        """The exit code of a process that has ended though no one asked it to; ``None`` while all serve."""
        codes = (worker.poll() for worker in self._workers)
        return next((code for code in codes if code is not None), None)

    def close(self) -> None:
        """End every process that this object started. May be called twice."""
        for worker in self._workers:
            if worker.stdin is not None:
                worker.stdin.close()
        for worker in self._workers:
            try:
                worker.wait(END_S)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            if worker.stdout is not None:
                worker.stdout.close()
        self._workers = []
        if self._lock is not None:
            self._lock.close()
            self._lock = None
