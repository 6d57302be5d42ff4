"""ZMap run for us: one port a run, its answers read as they come.

It sends raw packets, so it needs root or CAP_NET_RAW; it knows IPv4 alone, and it cannot scan loopback. What it may touch is
held from two sides: the scope's networks are its allowlist, and the exclusions with all special-purpose ranges outside the
scope its blocklist, which wins. (The site's own default blocklist is replaced by these, since it forbids private networks
also where they were named on purpose.) Short options are used: they are the same in 2.1.1, where the long ones say
``--blacklist-file``, and in 4.x, where they say ``--blocklist-file``.
"""

import subprocess
from collections.abc import Iterator, Sequence
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
from openletter.discovery.zmap_version import ZmapVersion, installed_version
from openletter.grammar.capability import printable
from openletter.scope.address import IPV6_BEGINS, Interval, merged, without
from openletter.scope.ports import Service
from openletter.scope.scope import Scope
from openletter.scope.special import SPECIAL_INTERVALS

_ANSWERS = "success = 1 && repeat = 0"
_PATIENCE = 5.0
"""Seconds that it has to end when it is asked to."""


class ZmapOptions(msgspec.Struct, frozen=True, kw_only=True):
    rate: int
    """Packets a second."""
    cooldown: int = 8
    """Seconds that it goes on listening after its last packet."""
    seed: int | None = None
    interface: str = ""
    """Empty: that of the default route."""
    gateway_mac: str = ""
    """Where it cannot find out by itself, as in a network namespace."""
    source: str = ""
    """Local address; empty for the interface's."""


def allowlist(scope: Scope) -> list[str]:
    """The scope's IPv4 networks. Raises ScannerError where it has none."""
    networks = _networks(i for i in scope.intervals if i.first < IPV6_BEGINS)
    if not networks:
        raise ScannerError("ZMap knows IPv4 alone, and the scope has no IPv4 address; use the connect scan")
    return networks


def blocklist(scope: Scope) -> list[str]:
    """IPv4 networks that must not be touched: exclusions, and special-purpose ranges as far as the scope does not name them."""
    special = [left for block in SPECIAL_INTERVALS for left in without(block, scope.intervals)]
    return _networks(i for i in merged([*special, *scope.exclusions.intervals]) if i.first < IPV6_BEGINS)


def _networks(intervals: "Iterator[Interval]") -> list[str]:
    return [
        str(network)
        for interval in intervals
        for network in summarize_address_range(IPv4Address(interval.first), IPv4Address(interval.last))
    ]


def command_line(
    version: ZmapVersion, port: int, options: ZmapOptions, *, allow: Path, block: Path, program: str = "zmap"
) -> list[str]:
    """The command for one port. Its answers come on standard output, as CSV with a line of names."""
    command = [program, "-p", str(port), "-r", str(options.rate), "-c", str(options.cooldown)]
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
    """Scans a scope's IPv4 addresses.

    Args:
        prefix: what to put before the command (``ip netns exec scanner``).

    Raises:
        ScannerError: not installed, too old, or nothing to scan.
    """

    def __init__(
        self, scope: Scope, options: ZmapOptions, *, program: str = "zmap", prefix: Sequence[str] = ()
    ) -> None:
        self.version = installed_version(program)
        self._allow = allowlist(scope)
        self._block = blocklist(scope)
        self._scope = scope
        self._options = options
        self._program = program
        self._prefix = list(prefix)

    def scan(self, services: Sequence[Service] | None = None) -> Iterator[Found]:
        """The open ports, port after port; those of the scope's plan unless others are given.

        The process ends with the iteration, however that ends. Raises ScannerError where ZMap fails.
        """
        for service in services or self._scope.plan.services:
            for found in self._run(service.port):
                # What answers need not be what was asked.
                if self._scope.contains(found.ip) and not self._scope.exclusions.covers(found.ip):
                    yield msgspec.structs.replace(
                        found, port=service.port, protocol=service.protocol, mode=service.mode
                    )

    def _run(self, port: int) -> Iterator[Found]:
        with TemporaryDirectory(prefix="openletter-zmap-") as folder, TemporaryFile() as said:
            allow, block = Path(folder, "allow"), Path(folder, "block")
            allow.write_text("".join(f"{network}\n" for network in self._allow))
            block.write_text("".join(f"{network}\n" for network in self._block))
            command = command_line(
                self.version, port, self._options, allow=allow, block=block, program=self._program
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
