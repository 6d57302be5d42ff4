"""What was handed over is written into the account of what subscribers were told of, and that it was, into the outbox.

In this order, so that a crash in between writes the same down twice, which changes nothing, and never not at all.
"""

from itertools import groupby

import pyarrow as pa

from openletter.report.mail.outbox import Outbox
from openletter.report.mail.writing import unpack
from openletter.report.reported import record_reported
from openletter.store.store import Store


def record_told(store: Store, outbox: Outbox, *, now: float) -> int:
    """How many messages it was. Before each run, for what a run before could not write down, and after it. Raises StoreError."""
    waiting = outbox.unrecorded()
    for (day, survey), group in groupby(waiting, key=lambda one: (one[0].day, one[0].survey)):
        some = list(group)
        table = pa.concat_tables(unpack(standings) for _, standings in some)
        record_reported(store, store.survey(survey), table, day)
        outbox.record([message.id for message, _ in some], now=now)
    return len(waiting)
