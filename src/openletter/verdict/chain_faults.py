"""The faults of the certificate chains of a table of observations: each distinct chain is looked at, not each row.

It is looked at twice, at the time of the first row and at that of the last. A certificate begins once and ends once; so
what is the same at both ends was so in between, and only a chain that began or ended meanwhile is looked at for each
of its rows.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.tls.faults import certificate_faults
from openletter.tls.trust import Trust
from openletter.verdict.findings import CertificateFault
from openletter.verdict.grouping import group

Faults = frozenset[CertificateFault]
NO_FAULTS: Faults = frozenset()


class RowFaults(msgspec.Struct, frozen=True):
    """``of``, an int64 ``pyarrow.Array``, names the faults of each row by their place in ``distinct``."""

    distinct: list[Faults]
    of: Any


def chain_faults(table: Any, chain: str, ders: Mapping[str, bytes], trust: Trust) -> RowFaults:
    """Of the column ``chain`` of a ``pyarrow.Table`` that also has ``host`` and ``started``. An issuer that is not among
    ``ders`` was not sent, as far as anyone can tell; where the server's own certificate is not, no fault is known."""
    groups = group(table, [chain, "host"])
    chains = table.column(chain).take(groups.first).to_pylist()
    hosts = table.column("host").take(groups.first).to_pylist()
    started = table.column("started").combine_chunks()
    span = pc.min_max(started).as_py()
    places: dict[Faults, int] = {NO_FAULTS: 0}

    def at(number: int, moment: float) -> int:
        some = [ders[name] for name in chains[number] if name in ders]
        faults = frozenset(
            map(CertificateFault, certificate_faults(some, at=moment, host=hosts[number], trust=trust))
        )
        return places.setdefault(faults, len(places))

    known: list[int] = []
    changing: list[int] = []
    for number, sent in enumerate(chains):
        known_leaf = bool(sent) and sent[0] in ders
        first = at(number, span["min"]) if known_leaf else 0
        if known_leaf and at(number, span["max"]) != first:
            changing.append(number)
        known.append(first)
    of = pa.array(known, pa.int64()).take(groups.of)
    if changing:
        rows = pc.indices_nonzero(pc.is_in(groups.of, value_set=pa.array(changing, pa.int64())))
        exact = [
            at(number, moment)
            for number, moment in zip(
                groups.of.take(rows).to_pylist(), started.take(rows).to_pylist(), strict=True
            )
        ]
        marks = pc.is_in(pa.array(range(len(of)), pa.int64()), value_set=rows.cast(pa.int64()))
        of = pc.replace_with_mask(of, marks, pa.array(exact, pa.int64()))
    return RowFaults(list(places), of)
