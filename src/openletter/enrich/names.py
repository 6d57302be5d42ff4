"""The name of each endpoint: the one that the survey was given, else what DNS says of its address, else the certificate's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.enrich.endpoint_table import HostnameSource
from openletter.store.columns import TEXT, WORD
from openletter.store.files import read_table


class Names(msgspec.Struct, frozen=True):
    """Two ``pyarrow.Array`` as long as the rows: names (text), and where they are from (a word)."""

    hostname: Any
    source: Any


def named(
    ip_sort: Any,
    given: Any,
    certificate: Any,
    by_address: Mapping[bytes, str],
    by_certificate: Mapping[str, str],
) -> Names:
    """The columns ``hostname`` and ``hostname_source``.

    ``ip_sort``, ``given`` (the survey's own name) and ``certificate`` (SHA-256 of the leaf) are arrays, a row each;
    ``by_address`` are names of DNS, ``by_certificate`` those for which leaves were made. Empty: none.
    """
    sources = {
        HostnameSource.GIVEN: given.cast(TEXT.arrow),
        HostnameSource.PTR: _looked_up(ip_sort.cast(pa.binary()), by_address),
        HostnameSource.CERTIFICATE: _looked_up(certificate.cast(TEXT.arrow), by_certificate),
    }
    hostname: Any = pa.scalar("", TEXT.arrow)
    source: Any = pa.scalar(HostnameSource.NONE.value, TEXT.arrow)
    for name, column in reversed(sources.items()):
        known = pc.not_equal(column, "")
        hostname = pc.if_else(known, column, hostname)
        source = pc.if_else(known, name.value, source)
    return Names(hostname, source.dictionary_encode().cast(WORD.arrow))


def _looked_up(keys: Any, words: Mapping[Any, str]) -> Any:
    """The word of each key, empty where it has none."""
    encoded = keys.dictionary_encode()
    found = [words.get(key, "") for key in encoded.dictionary.to_pylist()]
    return pa.array(found, TEXT.arrow).take(encoded.indices)


def exposed_addresses(verdict_files: Sequence[Path]) -> list[bytes]:
    """The addresses with an affected (wide) endpoint and no name that was given, each once, in their order: those whose
    owners are to be found. Raises StoreError."""
    found: dict[bytes, None] = {}
    for path in verdict_files:
        table = read_table(path, ["ip_sort", "wide", "host"])
        wanted = pc.and_(table.column("wide"), pc.equal(table.column("host"), ""))
        found |= dict.fromkeys(table.column("ip_sort").filter(wanted).to_pylist())
    return list(found)
