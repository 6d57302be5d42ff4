"""A list of hosts that were found, kept in a file and asked in a seeded order, however many there are.

The file is Parquet, a row for each host: ``ip_sort`` (sixteen octets, IPv4 as ``::ffff:a.b.c.d``), ``services`` (bit n: the
n-th service of the plan), ``name``, ``country``. Rows stand in the order of a hash of their address, so any run of them is as
mixed as the whole: neighbours in a network are far apart, and a reader that goes through the file piece by piece still
spreads its load. The seed permutes the row groups, and the hosts within each. Memory holds one row group.

Rows of one address (asked under several names) follow one another in one row group and count as one position. A shard is a
run of positions: shard s of k has those from N·s/k up to N·(s+1)/k, so it reads only the few row groups that they lie in.
"""

import hashlib
import socket
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from openletter.dialogue.observation import Endpoint
from openletter.discovery.error import DiscoveryError
from openletter.scope import address
from openletter.scope.address import IPV6_BEGINS, Interval, covering
from openletter.scope.description import Span
from openletter.scope.error import shown
from openletter.scope.exclusion import Exclusions
from openletter.scope.host import Host
from openletter.scope.order import Permutation
from openletter.scope.ports import PortPlan, Service
from openletter.scope.special import SPECIAL_INTERVALS

FOLDER = "targets"
"""Below the root of a store."""
MAX_SERVICES = 64
GROUP = 16_384
"""Addresses of a row group, about: some megabytes while it is read."""
METADATA_KEY = b"openletter.targets"

SCHEMA: Any = pa.schema(
    [
        pa.field("ip_sort", pa.binary(16), nullable=False),
        pa.field("services", pa.uint64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("country", pa.string(), nullable=False),
    ]
)

_V4 = b"\0" * 10 + b"\xff\xff"


class TargetListDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a survey keeps of its list: enough to know it again; goes through JSON unchanged."""

    version: int = 1
    id: str
    created: float
    """Unix seconds."""
    sources: tuple[str, ...]
    """Names of the files that it was made of, for people to read."""
    plan: PortPlan
    exclusions: tuple[Span, ...] = ()
    addresses: int
    endpoints: int
    public: int
    """Of the addresses, those in no special block."""
    groups: tuple[int, ...]
    """Addresses of each row group."""


def key_of(ip: str) -> bytes:
    """Sixteen octets of an address."""
    if ":" in ip:
        return socket.inet_pton(socket.AF_INET6, ip)
    return _V4 + socket.inet_pton(socket.AF_INET, ip)


def number_of(key: bytes) -> int:
    """On the line of :mod:`openletter.scope.address`."""
    if key.startswith(_V4):
        return int.from_bytes(key[12:], "big")
    return IPV6_BEGINS + int.from_bytes(key, "big")


def hash_of(key: bytes) -> bytes:
    """What the rows are sorted by: the same on every machine, and nobody can choose addresses that crowd together."""
    return hashlib.blake2b(key, digest_size=8).digest()


class TargetList:
    """Has what a survey asks of a :class:`~openletter.scope.scope.Scope`.

    Args:
        path: the file.
        exclusions: what must not be asked besides that which was left out when the list was made.

    Raises:
        DiscoveryError: there is no such file, or it is no target list.
    """

    def __init__(self, path: Path, exclusions: Exclusions | None = None) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                metadata = pq.read_metadata(file).metadata or {}
            self.description = msgspec.json.decode(metadata[METADATA_KEY], type=TargetListDescription)
        except FileNotFoundError:
            raise DiscoveryError(
                f"{shown(str(path))}: no such target list; `openletter import` makes one"
            ) from None
        except (pa.ArrowInvalid, OSError, KeyError, msgspec.MsgspecError):
            raise DiscoveryError(
                f"{shown(str(path))} is no target list, or a damaged one; import it again"
            ) from None
        self.plan = self.description.plan
        kept = (span.interval for span in self.description.exclusions)
        self.exclusions = Exclusions([*kept, *(exclusions.intervals if exclusions else ())])
        self._by_mask: dict[int, tuple[Service, ...]] = {}

    @property
    def endpoint_count(self) -> int:
        """Endpoints, each (address, port, name) once; exclusions that came later are not taken off."""
        return self.description.endpoints

    @property
    def address_count(self) -> int:
        """Addresses, each once."""
        return self.description.addresses

    @property
    def public_count(self) -> int:
        """Addresses that may be someone else's."""
        return self.description.public

    def hosts(self, shard: int = 0, of: int = 1, *, seed: int, begin: int = 0) -> Iterator[Host]:
        """The hosts of a shard, in the order of the seed, from the shard's position ``begin`` on.

        All shards of one seed together hold every host once. Raises ValueError where there is no such shard,
        DiscoveryError where the file cannot be read.
        """
        if of < 1 or not 0 <= shard < of or begin < 0:
            raise ValueError(f"shard {shard} of {of} from {begin}: count shards from 0")
        return self._walk(shard, of, seed, begin)

    def endpoints(self, shard: int = 0, of: int = 1, *, seed: int, begin: int = 0) -> Iterator[Endpoint]:
        """As :meth:`hosts`, host by host and in each one the services in the plan's order."""
        for host in self.hosts(shard, of, seed=seed, begin=begin):
            yield from host.endpoints()

    def _walk(self, shard: int, of: int, seed: int, begin: int) -> Iterator[Host]:
        first = self.address_count * shard // of
        at, last = first + begin, self.address_count * (shard + 1) // of
        order = [group for _, group in Permutation(len(self.description.groups), seed).shard()]
        ends = list(accumulate(self.description.groups[group] for group in order))
        while at < last:
            place = bisect_right(ends, at)
            group, end = order[place], min(ends[place], last)
            size = self.description.groups[group]
            rows = self._addresses(group)
            inner = [element for _, element in Permutation(size, seed + group).shard()]
            offset = ends[place] - size
            for position in range(at, end):
                yield from self._at(position - first, rows[inner[position - offset]])
            at = end

    def _at(self, count: int, rows: Sequence[tuple[bytes, int, str, str]]) -> Iterator[Host]:
        number = number_of(rows[0][0])
        if covering(self.exclusions.intervals, number) is not None:
            return
        ip = address.text(number)
        for _, mask, name, country in rows:
            yield Host(count=count, ip=ip, country=country, name=name, services=self._services(mask))

    def _services(self, mask: int) -> tuple[Service, ...]:
        services = self._by_mask.get(mask)
        if services is None:
            services = tuple(s for bit, s in enumerate(self.plan.services) if mask >> bit & 1)
            self._by_mask[mask] = services
        return services

    def _read(self, group: int, columns: list[str] | None = None) -> Any:
        try:
            with self.path.open("rb") as file:
                return pq.ParquetFile(file).read_row_group(group, columns=columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise DiscoveryError(
                f"{shown(str(self.path))} cannot be read ({shown(str(error))}); import it again"
            ) from error

    def _addresses(self, group: int) -> list[list[tuple[bytes, int, str, str]]]:
        """The rows of a group, those of one address together."""
        table = self._read(group)
        out: list[list[tuple[bytes, int, str, str]]] = []
        for row in zip(*(table.column(name).to_pylist() for name in SCHEMA.names), strict=True):
            if out and out[-1][0][0] == row[0]:
                out[-1].append(row)
            else:
                out.append([row])
        if len(out) != self.description.groups[group]:
            raise DiscoveryError(f"{shown(str(self.path))} is damaged; import it again")
        return out

    def numbers(self) -> Iterator[int]:
        """All addresses as numbers, in the file's order; those with several rows once for each."""
        for group in range(len(self.description.groups)):
            for key in self._read(group, ["ip_sort"]).column("ip_sort").to_pylist():
                yield number_of(key)

    def uncovered(self, allowed: Sequence[Interval]) -> tuple[int, int | None]:
        """How many of the public addresses lie in none of some sorted, disjoint intervals, and one of them.

        Reads the whole file.
        """
        count = 0
        example: int | None = None
        before = -1
        for number in self.numbers():
            if number == before:
                continue
            before = number
            if covering(SPECIAL_INTERVALS, number) is None and covering(allowed, number) is None:
                count += 1
                example = number if example is None else min(example, number)
        return count, example


def find_target_list(root: Path, given: str, exclusions: Exclusions | None = None) -> TargetList:
    """The list with an id in the store at ``root``, or at a path. Raises DiscoveryError."""
    path = root / FOLDER / f"{given}.parquet"
    if "/" not in given and path.exists():
        return TargetList(path, exclusions)
    return TargetList(Path(given), exclusions)
