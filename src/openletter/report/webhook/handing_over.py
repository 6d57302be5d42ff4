"""A webhook as a way to tell subscribers: what is due is put down, posted, and counts as told when all of it was accepted."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.link import Links
from openletter.report.reported import record_reported
from openletter.report.standing import standings
from openletter.report.webhook.payload import bodies
from openletter.report.webhook.posting import Hook, Posting, post_all
from openletter.report.webhook.queue import LOCK, Handover, WebhookQueue
from openletter.store.error import NoSurveyError
from openletter.store.lock import Lock
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

_BUSY = "findings of this store are being posted by another process; wait for it"


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    """Messages, those that an earlier run had left among them."""
    findings: dict[str, int]
    """By slug, what was put down by this run."""
    refused: tuple[str, ...] = ()
    """What is not taken, in words; it waits."""


class Post(Protocol):
    """As :func:`openletter.report.webhook.posting.post_all`."""

    def __call__(self, queue: WebhookQueue, hook: Hook, without: Collection[int] = (), /) -> Posting: ...


def hand_over(
    store: Store,
    record: SurveyRecord,
    directory: Directory,
    hook: Hook,
    on: date,
    *,
    subscribers: Sequence[Subscriber] | None = None,
    links: Links | None = None,
    copy: bool = False,
    post: Post = post_all,
) -> Posted:
    """Post how each finding of the ``subscribers`` (all that are active) stands on a day; first what an earlier run has left.
    ``copy``: nobody counts as told by it. Raises WebhookError, NoSurveyError, StoreError; what was accepted until then is
    settled."""
    url = str(hook.url)
    with Lock(store.root / LOCK, _BUSY), WebhookQueue(store.root) as queue:
        try:
            settle(store, queue)
            before = post(queue, hook)
            # What an earlier run told counts before it is asked how things stand.
            settle(store, queue)
            told = directory.list(active=True) if subscribers is None else tuple(subscribers)
            found = standings(store, record, directory, on, subscribers=told)
            put = {}
            for one in told:
                rows = found.filter(pc.equal(found.column("subscriber"), one.id))
                if not rows.num_rows:
                    continue
                if queue.put(
                    url,
                    bodies(rows, one, survey=record.id, began=record.started, day=on, links=links),
                    subscriber=one.id,
                    slug=one.slug,
                    survey=record.id,
                    day=on,
                    copy=copy,
                    standings=_octets(rows),
                ):
                    put[one.slug] = rows.num_rows
            after = post(queue, hook, before.refused)
            return Posted(
                accepted=before.accepted + after.accepted,
                findings=put,
                refused=(*before.refused.values(), *after.refused.values()),
            )
        finally:
            settle(store, queue)


def settle(store: Store, queue: WebhookQueue) -> None:
    """Write down who was told by what was accepted. Doing it twice changes nothing. Raises StoreError."""
    groups: dict[tuple[str, date], list[Handover]] = {}
    for one in queue.accepted():
        groups.setdefault((one.survey, one.day), []).append(one)
    for (survey, day), handovers in groups.items():
        rows = [_table(one.standings) for one in handovers if not one.copy]
        if rows:
            try:
                record = store.survey(survey)
            except NoSurveyError:
                # It was pruned meanwhile: there is nothing left that an account could be held against.
                record = None
            if record is not None:
                record_reported(store, record, pa.concat_tables(rows), day)
        queue.settle([one.id for one in handovers])


def _octets(rows: Any) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(rows)
    return bytes(out.getvalue())


def _table(octets: bytes) -> Any:
    with pa.ipc.open_stream(octets) as stream:
        return stream.read_all()
