"""Which addresses of a column belong to the public Internet, found network by network: a survey has millions of them."""

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_MAPPED = b"\0" * 10 + b"\xff\xff"
_MIXED = _MAPPED + bytes([192, 0, 0])
"""192.0.0.0/24 (RFC 6890 §2.2.2): the one /24 of IPv4 of which a part is public."""


def _is_public(key: bytes) -> bool:
    """Of an address, or of the first fifteen octets of all addresses of a /24."""
    if key.startswith(_MAPPED):
        return IPv4Address(key[12:].ljust(4, b"\1")).is_global
    return IPv6Address(key).is_global


def are_public(ip_sort: Any) -> Any:
    """A Boolean ``pyarrow.Array`` for an array of sixteen octets each (``store.observation_table.sort_key``)."""
    address = ip_sort.cast(pa.binary())
    whole = pc.or_(pc.invert(pc.starts_with(address, _MAPPED)), pc.starts_with(address, _MIXED))
    keys = pc.if_else(whole, address, pc.binary_slice(address, 0, 15)).dictionary_encode()
    return pa.array(map(_is_public, keys.dictionary.to_pylist()), pa.bool_()).take(keys.indices)
