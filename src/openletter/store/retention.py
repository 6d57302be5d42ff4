"""What a store gives up: old surveys, but not their counts, and files that no reader can need any more."""

from collections.abc import Callable
from itertools import accumulate

import msgspec

from openletter.store.compaction import spare_spools
from openletter.store.file_set import Kind, Standing
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What a prune removed, or would."""

    surveys: tuple[str, ...]
    """Their endpoints; their counts and what the state has of them stay."""
    kept_back: tuple[str, ...]
    """Old enough, but not finished, not judged, or not in the state yet."""
    octets: int
    """That are freed, about."""


def _is_done(record: SurveyRecord) -> bool:
    return record.state is State.FINISHED and bool(record.verdicts) and record.merged == record.endpoints


def prune(
    store: Store,
    *,
    keep: int | None = None,
    older_than: float | None = None,
    dry_run: bool = False,
) -> Pruned:
    """Remove the endpoints of surveys beyond the latest ``keep`` and of those that began before ``older_than`` (Unix
    seconds), and all sets and spools that were replaced. Counted are those that are done: beside one that is running, the
    latest of which something is known always stays.

    Raises StoreError.
    """
    latest_first = [record for record in reversed(store.surveys()) if not record.pruned]
    done_later = accumulate((_is_done(record) for record in latest_first), initial=0)
    old = [
        record
        for record, later in zip(latest_first, done_later, strict=False)
        if later > 0
        and ((keep is not None and later >= keep) or (older_than is not None and record.started < older_than))
    ]
    gone = [record for record in reversed(old) if _is_done(record)]
    names = {record.id for record in gone}
    octets = _freed(store, names.__contains__)
    if not dry_run:
        store.manifest.give_up_spool(spare_spools(store))
        for record in gone:
            store.manifest.prune(record.id)
        store.manifest.retire(
            one.folder for one in store.manifest.sets() if one.standing is Standing.PREVIOUS
        )
        store.remove_leaving()
    return Pruned(
        surveys=tuple(record.id for record in gone),
        kept_back=tuple(record.id for record in reversed(old) if not _is_done(record)),
        octets=octets,
    )


def _freed(store: Store, is_pruned: Callable[[str], bool]) -> int:
    octets = 0
    for one in store.manifest.sets():
        whole = is_pruned(one.survey) and one.kind in (Kind.OBSERVATIONS, Kind.VERDICTS, Kind.ENDPOINTS)
        if whole or one.standing is not Standing.CURRENT:
            octets += one.octets
    return octets + sum(shard.octets for survey in spare_spools(store) for shard in store.shards(survey))
