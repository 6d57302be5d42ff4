"""A survey's endpoints with all that is known of them, made of its verdicts and its observations file by file, by several
processes; memory holds one file a process. No row is ever a Python object: what is looked at one by one are distinct
addresses' ranges, leaves and manners of speech.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openletter.enrich import endpoint_table, leaf, product_columns
from openletter.enrich.dataset import GeoData
from openletter.enrich.endpoint_table import CountrySource
from openletter.enrich.join import locate
from openletter.enrich.name_cache import FILE as NAMES
from openletter.enrich.name_cache import NameCache
from openletter.enrich.names import exposed_addresses, named
from openletter.enrich.rollup import ALL_QUESTIONS
from openletter.enrich.sector import NO_SECTORS, Sectors, read_sectors, traded
from openletter.store.certificates import Certificates
from openletter.store.columns import TEXT, WORD
from openletter.store.compaction import GROUP_ROWS
from openletter.store.error import DamagedStoreError, StoreError
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder
from openletter.store.files import make_folder, publish_whole_table, read_table
from openletter.store.record import DataSet, SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import default_processes, spread
from openletter.verdict.judging import Further, Furtherance
from openletter.verdict.rollup import write_rollups

_READ = ("ip_sort", "port", *leaf.READ, *product_columns.READ)


class Enrichment(msgspec.Struct, frozen=True, kw_only=True):
    """What an enriching came to."""

    survey: str
    endpoints: int
    datasets: tuple[DataSet, ...]


class _Work(msgspec.Struct, frozen=True):
    """One file to be enriched."""

    root: str
    observations: str
    verdicts: str
    target: str
    sources: tuple[GeoData, ...]
    sectors: str
    """Path of the user's file; empty where there is none."""


def enrich_table(
    verdicts: Any,
    observations: Any,
    sources: Sequence[GeoData],
    names: Mapping[bytes, str],
    certificates: Callable[[set[str]], Mapping[str, bytes]],
    sectors: Sectors = NO_SECTORS,
) -> Any:
    """A ``pyarrow.Table`` as :mod:`openletter.enrich.endpoint_table` has it: a row for each of the verdicts.

    ``observations`` are those that they were made of, in the same order; ``names`` are those of DNS by address, sixteen
    octets; ``certificates`` finds DER by SHA-256. Raises DataSetError, StoreError.
    """
    place = _located(verdicts, sources)
    country, country_source = _country(verdicts, place.pop("country"))
    seen = leaf.sessions(observations)
    leaves = leaf.leaves(seen.certificate, certificates(set(pc.unique(seen.certificate).to_pylist()) - {""}))
    names_of = named(
        verdicts.column("ip_sort").combine_chunks(),
        verdicts.column("host").combine_chunks(),
        seen.certificate,
        names,
        leaves.names,
    )
    trades = traded(verdicts.column("ip_sort").combine_chunks(), place["asn"], names_of.hostname, sectors)
    spoken = product_columns.products(observations)
    added = {
        "country_source": country_source,
        "region": place["region"],
        "city": place["city"],
        "asn": place["asn"],
        "network_name": place["name"],
        "hostname": names_of.hostname,
        "hostname_source": names_of.source,
        "sector": trades.sector,
        "naics": trades.naics,
        "product": spoken.product,
        "product_version": spoken.version,
        "product_certainty": spoken.certainty,
        "tls_version": seen.version,
        "cipher": seen.cipher,
        "certificate": seen.certificate,
        "cert_issuer": leaves.issuer,
        "cert_key": leaves.key,
        "cert_signature": leaves.signature,
        "cert_not_after": leaves.not_after,
    }
    return endpoint_table.to_table(verdicts, country, added)


def _located(verdicts: Any, sources: Sequence[GeoData]) -> dict[str, Any]:
    """What the data sets know of each row, an array of each of ``range_table.PLACES``."""
    # The ports of a host stand together and rows are sorted, so distinct addresses come out sorted.
    addresses = verdicts.column("ip_sort").combine_chunks().dictionary_encode()
    found = locate(addresses.dictionary, sources)
    return {name: column.take(addresses.indices) for name, column in found.items()}


def _country(verdicts: Any, told: Any) -> tuple[Any, Any]:
    """The country of each row, and where it is from: the scope's label wins."""
    labelled = verdicts.column("country").combine_chunks().cast(TEXT.arrow)
    told = told.cast(TEXT.arrow)
    by_scope, by_data = pc.not_equal(labelled, ""), pc.not_equal(told, "")
    country = pc.if_else(by_scope, labelled, told)
    data = pc.if_else(by_data, CountrySource.DATA.value, CountrySource.NONE.value)
    source = pc.if_else(by_scope, CountrySource.SCOPE.value, data)
    return tuple(column.dictionary_encode().cast(WORD.arrow) for column in (country, source))


def _read(path: Path, columns: Sequence[str] | None) -> Any:
    try:
        return read_table(path, list(columns) if columns else None).unify_dictionaries().combine_chunks()
    except KeyError as error:
        raise DamagedStoreError(f"{path}: lacks a column of observations ({error})") from error


def _enrich_file(work: _Work) -> StoredFile:
    verdicts, observations = _read(Path(work.verdicts), None), _read(Path(work.observations), _READ)
    for name in ("ip_sort", "port"):
        if not verdicts.column(name).equals(observations.column(name)):
            raise StoreError(f"{work.verdicts}: was made of other observations; judge the survey anew")
    root = Path(work.root)
    names = _names_of(root, Path(work.verdicts))
    with Certificates(root) as kept:
        table = enrich_table(verdicts, observations, work.sources, names, kept.find, _sectors(work.sectors))
    target = Path(work.target)
    written = publish_whole_table(target, table, group_rows=GROUP_ROWS)
    return StoredFile(name=target.name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)


@lru_cache(maxsize=1)
def _sectors(path: str) -> Sectors:
    """Kept for the files that this process enriches next."""
    return read_sectors(Path(path)) if path else NO_SECTORS


def _names_of(root: Path, verdicts: Path) -> dict[bytes, str]:
    """Names of DNS, as far as the store holds them, of the addresses whose owners are to be found."""
    if not (root / NAMES).exists():
        return {}
    with NameCache(root) as names:
        return names.names(exposed_addresses([verdicts]))


def _pairs(store: Store, record: SurveyRecord, verdicts: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Each file of observations with the verdicts that were made of it."""
    current = store.current(Kind.OBSERVATIONS, record.id)
    observations = {path.name: path for path in store.files_of(current)} if current else {}
    if sorted(observations) != sorted(path.name for path in verdicts):
        raise StoreError(
            f"survey {record.id} has other observations than it was judged by; judge it anew "
            f"(openletter judge --survey {record.id})"
        )
    return [(observations[path.name], path) for path in verdicts]


def _write(
    store: Store,
    record: SurveyRecord,
    verdicts: Sequence[Path],
    sources: Sequence[GeoData],
    sectors: Path | None,
    watch: Callable[[int, int], None],
    processes: int | None,
) -> Further:
    """Endpoint tables of files of verdicts, and the roll-ups; they are not published yet."""
    folder = new_folder(Kind.ENDPOINTS, record.id)
    make_folder(store.root / folder)
    work = [
        _Work(
            str(store.root),
            str(observed),
            str(judged),
            str(store.root / folder / judged.name),
            tuple(sources),
            str(sectors or ""),
        )
        for observed, judged in _pairs(store, record, verdicts)
    ]
    hands = processes or default_processes(sum(pq.read_metadata(path).num_rows for path in verdicts))
    files = tuple(spread(_enrich_file, work, processes=hands, watch=watch))
    endpoints = FileSet(folder=folder, kind=Kind.ENDPOINTS, survey=record.id, files=files)
    rollups = write_rollups(store, record.id, store.files_of(endpoints), ALL_QUESTIONS)
    return Further((endpoints, rollups), tuple(source.described for source in sources))


def enriching(
    store: Store,
    record: SurveyRecord,
    sources: Sequence[GeoData],
    *,
    sectors: Path | None = None,
    processes: int | None = None,
) -> Furtherance:
    """For :func:`openletter.verdict.judging.judge_survey`: enrich the verdicts in the same step, so that nobody sees them
    without. It raises DataSetError, StoreError."""
    return lambda verdicts, watch: _write(store, record, verdicts, sources, sectors, watch, processes)


def enrich_survey(
    store: Store,
    record: SurveyRecord,
    sources: Sequence[GeoData],
    *,
    sectors: Path | None = None,
    watch: Callable[[int, int], None] = lambda *_: None,
    processes: int | None = None,
) -> Enrichment:
    """Enrich the published verdicts of a survey, and put the endpoint tables and roll-ups in the place of those before.

    ``sources`` in the order in which they are asked; ``sectors`` is a user's file (:mod:`openletter.enrich.sector`); names of
    DNS are those that the store holds. ``watch`` is told how much of how much is done. Raises NoSurveyError where there are
    no verdicts, DataSetError, StoreError; then what was there before stands.
    """
    with store.building(Kind.VERDICTS, Kind.ENDPOINTS, Kind.ROLLUPS, survey=record.id):
        record = store.survey(record.id)
        made = _write(store, record, store.verdict_files(record), sources, sectors, watch, processes)
        store.manifest.publish(made.sets, datasets=made.datasets)
    store.remove_leaving()
    endpoints = sum(one.rows for one in made.sets if one.kind is Kind.ENDPOINTS)
    return Enrichment(survey=record.id, endpoints=endpoints, datasets=made.datasets)
