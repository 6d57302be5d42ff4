"""What must not be asked: ZMap's blocklist format, so that one list serves both tools.

A line is a network or an address; a range is taken as well. Where bits behind the prefix are set the whole network
is excluded, as ZMap does: to leave out too much is the safe reading here, whereas in a scope it would be the wrong
one. An IPv4-mapped address (``::ffff:192.0.2.1``, as it stands in the logs of dual-stack servers) means the IPv4 address.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, inet_pton

from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.error import ScopeError, at, shown
from openletter.scope.target import parse_target
from openletter.scope.target_file import lines, open_text

_MAPPED_BEGIN = address.IPV6_BEGINS + (0xFFFF << 32)
"""``::ffff:0.0.0.0``."""


def parse_exclusion(text: str, where: str = "") -> Interval:
    """One exclusion. Raises :class:`ScopeError`."""
    if "/" in text:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise at(where, f"{shown(text)} is no network; write it as 192.0.2.0/24") from None
        return unmapped(
            Interval(address.number(network.network_address), address.number(network.broadcast_address))
        )
    target = parse_target(text, where)
    if target.interval is None or target.port is not None or target.country:
        raise at(where, f"{shown(text)}: an exclusion is a network or an address, as in 192.0.2.0/24")
    return unmapped(target.interval)


def unmapped(interval: Interval) -> Interval:
    """The IPv4 addresses of an interval of IPv4-mapped ones (RFC 4291 §2.5.5.2); any other interval as it is."""
    if interval.first < _MAPPED_BEGIN or interval.last >= _MAPPED_BEGIN + address.IPV6_BEGINS:
        return interval
    return Interval(interval.first - _MAPPED_BEGIN, interval.last - _MAPPED_BEGIN)


def read_exclusions(path: Path) -> list[Interval]:
    """The exclusions of a file; an empty one has none. Raises :class:`ScopeError`, which names file and line."""
    with open_text(path) as source:
        try:
            return [parse_exclusion(text, where) for text, where in lines(source, path.name)]
        except OSError as error:
            raise ScopeError(f"{shown(str(path))} cannot be read: {error.strerror}") from None


class Exclusions:
    """Addresses that must not be asked; cheap enough to be looked at before every connect."""

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        self.intervals: tuple[Interval, ...] = tuple(address.merged(intervals))

    def covers(self, ip: str) -> bool:
        """Whether an address is excluded. What is no address is not: it cannot be connected to either."""
        try:
            # Tried first since it is ten times as fast, and this is asked before every connect.
            number = address.parse(ip) if ":" in ip else int.from_bytes(inet_pton(AF_INET, ip))
        except (OSError, ValueError):
            return False
        return address.covering(self.intervals, number) is not None


def gather_exclusions(given: Iterable[str] = (), files: Iterable[Path] = ()) -> Exclusions:
    """Those of the command line and of files together. Raises :class:`ScopeError`."""
    found = [parse_exclusion(text) for text in given]
    for path in files:
        found += read_exclusions(path)
    return Exclusions(found)
