"""ZMap is told exactly what it may touch, and its answers come back.

What a user loses when this fails: packets to those who asked for none, or a scan that finds nothing and does not say why.

The test that sends packets does so between two network namespaces that it makes for itself, and nowhere else.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from openletter.discovery.error import ScannerError
from openletter.discovery.zmap import (
    ZmapOptions,
    ZmapScan,
    asked_on,
    blocklist,
    command_line,
    networks,
    rate_for,
    require_ipv4,
    services_of,
)
from openletter.discovery.zmap_version import ZmapVersion, find_program, parse_version
from openletter.scope.build import build_scope
from openletter.scope.exclusion import Exclusions, parse_exclusion
from openletter.scope.ports import parse_ports
from openletter.scope.target import parse_target
from openletter.statistics.database import verdicts_of
from openletter.statistics.overview import overview
from openletter.store.store import Store

DEBIAN = ZmapVersion(2, 1, 1)
LATEST = ZmapVersion(4, 3, 1)


def scope_of(*targets: str, exclude: tuple[str, ...] = (), ports: tuple[str, ...] = ()):
    return build_scope(
        [parse_target(target) for target in targets],
        plan=parse_ports(ports),
        exclusions=Exclusions(parse_exclusion(text) for text in exclude),
    )


def test_the_command_for_the_version_of_debian_and_for_the_latest():
    options = ZmapOptions(
        rate=1_000, seed=7, interface="eth1", gateway_mac="02:00:00:00:00:01", source="10.0.0.9"
    )
    command = command_line(DEBIAN, 143, options, rate=1_000, allow=Path("a"), block=Path("b"))
    text = " ".join(command)
    for part in (
        "-p 143",
        "-r 1000",
        "-c 8",
        "-w a",
        "-b b",
        "-e 7",
        "-i eth1",
        "-G 02:00:00:00:00:01",
        "-S 10.0.0.9",
    ):
        assert f" {part}" in text
    assert command[command.index("-f") + 1] == "saddr,sport,timestamp-ts"
    latest = command_line(LATEST, 143, options, rate=1_000, allow=Path("a"), block=Path("b"))
    assert latest[latest.index("-f") + 1] == "saddr,sport,timestamp_ts"
    assert [word for word in command if word.startswith("--")] == ["--output-filter", "--disable-syslog"]


@pytest.mark.parametrize(("seconds", "told"), [(90.7, "90"), (0.2, "1"), (1e12, str((1 << 31) - 1))])
def test_it_is_told_how_long_it_may_send(seconds, told):
    """Its runs take days, and who allowed them may have done so until tomorrow."""
    command = command_line(
        DEBIAN, 143, ZmapOptions(rate=1), rate=1, allow=Path("a"), block=Path("b"), seconds=seconds
    )
    assert command[command.index("-t") + 1] == told


def test_a_seed_of_nought_or_too_large_still_fits():
    for seed in (0, 1 << 32, 1 << 63):
        command = command_line(
            DEBIAN, 143, ZmapOptions(rate=1, seed=seed), rate=1, allow=Path("a"), block=Path("b")
        )
        assert 1 <= int(command[command.index("-e") + 1]) < 1 << 32


@pytest.mark.parametrize(
    ("told", "version"),
    [("zmap 2.1.1\n", DEBIAN), ("zmap 4.3.1\n", LATEST), ("zmap v3.0.0", ZmapVersion(3, 0, 0))],
)
def test_versions_are_read(told, version):
    assert parse_version(told) == version


def test_what_is_no_zmap_is_refused():
    with pytest.raises(ScannerError, match="is this ZMap"):
        parse_version("usage: something else")


def inside(networks: list[str], ip: str) -> bool:
    return any(ip_address(ip) in ip_network(network) for network in networks)


def test_only_the_scope_is_allowed_and_exclusions_and_special_ranges_are_blocked():
    scope = scope_of("8.8.8.0/24", "10.1.0.0/16", "2001:db8::1", exclude=("8.8.8.8/32", "10.1.2.0/24"))
    allowed = networks(asked_on(scope, scope.plan.services[0]))
    blocked = blocklist(scope, scope.exclusions)
    assert inside(allowed, "8.8.8.7")
    assert inside(allowed, "10.1.1.1")
    assert not inside(allowed, "9.9.9.9")
    for never in (
        "8.8.8.8",
        "10.1.2.3",
        "127.0.0.1",
        "10.2.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ):
        assert inside(blocked, never)
    # Named on purpose, so it must not be blocked.
    assert not inside(blocked, "10.1.1.1")
    assert not [network for network in allowed + blocked if ":" in network]


def test_a_scope_of_ipv6_alone_is_refused():
    with pytest.raises(ScannerError, match="IPv4"):
        require_ipv4(scope_of("2001:db8::/64"))


def test_a_port_of_a_single_host_is_looked_for_on_that_host_alone():
    """Else a whole network is scanned on a port that nobody wished to ask there."""
    scope = scope_of("10.1.0.0/29", "10.1.0.3:143", "10.9.0.9:993", "10.1.0.4:1143", ports=("imap=1143",))
    asked = {service: networks(asked_on(scope, service)) for service in services_of(scope)}
    assert {service.port: addresses for service, addresses in asked.items()} == {
        1143: ["10.1.0.0/29"],
        143: ["10.1.0.3/32"],
        993: ["10.9.0.9/32"],
    }


def test_a_network_gets_no_more_packets_than_its_pace():
    """A /24 alone would else get all packets of the overall rate."""
    options = ZmapOptions(rate=200, network_rate=10)
    assert rate_for(options, 1) == 10
    assert rate_for(options, 256) == 10
    assert rate_for(options, 512) == 20
    assert rate_for(options, 1 << 16) == 200
    assert rate_for(ZmapOptions(rate=200), 1) == 200
    assert rate_for(ZmapOptions(rate=200, network_rate=0.1), 1) == 1, "it knows no less"


def test_a_machine_without_zmap_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(ScannerError, match="apt install zmap"):
        find_program()


@pytest.fixture
def stand_in(tmp_path):
    """Makes a program that calls itself zmap and does what a test wants."""

    def make(body: str) -> str:
        program = tmp_path / "zmap"
        program.write_text(
            f"#!{sys.executable}\nimport sys, time\n"
            "if '--version' in sys.argv:\n    print('zmap 2.1.1')\n    sys.exit()\n"
            "def option(name):\n    return sys.argv[sys.argv.index(name) + 1]\n" + body
        )
        program.chmod(0o755)
        return str(program)

    return make


def test_answers_are_taken_as_they_come_and_strangers_are_not(stand_in):
    program = stand_in(
        "print('saddr,sport,timestamp-ts')\n"
        "print('10.1.0.5,%s,1795492871' % option('-p'))\n"
        "print('9.9.9.9,%s,1795492871' % option('-p'))\n"
        "print('10.1.0.6,%s,1795492871' % option('-p'))\n"
    )
    scope = scope_of("10.1.0.0/29", exclude=("10.1.0.6",), ports=("imap=1143", "pop3=1110"))
    found = list(ZmapScan(scope, ZmapOptions(rate=1), program=program).scan())
    assert [(f.ip, f.port, f.protocol) for f in found] == [
        ("10.1.0.5", 1143, "imap"),
        ("10.1.0.5", 1110, "pop3"),
    ]


def test_who_opts_out_while_a_port_is_scanned_is_left_out_of_the_next(stand_in, tmp_path):
    program = stand_in(
        "import pathlib, shutil\n"
        f"for name, what in (('-w', 'allow'), ('-b', 'block')):\n"
        f"    shutil.copy(option(name), pathlib.Path({str(tmp_path)!r}, what + option('-p')))\n"
        "print('saddr,sport,timestamp-ts')\nprint('10.1.0.5,%s,1' % option('-p'))\n"
    )
    barred: list[str] = []
    scan = ZmapScan(
        scope_of("10.1.0.0/29", ports=("imap=1143", "pop3=1110")),
        ZmapOptions(rate=1),
        exclusions=lambda: Exclusions(map(parse_exclusion, barred)),
        program=program,
    )
    for found in scan.scan():
        assert found.port == 1143
        barred.append("10.1.0.4/31")
    assert (tmp_path / "allow1143").read_text() == "10.1.0.0/29\n"
    assert (tmp_path / "allow1110").read_text() == "10.1.0.0/30\n10.1.0.6/31\n"
    assert "10.1.0.4/31\n" in (tmp_path / "block1110").read_text()


def test_it_is_run_where_debian_keeps_it(stand_in, tmp_path, monkeypatch):
    """/usr/sbin is not on the path of a user who may send raw packets by setcap."""
    program = stand_in("print('saddr,sport,timestamp-ts')\nprint('10.1.0.5,143,1')\n")
    monkeypatch.setattr(shutil, "which", lambda _, path=None: program if path else None)
    scope = scope_of("10.1.0.0/29", ports=("imap=143",))
    assert [f.ip for f in ZmapScan(scope, ZmapOptions(rate=1)).scan()] == ["10.1.0.5"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "recv: could not open device eth0: You don't have permission (socket: Operation not permitted)",
            "CAP_NET_RAW",
        ),
        ("zmap: could not detect default gateway address for eth0", "--gateway-mac"),
        ("zmap: out of\x1b[31m luck", "out of"),
    ],
)
def test_a_failure_is_told_in_its_own_words_and_with_what_helps(stand_in, said, told):
    line = f"Nov 24 04:01:14.720 [FATAL] {said}\n"
    program = stand_in(f"sys.stderr.write({line!r})\nsys.exit(1)\n")
    with pytest.raises(ScannerError, match=told) as caught:
        list(ZmapScan(scope_of("10.1.0.0/29"), ZmapOptions(rate=1), program=program).scan())
    assert "\x1b" not in str(caught.value)


def test_who_stops_listening_ends_the_program(stand_in, tmp_path):
    pid = tmp_path / "pid"
    program = stand_in(
        f"import os, pathlib\npathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        "print('saddr,sport,timestamp-ts', flush=True)\nprint('10.1.0.5,143,1', flush=True)\ntime.sleep(600)\n"
    )
    scanning = ZmapScan(scope_of("10.1.0.0/29"), ZmapOptions(rate=1), program=program).scan()
    assert next(scanning).ip == "10.1.0.5"
    scanning.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def two_namespaces():
    """A scanner's namespace and a target's, joined by a veth pair and by nothing else. Gone afterwards, whatever happens."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("zmap") is None:
        pytest.skip("ZMAP IS NOT TESTED: needs root, iproute2 and zmap (make lab)")
    tag = secrets.token_hex(3)
    scanner, target = f"ol-s-{tag}", f"ol-t-{tag}"
    with ExitStack() as stack:
        for name in (scanner, target):
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"ZMAP IS NOT TESTED: no network namespace is to be had here: {error.stderr}")
            stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
        ip(
            "link",
            "add",
            f"s{tag}",
            "netns",
            scanner,
            "type",
            "veth",
            "peer",
            "name",
            f"t{tag}",
            "netns",
            target,
        )
        for name, device, address in (
            (scanner, f"s{tag}", "10.77.0.1/24"),
            (target, f"t{tag}", "10.77.0.2/24"),
        ):
            ip("-n", name, "addr", "add", address, "dev", device)
            ip("-n", name, "link", "set", device, "up")
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", target, "addr", "add", "10.77.0.3/24", "dev", f"t{tag}")
        mac = json.loads(ip("-n", target, "-j", "link", "show", f"t{tag}"))[0]["address"]
        yield scanner, target, f"s{tag}", mac


@pytest.mark.real
@pytest.mark.xdist_group("network-namespaces")
def test_zmap_itself_finds_what_listens_and_leaves_alone_what_is_excluded(two_namespaces):
    scanner, target, device, mac = two_namespaces
    listening = (
        "import socket, sys\nsocks = []\n"
        "for port in (143, 110):\n    s = socket.socket(); s.bind(('0.0.0.0', port)); s.listen(); socks.append(s)\n"
        "print('ready', flush=True)\nsys.stdin.read()\n"
    )
    server = subprocess.Popen(
        ["ip", "netns", "exec", target, sys.executable, "-c", listening],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with server:
        try:
            assert server.stdout.readline() == b"ready\n"
            scope = scope_of(
                "10.77.0.0/29", exclude=("10.77.0.3",), ports=("imap=143", "imaps=993", "pop3=110")
            )
            options = ZmapOptions(rate=200, cooldown=1, interface=device, gateway_mac=mac, seed=5)
            scan = ZmapScan(scope, options, prefix=("ip", "netns", "exec", scanner))
            found = list(scan.scan())
        finally:
            server.stdin.close()
            server.kill()
    assert [(f.ip, f.port) for f in found] == [("10.77.0.2", 143), ("10.77.0.2", 110)]
    assert all(f.seen_at > 1.7e9 for f in found)


SPEAKS = """
import socket, sys, threading
def serve(connection):
    with connection:
        connection.settimeout(5)
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\\r\\n")
        while line := connection.recv(1000):
            tag, _, command = line.partition(b" ")
            if command.startswith(b"LOGOUT"):
                connection.sendall(b"* BYE\\r\\n" + tag + b" OK\\r\\n")
                return
            connection.sendall(tag + b" BAD no\\r\\n")
listener = socket.create_server(("0.0.0.0", 143))
print("ready", flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


@pytest.mark.real
@pytest.mark.xdist_group("network-namespaces")
def test_a_survey_has_zmap_look_and_asks_what_it_found(two_namespaces, tmp_path):
    """From the command line to the verdict; without it nobody knows that the parts fit together."""
    scanner, target, device, mac = two_namespaces
    ip("-n", scanner, "route", "add", "default", "via", "10.77.0.2")
    ip("-n", scanner, "neigh", "replace", "10.77.0.2", "lladdr", mac, "dev", device)
    server = subprocess.Popen(
        ["ip", "netns", "exec", target, sys.executable, "-c", SPEAKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with server:
        try:
            assert server.stdout.readline() == b"ready\n"
            survey = [sys.executable, "-m", "openletter", "survey", "10.77.0.0/29", "--discover", "zmap"]
            survey += ["--port", "imap=143", "--rate", "500", "--store", str(tmp_path / "store")]
            done = subprocess.run(
                ["ip", "netns", "exec", scanner, *survey, "--json", "--fail-on", "never"],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
                cwd=tmp_path,
            )
        finally:
            server.stdin.close()
            server.kill()
    assert done.returncode == 0, done.stderr
    assert "2 open ports of 2 addresses" in done.stderr
    with Store(tmp_path / "store") as store, verdicts_of(store, store.latest(judged=True)) as verdicts:
        found = overview(verdicts)
    assert (found.endpoints.probed, found.endpoints.strict, found.endpoints.wide) == (2, 2, 2)


@pytest.mark.real
@pytest.mark.xdist_group("network-namespaces")
def test_zmap_itself_says_that_it_may_not(two_namespaces):
    scanner, _, device, mac = two_namespaces
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    prefix = (
        "ip",
        "netns",
        "exec",
        scanner,
        "setpriv",
        "--reuid",
        "65534",
        "--clear-groups",
        "--inh-caps=-all",
    )
    options = ZmapOptions(rate=10, cooldown=1, interface=device, gateway_mac=mac)
    with pytest.raises(ScannerError, match="CAP_NET_RAW"):
        list(ZmapScan(scope_of("10.77.0.2"), options, prefix=prefix).scan())
