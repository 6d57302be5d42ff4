"""Products of millions of endpoints, column by column: what is recognised depends on a few columns, and rows that agree in
all of them are looked at once."""

from typing import Any

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.enrich.product import Product, recognise
from openletter.store.columns import WORD
from openletter.verdict.grouping import group

READ = ("protocol", "server_id", "caps_pre", "caps_post", "banner")
"""Columns of the observations on which the product depends."""


class Products(msgspec.Struct, frozen=True):
    """Arrays of words as long as the rows; all three are empty where no product was recognised."""

    product: Any
    version: Any
    certainty: Any


def products(table: Any) -> Products:
    """Of a ``pyarrow.Table`` of observations with ``READ``."""
    if not table.num_rows:
        empty = pa.array([], WORD.arrow)
        return Products(empty, empty, empty)
    kinds = group(table, READ)
    examples = table.select(READ).take(kinds.first)
    rows = zip(*(examples.column(name).to_pylist() for name in READ), strict=True)
    told = [
        _told(Protocol(protocol), server_id, pre, post, banner)
        for protocol, server_id, pre, post, banner in rows
    ]
    columns = (pa.array(words, pa.string()) for words in zip(*told, strict=True))
    return Products(*(words.take(kinds.of).dictionary_encode().cast(WORD.arrow) for words in columns))


def _told(
    protocol: Protocol, server_id: bytes, caps_pre: list[str], caps_post: list[str], banner: bytes
) -> tuple[str, str, str]:
    seen = Observation(
        ip="",
        port=0,
        protocol=protocol,
        mode=Mode.CLEARTEXT,
        tcp=Tcp.OPEN,
        server_id=server_id,
        caps_pre=tuple(caps_pre),
        caps_post=tuple(caps_post),
        banner=banner,
    )
    found = recognise(seen)
    if found.product is Product.UNKNOWN:
        return "", "", ""
    return found.product.value, found.version, found.certainty.value
