"""Publishes one survey after the other into a generated store, by the real judging, enriching and merging, until its standard
input ends: what goes on beside the readers of ``bench/web.py``.

    python bench/web_publisher.py STORE CACHE

Each survey has the observations of one of the store's full ones, in turn, so that what it must be found to hold is known: the
line ``{"survey": ..., "like": ...}`` on standard output says it before anything of the survey is published, and
``{"published": ...}`` that it is.
"""

import itertools
import json
import os
import select
import sys
import tempfile
from pathlib import Path

from openletter.enrich.dataset import GeoData, of_user
from openletter.enrich.enriching import enriching
from openletter.generated.truth import read_truth
from openletter.lab.internet.certificates import certificates_in
from openletter.lab.internet.networks import write_networks
from openletter.lab.internet.population import World
from openletter.store.file_set import FileSet, Kind, new_folder
from openletter.store.files import make_folder
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import merge_state

DAY = 86_400.0


def say(**words: str) -> None:
    print(json.dumps(words), flush=True)


def full_surveys(store: Store) -> list[SurveyRecord]:
    """Those whose observations are there, the latest two: one alone would hide what is shown of the wrong survey."""
    return [one for one in store.surveys() if store.current(Kind.OBSERVATIONS, one.id)][-2:]


def networks_of(store: Store, world: World) -> GeoData:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "networks.csv")
        with path.open("w", encoding="ascii") as out:
            write_networks(world, out)
        return of_user(path, store.root)


def observed(store: Store, like: SurveyRecord) -> SurveyRecord:
    """A new survey a day after the latest, finished and not judged, with the observations of another."""
    latest = store.surveys()[-1]
    record = store.add_survey(like.plan, now=latest.started + DAY, tool_version="bench")
    say(survey=record.id, like=like.id)
    there = store.current(Kind.OBSERVATIONS, like.id)
    assert there is not None
    folder = new_folder(Kind.OBSERVATIONS, record.id)
    make_folder(store.root / folder)
    for file in there.files:
        (store.root / folder / file.name).hardlink_to(store.root / there.folder / file.name)
    store.manifest.publish(
        [FileSet(folder=folder, kind=Kind.OBSERVATIONS, survey=record.id, files=there.files)]
    )
    store.manifest.begin_run(record.id)
    store.manifest.give_up_spool([record.id])
    store.manifest.end_run(record.id, State.FINISHED, record.started + DAY / 8)
    return store.survey(record.id)


def is_over() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def main(arguments: list[str]) -> int:
    root, cache = map(Path, arguments)
    # The machine is the readers' first, as it would be where both have to share one.
    os.nice(10)
    made = read_truth(root)
    with Store(root) as store:
        sources = [networks_of(store, World(made.scale, made.seed))]
        trust = Trust(extra_pem=certificates_in(cache) / "root.pem")
        for like in itertools.cycle(full_surveys(store)):
            record = observed(store, like)
            judge_survey(
                store, record, trust, further=enriching(store, record, sources, processes=1), processes=1
            )
            say(published=record.id)
            merge_state(store)
            if is_over():
                return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
