"""The lab while it runs: servers on their addresses, the account that may log in, and the truth about them."""

import contextlib
import errno
import fcntl
import pwd
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from openletter.lab.real import courier, cyrus, dovecot, mailutils
from openletter.lab.real.catalogue import CATALOGUE
from openletter.lab.real.certificates import Authority, CertificateFiles, Fault, write_files
from openletter.lab.real.configuration import CLEARTEXT_PORTS, Certificate, Configuration, Server
from openletter.lab.real.daemon import Daemon, stop
from openletter.lab.real.fixed_paths import OURS, InUseError, in_place
from openletter.lab.real.keeper import dismiss, keep
from openletter.lab.real.packages import Installer, available
from openletter.lab.real.room import Account, Room
from openletter.lab.real.truth import Truth, find_truths

START_SECONDS = 60.0
"""By when every port must answer. All together take about 5 s on two cores; a busy machine may need more."""

UNUSABLE = b"-----BEGIN CERTIFICATE-----\nthis is no certificate\n-----END CERTIFICATE-----\n"

STARTERS: dict[Server, Callable[[Sequence[tuple[Configuration, Room]]], Iterator[Daemon]]] = {
    Server.DOVECOT: dovecot.start,
    Server.COURIER: courier.start,
    Server.CYRUS: cyrus.start,
    Server.MAILUTILS: mailutils.start,
}
OWNERS = {
    Server.DOVECOT: "root",
    Server.COURIER: "courier",
    Server.CYRUS: "cyrus",
    Server.MAILUTILS: "root",
}
"""Who reads the private key: cyrus alone has given up root by then."""


class LabError(Exception):
    """The lab cannot run; the text says why, with the daemon's own log where there is one."""


class Lab:
    """`with Lab() as lab:` starts the servers and ends them.

    Two labs cannot run at once on a machine: the second one waits for `patience_seconds`, then raises LabError. So it
    does where something else listens on an address that is wanted, where packages are missing, and where a server
    does not start. The servers end with this process, however it ends.
    """

    def __init__(
        self,
        folder: Path | None = None,
        configurations: Sequence[Configuration] = CATALOGUE,
        patience_seconds: float = 0.0,
    ) -> None:
        self.configurations = tuple(configurations)
        self.account = Account()
        self.truths: tuple[Truth, ...] = ()
        """Empty until `find_truths` has been called."""
        self._installer = Installer(folder)
        self._patience_seconds = patience_seconds
        self.daemons: list[Daemon] = []
        self._cleanup = contextlib.ExitStack()

    @property
    def ca_pem(self) -> Path:
        """The lab's own root certificate; there is one while the lab runs."""
        return self._run / "authority.pem"

    def find_truths(self) -> tuple[Truth, ...]:
        """Logs in everywhere (about 15 s for all), and keeps what was found in `truths`."""
        self.truths = find_truths(self.configurations, self.account)
        return self.truths

    def __enter__(self) -> Self:
        possible, reason = available()
        if not possible:
            raise LabError(f"real servers cannot run here: {reason}")
        missing = self._installer.missing()
        if missing:
            raise LabError(f"not installed: {', '.join(missing)}; `openletter lab real install` does it")
        try:
            self._begin()
        except InUseError as error:
            self._cleanup.close()
            raise LabError(str(error)) from error
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def _begin(self) -> None:
        self._cleanup.enter_context(_sigterm_unwinds())
        lock = self._cleanup.enter_context(_alone(self._installer.folder, self._patience_seconds))
        _refuse_taken_ports(self.configurations)
        self._run = Path(tempfile.mkdtemp(prefix=OURS))
        self._cleanup.callback(dismiss, keep(self._run, lock))
        self._cleanup.callback(shutil.rmtree, self._run, ignore_errors=True)
        if any(configuration.server is Server.COURIER for configuration in self.configurations):
            self._cleanup.enter_context(in_place(*courier.folders(self._run / Server.COURIER)))
        self._cleanup.callback(stop, self.daemons)
        self._run.chmod(0o755)
        rooms = self._furnish()
        for server, starter in STARTERS.items():
            mine = [(c, room) for c, room in rooms if c.server is server]
            if mine:
                # Appended one by one: whoever is interrupted here still ends what has been started.
                for daemon in starter(mine):
                    self.daemons.append(daemon)
        self._wait_until_all_answer()

    def watch(self, seconds: float) -> None:
        """Waits; LabError as soon as a server has ended that should run on."""
        deadline = time.monotonic() + seconds
        while True:
            for daemon in self.daemons:
                if daemon.ended() is not None:
                    raise LabError(f"{daemon.name} ended with {daemon.ended()}:\n{daemon.last_words()}")
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))

    def _furnish(self) -> list[tuple[Configuration, Room]]:
        authority, stranger = Authority("Openletter lab"), Authority("A stranger to everyone")
        self.ca_pem.write_bytes(authority.pem)
        rooms = []
        for configuration in self.configurations:
            folder = self._run / configuration.name
            folder.mkdir(mode=0o755)
            issuer = stranger if Fault.UNKNOWN_CA in configuration.faults else authority
            room = Room(
                folder=folder,
                files=_certificate(configuration, issuer, folder),
                account=self.account,
                packages=self._installer.leaves,
                shared=self._run / configuration.server,
            )
            rooms.append((configuration, room))
        for server in {configuration.server for configuration in self.configurations}:
            (self._run / server).mkdir(mode=0o755)
        return rooms

    def _wait_until_all_answer(self) -> None:
        endpoints = [(c, port) for c in self.configurations for port in c.ports]
        deadline = time.monotonic() + START_SECONDS
        with ThreadPoolExecutor(16) as pool:
            waiting = [pool.submit(self._wait_for, c, port, deadline) for c, port in endpoints]
            silent = [
                endpoint for endpoint, answer in zip(endpoints, waiting, strict=True) if not answer.result()
            ]
        if silent:
            raise LabError("\n".join(self._complaint(c, port) for c, port in silent[:4]))

    def _wait_for(self, configuration: Configuration, port: int, deadline: float) -> bool:
        while time.monotonic() < deadline:
            if answers(configuration.address, port, greets=port in CLEARTEXT_PORTS):
                return True
            if any(daemon.ended() is not None for daemon in self._daemons_of(configuration)):
                return False
            time.sleep(0.05)
        return False

    def _daemons_of(self, configuration: Configuration) -> list[Daemon]:
        names = (configuration.name, configuration.server.value)
        return [daemon for daemon in self.daemons if daemon.name in names]

    def _complaint(self, configuration: Configuration, port: int) -> str:
        said = [
            f"--- {daemon.log.name} (exit code {daemon.ended()}):\n{daemon.last_words()}"
            for daemon in self._daemons_of(configuration)
        ]
        return "\n".join([f"{configuration.name} does not answer on {configuration.address}:{port}", *said])


def answers(address: str, port: int, greets: bool) -> bool:
    """Whether a connection is accepted and, where the server speaks first, a byte of a greeting comes within 5 s."""
    try:
        with socket.create_connection((address, port), 5.0) as connection:
            return not greets or bool(connection.recv(1))
    except OSError:
        return False


def _certificate(configuration: Configuration, issuer: Authority, folder: Path) -> CertificateFiles | None:
    if configuration.certificate is Certificate.NONE:
        return None
    root_only = configuration.certificate is Certificate.ROOT_ONLY
    owner = pwd.getpwnam("root" if root_only else OWNERS[configuration.server])
    certificate, key = issuer.issue(configuration.host, configuration.address, configuration.faults)
    if configuration.certificate is Certificate.UNUSABLE:
        certificate = UNUSABLE
    return write_files(folder, certificate, key, owner.pw_uid)


def _refuse_taken_ports(configurations: Sequence[Configuration]) -> None:
    taken = []
    for configuration in configurations:
        for port in configuration.ports:
            with socket.socket() as probe:
                # With SO_REUSEADDR only a listening socket is in the way, not a connection that lingers.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((configuration.address, port))
                except OSError as error:
                    if error.errno != errno.EADDRINUSE:
                        raise LabError(f"cannot listen on {configuration.address}:{port}: {error}") from error
                    taken.append(f"{configuration.address}:{port}")
    if taken:
        more = f" and {len(taken) - 8} more" if len(taken) > 8 else ""
        raise LabError(f"something is already listening on {', '.join(taken[:8])}{more}")


@contextlib.contextmanager
def _alone(folder: Path, patience_seconds: float) -> Iterator[IO[str]]:
    deadline = time.monotonic() + patience_seconds
    with (folder / "lab.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LabError("another lab of real servers is running on this machine") from None
                time.sleep(0.2)
        yield lock


@contextlib.contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """Lets SIGTERM end the program by SystemExit, so that servers are ended on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
