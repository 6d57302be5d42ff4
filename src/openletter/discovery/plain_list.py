"""Plain lists: one target a line, as a scope's file has them, and ZMap's bare list of addresses.

``192.0.2.1``, ``192.0.2.1:143``, ``[2001:db8::1]:143``, ``mail.example.org``, ``192.0.2.0/28``, each with ``country=NL`` behind
it if that is known. A network stands for each of its addresses, so a large one belongs into a scope and is refused here.
Names are resolved as they come, some hundreds at a time.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from openletter.discovery.error import DiscoveryError
from openletter.discovery.found import Found, canonical
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, lines
from openletter.scope import address
from openletter.scope.address import without
from openletter.scope.error import shown
from openletter.scope.resolve import Resolver, system_resolver
from openletter.scope.special import holes_for
from openletter.scope.target import Target, parse_target
from openletter.scope.target_file import MAX_LINE

MAX_NETWORK = 65_536
"""Addresses that one line may stand for."""
_NAMES_AT_ONCE = 512
_PARALLEL = 32


def read_list(
    source: Source, reading: Reading, port: int | None = None, resolver: Resolver = system_resolver
) -> Iterator[Found]:
    """The addresses of a list. ``port`` is what the scan was of, where a line names none.

    A last line without an end is taken: people write such lists, and editors differ. Raises DiscoveryError for a network that
    is too large.
    """
    names: list[Target] = []
    for raw in lines(source, reading, unterminated=True):
        target = _target(raw, reading)
        if target is None:
            continue
        if target.interval is None:
            names.append(target)
            if len(names) >= _NAMES_AT_ONCE:
                yield from _resolved(names, reading, port, resolver)
                names.clear()
        elif target.interval.size > MAX_NETWORK:
            raise DiscoveryError(
                f"{shown(reading.name)} line {reading.lines}: {shown(target.text)} has {target.interval.size:,} addresses; "
                "a list holds what was found open, give such a network to `openletter survey`"
            )
        elif target.interval.size == 1:
            yield _found(address.text(target.interval.first), target, reading, port)
        else:
            for left in without(target.interval, holes_for(target.interval)):
                for number in range(left.first, left.last + 1):
                    yield _found(address.text(number), target, reading, port)
    yield from _resolved(names, reading, port, resolver)
    reading.cut = source.cut


def _target(raw: bytes, reading: Reading) -> Target | None:
    line = raw.partition(b"#")[0].strip()
    if not line:
        return None
    try:
        # The common line of a long list; all others take the long way.
        text = canonical(line.decode("latin-1"))
    except ValueError:
        pass
    else:
        number = address.parse(text)
        return Target(text=text, interval=address.Interval(number, number))
    try:
        return _parsed(raw, reading)
    except ValueError:
        reading.bad()
        return None


def _parsed(raw: bytes, reading: Reading) -> Target:
    if len(raw) > MAX_LINE:
        raise ValueError(len(raw))
    text = raw.decode("utf-8-sig" if reading.lines == 1 else "utf-8").partition("#")[0]
    return parse_target(text.strip())


def _found(ip: str, target: Target, reading: Reading, port: int | None) -> Found:
    reading.found += 1
    return Found(ip=ip, port=target.port or port, name=target.name, country=target.country)


def _resolved(names: list[Target], reading: Reading, port: int | None, resolver: Resolver) -> Iterator[Found]:
    if not names:
        return

    def look_up(target: Target) -> list[str]:
        try:
            return resolver(target.name)
        except (OSError, UnicodeError):
            return []

    with ThreadPoolExecutor(min(_PARALLEL, len(names))) as pool:
        for target, ips in zip(names, pool.map(look_up, names), strict=True):
            if not ips:
                reading.closed += 1
            for ip in ips:
                yield _found(ip, target, reading, port)
