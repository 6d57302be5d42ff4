"""A store of the simulated world: some surveys, a day apart, made without a network and published as real ones are.

1. The hosts and their lives are told by the lab's functions of address and day (:mod:`openletter.lab.internet.days`).
2. Each distinct way to be a host is really spoken to, in memory, and really judged: its *specimen*.
3. Part by part, specimens' rows are replicated over the addresses of each day, by several processes.
4. Each day's files are counted and published, and with the last the state.

Memory holds the hosts as small numbers and one part a process.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from openletter.engine.deadlines import Deadlines
from openletter.enrich.dataset import GeoData, of_user
from openletter.enrich.enriching import enrich_table
from openletter.generated.cast import Cast, specimens
from openletter.generated.hosts import Hosts, hosts_of, parts
from openletter.generated.part import PORTS, DayFiles, PartWork, write_part, write_specimens
from openletter.generated.publishing import (
    add_surveys,
    new_folders,
    publish_state,
    publish_survey,
    sets_of,
)
from openletter.generated.truth import Generated, SurveyTruth, counted, survey_truth, words_of, write_truth
from openletter.lab.internet.certificates import certificates_in
from openletter.lab.internet.contexts import tls_peers
from openletter.lab.internet.days import Days
from openletter.lab.internet.networks import write_networks
from openletter.lab.internet.population import World
from openletter.lab.internet.simulation import default_cache
from openletter.store.certificates import Certificates
from openletter.store.compaction import PART_ROWS
from openletter.store.error import StoreError
from openletter.store.file_set import Kind, part_name
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.store.workforce import default_processes, spread
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_table
from openletter.verdict.verdict_table import to_table

DAYS_OF_A_TASK = 10
"""Written by one process in one go: what is made anew for each task is then a small part of it."""

Watch = Callable[[str, int, int], None]
"""Is told what is being done, and how much of how much of it is done."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What store is wanted."""

    scale: int
    days: int
    full: int = 1
    """So many of the latest surveys keep their observations."""
    seed: int
    until: float | None = None
    """When the last survey begins, Unix seconds; the last midnight (UTC) where it is not said. The lab's certificates are of
    today: who judges observations anew that are said to be older than a month finds them not yet valid."""


def generate(
    root: Path,
    order: Order,
    *,
    cache: Path | None = None,
    processes: int | None = None,
    part_rows: int = PART_ROWS,
    watch: Watch = lambda *_: None,
) -> Generated:
    """Make a store in a new or empty folder; what it holds. ``cache`` is for the lab's certificates. A folder whose store
    could not be made is as it was before.

    Raises ``ValueError`` for an order that cannot be, StoreError, OSError.
    """
    if not 0 <= order.full <= order.days:
        raise ValueError(f"full is {order.full}: it must lie between 0 and the number of days, {order.days}")
    if (root / "manifest.sqlite").exists():
        raise StoreError(f"{root}: there is a store here already; name a new or an empty folder")
    days = Days(World(order.scale, order.seed), order.days)
    with _all_or_nothing(root) as store:
        return _filled(store, order, days, cache or default_cache(), processes, part_rows, watch)


@contextmanager
def _all_or_nothing(root: Path) -> Iterator[Store]:
    """A store in a folder that holds nothing; where it cannot be filled, the folder holds nothing again."""
    was_there = root.exists()
    with Store(root, create=True) as store:
        try:
            yield store
        except BaseException:
            store.close()
            for path in root.iterdir():
                if path.is_dir():
                    rmtree(path)
                else:
                    path.unlink()
            if not was_there:
                root.rmdir()
            raise


def _filled(
    store: Store,
    order: Order,
    days: Days,
    cache: Path,
    processes: int | None,
    part_rows: int,
    watch: Watch,
) -> Generated:
    cast = Cast()
    hosts = hosts_of(days, cast, lambda done, of: watch("populating the world", done, of))
    records = add_surveys(store, days.world, hosts, days=order.days, until=order.until)
    hands = processes or default_processes(len(PORTS) * len(hosts) * order.days)
    with TemporaryDirectory(prefix=".generating-", dir=store.root) as folder:
        tables = _specimens(store, cast, cache, Path(folder), watch)
        networks = _networks(store, days.world, Path(folder))
        folders = new_folders(store, records, order.full)
        tasks = _tasks(store.root, days.world, hosts, cast, networks, tables, records, folders, part_rows)
        written = spread(
            write_part,
            tasks,
            processes=hands,
            watch=lambda done, of: watch("writing the surveys", done, of),
        )
    sets = sets_of(records, folders, [day for task in written for day in task])
    for number, record in enumerate(records):
        watch("counting the surveys", number, len(records))
        publish_survey(store, record, sets[number], networks)
    publish_state(store, records, sets)
    generated = _truth(order, days.world, hosts, cast, records, watch)
    write_truth(store.root, generated)
    return generated


def _specimens(store: Store, cast: Cast, cache: Path, folder: Path, watch: Watch) -> dict[Kind, str]:
    """Speak to all who play, judge them, keep their certificates; the files with a row for each."""
    made = certificates_in(cache)
    book = CertificateBook()
    now = time.time()
    observations = specimens(
        cast,
        tls_peers(made),
        FastClient(book),
        started=now,
        deadlines=Deadlines(),
        watch=lambda done, of: watch("speaking to everyone once", done, of),
    )
    ders = book.take()
    with Certificates(store.root) as kept:
        kept.add(ders.items())
    judged = judge_table(observations, ders, Trust(extra_pem=made / "root.pem"))
    verdicts = to_table(observations, judged.verdicts, judged.which)
    tables: dict[Kind, Any] = {
        Kind.OBSERVATIONS: observations,
        Kind.VERDICTS: verdicts,
        # Where they are is filled in for each host.
        Kind.ENDPOINTS: enrich_table(verdicts, observations, (), {}, lambda _: ders),
    }
    tables[Kind.STATE] = tables[Kind.ENDPOINTS]
    return {kind: write_specimens(folder / f"{kind}.arrow", table) for kind, table in tables.items()}


def _networks(store: Store, world: World, folder: Path) -> GeoData:
    """The lab's own data set, as a user would give it by ``--geo``."""
    path = folder / "networks.csv"
    with path.open("w", encoding="ascii") as out:
        write_networks(world, out)
    return of_user(path, store.root)


def _tasks(
    root: Path,
    world: World,
    hosts: Hosts,
    cast: Cast,
    networks: GeoData,
    tables: Mapping[Kind, str],
    records: list[SurveyRecord],
    folders: list[dict[Kind, str]],
    part_rows: int,
) -> list[PartWork]:
    tasks = []
    moments = tuple(record.started for record in records)
    for number, (start, end) in enumerate(parts(hosts, part_rows // len(PORTS))):
        part = hosts.slice(start, end)
        name = part_name(number)
        targets = [
            DayFiles(
                day=day,
                started=record.started,
                files={kind: str(root / folder / name) for kind, folder in folders[day].items()},
                bare=Kind.OBSERVATIONS not in folders[day],
            )
            for day, record in enumerate(records)
        ]
        tasks += [
            PartWork(
                hosts=part,
                countries=tuple(stretch.quota.country for stretch in world.stretches),
                unreached=(cast.unreached["pop3"], cast.unreached["imap"]),
                networks=(networks,),
                specimens=dict(tables),
                days=tuple(targets[first : first + DAYS_OF_A_TASK]),
                moments=moments,
            )
            for first in range(0, len(targets), DAYS_OF_A_TASK)
        ]
    return tasks


def _truth(
    order: Order, world: World, hosts: Hosts, cast: Cast, records: list[SurveyRecord], watch: Watch
) -> Generated:
    words = words_of(cast)
    countries = tuple(stretch.quota.country for stretch in world.stretches)
    surveys: list[SurveyTruth] = []
    for day, playing in enumerate(counted(hosts, cast, order.days)):
        watch("counting the truth", day, order.days)
        surveys.append(survey_truth(records[day].id, day, playing, words, countries))
    return Generated(scale=order.scale, seed=order.seed, days=order.days, surveys=tuple(surveys))
