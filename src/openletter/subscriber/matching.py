"""Which endpoints belong to which subscribers: one join of millions of rows with all that thousands of subscribers have.

Networks overlap, and one may belong to several; so they are first cut into segments that do not, each with the list of those
who have it. An address is then in at most one segment, which DuckDB finds by an ASOF join; autonomous systems and countries
are joined by equality, and so are domains with every name that a host's name ends in.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

import pyarrow as pa

from openletter.store.columns import ADDRESS_ORDER, ASN
from openletter.subscriber.subscriber import Subscriber

OWNERS: Any = pa.schema([pa.field("subscriber", pa.int64()), pa.field("row", pa.int64())])
"""What :func:`match` answers: an endpoint that belongs to a subscriber."""

_MAPPED = 0xFFFF << 32
"""Where IPv4 lies among the numbers of ``ip_sort``."""

_MATCH = """
WITH owned AS (
  SELECT CASE WHEN e.ip_sort <= s."end" THEN s.subscribers END AS subscribers, e.row
  FROM {view} e ASOF JOIN ol_segment s ON e.ip_sort >= s.start
), named AS (
  {names}
), below AS (
  SELECT row, unnest([array_to_string(labels[i:], '.') FOR i IN range(1, len(labels) + 1)]) AS domain
  FROM (SELECT row, string_split(name, '.') AS labels FROM named WHERE name <> '')
)
SELECT DISTINCT subscriber, row FROM (
  SELECT unnest(subscribers) AS subscriber, row FROM owned WHERE subscribers IS NOT NULL
  UNION ALL SELECT a.subscriber, e.row FROM {view} e JOIN ol_asn a ON e.asn = a.asn
  UNION ALL SELECT c.subscriber, e.row FROM {view} e JOIN ol_country c ON e.country = c.country
  UNION ALL SELECT d.subscriber, b.row FROM below b JOIN ol_domain d ON b.domain = d.domain
) ORDER BY subscriber, row
"""
_NAMES = "SELECT row, host AS name FROM {view} UNION ALL SELECT row, hostname FROM {view}"
_OF_CERTIFICATES = (
    " UNION ALL SELECT e.row, n.name FROM {view} e JOIN ol_leaf_name n ON e.certificate = n.certificate"
)
_NO_NAMES = "SELECT 0 AS row, '' AS name WHERE false"


def segments(subscribers: Iterable[Subscriber]) -> Any:
    """Their networks as a ``pyarrow.Table`` of ranges that do not overlap, sorted: ``start``, ``end`` (sixteen octets, both
    included), ``subscribers`` (ids)."""
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for one in subscribers:
        for cidr in one.networks:
            for first, last in _ranges(cidr):
                opening.setdefault(first, []).append(one.id)
                closing.setdefault(last + 1, []).append(one.id)
    starts: list[bytes] = []
    ends: list[bytes] = []
    whose: list[list[int]] = []
    holding: dict[int, int] = {}
    since = 0
    for edge in sorted({*opening, *closing}):
        if holding:
            starts.append(since.to_bytes(16))
            ends.append((edge - 1).to_bytes(16))
            whose.append(sorted(holding))
        for left in closing.get(edge, ()):
            holding[left] -= 1
            if not holding[left]:
                del holding[left]
        for come in opening.get(edge, ()):
            holding[come] = holding.get(come, 0) + 1
        since = edge
    address = ADDRESS_ORDER.arrow
    return pa.table(
        {
            "start": pa.array(starts, address),
            "end": pa.array(ends, address),
            "subscribers": pa.array(whose, pa.list_(pa.int64())),
        }
    )


def _ranges(cidr: str) -> list[tuple[int, int]]:
    """The addresses of a network on the line of ``ip_sort``, on which IPv4 lies in the midst of IPv6: who has ``::/0`` has no
    address of IPv4."""
    network = ip_network(cidr)
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 4:
        return [(_MAPPED + first, _MAPPED + last)]
    around = [(first, min(last, _MAPPED - 1)), (max(first, _MAPPED + (1 << 32)), last)]
    return [(begin, end) for begin, end in around if begin <= end]


def _pairs(name: str, kind: Any, pairs: Iterable[tuple[Any, int]]) -> Any:
    some = list(pairs)
    return pa.table(
        {
            name: pa.array([value for value, _ in some], kind),
            "subscriber": pa.array([number for _, number in some], pa.int64()),
        }
    )


def interests(subscribers: Sequence[Subscriber]) -> dict[str, Any]:
    """All that subscribers have, as ``pyarrow.Table`` by the names that the join knows them under; made once, however many
    tables of endpoints are joined with it."""
    return {
        "ol_segment": segments(subscribers),
        "ol_asn": _pairs("asn", ASN.arrow, ((asn, one.id) for one in subscribers for asn in one.asns)),
        "ol_country": _pairs(
            "country", pa.string(), ((code, one.id) for one in subscribers for code in one.countries)
        ),
        "ol_domain": _pairs(
            "domain", pa.string(), ((name, one.id) for one in subscribers for name in one.domains)
        ),
    }


def match(
    database: Any,
    subscribers: Sequence[Subscriber] | Mapping[str, Any],
    endpoints_view: str,
    *,
    leaf_names: Any = None,
) -> Any:
    """A ``pyarrow.Table`` of ``OWNERS``, each pair once, sorted. ``subscribers``: or their ``interests``.

    ``endpoints_view`` is the name of a table or view in ``database`` (a DuckDB connection) with the columns ``row``
    (an integer that the answer calls the endpoint by), ``ip_sort``, ``asn``, ``country``, ``host`` and ``hostname``, as enriched
    endpoints have them. With ``leaf_names``, a table of ``certificate`` (SHA-256) and ``name``, it also has ``certificate``, and
    all names of its certificate count for an endpoint.
    """
    joined = dict(subscribers) if isinstance(subscribers, Mapping) else interests(subscribers)
    names = _NO_NAMES
    if joined["ol_domain"].num_rows:
        names = _NAMES if leaf_names is None else _NAMES + _OF_CERTIFICATES
    if leaf_names is not None:
        joined["ol_leaf_name"] = leaf_names
    for name, table in joined.items():
        database.register(name, table)
    try:
        sql = _MATCH.replace("{names}", names).replace("{view}", endpoints_view)
        return database.sql(sql).to_arrow_table().cast(OWNERS)
    finally:
        for name in joined:
            database.unregister(name)
