"""Making a target list out of findings, in any order and with repetitions, in bounded memory.

Findings are dealt out to 256 heaps on the disk by the first octet of their address's hash; each heap is then put together in
memory by itself, in the hash's order. So memory holds a 256th of the addresses, and the rows are the same for the same
findings.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.discovery.error import DiscoveryError
from openletter.discovery.found import Found
from openletter.discovery.target_list import (
    FOLDER,
    GROUP,
    MAX_SERVICES,
    METADATA_KEY,
    SCHEMA,
    TargetListDescription,
    hash_of,
    key_of,
    number_of,
)
from openletter.scope.address import Interval, covering
from openletter.scope.description import span_of
from openletter.scope.exclusion import Exclusions
from openletter.scope.ports import PortPlan
from openletter.scope.special import SPECIAL, SPECIAL_INTERVALS

_HEAPS = 256
_FLUSH = 65_536
"""Octets of a heap that wait for being written."""
_PLAIN = struct.Struct("<16sQ")
_LENGTH = struct.Struct("<I")

_NEVER_ASKED = frozenset(block.interval for block in SPECIAL if not block.on_purpose)
"""A found address is taken at its word in the other special blocks, as one in a scope is."""


class _Labelled(msgspec.Struct, array_like=True):
    """A finding with a name or a country."""

    key: bytes
    mask: int
    name: str
    country: str


class _Entry(msgspec.Struct):
    masks: dict[str, int]
    """Services by the name under which they are asked."""
    country: str = ""
    public: bool = False


def _bare_last(name: str) -> tuple[bool, str]:
    return not name, name


_Row = tuple[bytes, int, str, str]


class TargetListWriter:
    """Use as a context manager. Findings go in by ``add``; ``publish`` makes the file.

    Args:
        root: of the store. Heaps lie beside the lists, and are gone afterwards.
        plan: ports that are asked; findings on others are counted and left out.
        exclusions: addresses that are left out.
        allowed: sorted, disjoint intervals; public addresses beyond them are left out. ``None`` allows all.

    Raises:
        DiscoveryError: the plan has more than 64 services.
        OSError: no room, no permission.
    """

    def __init__(
        self,
        root: Path,
        plan: PortPlan,
        *,
        exclusions: Exclusions | None = None,
        allowed: Sequence[Interval] | None = None,
    ) -> None:
        if len(plan.services) > MAX_SERVICES:
            raise DiscoveryError(f"{len(plan.services)} ports; a target list has at most {MAX_SERVICES}")
        self._plan = plan
        self._bits = {service.port: 1 << bit for bit, service in enumerate(plan.services)}
        self._all = (1 << len(plan.services)) - 1
        self._exclusions = exclusions or Exclusions()
        self._allowed = allowed
        self._folder = root / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._heaps = TemporaryDirectory(prefix=".import-", dir=self._folder)
        # Held as long as this process lives, so that who tidies up can tell an import from what is left of one.
        self._held = os.open(Path(self._heaps.name, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        self._plain = [bytearray() for _ in range(_HEAPS)]
        self._labelled = [bytearray() for _ in range(_HEAPS)]
        self._encode = msgspec.msgpack.Encoder().encode
        self.findings = 0
        """All that went in, and those on other ports with them."""
        self.other_ports = 0
        """Findings on ports that the plan does not ask."""
        self.special = 0
        """Addresses at which no mail server is asked (RFC 6890)."""
        self.excluded = 0
        self.unauthorised = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heaps.cleanup()
        os.close(self._held)

    def add(self, found: Found) -> None:
        """Put a finding on its heap."""
        self.findings += 1
        mask = self._all if found.port is None else self._bits.get(found.port)
        if mask is None:
            self.other_ports += 1
            return
        key = key_of(found.ip)
        heap = hash_of(key)[0]
        if not found.name and not found.country:
            buffer, kind = self._plain[heap], "plain"
            buffer += _PLAIN.pack(key, mask)
        else:
            buffer, kind = self._labelled[heap], "labelled"
            record = self._encode(_Labelled(key, mask, found.name, found.country))
            buffer += _LENGTH.pack(len(record)) + record
        if len(buffer) >= _FLUSH:
            self._flush(buffer, kind, heap)

    def _path(self, kind: str, heap: int) -> Path:
        return Path(self._heaps.name) / f"{heap:02x}.{kind}"

    def _flush(self, buffer: bytearray, kind: str, heap: int) -> None:
        with self._path(kind, heap).open("ab", buffering=0) as file:
            file.write(buffer)
        buffer.clear()

    def publish(self, *, now: float, sources: Sequence[str]) -> TargetListDescription:
        """Write the list; ``now`` in Unix seconds. The file is whole or not there."""
        name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        path = self._folder / f"{name}.parquet"
        beside = self._folder / f".{name}.parquet"
        try:
            with beside.open("wb") as file:
                description = self._write(file, name, now, sources)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
            _sync(self._folder)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        return description

    def _write(self, file: Any, name: str, now: float, sources: Sequence[str]) -> TargetListDescription:
        groups: list[int] = []
        addresses = endpoints = public = waiting = 0
        rows: list[_Row] = []
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:

            def flush() -> None:
                columns = zip(*rows, strict=True) if rows else ([], [], [], [])
                arrays = [pa.array(list(c), field.type) for c, field in zip(columns, SCHEMA, strict=True)]
                writer.write_table(
                    pa.Table.from_arrays(arrays, schema=SCHEMA), row_group_size=max(1, len(rows))
                )
                groups.append(waiting)
                rows.clear()

            for key, entry in self._hosts():
                addresses += 1
                waiting += 1
                public += entry.public
                for asked in sorted(entry.masks, key=_bare_last):
                    mask = entry.masks[asked]
                    rows.append((key, mask, asked, entry.country))
                    endpoints += mask.bit_count()
                if waiting >= GROUP:
                    flush()
                    waiting = 0
            if waiting:
                flush()
            description = TargetListDescription(
                id=name,
                created=now,
                sources=tuple(sources),
                plan=self._plan,
                exclusions=tuple(map(span_of, self._exclusions.intervals)),
                addresses=addresses,
                endpoints=endpoints,
                public=public,
                groups=tuple(groups),
            )
            writer.add_key_value_metadata({METADATA_KEY: msgspec.json.encode(description)})
        return description

    def _hosts(self) -> Iterator[tuple[bytes, _Entry]]:
        """Each address that is left once, in the order of the hash."""
        for heap in range(_HEAPS):
            entries = self._put_together(heap)
            for key in sorted(entries, key=hash_of):
                entry = entries[key]
                if self._left_out(number_of(key), entry):
                    continue
                if len(entry.masks) > 1:
                    # Without a name only those ports are asked which no name is known for, as in a scope.
                    named = 0
                    for name, mask in entry.masks.items():
                        named |= mask if name else 0
                    bare = entry.masks.pop("", 0) & ~named
                    if bare:
                        entry.masks[""] = bare
                yield key, entry

    def _left_out(self, number: int, entry: _Entry) -> bool:
        special = covering(SPECIAL_INTERVALS, number)
        entry.public = special is None
        if special in _NEVER_ASKED:
            self.special += 1
        elif covering(self._exclusions.intervals, number) is not None:
            self.excluded += 1
        elif entry.public and self._allowed is not None and covering(self._allowed, number) is None:
            self.unauthorised += 1
        else:
            return False
        return True

    def _put_together(self, heap: int) -> dict[bytes, _Entry]:
        masks: dict[bytes, int] = {}
        for key, mask in _PLAIN.iter_unpack(self._heap("plain", heap, self._plain[heap])):
            masks[key] = masks.get(key, 0) | mask
        entries = {key: _Entry({"": mask}) for key, mask in masks.items()}
        decode = msgspec.msgpack.Decoder(_Labelled).decode
        data = self._heap("labelled", heap, self._labelled[heap])
        at = 0
        while at < len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            record = decode(data[at : at + length])
            at += length
            entry = entries.setdefault(record.key, _Entry({}))
            entry.masks[record.name] = entry.masks.get(record.name, 0) | record.mask
            # Of several the first in the alphabet: the order of the findings must not matter.
            entry.country = min(filter(None, (entry.country, record.country)), default="")
        return entries

    def _heap(self, kind: str, heap: int, buffer: bytearray) -> bytes:
        path = self._path(kind, heap)
        data = (path.read_bytes() if path.exists() else b"") + bytes(buffer)
        path.unlink(missing_ok=True)
        buffer.clear()
        return data


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
