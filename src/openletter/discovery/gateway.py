"""The hardware address of this machine's gateway, from what the kernel already knows (``/proc/net``).

A scanner that sends raw frames needs it, and ZMap 2.1.1 waits without end where it cannot find it out by itself.
"""

from ipaddress import IPv4Address
from pathlib import Path

import msgspec

_ROUTE = Path("/proc/net/route")
_NEIGHBOURS = Path("/proc/net/arp")
_UP_BY_GATEWAY = 0x3
"""RTF_UP and RTF_GATEWAY of <linux/route.h>."""
_COMPLETE = 0x2
"""ATF_COM of <linux/if_arp.h>."""


class Gateway(msgspec.Struct, frozen=True):
    interface: str
    mac: str
    """``02:00:00:00:00:01``."""


def default_gateway(route: Path = _ROUTE, neighbours: Path = _NEIGHBOURS) -> Gateway | None:
    """Of the default route with the lowest metric; ``None`` where there is none or its address is not known."""
    found = _default_route(_lines(route))
    if found is None:
        return None
    interface, ip = found
    for words in _lines(neighbours):
        if len(words) >= 6 and words[0] == ip and words[5] == interface and int(words[2], 16) & _COMPLETE:
            return Gateway(interface, words[3])
    return None


def _default_route(lines: list[list[str]]) -> tuple[str, str] | None:
    best: tuple[int, str, str] | None = None
    for words in lines:
        if len(words) < 8 or words[1] != "00000000" or words[7] != "00000000":
            continue
        if int(words[3], 16) & _UP_BY_GATEWAY != _UP_BY_GATEWAY:
            continue
        # The kernel prints the address as a number in this machine's order.
        gateway = str(IPv4Address(int(words[2], 16).to_bytes(4, "little")))
        best = min(best or (1 << 32, "", ""), (int(words[6]), words[0], gateway))
    return best[1:] if best else None


def _lines(path: Path) -> list[list[str]]:
    """Without the line of names; none where the system has no such file."""
    try:
        return [line.split() for line in path.read_text("ascii").splitlines()[1:]]
    except OSError:
        return []
