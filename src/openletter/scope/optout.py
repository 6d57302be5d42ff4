"""The opt-out list: who asked not to be asked again, when and why. A text file that a person can read and mend.

It is in ZMap's blocklist format, so that one file serves other scanners as well: a line is a network, and its comment
says the rest as JSON. An entry that was taken back is a comment as a whole, so that its history stays:

.. code-block:: text

    192.0.2.0/24 # {"added":"2026-11-24T03:15:00Z","reason":"asked by phone","contact":"noc@example.net"}
    # removed 198.51.100.7 {"added":"...","removed":"...","removal_reason":"asked for a check"}

A line that a person wrote needs no JSON: ``203.0.113.0/24 # our own``.
"""

import io
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path

import msgspec

from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.error import ScopeError, at, shown
from openletter.scope.exclusion import parse_exclusion
from openletter.scope.target_file import MAX_LINE

MAX_OCTETS = 990
"""Of a line: ZMap 2.1.1 reads a thousand at a time, and would take the rest for a network."""

_REMOVED = "removed "


class OptOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry, also one that was taken back."""

    network: str
    """``192.0.2.0/24``, or one address as it is written."""
    name: str = ""
    """The host name that was given; ``network`` is then one of its addresses."""
    added: str = ""
    """ISO 8601, UTC; empty where a person wrote the line."""
    reason: str = ""
    contact: str = ""
    """Who asked, where they said."""
    removed: str = ""
    """When it was taken back, as ``added``; empty while it holds."""
    removal_reason: str = ""

    @property
    def holds(self) -> bool:
        return not self.removed

    @property
    def interval(self) -> Interval:
        network = ip_network(self.network)
        return Interval(address.number(network.network_address), address.number(network.broadcast_address))


class _Said(msgspec.Struct, omit_defaults=True):
    """The comment of a line."""

    name: str = ""
    added: str = ""
    reason: str = ""
    contact: str = ""
    removed: str = ""
    removal_reason: str = ""


def line_of(entry: OptOut) -> str:
    """The entry as a line without its end. Raises :class:`ScopeError` where its words are too long."""
    said = _Said(
        name=entry.name,
        added=entry.added,
        reason=entry.reason,
        contact=entry.contact,
        removed=entry.removed,
        removal_reason=entry.removal_reason,
    )
    words = msgspec.json.encode(said).decode()
    line = f"{entry.network} # {words}" if entry.holds else f"# {_REMOVED}{entry.network} {words}"
    if (excess := len(line.encode()) - MAX_OCTETS) > 0:
        raise ScopeError(f"reason and contact of {entry.network} are {excess} octets too long; write less")
    return line


def parse_line(line: str, where: str = "") -> list[OptOut]:
    """The entries of a line: none for a comment or a blank one, several for a range that a person wrote.

    Raises :class:`ScopeError`.
    """
    text, _, comment = (part.strip() for part in line.partition("#"))
    if text:
        said = _said(comment)
        return [_entry(network, said) for network in networks_of(parse_exclusion(text, where))]
    if comment.startswith(_REMOVED):
        network, _, words = comment.removeprefix(_REMOVED).partition(" ")
        said = _said(words)
        if said.removed:
            return [_entry(n, said) for n in networks_of(parse_exclusion(network, where))]
    return []


def _said(comment: str) -> _Said:
    try:
        return msgspec.json.decode(comment, type=_Said)
    except (msgspec.MsgspecError, RecursionError):
        return _Said(reason=comment)


def _entry(network: str, said: _Said) -> OptOut:
    return OptOut(network=network, **msgspec.structs.asdict(said))


def networks_of(interval: Interval) -> list[str]:
    """The fewest networks that make up an interval, single addresses without a prefix."""
    found: list[str] = []
    first = interval.first
    top = address.IPV6_BEGINS + (1 << 128) if first >= address.IPV6_BEGINS else address.IPV6_BEGINS
    base = address.IPV6_BEGINS if first >= address.IPV6_BEGINS else 0
    bits = (top - base).bit_length() - 1
    while first <= interval.last:
        offset = first - base
        size = offset & -offset or top - base
        while first + size - 1 > interval.last:
            size >>= 1
        prefix = bits - size.bit_length() + 1
        found.append(address.text(first) if prefix == bits else f"{address.text(first)}/{prefix}")
        first += size
    return found


def text_lines(octets: bytes, name: str) -> list[str]:
    """The lines of a file's octets. Raises :class:`ScopeError` where that is no text."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScopeError(f"{name} is no UTF-8, so this is no opt-out list") from None
    found = [line.rstrip("\r\n") for line in io.StringIO(text)]
    for count, line in enumerate(found, 1):
        if len(line) > MAX_LINE or "\0" in line:
            raise at(f"{name} line {count}", f"{shown(line)} is no line of an opt-out list")
    return found


def parse_optouts(octets: bytes, name: str) -> list[OptOut]:
    """All entries of a file, also those that were taken back. Raises :class:`ScopeError` with file and line."""
    return [
        entry
        for count, line in enumerate(text_lines(octets, name), 1)
        for entry in parse_line(line, f"{name} line {count}")
    ]


def read_optouts(path: Path) -> list[OptOut]:
    """The same of a file; none where there is no file. Raises :class:`ScopeError`."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ScopeError(f"{shown(str(path))} cannot be read: {error.strerror}") from None
    return parse_optouts(octets, path.name)


def intervals_of(entries: Iterable[OptOut]) -> list[Interval]:
    """The addresses of the entries that hold."""
    return [entry.interval for entry in entries if entry.holds]


def names_of(entries: Iterable[OptOut]) -> frozenset[str]:
    """The host names of the entries that hold, lower-case."""
    return frozenset(entry.name.lower() for entry in entries if entry.holds and entry.name)
