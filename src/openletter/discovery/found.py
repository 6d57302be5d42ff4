"""One open port, as a scanner told it."""

import socket

import msgspec

from openletter.dialogue.observation import Mode, Protocol


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An address with a port that took a connection."""

    ip: str
    """Canonical text (RFC 5952 for IPv6)."""
    port: int | None = None
    """``None`` where the scanner does not tell: every port of the plan is meant."""
    protocol: Protocol | None = None
    """What speaks there, and how TLS begins, where the scanner found that out; else the plan says it."""
    mode: Mode | None = None
    name: str = ""
    """Under which the user gave the address to the scanner, never what a reverse lookup says of it."""
    country: str = ""
    """ISO 3166-1 alpha-2, upper case."""
    seen_at: float = 0.0
    """Unix seconds; 0 where that is not told."""


def canonical(ip: str) -> str:
    """The canonical text of an address, of an IPv4-mapped one that of the IPv4 address.

    Raises ValueError for what is none, or has a zone.
    """
    try:
        if ":" in ip:
            text = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, ip))
            return text.removeprefix("::ffff:") if "." in text else text
        return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, ip))
    except (OSError, UnicodeError):
        raise ValueError(ip) from None


def port_number(text: str) -> int:
    """A port from 1 to 65535. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(text)
    return int(text)


def unix_seconds(told: str | int) -> float:
    """A time in whole seconds, as scanners write it. Raises ValueError for what cannot be one."""
    seconds = int(told)
    if not 0 <= seconds < 1 << 40:
        raise ValueError(seconds)
    return float(seconds)
