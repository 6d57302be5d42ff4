"""Surveys of a generated store in its manifest: each is added, its files become sets, and these are published as compaction,
judging, enriching and merging publish theirs."""

import time

from openletter import __version__
from openletter.enrich.dataset import GeoData
from openletter.enrich.rollup import ALL_QUESTIONS
from openletter.generated.hosts import Hosts
from openletter.generated.part import PORTS, SPREAD_S, PartDay
from openletter.lab.internet.population import FIRST, World
from openletter.scope.address import text
from openletter.scope.description import ScopeDescription, Span
from openletter.scope.ports import REGISTERED
from openletter.store.file_set import FileSet, Kind, Standing, StoredFile, new_folder
from openletter.store.files import make_folder
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.verdict.rollup import write_rollups
from openletter.verdict.verdict import RULES_VERSION

DAY_S = 86_400


def add_surveys(
    store: Store, world: World, hosts: Hosts, *, days: int, until: float | None
) -> list[SurveyRecord]:
    """A survey for each day, the oldest first, not finished yet. ``until`` is when the last one begins, Unix seconds; the last
    midnight (UTC) where it is not said."""
    last = until if until is not None else time.time() // DAY_S * DAY_S
    spans = tuple(
        Span(
            text(FIRST + stretch.first),
            text(FIRST + stretch.first + stretch.size - 1),
            stretch.quota.country,
        )
        for stretch in world.stretches
        if stretch.size
    )
    records = []
    for day in range(days):
        there = sum(appears <= day for appears in hosts.appears)
        plan = Plan(
            scope=ScopeDescription(
                targets=(f"the simulated world at 1:{world.scale}",), plan=REGISTERED, spans=spans
            ),
            endpoints=len(PORTS) * there,
            seed=world.seed,
            shards=1,
            conditions=Conditions(),
            vantage=Vantage(name="generated"),
        )
        began = last - (days - 1 - day) * DAY_S
        records.append(store.add_survey(plan, now=began, tool_version=__version__))
    return records


def new_folders(store: Store, records: list[SurveyRecord], full: int) -> list[dict[Kind, str]]:
    """The new folder of each set of each survey."""
    folders = []
    for number, record in enumerate(records):
        kinds = {Kind.ENDPOINTS: "", Kind.VERDICTS: RULES_VERSION}
        if number >= len(records) - full:
            kinds[Kind.OBSERVATIONS] = ""
        if number == len(records) - 1:
            kinds[Kind.STATE] = ""
        made = {kind: new_folder(kind, record.id, label) for kind, label in kinds.items()}
        for folder in made.values():
            make_folder(store.root / folder)
        folders.append(made)
    return folders


def sets_of(
    records: list[SurveyRecord], folders: list[dict[Kind, str]], written: list[PartDay]
) -> list[dict[Kind, FileSet]]:
    files: dict[tuple[int, Kind], list[StoredFile]] = {}
    for part in written:
        for kind, stored in part.files.items():
            files.setdefault((part.day, kind), []).append(stored)
    return [
        {
            kind: FileSet(
                folder=folder,
                kind=kind,
                survey=record.id,
                files=tuple(sorted(files[day, kind], key=lambda file: file.name)),
            )
            for kind, folder in folders[day].items()
        }
        for day, record in enumerate(records)
    ]


def publish_survey(store: Store, record: SurveyRecord, sets: dict[Kind, FileSet], networks: GeoData) -> None:
    """As compaction, judging and enriching do, and then the survey is finished."""
    if Kind.OBSERVATIONS in sets:
        store.manifest.publish([sets[Kind.OBSERVATIONS]])
    store.manifest.begin_run(record.id)
    store.manifest.give_up_spool([record.id])
    endpoints = sets[Kind.ENDPOINTS]
    rollups = write_rollups(store, record.id, store.files_of(endpoints), ALL_QUESTIONS)
    store.manifest.publish(
        [sets[Kind.VERDICTS], endpoints, rollups],
        rules_version=RULES_VERSION,
        datasets=(networks.described,),
    )
    store.manifest.end_run(record.id, State.FINISHED, record.started + SPREAD_S)


def publish_state(store: Store, records: list[SurveyRecord], sets: list[dict[Kind, FileSet]]) -> None:
    """The last state is published as made of all surveys before it, whose states nobody will ask for."""
    for record, made in zip(records, sets, strict=True):
        state = made.get(Kind.STATE) or FileSet(
            folder=new_folder(Kind.STATE, record.id), kind=Kind.STATE, survey=record.id
        )
        store.manifest.publish([state], merged=made[Kind.ENDPOINTS].folder)
    store.manifest.retire(
        one.folder for one in store.manifest.sets(kind=Kind.STATE) if one.standing is not Standing.CURRENT
    )
    store.remove_leaving()
