"""``openletter stats``: what a survey found, in numbers."""

import sys
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from openletter.cli.arguments import DEFAULT_STORE, StoreOption, SurveyOption
from openletter.cli.tables import data_console, print_countries, print_overview
from openletter.statistics.country import by_country
from openletter.statistics.database import verdicts_of
from openletter.statistics.overview import Overview, overview
from openletter.store.record import SurveyRecord
from openletter.store.store import Store


class By(StrEnum):
    COUNTRY = "country"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The line of JSON that sums up a survey."""

    survey: str
    state: str
    started: float
    finished: float | None
    rules_version: str
    overview: Overview


def summary(record: SurveyRecord, found: Overview) -> Summary:
    return Summary(
        survey=record.id,
        state=record.state,
        started=record.started,
        finished=record.finished,
        rules_version=record.rules_version,
        overview=found,
    )


def write_json(line: msgspec.Struct) -> None:
    """One line of JSON on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.flush()


def stats(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    by: Annotated[
        By | None, typer.Option("--by", help="Cut the numbers up by this.", show_default=False)
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Lines of JSON: one for the survey, or one for each country.")
    ] = False,
) -> None:
    """Count what a survey found: classes, and the affected in two ways.

    \b
    strict  no TLS to be had
    wide    a password can cross in the clear (strict is part of it)

    Beside them always stands what was probed, what answered, and what is not known: that is never counted as
    affected.

    \b
      openletter stats
      openletter stats --by country
      openletter stats --survey 20261124T031500Z-4f1a --json
    """
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest(judged=True)
        found_verdicts = verdicts_of(opened, record)
    with found_verdicts as verdicts:
        if by is By.COUNTRY:
            countries = by_country(verdicts)
            if json:
                for country in countries:
                    write_json(country)
            else:
                print_countries(data_console(), record, countries)
            return
        found = overview(verdicts)
        if json:
            write_json(summary(record, found))
        else:
            print_overview(data_console(), record, found)
