"""A small simulated Internet, and the program run on it as a user runs it: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from openletter.lab.internet.simulation import SimulatedInternet
from openletter.store.files import read_table
from openletter.store.store import Store
from openletter.verdict.verdict_table import VerdictRow, from_table

REGISTERED = {"pop3": 110, "imap": 143, "imaps": 993, "pop3s": 995}


_TAKES_THE_TIMEOUT = {"silent", "mute", "drip", "garbage-after-ok"}


class Lab:
    """The simulated Internet with a file of its networks, and the command line that surveys it."""

    def __init__(self, internet: SimulatedInternet, folder: Path) -> None:
        self.internet = internet
        self.world = internet.world
        self.folder = folder
        self.scope = folder / "world.txt"
        self.scope.write_text("".join(f"{cidr} country={country}\n" for cidr, country in self.world.blocks()))

        hosts = {str(IPv4Address(ip)) for ip in self.world.addresses()}
        slow = {
            truth.ip for truth in self.world.truths() if truth.manner.rpartition(":")[2] in _TAKES_THE_TIMEOUT
        }
        self.prompt_hosts = hosts - slow
        self.slow = folder / "slow.txt"
        self.slow.write_text("".join(f"{ip}\n" for ip in sorted(slow)))

    @property
    def endpoints(self) -> int:
        return 4 * self.world.size

    def registered(self, port: int) -> int:
        return next(REGISTERED[name] for name, ours in self.internet.ports.items() if ours == port)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "openletter.cli.main", *arguments]

    def survey(self, store: Path, *more: str) -> list[str]:
        ports = [word for name, port in self.internet.ports.items() for word in ("--port", f"{name}={port}")]
        roots = ["--roots", str(self.internet.root_pem)]
        return self.command(
            "survey", str(self.scope), "--store", str(store), *ports, *roots, "--seed", "7", *more
        )

    def resume(self, store: Path, *more: str) -> list[str]:
        return self.command(
            "survey", "--resume", "--store", str(store), "--roots", str(self.internet.root_pem), *more
        )

    @staticmethod
    def environment() -> dict[str, str]:
        """Ours without the settings of whoever runs the tests."""
        return {name: value for name, value in os.environ.items() if not name.startswith("OPENLETTER_")}

    def run(self, command: list[str], *, code: int, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a command line to its end; its exit code must be ``code``."""
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.folder,
            env=self.environment(),
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    @staticmethod
    def verdicts(store: Path) -> list[VerdictRow]:
        """All published verdicts of the latest survey."""
        with Store(store) as opened:
            files = opened.verdict_files(opened.latest())
        return [row for file in files for row in from_table(read_table(file))]


def _lab(scale: int, folder: Path) -> Iterator[Lab]:
    with SimulatedInternet(scale=scale, processes=1, port_base=None) as internet:
        yield Lab(internet, folder)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Some 3,400 endpoints."""
    yield from _lab(20_000, tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def large_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Some 56,000 endpoints."""
    yield from _lab(600, tmp_path_factory.mktemp("large_lab"))
