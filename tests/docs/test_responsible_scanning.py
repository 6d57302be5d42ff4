"""The guide to scanning responsibly. What a user loses when these fail: an alarm that is set on a name that no one sends,
or a limit that is believed and not kept.
"""

import re
from pathlib import Path

from openletter.cli.survey_plan import MODEST_NETWORK_RATE, MODEST_RATE
from openletter.scope.authorisation import FREE_PUBLIC_ADDRESSES
from openletter.survey.gate import LOOK_EVERY
from openletter.survey.metrics import Metrics

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "responsible-scanning.md").read_text("utf-8")


def test_every_metric_is_explained_and_no_other():
    registry = Metrics("s", "v").registry
    sent = set()
    for family in registry.collect():
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        sent.add(f"{family.name}{suffix}".removeprefix("openletter_survey_"))
    rows = GUIDE.partition("| metric")[2].splitlines()[2:]
    explained = {name for row in rows if row for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert explained == sent


def test_the_limits_are_those_of_the_program():
    assert f"| `--rate`, connections a second | {MODEST_RATE:g} |" in GUIDE
    assert f"the same to one /24 or /48 | {MODEST_NETWORK_RATE:g} |" in GUIDE
    assert f"Above {FREE_PUBLIC_ADDRESSES} public addresses" in GUIDE
    assert LOOK_EVERY == 1.0, "the guide says that a survey obeys within about a second"
