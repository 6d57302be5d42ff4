"""Which addresses of a column belong to the public Internet, found network by network: a survey has millions of them."""

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_MAPPED = b"\0" * 10 + b"\xff\xff"
MIXED = ("192.0", "192.31", "192.52", "192.88", "192.175", "198.51", "203.0")
"""Every /16 of IPv4 of which a part has another standing than the rest (RFC 6890 §2.2.2): documentation, assignments of
protocols, AS112, relays."""


def _is_public(key: bytes) -> bool:
    """Of an address, or of the first fourteen octets of all addresses of a /16."""
    if key.startswith(_MAPPED):
        return IPv4Address(key[12:].ljust(4, b"\1")).is_global
    return IPv6Address(key).is_global


def are_public(ip_sort: Any) -> Any:
    """A Boolean ``pyarrow.Array`` for an array of sixteen octets each (``store.observation_table.sort_key``)."""
    address = ip_sort.cast(pa.binary())
    prefix = pc.binary_slice(address, 0, 14)
    mixed = pa.array([_MAPPED + bytes(map(int, network.split("."))) for network in MIXED], pa.binary())
    whole = pc.or_(pc.invert(pc.starts_with(address, _MAPPED)), pc.is_in(prefix, value_set=mixed))
    keys = pc.if_else(whole, address, prefix).dictionary_encode()
    return pa.array(map(_is_public, keys.dictionary.to_pylist()), pa.bool_()).take(keys.indices)
