"""How each fault stands with its owner: new, still open, due for a reminder, fixed, or come back.

What an owner was told of an endpoint is a set of words: its class, where that is a fault, and its findings, as far as they are
severe enough for that subscriber. What is only information is no fault. The next survey is held against it:

- an endpoint that was never told of is ``new``, and so is one with a fault that was not among those told;
- one that was told of is ``open``, or a ``reminder`` where the days for its severity have gone by since;
- one that answers and has no fault left is ``fixed``; that is said once, and after that it is ``back`` if it has one again.

An owner can have an endpoint asked again by the page of its link (:mod:`openletter.report.recheck`). What is seen to be mended
then, after a survey has asked it, is ``fixed`` in spite of that survey; a later survey that finds it open says ``back``, told or
not. Nothing else that is seen there changes anything: reports are of surveys.

Who does not answer is not fixed by that: it stays as it is for ``GRACE_DAYS``, and then is said to be gone. An answer that does
not tell, a survey that did not ask, a survey older than what was told, and a network that is not the subscriber's any more
change nothing. Nor is anything mended by a subscriber who does not want to hear of it any more (a higher least severity, a report
less): as long as a fault that it was told of is there, nothing is said of the endpoint.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.faults import FINDINGS as FINDINGS
from openletter.report.faults import LEAST as LEAST
from openletter.report.faults import SOUND as SOUND
from openletter.report.faults import faults_of as faults_of
from openletter.report.line_format import one_array
from openletter.report.recheck.ledger import RecheckLedger
from openletter.report.recheck.table import FAULTS, asked_at, recheck_table
from openletter.report.reported import reported_files, source
from openletter.report.shadowserver.report_type import types_of
from openletter.report.shadowserver.rows import with_enrichment
from openletter.store.certificates import Certificates
from openletter.store.columns import PORT
from openletter.store.database import connect
from openletter.store.files import columns_of, read_table
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.leaf_names import leaf_names
from openletter.subscriber.matching import interests, match
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class, Severity
from openletter.verdict.grouping import group

GRACE_DAYS = 3
"""So long a host that does not answer may be away for a night or two."""


class Standing(StrEnum):
    NEW = "new"
    OPEN = "open"
    """Told of, not due yet."""
    REMINDER = "reminder"
    FIXED = "fixed"
    BACK = "back"


STANDINGS: Any = pa.schema(
    [
        ("subscriber", pa.int64()),
        ("standing", pa.string()),
        ("ip_sort", pa.binary(16)),
        ("ip", pa.string()),
        ("port", PORT.arrow),
        ("host", pa.string()),
        ("hostname", pa.string()),
        ("protocol", pa.string()),
        ("type", pa.string()),
        ("class", pa.string()),
        ("findings", pa.list_(pa.string())),
        ("words", pa.list_(pa.string())),
        ("told", pa.list_(pa.string())),
        ("severity", pa.string()),
        ("first_reported", pa.date32()),
        ("last_reported", pa.date32()),
        ("times", pa.int32()),
        ("seen", pa.float64()),
    ]
)
"""``class``, ``findings``: as the survey found them. ``words``: the faults of them that concern the subscriber (class first), of
one that does not answer or does not tell those last known; ``severity``: the worst of these, of a ``fixed`` one of those that
were told. ``told``: what the subscriber was told before; ``first_reported``, ``last_reported``, ``times``: when, and how often,
null and 0 for never. Of one that is ``fixed`` since it was asked again, ``class``, ``findings`` and ``type`` are of that look.
``seen``: when a survey found a fault last, Unix seconds. ``type``: the report that it is in, null where it
is in none."""

_TOLD = ("ip_sort", "ip", "port", "host", "country", "protocol", "class", "unknown", "findings")
_READ = (*_TOLD, "severity", "report")
_ENRICHED = ("asn", "hostname", "certificate")
_SEVERITIES = list(Severity)

_EPOCH = date(1970, 1, 1)
_ORDER = "subscriber, ip_sort, port, host"

_ASKED = """
SELECT e.row FROM endpoints e WHERE len(e.faults) > 0 OR EXISTS (
  SELECT 1 FROM told s WHERE s.ip_sort = e.ip_sort AND s.port = e.port AND s.host = e.host)
ORDER BY e.row
"""

_MINE = """(CASE WHEN {of}.type IS NOT NULL AND list_contains(w.types, {of}.type)
              THEN [f FOR f IN {of}.faults IF f.rank <= w.minimum] ELSE [] END)"""
_STANDINGS = f"""
WITH here AS (
  SELECT m.subscriber, w.days, e.ip_sort, e.ip, e.port, e.host, e.hostname, e.protocol, e.unknown,
         coalesce(r.at > coalesce(a.asked, $at) AND {_MINE.format(of="r")} = [], false) AS mended_since,
         coalesce(r.at <= coalesce(a.asked, $at) AND {_MINE.format(of="r")} = [], false) AS mended_before, r.at AS rechecked,
         CASE WHEN mended_since THEN r.class ELSE e.class END AS class,
         CASE WHEN mended_since THEN r.findings ELSE e.findings END AS findings,
         CASE WHEN mended_since THEN r.type ELSE e.type END AS type,
         CASE WHEN mended_since THEN [] ELSE {_MINE.format(of="e")} END AS mine,
         [f.word FOR f IN CASE WHEN mended_since THEN r.faults ELSE e.faults END] AS there
  FROM matched m JOIN wanted w ON m.subscriber = w.subscriber JOIN endpoints e ON e.row = m.row
  LEFT JOIN rechecks r ON r.ip_sort = e.ip_sort AND r.port = e.port AND r.host = e.host
  LEFT JOIN asked a ON a.ip_sort = e.ip_sort AND a.port = e.port AND a.host = e.host
), known AS (
  SELECT h.* REPLACE (h.mended_before AND h.rechecked > s.seen AS mended_before),
         [f.word FOR f IN h.mine] AS words, list_min([f.rank FOR f IN h.mine]) AS rank,
         s.words AS told, s.severity AS was, s.first_reported, s.last_reported, coalesce(s.times, 0) AS times,
         s.seen AS seen_before, s.closed_at, s.subscriber IS NOT NULL AS known,
         list_has_any(h.there, s.words) AS still
  FROM here h LEFT JOIN told s
  ON s.subscriber = h.subscriber AND s.ip_sort = h.ip_sort AND s.port = h.port AND s.host = h.host
  WHERE s.seen IS NULL OR s.seen <= $at
), standing AS (
  SELECT *, CASE
    WHEN len(words) > 0 AND NOT known THEN '{Standing.NEW}'
    WHEN len(words) > 0 AND (closed_at IS NOT NULL OR mended_before) THEN '{Standing.BACK}'
    WHEN len(words) > 0 AND NOT list_has_all(told, words) THEN '{Standing.NEW}'
    WHEN len(words) > 0 AND days[rank + 1] > 0 AND $on - last_reported >= days[rank + 1] THEN '{Standing.REMINDER}'
    WHEN len(words) > 0 THEN '{Standing.OPEN}'
    WHEN NOT known OR closed_at IS NOT NULL OR still THEN NULL
    WHEN mended_since OR mended_before THEN '{Standing.FIXED}'
    WHEN class = '{Class.UNREACHABLE}'
      AND $on - (DATE '1970-01-01' + floor(seen_before / 86400)::INTEGER) < {GRACE_DAYS} THEN '{Standing.OPEN}'
    WHEN unknown THEN '{Standing.OPEN}'
    ELSE '{Standing.FIXED}' END AS standing
  FROM known
)
SELECT subscriber, standing, ip_sort, ip, port, host, hostname, protocol, type, class, findings,
       CASE WHEN len(words) = 0 AND standing = '{Standing.OPEN}' THEN told ELSE words END AS words, coalesce(told, []) AS told,
       CASE WHEN len(words) = 0 THEN was ELSE $severities[rank + 1] END AS severity,
       first_reported, last_reported, times, CASE WHEN len(words) > 0 THEN $at ELSE seen_before END AS seen
FROM standing WHERE standing IS NOT NULL
"""  # noqa: S608 - our own words


def standings(
    store: Store,
    record: SurveyRecord,
    directory: Directory,
    on: date,
    *,
    subscribers: Sequence[Subscriber] | None = None,
) -> Any:
    """A ``pyarrow.Table`` of ``STANDINGS``, sorted by subscriber, address, port and name: how each fault that a survey found, and
    each that was told of before and was asked about, stands on a day. ``subscribers``: those alone, else all that are active.

    Raises NoSurveyError, StoreError.
    """
    told = directory.list(active=True) if subscribers is None else tuple(subscribers)
    if not told:
        return STANDINGS.empty_table()
    has = interests(told)
    wants = pa.table(
        {
            "subscriber": pa.array([one.id for one in told], pa.int64()),
            "minimum": pa.array([max(one.minimum, LEAST).rank for one in told], pa.int64()),
            "types": pa.array([list(map(str, one.reports)) for one in told], pa.list_(pa.string())),
            "days": pa.array(
                [[one.reminders.days(severity) for severity in _SEVERITIES] for one in told],
                pa.list_(pa.int64()),
            ),
        }
    )
    rechecks = RecheckLedger(store.root).conclusive((on - _EPOCH + timedelta(days=1)).total_seconds())
    parameters = {"on": on, "at": record.started, "severities": [str(one) for one in _SEVERITIES]}
    found = []
    with connect(store.root) as database, Certificates(store.root) as certificates:
        database.execute(f"CREATE TABLE told AS {source(reported_files(store))}")
        database.register("wanted", wants)
        database.register("rechecks", recheck_table(rechecks))
        database.register("asked", asked_at(store, record, rechecks, database))
        for path in store.endpoint_files(record):
            endpoints = _endpoints(path)
            with _registered(database, endpoints=endpoints):
                asked = endpoints.take(database.sql(_ASKED).to_arrow_table().column("row"))
            with _registered(database, endpoints=asked):
                owners = match(database, has, "endpoints", leaf_names=_names(has, asked, certificates))
                with _registered(database, matched=owners):
                    found.append(database.sql(_STANDINGS, params=parameters).to_arrow_table().cast(STANDINGS))
        with _registered(database, found=pa.concat_tables([STANDINGS.empty_table(), *found])):
            return database.sql(f"SELECT * FROM found ORDER BY {_ORDER}").to_arrow_table().cast(STANDINGS)  # noqa: S608


@contextmanager
def _registered(database: Any, **tables: Any) -> Iterator[None]:
    for name, table in tables.items():
        database.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            database.unregister(name)


def _names(has: Mapping[str, Any], endpoints: Any, certificates: Certificates) -> Any:
    """Names of certificates that lie in somebody's domain; none where nobody has a domain."""
    domains = set(has["ol_domain"].column("domain").to_pylist())
    if not domains:
        return None
    shown = set(pc.unique(endpoints.column("certificate")).to_pylist()) - {""}
    return leaf_names(certificates.find(shown), domains)


def _endpoints(path: Path) -> Any:
    """With their faults, the report that they belong to, and ``row``."""
    there = columns_of(path)
    table = read_table(path, [*_READ, *(name for name in _ENRICHED if name in there)])
    table = with_enrichment(table.unify_dictionaries().combine_chunks(), None)
    groups = group(table, ("class", "severity", "report", "findings"))
    kinds = table.select(["class", "severity", "report", "findings"]).take(groups.first).to_pylist()
    faults = [
        [{"word": word, "rank": severity.rank} for word, severity in faults_of(*kind.values())]
        for kind in kinds
    ]
    rows = table.num_rows
    return pa.table(
        {
            "row": pa.array(range(rows), pa.int64()),
            "faults": pa.array(faults, FAULTS).take(groups.of),
            "type": types_of(*(one_array(table.column(name)) for name in ("report", "protocol", "ip_sort"))),
            **{name: table.column(name) for name in (*_TOLD, *_ENRICHED)},
        }
    )
