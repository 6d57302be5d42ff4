"""What was asked again, as tables that surveys are held against."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import pyarrow as pa

from openletter.report.faults import faults_of
from openletter.report.recheck.ledger import Recheck
from openletter.store.columns import PORT
from openletter.store.database import quoted
from openletter.store.file_set import Kind
from openletter.store.observation_table import sort_key
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.report_type import type_of

FAULTS = pa.list_(pa.struct([("word", pa.string()), ("rank", pa.int64())]))

_KEY = [
    pa.field("ip_sort", pa.binary(16)),
    pa.field("port", PORT.arrow),
    pa.field("host", pa.string()),
]
RECHECKS: Any = pa.schema(
    [
        *_KEY,
        pa.field("at", pa.float64()),
        pa.field("class", pa.string()),
        pa.field("findings", pa.list_(pa.string())),
        pa.field("type", pa.string()),
        pa.field("faults", FAULTS),
    ]
)
"""``at``: when it was asked, Unix seconds; ``type``: the report that it is in, null where it is in none."""
ASKED_AT: Any = pa.schema([*_KEY, pa.field("asked", pa.float64())])

_WHEN = """
SELECT o.ip_sort, o.port, o.host, o.started AS asked FROM read_parquet([{files}]) o
JOIN rechecks r ON o.ip_sort = r.ip_sort AND o.port = r.port AND o.host = r.host
"""


def recheck_table(of: Sequence[Recheck]) -> Any:
    """A ``pyarrow.Table`` of ``RECHECKS``; each of them has a verdict."""
    rows = []
    for one in of:
        row = one.verdict
        assert row is not None
        faults = faults_of(row.class_, row.severity, row.report, row.findings)
        rows.append(
            {
                "ip_sort": sort_key(one.ip),
                "port": one.port,
                "host": one.host,
                "at": one.asked,
                "class": row.class_,
                "findings": list(row.findings),
                "type": type_of(row.report, row.protocol, ip_address(one.ip).version),
                "faults": [{"word": word, "rank": severity.rank} for word, severity in faults],
            }
        )
    return pa.Table.from_pylist(rows, RECHECKS)


def asked_at(store: Store, record: SurveyRecord, rechecks: Sequence[Recheck], database: Any) -> Any:
    """When a survey asked what was asked again while it went on: a table of ``ASKED_AT``. Of all others it is enough to know
    when it began. ``database`` has their table as ``rechecks``. Raises StoreError."""
    until = float("inf") if record.finished is None else record.finished
    kept = store.current(Kind.OBSERVATIONS, record.id)
    if kept is None or not any(record.started < one.asked < until for one in rechecks):
        return ASKED_AT.empty_table()
    files = ", ".join(map(quoted, store.files_of(kept)))
    return database.sql(_WHEN.format(files=files)).to_arrow_table().cast(ASKED_AT)
