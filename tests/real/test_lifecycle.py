"""The real lab begins and ends cleanly, whatever happens to it.

On addresses and a lock of its own, so that it can run beside the lab of the other tests.
"""

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openletter.lab.real import run
from openletter.lab.real.catalogue import chosen
from openletter.lab.real.configuration import Configuration
from openletter.lab.real.packages import Installer, available
from openletter.lab.real.run import Lab, LabError, answers

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

NAMES = ("dovecot-none", "courier-none", "cyrus-none", "mailutils-none")

NETWORK = f"127.10.{200 + os.getpid() % 50}"
"""Two runs of the tests on a machine are not to take each other's addresses."""

SCRIPT = """
import dataclasses, sys, time
from pathlib import Path
from openletter.lab.real.catalogue import chosen
from openletter.lab.real.run import Lab

names = sys.argv[3:]
moved = [
    dataclasses.replace(c, address=f"{sys.argv[2]}.{n}") for n, c in enumerate(chosen(names), 1)
]
with Lab(Path(sys.argv[1]), moved) as lab:
    print(lab.ca_pem.parent, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A lab's folder with its own lock and the machine's unpacked packages."""
    possible, reason = available()
    installer = Installer()
    if not possible or installer.missing():
        pytest.skip(f"REAL SERVERS WERE NOT TESTED: {reason or 'not installed'}")
    made = Path(tempfile.mkdtemp(prefix="openletter-test-"))
    made.chmod(0o755)
    (made / "packages").symlink_to(installer.leaves)
    yield made
    shutil.rmtree(made)


def moved(*names: str) -> list[Configuration]:
    return [dataclasses.replace(c, address=f"{NETWORK}.{n}") for n, c in enumerate(chosen(names), 1)]


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_every_server_is_gone_after(number: signal.Signals, folder: Path) -> None:
    """A server left behind would keep the port, and answer the next run's questions with this one's settings."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), NETWORK, *NAMES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as lab:
        try:
            assert lab.stdout is not None
            state = Path(lab.stdout.readline().strip())
            addresses = [f"{NETWORK}.{n}" for n in range(1, len(NAMES) + 1)]
            assert all(answers(address, 143, greets=True) for address in addresses)
            assert state.is_dir()
            lab.send_signal(number)
            lab.communicate(timeout=60)
        finally:
            lab.kill()
    assert wait_until(lambda: not state.exists())
    assert not any(answers(address, port, greets=False) for address in addresses for port in (110, 143))
    assert holders(state) == []


def holders(state: Path) -> list[str]:
    """Command lines of processes that name the run's folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if str(state).encode() in words:
            found.append(words.decode(errors="replace"))
    return found


def test_an_address_that_is_taken_is_named_and_left_alone(folder: Path) -> None:
    (configuration,) = moved("dovecot-none")
    with socket.create_server((configuration.address, 143)) as other:
        with (
            pytest.raises(LabError, match=rf"already listening on {NETWORK}\.1:143$"),
            Lab(folder, [configuration]),
        ):
            pass
        with socket.create_connection((configuration.address, 143), 5):
            other.settimeout(5)
            other.accept()[0].close()


def test_a_server_that_does_not_start_is_shown_with_its_own_log(folder: Path) -> None:
    (configuration,) = moved("dovecot-none")
    bad = dataclasses.replace(configuration, settings=("no_such_setting = yes",))
    with pytest.raises(LabError, match="Unknown setting: no_such_setting"), Lab(folder, [bad]):
        pass
    assert not answers(bad.address, 143, greets=False)


def test_a_port_that_stays_silent_fails_the_start_and_ends_what_was_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "START_SECONDS", 1.5)
    bad, good = moved("dovecot-none", "courier-none")
    bad = dataclasses.replace(bad, ports=(110, 143, 993))
    with pytest.raises(LabError, match=rf"does not answer on {NETWORK}\.\d:993"), Lab(folder, [good, bad]):
        pass
    assert not answers(good.address, 143, greets=False)


def test_a_second_lab_waits_for_its_turn_and_then_says_why_not(folder: Path) -> None:
    configurations = moved("dovecot-none")
    with (
        Lab(folder, configurations),
        pytest.raises(LabError, match="another lab of real servers is running"),
        Lab(folder, configurations, patience_seconds=0.3),
    ):
        pass
    with Lab(folder, configurations) as again:
        assert again.find_truths()[0].expected_class == "no_tls"


def test_a_server_that_ends_by_itself_does_not_go_unnoticed(folder: Path) -> None:
    with Lab(folder, moved("dovecot-none")) as lab:
        lab.watch(0.0)
        lab.daemons[0].terminate()
        with pytest.raises(LabError, match="dovecot-none ended"):
            lab.watch(30.0)


def test_each_run_has_a_password_of_its_own() -> None:
    assert Lab().account.password != Lab().account.password


def test_the_truth_of_a_port_that_nobody_listens_on_is_unreachable(folder: Path) -> None:
    (configuration,) = moved("dovecot-none")
    with Lab(folder, [configuration]) as lab:
        beyond = dataclasses.replace(configuration, ports=(143, 993))
        lab.configurations = (beyond,)
        assert [t.expected_class for t in lab.find_truths()] == ["no_tls", "unreachable"]
