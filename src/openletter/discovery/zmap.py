"""ZMap run for us: one port a run, its answers read as they come.

It sends raw packets, so it needs root or CAP_NET_RAW; it knows IPv4 alone, and it cannot scan loopback. What it may touch is
held from two sides: the addresses that are asked on a port are its allowlist there, and the exclusions with all special-purpose
ranges outside the scope its blocklist, which wins. Both are fixed while it runs: who opts out meanwhile is left out from its
next port on. (The site's own default blocklist is replaced by these, since it forbids private networks
also where they were named on purpose.) Short options are used: they are the same in 2.1.1, where the long ones say
``--blacklist-file``, and in 4.x, where they say ``--blocklist-file``.
"""

import math
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, summarize_address_range
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

import msgspec

from openletter.discovery.error import ScannerError
from openletter.discovery.found import Found
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source
from openletter.discovery.zmap_output import read_csv
from openletter.discovery.zmap_version import ZmapVersion, find_program, version_of
from openletter.grammar.capability import printable
from openletter.scope import address
from openletter.scope.address import IPV6_BEGINS, Interval, covering, merged, without
from openletter.scope.exclusion import Exclusions
from openletter.scope.ports import Service
from openletter.scope.scope import Scope
from openletter.scope.special import SPECIAL_INTERVALS

_ANSWERS = "success = 1 && repeat = 0"
_PATIENCE = 5.0
"""Seconds that it has to end when it is asked to."""


class ZmapOptions(msgspec.Struct, frozen=True, kw_only=True):
    rate: int
    """Packets a second."""
    network_rate: float = 0.0
    """The same to any one /24, on the average over a port's run; 0 for no limit."""
    cooldown: int = 8
    """Seconds that it goes on listening after its last packet."""
    seed: int | None = None
    interface: str = ""
    """Empty: that of the default route."""
    gateway_mac: str = ""
    """Where it cannot find out by itself, as in a network namespace."""
    source: str = ""
    """Local address; empty for the interface's."""


def asked_on(scope: Scope, service: Service) -> list[Interval]:
    """The IPv4 addresses that a scope asks for a service: a single host may have ports of its own."""
    named: dict[int, bool] = {}
    for host in scope.description.named:
        number = address.parse(host.ip)
        named[number] = named.get(number, False) or service in host.services
    apart = merged(Interval(number, number) for number in named)
    ranges = scope.intervals if service in scope.plan.services else ()
    asked = [left for interval in ranges for left in without(interval, apart)]
    asked += [Interval(number, number) for number, wants in named.items() if wants]
    return [interval for interval in merged(asked) if interval.first < IPV6_BEGINS]


def services_of(scope: Scope) -> list[Service]:
    """Of its plan, and those of single hosts."""
    services = dict.fromkeys(scope.plan.services)
    for host in scope.description.named:
        services.update(dict.fromkeys(host.services))
    return list(services)


def require_ipv4(scope: Scope) -> None:
    """Raises ScannerError where the scope has no IPv4 address."""
    if not any(interval.first < IPV6_BEGINS for interval in scope.intervals):
        raise ScannerError("ZMap knows IPv4 alone, and the scope has no IPv4 address; use the connect scan")


def blocklist(scope: Scope, exclusions: Exclusions) -> list[str]:
    """IPv4 networks that must not be touched: exclusions, and special-purpose ranges as far as the scope does not name them."""
    special = [left for block in SPECIAL_INTERVALS for left in without(block, scope.intervals)]
    return networks(i for i in merged([*special, *exclusions.intervals]) if i.first < IPV6_BEGINS)


def networks(intervals: Iterable[Interval]) -> list[str]:
    """IPv4 intervals as ZMap reads them."""
    return [
        str(network)
        for interval in intervals
        for network in summarize_address_range(IPv4Address(interval.first), IPv4Address(interval.last))
    ]


def rate_for(options: ZmapOptions, addresses: int) -> int:
    """Packets a second, at least one, to so many addresses of a scope.

    ZMap knows no pace of a network. But it mixes its addresses, so that a /24 gets its 256 parts of the packets at most.
    """
    if not options.network_rate:
        return options.rate
    return max(1, min(options.rate, int(options.network_rate * max(1.0, addresses / 256))))


def command_line(
    version: ZmapVersion,
    port: int,
    options: ZmapOptions,
    *,
    rate: int,
    allow: Path,
    block: Path,
    seconds: float = math.inf,
    program: str = "zmap",
) -> list[str]:
    """The command for one port. Its answers come on standard output, as CSV with a line of names. ``seconds``: how long it may
    send packets."""
    command = [program, "-p", str(port), "-r", str(rate), "-c", str(options.cooldown)]
    command += ["-w", str(allow), "-b", str(block)]
    command += [
        "-O",
        "csv",
        "-o",
        "-",
        "-f",
        f"saddr,sport,{version.time_field}",
        "--output-filter",
        _ANSWERS,
    ]
    command += ["-q", "-v", "1", "--disable-syslog"]
    if math.isfinite(seconds):
        # Its numbers have 32 bits, and 0 is no limit.
        command += ["-t", str(min(max(1, int(seconds)), (1 << 31) - 1))]
    if options.seed is not None:
        # Its seed is 64 bits wide, and 0 is none.
        command += ["-e", str(options.seed % (1 << 32) or 1)]
    if options.interface:
        command += ["-i", options.interface]
    if options.gateway_mac:
        command += ["-G", options.gateway_mac]
    if options.source:
        command += ["-S", options.source]
    return command


class ZmapScan:
    """Scans a scope's IPv4 addresses, each on the ports that it is asked on.

    Args:
        exclusions: what must not be touched, looked at before each port's run; the scope's where nothing is given.
        left: for how many seconds from now packets may be sent, asked at the same time; it may raise.
        prefix: what to put before the command (``ip netns exec scanner``).

    Raises:
        ScannerError: not installed, too old, or nothing to scan.
    """

    def __init__(
        self,
        scope: Scope,
        options: ZmapOptions,
        *,
        exclusions: Callable[[], Exclusions] | None = None,
        left: Callable[[], float] = lambda: math.inf,
        program: str = "zmap",
        prefix: Sequence[str] = (),
    ) -> None:
        require_ipv4(scope)
        self._program = find_program(program)
        self.version = version_of(self._program)
        self._scope = scope
        self._options = options
        self._exclusions = exclusions or (lambda: scope.exclusions)
        self._left = left
        self._prefix = list(prefix)

    def scan(self) -> Iterator[Found]:
        """The open ports, port after port.

        The process ends with the iteration, however that ends. Raises ScannerError where ZMap fails.
        """
        for service in services_of(self._scope):
            exclusions = self._exclusions()
            asked = [
                left
                for interval in asked_on(self._scope, service)
                for left in without(interval, exclusions.intervals)
            ]
            if not asked:
                continue
            for found in self._run(service.port, asked, exclusions):
                # What answers need not be what was asked.
                if covering(asked, address.parse(found.ip)) is not None:
                    yield msgspec.structs.replace(
                        found, port=service.port, protocol=service.protocol, mode=service.mode
                    )

    def _run(self, port: int, asked: Sequence[Interval], exclusions: Exclusions) -> Iterator[Found]:
        with TemporaryDirectory(prefix="openletter-zmap-") as folder, TemporaryFile() as said:
            allow, block = Path(folder, "allow"), Path(folder, "block")
            allow.write_text("".join(f"{network}\n" for network in networks(asked)))
            block.write_text("".join(f"{network}\n" for network in blocklist(self._scope, exclusions)))
            command = command_line(
                self.version,
                port,
                self._options,
                rate=rate_for(self._options, sum(interval.size for interval in asked)),
                allow=allow,
                block=block,
                seconds=self._left(),
                program=self._program,
            )
            with _running([*self._prefix, *command], said) as process:
                assert process.stdout is not None
                source = Source("zmap", process.stdout)  # type: ignore[arg-type]
                yield from read_csv(source, Reading("zmap", "output of ZMap"), port)
                code = process.wait()
            if code:
                raise ScannerError(_why(said, code))


@contextmanager
def _running(command: Sequence[str], said: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does not outlive this block."""
    try:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, bufsize=0
        )
    except OSError as error:
        raise ScannerError(f"zmap cannot be run: {error.strerror}") from None
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


def _why(said: IO[bytes], code: int) -> str:
    """Its last words, and what would help."""
    said.seek(0)
    words = [line for line in said.read(65_536).splitlines() if line.strip()]
    last = next((line for line in reversed(words) if b"[FATAL]" in line), words[-1] if words else b"")
    text = printable(last.partition(b"] ")[2] or last)[:300]
    if b"permission" in last.lower() or b"not permitted" in last.lower():
        return f"ZMap may not send raw packets: run as root or with CAP_NET_RAW, or use the connect scan ({text})"
    hint = ""
    if b"gateway" in last.lower() or b"route" in last.lower() or b"interface" in last.lower():
        hint = "; name them by --interface and --gateway-mac"
    return f"ZMap failed with code {code}: {text or 'it said nothing'}{hint}"
