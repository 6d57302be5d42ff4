"""Products of millions of endpoints, column by column: what is recognised depends on a few columns, and rows that agree in
all of them are looked at once."""

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import Protocol
from openletter.enrich.product import Product, Recognition, by_banner, by_capabilities, by_its_own_words
from openletter.store.columns import WORD
from openletter.verdict.grouping import group

_LISTS = ("protocol", "server_id", "caps_pre", "caps_post")
READ = (*_LISTS, "banner")
"""Columns of the observations on which the product depends."""


class Products(msgspec.Struct, frozen=True):
    """Arrays of words as long as the rows; all three are empty where no product was recognised."""

    product: Any
    version: Any
    certainty: Any


def products(table: Any) -> Products:
    """Of a ``pyarrow.Table`` of observations with ``READ``, what :func:`openletter.enrich.product.recognise` says of each."""
    if not table.num_rows:
        empty = pa.array([], WORD.arrow)
        return Products(empty, empty, empty)
    # Many a banner names its host, while lists are few: the two are looked at apart.
    kinds = group(table, _LISTS)
    examples = table.select(_LISTS).take(kinds.first)
    rows = list(zip(*(examples.column(name).to_pylist() for name in _LISTS), strict=True))
    said = [by_its_own_words(server_id, (*pre, *post)) for _, server_id, pre, post in rows]
    of_lists = [
        found or by_capabilities(Protocol(protocol), (*pre, *post))
        for found, (protocol, _, pre, post) in zip(said, rows, strict=True)
    ]
    banners = table.column("banner").combine_chunks().dictionary_encode()
    of_banners = [by_banner(banner) for banner in banners.dictionary.to_pylist()]
    greets = pa.array([found is not None for found in of_banners], pa.bool_()).take(banners.indices)
    speaks = pa.array([found is not None for found in said], pa.bool_()).take(kinds.of)
    by_greeting = pc.add(banners.indices.cast(pa.int64()), len(of_lists))
    place = pc.if_else(pc.and_not(greets, speaks), by_greeting, kinds.of)
    words = [_words(found) for found in (*of_lists, *of_banners)]
    columns = (pa.array(column, pa.string()) for column in zip(*words, strict=True))
    return Products(*(column.take(place).dictionary_encode().cast(WORD.arrow) for column in columns))


def _words(found: Recognition | None) -> tuple[str, str, str]:
    if found is None or found.product is Product.UNKNOWN:
        return "", "", ""
    return found.product.value, found.version, found.certainty.value
