"""One network or one product in all surveys that were enriched, the oldest first. From their roll-ups alone."""

from pathlib import Path

import msgspec

from openletter.statistics.asn import AnsweredHosts
from openletter.statistics.interval import AffectedIntervals, of_sample, wilson
from openletter.store.database import connect, quoted
from openletter.store.file_set import Kind, Standing
from openletter.store.record import SurveyRecord
from openletter.store.store import Store


class NetworkMoment(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    started: float
    """Unix seconds."""
    hosts: AnsweredHosts


class ProductMoment(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    started: float
    endpoints: int
    """That answered, as those that follow."""
    strict: int
    wide: int


def _rollups(store: Store, name: str) -> list[tuple[SurveyRecord, Path]]:
    """The roll-up of that name of each survey that has it."""
    found = {
        one.survey: store.root / one.folder / name
        for one in store.manifest.sets(kind=Kind.ROLLUPS)
        if one.standing is Standing.CURRENT and any(file.name == name for file in one.files)
    }
    return [(record, found[record.id]) for record in store.surveys() if record.id in found]


def _numbers(
    files: list[Path], columns: tuple[str, ...], where: str, parameter: object
) -> dict[Path, tuple[int, ...]]:
    sums = ", ".join(f"coalesce(sum({column}), 0)::BIGINT" for column in columns)
    listed = ", ".join(map(quoted, files))
    sql = f"SELECT filename, {sums} FROM read_parquet([{listed}], filename = true) WHERE {where} GROUP BY filename"  # noqa: S608
    with connect() as database:
        return {
            Path(name): tuple(numbers) for name, *numbers in database.execute(sql, [parameter]).fetchall()
        }


def network_course(store: Store, asn: int) -> tuple[NetworkMoment, ...]:
    """With zeros where a survey found nothing in the network. Raises StoreError."""
    kept = _rollups(store, "asns.parquet")
    if not kept:
        return ()
    columns = ("hosts_answered", "hosts_unknown", "hosts_strict", "hosts_wide")
    found = _numbers([path for _, path in kept], columns, "asn = ?", asn)
    moments = []
    for record, path in kept:
        answered, unknown, strict, wide = found.get(path, (0, 0, 0, 0))
        intervals = None
        if of_sample(record) < 1:
            intervals = AffectedIntervals(wilson(strict, answered), wilson(wide, answered))
        hosts = AnsweredHosts(answered, unknown, strict, wide, intervals)
        moments.append(NetworkMoment(survey=record.id, started=record.started, hosts=hosts))
    return tuple(moments)


def product_course(store: Store, product: str) -> tuple[ProductMoment, ...]:
    """``product`` as in :func:`openletter.statistics.profile.product_profile`. Raises StoreError."""
    kept = _rollups(store, "products.parquet")
    if not kept:
        return ()
    columns = ("n", "CASE WHEN strict THEN n END", "CASE WHEN wide THEN n END")
    where = "class <> 'unreachable' AND product = ?"
    word = "" if product == "unknown" else product
    found = _numbers([path for _, path in kept], columns, where, word)
    return tuple(
        ProductMoment(survey=record.id, started=record.started, endpoints=many, strict=strict, wide=wide)
        for record, path in kept
        for many, strict, wide in [found.get(path, (0, 0, 0))]
    )
