"""When these fail, the simulation is left running, mixes two worlds on one port, or can be reached from outside."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openletter.lab.internet.server import NotConfinedError, listener
from openletter.lab.internet.simulation import CannotStartError, SimulatedInternet

PARENT = """
import sys, time
from pathlib import Path
from openletter.lab.internet.simulation import SimulatedInternet
with SimulatedInternet(1000, 2, port_base=None, cache=Path(sys.argv[1])) as running:
    print(*running.pids, flush=True)
    time.sleep(120)
"""


OUTSIDE = """
import socket, subprocess, sys
from openletter.lab.internet.server import listener

def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

run("ip", "link", "set", "lo", "up")
with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo up; exec sleep 60"], stdout=subprocess.PIPE) as other:
    try:
        other.stdout.readline()
        there = ("nsenter", "-t", str(other.pid), "-n")
        run("ip", "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", str(other.pid))
        run("ip", "addr", "add", "198.51.100.1/24", "dev", "va")
        run("ip", "link", "set", "va", "up")
        run(*there, "ip", "addr", "add", "198.51.100.2/24", "dev", "vb")
        run(*there, "ip", "link", "set", "vb", "up")
        with socket.create_server(("0.0.0.0", 20143)), listener(10143):
            for port in (20143, 10143):
                ask = f"import socket; socket.create_connection(('198.51.100.1', {port}), 5)"
                done = subprocess.run([*there, sys.executable, "-c", ask], capture_output=True, text=True)
                print("connected" if done.returncode == 0 else done.stderr.split()[-3:])
    finally:
        other.kill()
"""


def gone(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def wait_until_gone(pids):
    deadline = time.monotonic() + 20
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.05)


def test_no_process_is_left_behind(certificate_cache):
    with SimulatedInternet(1000, 2, port_base=None, cache=certificate_cache) as running:
        pids = running.pids
        assert len(pids) == 2
        assert running.ended() is None
    wait_until_gone(pids)


def test_the_processes_end_when_their_parent_is_killed(certificate_cache):
    command = [sys.executable, "-c", PARENT, str(certificate_cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    wait_until_gone(pids)


def test_two_worlds_run_side_by_side_on_ports_of_their_own(certificate_cache):
    with (
        SimulatedInternet(1000, 1, port_base=None, cache=certificate_cache) as one,
        SimulatedInternet(500, 1, port_base=None, cache=certificate_cache) as other,
    ):
        assert not set(one.ports.values()) & set(other.ports.values())


def test_a_second_world_on_the_same_ports_is_refused(simulation, certificate_cache):
    """The kernel would share the connections between both, and both would lie."""
    second = SimulatedInternet(100, 1, port_base=simulation.port_base, cache=certificate_cache)
    with pytest.raises(CannotStartError, match="another simulated Internet"), second:
        pass


def test_a_port_in_use_is_named(certificate_cache):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = SimulatedInternet(1000, 1, port_base=port - 143, cache=certificate_cache)
        with pytest.raises(CannotStartError, match=f"port {port} is in use"), running:
            pass


def test_a_process_that_ends_by_itself_is_noticed(certificate_cache):
    with SimulatedInternet(1000, 2, port_base=None, cache=certificate_cache) as running:
        os.kill(running.pids[0], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while running.ended() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running.ended() == -signal.SIGKILL


def test_the_listener_is_bound_to_the_loopback_device():
    with listener(0) as sock:
        device = sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
    assert device.rstrip(b"\0") == b"lo"


def test_a_listener_that_cannot_be_confined_is_not_opened(monkeypatch):
    """Better no simulation than one that the whole network can reach."""

    class Refusing(socket.socket):
        def setsockopt(self, level, option, value):
            if option == socket.SO_BINDTODEVICE:
                raise PermissionError(1, "Operation not permitted")
            return super().setsockopt(level, option, value)

    opened = []
    monkeypatch.setattr(
        "openletter.lab.internet.server.socket.socket", lambda *a: opened.append(Refusing(*a)) or opened[-1]
    )
    with pytest.raises(NotConfinedError, match="loopback device"):
        listener(0)
    assert opened[0].fileno() == -1


def test_no_one_outside_this_machine_can_connect():
    """Tried from another network namespace over a virtual cable, with an ordinary listener to show that it is plugged in."""
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    try:
        subprocess.run([*alone, "ip", "link"], check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no network namespaces to be had here")
    told = subprocess.run([*alone, sys.executable, "-c", OUTSIDE], capture_output=True, text=True, timeout=60)
    assert told.stdout.splitlines()[0] == "connected", told.stderr
    assert "refused" in told.stdout.splitlines()[1]


def own_address():
    """This machine's address on another device than loopback, if it has one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return sock.getsockname()[0]


def test_nothing_is_said_on_an_address_that_is_not_of_the_world(simulation):
    """The kernel takes a machine's own address over loopback, too: it is reset, like all that is not of this world."""
    own = own_address()
    if not own or own.startswith("127."):
        pytest.skip("this machine has no address beside loopback")
    with socket.socket() as sock:
        sock.settimeout(5)
        try:
            sock.connect((own, simulation.ports["imap"]))
            assert sock.recv(1) == b""
        except ConnectionError:
            return
    pytest.fail("closed without a reset")


def test_many_open_connections_are_held_and_freed(simulation):
    """A surveyor keeps thousands open at once; none may be lost, and those it drops must not pile up."""
    world = simulation.world
    targets = [
        truth.ip for truth in world.truths() if truth.port == 143 and truth.manner == "imap:dovecot-optional"
    ]
    socks = []
    try:
        for number in range(1500):
            sock = socket.create_connection(
                (targets[number % len(targets)], simulation.ports["imap"]), timeout=10
            )
            socks.append(sock)
        assert all(sock.recv(4) == b"* OK" for sock in socks)
    finally:
        for sock in socks:
            sock.close()
    files = Path(f"/proc/{simulation.pids[0]}/fd")
    deadline = time.monotonic() + 10
    while sum(1 for _ in files.iterdir()) > 100:
        assert time.monotonic() < deadline, "connections are not freed"
        time.sleep(0.05)


def test_the_endless_are_bounded_in_memory(simulation):
    """A client that does not read must not make the server grow."""
    truth = next(t for t in simulation.world.truths() if t.manner == "endless-line" and t.port == 143)
    pid = simulation.pids[0]

    def resident_kb():
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])

    before = resident_kb()
    socks = [socket.create_connection((truth.ip, simulation.ports["imap"]), timeout=10) for _ in range(100)]
    try:
        ready, _, _ = select.select(socks, [], [], 5)
        assert ready
        assert resident_kb() - before < 100 * 256
    finally:
        for sock in socks:
            sock.close()
