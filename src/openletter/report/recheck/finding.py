"""What a link leads to: one endpoint of a subscriber, as the latest survey that asked it saw it, and what its owner was told."""

from datetime import date
from hashlib import sha256

import msgspec
import pyarrow as pa

from openletter.report.link import FindingLink
from openletter.report.reported import reported_files, source
from openletter.statistics.endpoint import EndpointDetail, one_endpoint
from openletter.statistics.endpoint_history import endpoint_history
from openletter.statistics.history import SeenAs
from openletter.store.database import connect
from openletter.store.observation_table import sort_key
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.leaf_names import leaf_names
from openletter.subscriber.matching import match
from openletter.subscriber.subscriber import Subscriber


class ToldOf(msgspec.Struct, frozen=True, kw_only=True):
    """As the account of reports has it (:mod:`openletter.report.reported`)."""

    first_reported: date
    last_reported: date
    times: int
    closed_at: date | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    subscriber: Subscriber
    record: SurveyRecord
    detail: EndpointDetail
    """Of that survey."""
    history: tuple[SeenAs, ...]
    """Of the endpoint in all surveys that are kept, the oldest first."""
    told: ToldOf | None
    """None where its owner was told of it in files alone, or never."""


def find_finding(store: Store, directory: Directory, link: FindingLink, today: date) -> Finding | None:
    """None where the link leads nowhere: its time is over, the subscriber is not there or not active any more or the endpoint is
    not its own any more, or no survey that asked it is kept. Raises StoreError."""
    if today > link.until:
        return None
    subscriber = directory.find(link.subscriber_id)
    if subscriber is None or not subscriber.active:
        return None
    history = endpoint_history(store, link.ip, link.port, link.host)
    if not history:
        return None
    record = store.survey(history[-1].survey)
    detail = one_endpoint(store, record, link.ip, link.port, link.host)
    if detail is None or not _belongs(detail, subscriber):
        return None
    return Finding(
        subscriber=subscriber,
        record=record,
        detail=detail,
        history=history,
        told=_told(store, link),
    )


def _belongs(detail: EndpointDetail, to: Subscriber) -> bool:
    row, known = detail.verdict, detail.known
    leaf = detail.chain[:1]
    certificate = sha256(leaf[0]).hexdigest() if leaf else ""
    table = pa.table(
        {
            "row": pa.array([0], pa.int64()),
            "ip_sort": pa.array([sort_key(row.ip)], pa.binary(16)),
            "asn": pa.array([known.asn if known else 0], pa.uint32()),
            "country": [row.country],
            "host": [row.host],
            "hostname": [known.hostname if known else row.host],
            "certificate": [certificate],
        }
    )
    names = leaf_names({certificate: leaf[0]}, set(to.domains)) if leaf and to.domains else None
    with connect() as database:
        database.register("endpoints", table)
        return bool(match(database, [to], "endpoints", leaf_names=names).num_rows)


_TOLD = """
SELECT first_reported, last_reported, times, closed_at FROM ({account})
WHERE subscriber = $subscriber AND ip_sort = $key AND port = $port AND host = $host
"""


def _told(store: Store, link: FindingLink) -> ToldOf | None:
    account = _TOLD.format(account=source(reported_files(store)))
    asked = {
        "subscriber": link.subscriber_id,
        "key": sort_key(link.ip),
        "port": link.port,
        "host": link.host,
    }
    with connect() as database:
        rows = database.sql(account, params=asked).to_arrow_table().to_pylist()
    return msgspec.convert(rows[0], ToldOf) if rows else None
