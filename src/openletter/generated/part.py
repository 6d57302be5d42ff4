"""Some days of one part of the hosts: the rows of specimens, replicated over the addresses column by column, and written as
the files that compaction and judging would leave."""

import socket
import struct
from array import array
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.enrich.dataset import GeoData
from openletter.enrich.endpoint_table import CountrySource
from openletter.enrich.join import locate
from openletter.generated.history import meanings, state_columns
from openletter.generated.hosts import Hosts
from openletter.store.compaction import GROUP_ROWS
from openletter.store.file_set import Kind, StoredFile
from openletter.store.files import publish_whole_table, sync_folder
from openletter.verdict.state import SCHEMA as STATE

PORTS = (110, 143, 993, 995)
_MAPPED = b"\0" * 10 + b"\xff\xff"
SPREAD_S = 10_800
"""Seconds that each survey is said to have taken, over which its dialogues are spread."""
_STRIDE = 7_919
"""Coprime to it, so that neighbours are not asked one after the other."""


class DayFiles(msgspec.Struct, frozen=True):
    """Where one day's tables go."""

    day: int
    started: float
    """Unix seconds."""
    files: dict[Kind, str]
    bare: bool
    """Nothing but endpoints is written; as they hold all that verdicts do, those are another name of the same file."""


class PartWork(msgspec.Struct, frozen=True):
    """Days without a gap, of one part."""

    hosts: Hosts
    countries: tuple[str, ...]
    unreached: tuple[int, int]
    """The pairs that stand for a host that nobody reaches: on POP3, on IMAP."""
    networks: tuple[GeoData, ...]
    specimens: dict[Kind, str]
    """Files of Arrow, each with a row for each row of specimens."""
    days: tuple[DayFiles, ...]
    moments: tuple[float, ...]
    """When the survey of each day of the store began, Unix seconds."""


class PartDay(msgspec.Struct, frozen=True):
    day: int
    files: dict[Kind, StoredFile]


def write_specimens(path: Path, table: Any) -> str:
    """Keep a table for the workers; the file's name."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return str(path)


def _specimens(path: str) -> Any:
    with pa.memory_map(path) as file:
        return pa.ipc.open_file(file).read_all().combine_chunks()


class _Rows:
    """Which specimen each row of the day is: four for each host, in the order of ``PORTS``; below zero where there is none."""

    def __init__(self, work: PartWork) -> None:
        self._hosts = work.hosts
        self._unreached = work.unreached
        self._now = array("i", bytes(16 * len(work.hosts)))
        self._changing = work.hosts.changing(work.days[0].day, work.days[-1].day + 1)
        for host in range(len(work.hosts)):
            self._set(host, work.days[0].day)

    def _set(self, host: int, day: int) -> None:
        pairs = self._hosts.pairs(host, day, self._unreached)
        row = 4 * host
        if pairs is None:
            self._now[row : row + 4] = _ABSENT
            return
        pop3, imap = 2 * pairs[0], 2 * pairs[1]
        self._now[row : row + 4] = array("i", (pop3, imap, imap + 1, pop3 + 1))

    def on(self, day: int) -> Any:
        """An int32 ``pyarrow.Array``. To be asked day by day."""
        for host in self._changing.get(day, ()):
            self._set(host, day)
        return pa.array(self._now, pa.int32())


_ABSENT = array("i", (-1, -1, -1, -1))


def _places(work: PartWork) -> dict[str, Any]:
    """The columns that say where an endpoint is, four rows a host."""
    hosts = work.hosts
    each = array("i", bytes(16 * len(hosts)))
    for offset in range(4):
        each[offset::4] = array("i", range(len(hosts)))
    four = pa.array(each, pa.int32())
    packed = [struct.pack(">I", ip) for ip in hosts.ip]
    ports = pa.array(PORTS, pa.uint16()).take(pa.array(array("i", range(4)) * len(hosts), pa.int32()))
    named = pa.DictionaryArray.from_arrays(pa.array(hosts.country, pa.int32()), pa.array(work.countries))
    keys = pa.array([_MAPPED + octets for octets in packed], pa.binary(16))
    known = locate(keys, work.networks)
    return {
        "ip_sort": keys.take(four),
        "ip": pa.array(map(socket.inet_ntoa, packed), pa.string()).take(four),
        "port": ports,
        "host": pa.array([""], pa.string()).take(pa.array(bytes(4 * len(hosts)), pa.uint8())),
        "country": named.take(four),
        "country_source": _all(CountrySource.SCOPE.value, four),
        "region": known["region"].take(four),
        "city": known["city"].take(four),
        "asn": known["asn"].take(four),
        "network_name": known["name"].take(four),
    }


def _all(word: str, rows: Any) -> Any:
    return pa.array([word], pa.string()).dictionary_encode().take(pc.multiply(rows, 0))


def write_part(work: PartWork) -> list[PartDay]:
    """Write the part's files of each day."""
    tables = {kind: _specimens(path) for kind, path in work.specimens.items()}
    places = _places(work)
    rows = _Rows(work)
    done = []
    for each in work.days:
        which = rows.on(each.day)
        there = pc.greater_equal(which, 0)
        whole = there.false_count == 0
        which = which if whole else which.filter(there)
        place = places if whole else {name: column.filter(there) for name, column in places.items()}
        files: dict[Kind, StoredFile] = {}
        for kind, target in each.files.items():
            if each.bare and kind is Kind.VERDICTS:
                files[kind] = _linked(Path(each.files[Kind.ENDPOINTS]), Path(target), files[Kind.ENDPOINTS])
                continue
            own, schema = place, tables[kind].schema
            if kind is Kind.OBSERVATIONS:
                own = {**place, "started": _started(each.started, len(which))}
            elif kind is Kind.STATE:
                assert whole, "on the last day everybody has appeared"
                past = state_columns(work.hosts, work.moments, work.unreached, meanings(tables[kind]))
                own, schema = {**place, **past}, STATE
            files[kind] = _published(Path(target), _replicated(schema, tables[kind], which, own))
        done.append(PartDay(each.day, files))
    return done


def _started(began: float, rows: int) -> Any:
    moments = array("d", (began + host * _STRIDE % SPREAD_S for host in range(rows // 4 + 1)))
    each = array("i", (row // 4 for row in range(rows)))
    return pa.array(moments, pa.float64()).take(pa.array(each, pa.int32()))


def _replicated(schema: Any, specimens: Any, which: Any, own: dict[str, Any]) -> Any:
    """A row of ``specimens`` for each of ``which``, with what is its own."""
    columns = [
        own[field.name].cast(field.type) if field.name in own else specimens.column(field.name).take(which)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _linked(there: Path, path: Path, stored: StoredFile) -> StoredFile:
    path.hardlink_to(there)
    sync_folder(path.parent)
    return msgspec.structs.replace(stored, name=path.name)


def _published(path: Path, table: Any) -> StoredFile:
    written = publish_whole_table(path, table, group_rows=GROUP_ROWS)
    return StoredFile(name=path.name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)
