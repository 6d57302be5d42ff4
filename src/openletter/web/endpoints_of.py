"""Questions about the endpoints of a survey themselves, of which a pruned one has none any more."""

from collections.abc import Callable
from typing import TypeVar

from openletter.statistics.database import Verdicts
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.web.snapshot import Snapshot

Answer = TypeVar("Answer")


async def over_endpoints(
    snapshot: Snapshot, record: SurveyRecord, function: Callable[[Store, Verdicts], Answer]
) -> Answer:
    """As :meth:`Snapshot.over`. Raises NoSurveyError too, where the survey was pruned: no endpoint is not the same as
    none that fits."""

    def asked(store: Store, verdicts: Verdicts) -> Answer:
        store.endpoint_files(record)
        return function(store, verdicts)

    return await snapshot.over(record, asked)
