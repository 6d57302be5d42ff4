"""The opt-out list of a store: ``optout.txt``, replaced as a whole, so that a crash leaves the old one or the new one.

It is no table of the manifest on purpose: a person can read and mend it without this program, other scanners take it as
their blocklist, and it outlives a manifest that is lost. See :mod:`openletter.scope.optout` for the format.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from openletter.scope.address import Interval, without
from openletter.scope.error import ScopeError, shown
from openletter.scope.exclusion import unmapped
from openletter.scope.optout import (
    OptOut,
    line_of,
    names_of,
    networks_of,
    parse_line,
    read_optouts,
    text_lines,
)
from openletter.scope.resolve import Resolver, resolve_names, system_resolver
from openletter.scope.target import Target, parse_target
from openletter.store.error import SurveyBusyError, named
from openletter.store.files import publish
from openletter.store.lock import Lock

FILE = "optout.txt"

_HEAD = """\
# Who asked not to be asked again. Every survey into this store keeps to it, one that runs within seconds.
# ZMap's blocklist format: a network or an address a line, anything behind it is a comment.
# `openletter optout add`, `list` and `remove` write here; so may you, with an editor.
"""

_PATIENCE = 10.0
"""Seconds to wait for another one who writes; writing takes some milliseconds."""


def _stamp(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _clean(text: str) -> str:
    """On one line, and nothing that a terminal would obey."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in words)


class OptOutList:
    """Raises :class:`~openletter.store.error.StoreError` from every method that touches the disk, and ``ScopeError``
    where a line of the file, or what is asked for, cannot be understood."""

    def __init__(self, root: Path, *, now: Callable[[], float] = time.time) -> None:
        """``root`` is the store's folder; ``now`` in Unix seconds."""
        self.path = root / FILE
        self._now = now

    def entries(self) -> list[OptOut]:
        """All of them in the file's order, those that were taken back too."""
        return read_optouts(self.path)

    def add(
        self,
        targets: Iterable[Target],
        *,
        reason: str,
        contact: str = "",
        resolver: Resolver = system_resolver,
    ) -> list[OptOut]:
        """Enter networks, ranges, addresses and names (with all their addresses); what was not there before.

        A country or a port of a target is not looked at: who opts out is not asked at all.
        """
        listed = list(targets)
        resolved = resolve_names(listed, resolver)
        stamp = _stamp(self._now())
        with self._writing() as lines:
            there = {(e.network, e.name) for e in self.entries() if e.holds}
            added: list[OptOut] = []
            for target in listed:
                for network in _networks(target, resolved):
                    if (network, target.name) not in there:
                        there.add((network, target.name))
                        added.append(
                            OptOut(
                                network=network,
                                name=target.name,
                                added=stamp,
                                reason=_clean(reason),
                                contact=_clean(contact),
                            )
                        )
            lines += [line_of(entry) for entry in added]
        return added

    def remove(self, what: str, *, reason: str) -> list[OptOut]:
        """Take back the entries of a network or a name as they are written in the list; they stay in it as a record.

        Read as strictly as a scope: what is empty, or has bits set behind its prefix, takes nothing back.
        Raises ScopeError for such, and where there is no entry.
        """
        target = parse_target(what)
        interval = None if target.interval is None else unmapped(target.interval)

        def meant(entry: OptOut) -> bool:
            of_name = target.name != "" and entry.name.lower() == target.name
            return entry.holds and (of_name or entry.interval == interval)

        with self._writing() as lines:
            if not any(meant(entry) for line in lines for entry in parse_line(line)):
                raise self._not_there(what, interval)
            stamp = _stamp(self._now())
            removed: list[OptOut] = []
            rewritten: list[str] = []
            for line in lines:
                found = parse_line(line)
                if not any(meant(entry) for entry in found):
                    rewritten.append(line)
                    continue
                for entry in found:
                    if meant(entry):
                        entry = msgspec.structs.replace(entry, removed=stamp, removal_reason=_clean(reason))
                        removed.append(entry)
                    rewritten.append(line_of(entry))
            lines[:] = rewritten
        return removed

    def renew_names(self, resolver: Resolver = system_resolver) -> list[OptOut]:
        """Enter the addresses that opted-out names have got since; those of old stay. What is new.

        A name that does not resolve any more has none.
        """
        entries = self.entries()
        new: list[OptOut] = []
        for name in sorted(names_of(entries)):
            first = next(e for e in entries if e.holds and e.name == name)
            target = Target(text=name, name=name)
            try:
                new += self.add([target], reason=first.reason, contact=first.contact, resolver=resolver)
            except ScopeError:
                continue
        return new

    def _not_there(self, what: str, interval: Interval | None) -> ScopeError:
        around = ""
        for entry in self.entries():
            if interval and entry.holds and not without(interval, [entry.interval]):
                around = f", but it is part of {entry.network}, which can be removed as a whole"
        return ScopeError(
            f"{shown(what)} does not stand in the opt-out list{around}; see openletter optout list"
        )

    @contextmanager
    def _writing(self) -> Iterator[list[str]]:
        """The lines of the file, to be changed in place and written if they were."""
        with self._lock():
            # A line that does not parse would hide what it was meant to say: mend it before anything is added.
            self.entries()
            with named(self.path):
                octets = self.path.read_bytes() if self.path.exists() else _HEAD.encode()
            lines = text_lines(octets, FILE)
            before = list(lines)
            yield lines
            if lines != before:
                publish(self.path, "".join(f"{line}\n" for line in lines).encode())

    @contextmanager
    def _lock(self) -> Iterator[None]:
        until = time.monotonic() + _PATIENCE
        lock = Lock(
            self.path.with_name(f".{FILE}.lock"),
            f"{self.path}: another process is writing to the opt-out list; try again",
        )
        while True:
            try:
                lock.__enter__()
                break
            except SurveyBusyError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.02)
        try:
            yield
        finally:
            lock.__exit__(None, None, None)


def _networks(target: Target, resolved: dict[str, list[str]]) -> list[str]:
    if target.interval is not None:
        return networks_of(unmapped(target.interval))
    return resolved[target.name]
