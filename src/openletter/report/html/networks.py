"""Hosts with a fault by network, for a subscriber who has more of them than anybody reads one by one."""

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import one_array
from openletter.store.database import connect
from openletter.verdict.classes import STRICT, WIDE

MOST = 200
"""Networks that are listed."""

_BY_NETWORK = """
SELECT coalesce(asn, 0) AS asn, coalesce(any_value(network_name), '') AS name, coalesce(any_value(geo), '') AS country,
       count(DISTINCT ip_sort) AS faulty,
       count(DISTINCT ip_sort) FILTER (list_contains($wide, class)) AS wide,
       count(DISTINCT ip_sort) FILTER (list_contains($strict, class)) AS strict
FROM rows GROUP BY coalesce(asn, 0) ORDER BY wide DESC, faulty DESC, asn
"""


class NetworkLine(msgspec.Struct, frozen=True, kw_only=True):
    """One autonomous system; 0 stands for those addresses of which none is known."""

    asn: int
    name: str
    """Made visible."""
    country: str
    faulty: int
    wide: int
    strict: int


def by_network(rows: Any) -> tuple[NetworkLine, ...]:
    """All of them, the one with the most hosts that let passwords cross first. ``rows``: ``TOLD_ROWS``."""
    faulty = rows.filter(pc.is_valid(one_array(rows.column("fault"))))
    plain = faulty.select(["asn", "network_name", "geo", "ip_sort", "class"]).cast(
        pa.schema(
            [
                ("asn", pa.int64()),
                ("network_name", pa.string()),
                ("geo", pa.string()),
                ("ip_sort", pa.binary()),
                ("class", pa.string()),
            ]
        )
    )
    with connect() as database:
        database.register("rows", plain)
        words = {"wide": sorted(map(str, WIDE)), "strict": sorted(map(str, STRICT))}
        found = database.sql(_BY_NETWORK, params=words).to_arrow_table().to_pylist()
    return tuple(NetworkLine(**row) for row in found)
