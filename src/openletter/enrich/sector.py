"""Whose networks these are, by trade: sector and NAICS code from a user's file.

A CSV of three columns, ``owner,sector,naics``, with or without that line at its head. The owner is a network in CIDR form
or an address, a domain, or an autonomous system:

.. code-block:: text

    192.0.2.0/24,health,622110
    example.net,education,611310
    AS64500,telecommunications,517111

Of networks that hold an address the longest counts, of domains that a host's name ends in the longest; a network says more
than a domain, and a domain more than an autonomous system.
"""

import csv
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.enrich.error import DataSetError
from openletter.enrich.host_name import host_name
from openletter.enrich.join import find
from openletter.enrich.range_table import Ranges
from openletter.scope.error import shown
from openletter.store.columns import WORD
from openletter.store.observation_table import sort_key

MAX_SECTOR = 100
"""Characters."""
_NAICS = re.compile(r"(?:[0-9]{2,6}|[0-9]{2}-[0-9]{2})?")
"""Two digits for a sector to six for an industry; some sectors are ranges (31-33, manufacturing)."""
_ASN = re.compile(r"(?:AS)?([0-9]{1,10})", re.IGNORECASE)
_HEAD = ("sector", "naics")
_WANTED = "a network in CIDR form, a domain or an AS number, then a sector and a NAICS code: 192.0.2.0/24,health,622110"


class Trade(msgspec.Struct, frozen=True):
    """What an owner does."""

    sector: str
    naics: str
    """Empty where the file does not say it."""


_NONE = Trade("", "")


class Sectors(msgspec.Struct, frozen=True):
    """A user's file, made ready."""

    networks: Any
    """A table of :mod:`openletter.enrich.range_table`."""
    domains: Mapping[str, Trade]
    systems: Mapping[int, Trade]


NO_SECTORS = Sectors(Ranges(_HEAD).table(), {}, {})


class Traded(msgspec.Struct, frozen=True):
    """Two ``pyarrow.Array`` of words, as long as the rows."""

    sector: Any
    naics: Any


def read_sectors(path: Path) -> Sectors:
    """Raises DataSetError, which names file and line."""
    networks = Ranges(_HEAD)
    domains: dict[str, Trade] = {}
    systems: dict[int, Trade] = {}
    found = False
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for row in reader:
                if not any(row) or row[0].lstrip().startswith("#") or _is_head(row):
                    continue
                try:
                    owner, trade = _read(row)
                    _enter(owner, trade, networks, domains, systems)
                except ValueError as error:
                    raise DataSetError(f"{path} line {reader.line_num}: {error}") from None
                found = True
    except csv.Error as error:
        raise DataSetError(f"{path}: is no CSV ({error}); right would be {_WANTED}") from None
    except UnicodeDecodeError as error:
        raise DataSetError(f"{path}: is no UTF-8 ({error.reason})") from None
    except OSError as error:
        raise DataSetError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not found:
        raise DataSetError(f"{path}: there is no sector in it; right would be {_WANTED}")
    return Sectors(networks.table(), domains, systems)


def _is_head(row: list[str]) -> bool:
    return tuple(field.strip().lower() for field in row[1:3]) == _HEAD


def _read(row: list[str]) -> tuple[str, Trade]:
    if len(row) not in (2, 3):
        raise ValueError(f"{len(row)} fields; right would be {_WANTED}")
    owner, sector, naics = (field.strip() for field in (*row, "")[:3])
    if not sector or len(sector) > MAX_SECTOR or not sector.isprintable():
        raise ValueError(
            f"{shown(sector)} is no sector; right would be up to {MAX_SECTOR} printable characters"
        )
    if not _NAICS.fullmatch(naics):
        raise ValueError(f"{shown(naics)} is no NAICS code; right would be two to six digits, as 622110")
    return owner, Trade(sector, naics)


def _enter(
    owner: str, trade: Trade, networks: Ranges, domains: dict[str, Trade], systems: dict[int, Trade]
) -> None:
    system = _ASN.fullmatch(owner)
    if system:
        number = int(system[1])
        if not 0 < number < 1 << 32:
            raise ValueError(f"{shown(owner)} is no AS number; right would be 1 to {(1 << 32) - 1}")
        _once(owner, number in systems)
        systems[number] = trade
        return
    if "/" in owner or ":" in owner or owner.replace(".", "").isdigit():
        try:
            network = ip_network(owner)
        except ValueError as error:
            raise ValueError(f"{shown(owner)} is no network in CIDR form ({error})") from None
        networks.add(sort_key(str(network[0])), sort_key(str(network[-1])), trade.sector, trade.naics)
        return
    domain = host_name(owner)
    if not domain:
        raise ValueError(f"{shown(owner)} is no owner; right would be {_WANTED}")
    _once(owner, domain in domains)
    domains[domain] = trade


def _once(owner: str, there: bool) -> None:
    if there:
        raise ValueError(f"{shown(owner)} is named twice; each owner has one sector")


def traded(ip_sort: Any, asn: Any, hostname: Any, sectors: Sectors) -> Traded:
    """The columns ``sector`` and ``naics`` of rows, given as arrays: addresses (sixteen octets, sorted), AS numbers (0: not
    known), names of hosts (empty: not known)."""
    within = find(ip_sort, sectors.networks)
    inside = pc.is_valid(within)
    by_domain = _Places(hostname, lambda name: _of_name(name, sectors.domains))
    by_system = _Places(asn, lambda number: sectors.systems.get(number, _NONE))
    columns = []
    for name in _HEAD:
        word = pc.if_else(by_domain.known, by_domain.words(name), by_system.words(name))
        network = sectors.networks.column(name).combine_chunks().dictionary_decode().take(within)
        columns.append(pc.if_else(inside, network, word).dictionary_encode().cast(WORD.arrow))
    return Traded(*columns)


def _of_name(name: str, domains: Mapping[str, Trade]) -> Trade:
    while name:
        trade = domains.get(name)
        if trade is not None:
            return trade
        name = name.partition(".")[2]
    return _NONE


class _Places:
    """The trades of a column, found once for each distinct value."""

    def __init__(self, column: Any, trade_of: Callable[[Any], Trade]) -> None:
        encoded = column.dictionary_encode()
        self._trades = [trade_of(value) for value in encoded.dictionary.to_pylist()]
        self._which = encoded.indices
        self.known = pa.array([trade is not _NONE for trade in self._trades], pa.bool_()).take(self._which)

    def words(self, name: str) -> Any:
        return pa.array([getattr(trade, name) for trade in self._trades], pa.string()).take(self._which)
