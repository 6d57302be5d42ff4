"""``openletter judge``: verdicts anew from what a survey saw."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, RootsOption, StoreOption, SurveyOption, trust_with
from openletter.cli.progress import working
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.tls.trust import Trust
from openletter.verdict.judging import Judgement, judge_survey
from openletter.verdict.state import merge_state


def judge_with_progress(store: Store, record: SurveyRecord, trust: Trust) -> Judgement:
    """Judge a survey and bring the state up to date, with a bar on the terminal."""
    console = Console(stderr=True)
    with working(console, "judging") as watch:
        judgement = judge_survey(store, record, trust, watch)
    with working(console, "merging the state") as watch:
        merge_state(store, watch=watch)
    return judgement


def judge(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    roots: RootsOption = None,
    json: Annotated[bool, typer.Option("--json", help="Say what was done as a line of JSON.")] = False,
) -> None:
    """Derive the verdicts of a survey anew, under the rules of this program.

    Nothing is asked of any server: what was seen is kept, and verdicts follow from it. A survey is judged when it
    ends; do it again after an update of the rules, with other roots, or for a survey that was broken off.

    \b
      openletter judge
      openletter judge --survey 20261124T031500Z-4f1a --roots company-ca.pem
    """
    trust = trust_with(roots)
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest()
        done = judge_with_progress(opened, record, trust)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
    else:
        typer.echo(
            f"survey {done.survey}: {done.verdicts:,} endpoints judged under rules {done.rules_version}"
        )
