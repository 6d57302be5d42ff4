"""``openletter judge``: verdicts anew from what a survey saw."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, RootsOption, StoreOption, SurveyOption, trust_with
from openletter.cli.geo import GeoOption, Knowledge, SectorsOption, knowledge
from openletter.cli.progress import working
from openletter.enrich.enriching import enriching
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.tls.trust import Trust
from openletter.verdict.judging import Judgement, judge_survey
from openletter.verdict.state import merge_state


def judge_with_progress(store: Store, record: SurveyRecord, trust: Trust, known: Knowledge) -> Judgement:
    """Judge and enrich a survey and bring the state up to date, with a bar on the terminal."""
    console = Console(stderr=True)
    further = enriching(store, record, known.sources, sectors=known.sectors)
    with working(console, "judging") as watch:
        judgement = judge_survey(store, record, trust, watch, further=further)
    with working(console, "merging the state") as watch:
        merge_state(store, watch=watch)
    return judgement


def judge(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    roots: RootsOption = None,
    geo: GeoOption = None,
    sectors: SectorsOption = None,
    json: Annotated[bool, typer.Option("--json", help="Say what was done as a line of JSON.")] = False,
) -> None:
    """Derive the verdicts of a survey anew, under the rules of this program, and enrich them.

    Nothing is asked of any server: what was seen is kept, and verdicts follow from it. A survey is judged when it
    ends; do it again after an update of the rules, with other roots, or for a survey that was broken off.

    \b
      openletter judge
      openletter judge --survey 20261124T031500Z-4f1a --roots company-ca.pem
    """
    trust = trust_with(roots)
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest()
        known = knowledge(geo, sectors, opened.root, Console(stderr=True))
        done = judge_with_progress(opened, record, trust, known)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
    else:
        typer.echo(
            f"survey {done.survey}: {done.verdicts:,} endpoints judged under rules {done.rules_version}"
        )
