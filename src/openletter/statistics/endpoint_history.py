"""One endpoint over time: what each survey made of it, and what the state has of it."""

from pathlib import Path

import msgspec

from openletter.statistics.address_rows import FILE, rows_of_address
from openletter.statistics.database import Verdicts
from openletter.statistics.history import SeenAs
from openletter.store.file_set import Kind
from openletter.store.observation_table import sort_key
from openletter.store.store import Store


class EndpointTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Of the state (:mod:`openletter.verdict.state`). All are Unix seconds, the times at which surveys began."""

    first_seen: float | None
    """Null where it never answered, as the next."""
    last_seen: float | None
    changed_at: float
    previous_class: str
    """Empty where it never had another one."""
    asked: float
    exposed_since: float | None
    """Null where it never was exposed (wide), as far as is known."""
    exposed_until: float | None
    """Null while it is exposed."""


_SEEN = ("port", "host", "protocol", "class", "severity", "unknown", "evidence", "findings")
_TIMES = tuple(field.name for field in msgspec.structs.fields(EndpointTimes))


def endpoint_history(
    store: Store, ip: str, port: int, host: str = "", *, through: Verdicts | None = None
) -> tuple[SeenAs, ...]:
    """In all surveys that still have their endpoints, the oldest first. ``through``: a database that is open already.

    Raises StoreError.
    """
    records = [record for record in store.surveys() if record.verdicts and not record.pruned]
    of = {str(path): record for record in records for path in store.verdict_files(record)}
    rows = rows_of_address(list(map(Path, of)), sort_key(ip), _SEEN, through=through)
    found = []
    for row in rows.to_pylist() if rows is not None else ():
        if (row["port"], row["host"]) == (port, host):
            record = of[row[FILE]]
            said = {name: row[name] for name in _SEEN}
            found.append(msgspec.convert({**said, "survey": record.id, "started": record.started}, SeenAs))
    return tuple(sorted(found, key=lambda seen: seen.survey))


def endpoint_times(
    store: Store, ip: str, port: int, host: str = "", *, through: Verdicts | None = None
) -> EndpointTimes | None:
    """``None`` where the state does not have it. Raises StoreError."""
    state = store.current(Kind.STATE)
    if state is None:
        return None
    rows = rows_of_address(store.files_of(state), sort_key(ip), through=through)
    for row in rows.to_pylist() if rows is not None else ():
        if (row["port"], row["host"]) == (port, host):
            # A state of version 1 knows nothing of exposure.
            return msgspec.convert({name: row.get(name) for name in _TIMES}, EndpointTimes)
    return None
