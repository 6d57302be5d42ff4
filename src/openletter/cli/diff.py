"""``openletter diff``: two surveys against each other."""

from itertools import islice
from typing import Annotated

import typer

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.stats import write_json
from openletter.cli.tables import data_console, print_changes, print_difference
from openletter.statistics.diff import Fate, changes, difference
from openletter.store.error import NoSurveyError
from openletter.store.store import Store

SHOWN = 50
"""Endpoints that are listed on a terminal; lines of JSON have them all."""


def diff(
    before: Annotated[
        str | None, typer.Argument(metavar="A", help="The earlier survey.", show_default="the last but one")
    ] = None,
    after: Annotated[
        str | None, typer.Argument(metavar="B", help="The later survey.", show_default="the latest")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    only: Annotated[
        list[Fate] | None,
        typer.Option("--only", help="List these alone; may be repeated.", show_default=False),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Lines of JSON: one that sums up, then one an endpoint.")
    ] = False,
) -> None:
    """Say which endpoints let passwords cross in the clear in one survey and not in the other.

    \b
    appeared   affected now; not there before, or without an answer
    regressed  affected now; it answered before and was not
    fixed      affected before; it answers now and is not
    gone       affected before; not there now, or without an answer
    unclear    affected before; it answers now, and what it exposes is not known
    changed    affected in both, with another class or other findings

    \b
      openletter diff
      openletter diff 20261124T031500Z-4f1a 20261125T031500Z-9c20 --only regressed --json
    """
    with Store(store) as opened:
        judged = [record for record in opened.surveys() if record.verdicts]
        if (before is None or after is None) and len(judged) < 2 - (before is not None):
            raise NoSurveyError(f"{store}: there are not two judged surveys in this store to compare")
        later = opened.survey(after) if after else judged[-1]
        earlier = (
            opened.survey(before) if before else next((r for r in reversed(judged) if r.id < later.id), None)
        )
        if earlier is None:
            raise NoSurveyError(f"{store}: there is no judged survey before {later.id}")
        found = difference(opened, earlier, later)
        listed = changes(opened, earlier, later, only or [fate for fate in Fate if fate is not Fate.SAME])
        if json:
            write_json(found)
            for change in listed:
                write_json(change)
        else:
            console = data_console()
            print_difference(console, found)
            print_changes(console, list(islice(listed, SHOWN + 1)), SHOWN)
