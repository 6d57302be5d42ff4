"""What a user writes as a target: a network, a range, an address, a name, each with or without a port."""

import re
from ipaddress import ip_address, ip_network

import idna
import msgspec

from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.error import at, shown

_FORMS = "a network (192.0.2.0/24), a range (192.0.2.1-192.0.2.9), an address, a name, or one of these two with :port"
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\](?::(.*))?")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One target as written. Either ``interval`` or ``name`` is there."""

    text: str
    where: str = ""
    """File and line, for errors; empty for the command line."""
    interval: Interval | None = None
    name: str = ""
    """Lower-case ASCII (A-labels), without the last dot."""
    port: int | None = None
    country: str = ""
    """ISO 3166-1 alpha-2, upper case."""


def parse_target(line: str, where: str = "") -> Target:
    """Parse one target and the ``key=value`` labels behind it (``192.0.2.0/24 country=NL``).

    Raises :class:`ScopeError`.
    """
    words = line.split()
    if not words:
        raise at(where, f"an empty target; write {_FORMS}")
    text = words[0]
    country = _labels(words[1:], where)
    interval, name, port = _parse(text, where)
    return Target(text=text, where=where, interval=interval, name=name, port=port, country=country)


def _labels(words: list[str], where: str) -> str:
    country = ""
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key != "country":
            raise at(where, f"{shown(word)} is no label; the one that is known is country=, as in country=US")
        if not (len(value) == 2 and value.isascii() and value.isalpha()):
            raise at(where, f"{shown(word)}: a country is two letters of ISO 3166-1, as in country=US")
        country = value.upper()
    return country


def _parse(text: str, where: str) -> tuple[Interval | None, str, int | None]:
    if "/" in text:
        return _network(text, where), "", None
    brackets = _IN_BRACKETS.fullmatch(text)
    if brackets:
        inside, port = brackets.groups()
        found = _address(inside)
        if found is None or found.first < address.IPV6_BEGINS:
            raise at(where, f"{shown(text)}: brackets hold an IPv6 address, as in [2001:db8::1]:143")
        return found, "", None if port is None else _port(port, text, where)
    found = _address(text)
    if found is not None:
        return found, "", None
    first, dash, last = text.partition("-")
    if dash and _address(first) is not None:
        return _range(first, last, text, where), "", None
    host, colon, port = text.rpartition(":")
    if colon and ":" not in host:
        number = _port(port, text, where)
        return (found, "", number) if (found := _address(host)) else (None, _name(host, text, where), number)
    if "%" in text and _address(text.partition("%")[0]) is not None:
        raise at(where, f"{shown(text)}: a zone is known on one machine only; write the address without %…")
    return None, _name(text, text, where), None


def _address(text: str) -> Interval | None:
    try:
        number = address.parse(text)
    except ValueError:
        return None
    return Interval(number, number)


def _network(text: str, where: str) -> Interval:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise at(where, f"{shown(text)} is no network; write it as 192.0.2.0/24 or 2001:db8::/64") from None
    if str(network.network_address) != str(_base(text)):
        raise at(where, f"{shown(text)} has bits set behind its prefix; was {network} meant?")
    return Interval(address.number(network.network_address), address.number(network.broadcast_address))


def _base(text: str) -> object:
    return ip_address(text.partition("/")[0])


def _range(first: str, last: str, text: str, where: str) -> Interval:
    begin, end = _address(first), _address(last)
    if begin is None or end is None:
        raise at(where, f"{shown(text)}: both ends of a range are addresses, as in 192.0.2.1-192.0.2.9")
    if (begin.first < address.IPV6_BEGINS) != (end.first < address.IPV6_BEGINS):
        raise at(where, f"{shown(text)}: both ends of a range are of one family, IPv4 or IPv6")
    if end.first < begin.first:
        raise at(where, f"{shown(text)} runs backwards; was {last}-{first} meant?")
    return Interval(begin.first, end.first)


def _port(port: str, text: str, where: str) -> int:
    if not (port.isascii() and port.isdigit() and 1 <= len(port) <= 5 and 1 <= int(port) <= 65535):
        raise at(where, f"{shown(text)}: a port is a number from 1 to 65535, as in mail.example.org:143")
    return int(port)


def _name(name: str, text: str, where: str) -> str:
    try:
        # Of Unicode by IDNA 2008 (RFC 5891), as browsers and registries have it: Python's own codec is of 2003, and makes another
        # owner's name of some.
        whole = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
        ascii_name = whole.removesuffix(".").lower()
    except idna.IDNAError:
        ascii_name = ""
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise at(where, f"{shown(text)} is no target; write {_FORMS}")
    if labels[-1].isdigit():
        # RFC 3696 §2: no top-level domain is all digits, so this was to be an address.
        raise at(where, f"{shown(text)} is no address: IPv4 is four numbers from 0 to 255, as in 192.0.2.1")
    return ascii_name
