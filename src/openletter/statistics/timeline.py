"""All surveys in the order in which they began, from their roll-ups alone: those that were pruned too."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from openletter.statistics.classes import ClassCount
from openletter.statistics.counts import Counts, counted, hosts, hosts_either
from openletter.statistics.interval import of_sample
from openletter.statistics.where import of_country
from openletter.store.database import connect, quoted
from openletter.store.file_set import Kind, Standing
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.rollup import ENDPOINTS, HOSTS


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One survey."""

    survey: str
    started: float
    """Unix seconds."""
    hosts_either: Counts
    hosts_pop3: Counts
    hosts_imap: Counts
    classes: tuple[ClassCount, ...]
    """Endpoints, the most first."""
    sampled: bool


_NOTHING = (0,) * 5


def _listed(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(quoted, files))}], filename = true)"


def _hosts(files: Sequence[Path], country: str | None) -> dict[Path, tuple[tuple[int, ...], ...]]:
    where, parameters = of_country(country)
    columns = f"[{hosts_either()}], [{hosts('pop3')}], [{hosts('imap')}]"
    sql = f"SELECT filename, {columns} FROM {_listed(files)} WHERE {where} GROUP BY filename"  # noqa: S608 - our own words
    with connect() as database:
        return {
            Path(name): tuple(map(tuple, numbers))
            for name, *numbers in database.execute(sql, parameters).fetchall()
        }


def _classes(files: Sequence[Path], country: str | None) -> dict[Path, list[ClassCount]]:
    where, parameters = of_country(country)
    sql = f"""
SELECT filename, class, coalesce(sum(n) FILTER (WHERE protocol = 'pop3'), 0)::BIGINT,
       coalesce(sum(n) FILTER (WHERE protocol = 'imap'), 0)::BIGINT, sum(n)::BIGINT AS many, bool_or(strict), bool_or(wide)
FROM {_listed(files)} WHERE {where} GROUP BY filename, class ORDER BY many DESC, class
"""  # noqa: S608 - our own words
    found: dict[Path, list[ClassCount]] = {}
    with connect() as database:
        for name, *values in database.execute(sql, parameters).fetchall():
            found.setdefault(Path(name), []).append(ClassCount(*values))
    return found


def timeline(store: Store, *, country: str | None = None) -> tuple[Moment, ...]:
    """All judged surveys, the oldest first; a survey that has nothing of the ``country`` with zeros. Raises StoreError."""
    current = {
        one.survey: store.root / one.folder
        for one in store.manifest.sets(kind=Kind.ROLLUPS)
        if one.standing is Standing.CURRENT
    }
    kept: list[tuple[SurveyRecord, Path]] = [
        (record, current[record.id]) for record in store.surveys() if record.id in current
    ]
    if not kept:
        return ()
    of_hosts = _hosts([folder / HOSTS for _, folder in kept], country)
    of_classes = _classes([folder / ENDPOINTS for _, folder in kept], country)
    moments = []
    for record, folder in kept:
        sampled = of_sample(record) < 1
        numbers = of_hosts.get(folder / HOSTS, (_NOTHING,) * 3)
        either, pop3, imap = (counted(five, sampled=sampled) for five in numbers)
        moments.append(
            Moment(
                survey=record.id,
                started=record.started,
                hosts_either=either,
                hosts_pop3=pop3,
                hosts_imap=imap,
                classes=tuple(of_classes.get(folder / ENDPOINTS, ())),
                sampled=sampled,
            )
        )
    return tuple(moments)
