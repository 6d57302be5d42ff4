"""``openletter stats``: what a survey found, in numbers."""

from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from openletter.cli.answers import print_answer
from openletter.cli.arguments import DEFAULT_STORE, StoreOption, SurveyOption
from openletter.cli.forms import (
    CsvOption,
    JsonOption,
    ParquetOption,
    at_most_one,
    write_flat,
    write_json,
    write_octets,
)
from openletter.cli.tables import data_console
from openletter.report.flat import flat
from openletter.report.json_lines import json_lines
from openletter.statistics.error import BadQuestionError
from openletter.statistics.overview import Overview
from openletter.statistics.question import QUESTIONS, Question, question
from openletter.store.record import SurveyRecord
from openletter.store.store import Store

OVERVIEW = "overview"


class By(StrEnum):
    """What numbers are cut up by, and the question that does so."""

    COUNTRY = "country"
    NETWORK = "network"
    PREFIX = "prefix"
    PRODUCT = "product"
    CLASS = "class"
    SEVERITY = "severity"
    FINDING = "finding"
    TLS_VERSION = "tls-version"
    CIPHER = "cipher"

    @property
    def question(self) -> str:
        plural = {
            By.COUNTRY: "countries",
            By.PREFIX: "prefixes",
            By.CLASS: "classes",
            By.SEVERITY: "severities",
        }
        return plural.get(self, f"{self}s")


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


def _chosen(name: str | None, by: By | None) -> Question:
    if name is not None and by is not None:
        raise typer.BadParameter(f"{name}: name a question or what to cut by, not both", param_hint="--by")
    try:
        return question(name if name is not None else by.question if by is not None else OVERVIEW)
    except BadQuestionError as error:
        raise typer.BadParameter(str(error), param_hint="QUESTION") from None


def _parameters(asked: Question, country: str | None, most: int | None, more: list[str]) -> msgspec.Struct:
    words: dict[str, object] = {}
    if country is not None:
        words["country"] = country.upper()
    if most is not None:
        words["most"] = most
    for pair in more:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair}: write NAME=VALUE, as in by=count", param_hint="--with")
        words[name.strip().replace("-", "_")] = value
    try:
        made: msgspec.Struct = asked.read(words)
    except BadQuestionError as error:
        raise typer.BadParameter(str(error), param_hint=asked.name) from None
    return made


def stats(
    name: Annotated[
        str | None,
        typer.Argument(metavar="QUESTION", help=f"One of: {', '.join(QUESTIONS)}.", show_default=OVERVIEW),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    by: Annotated[
        By | None, typer.Option("--by", help="Cut the numbers up by this.", show_default=False)
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            "--country",
            metavar="CODE",
            help="Of one country alone; ZZ: where none is known.",
            show_default=False,
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option("--most", metavar="N", help="How many rows at most.", show_default=False),
    ] = None,
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME=VALUE",
            help="What else a question takes: league by=rate|count, count=strict|wide, minimum-hosts=N; difference "
            "before=SURVEY; network asn=N; product product=NAME. May be repeated.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    parquet: ParquetOption = None,
) -> None:
    """Count what a survey found: classes, and the affected in two ways.

    \b
    strict  no TLS to be had
    wide    a password can cross in the clear (strict is part of it)

    Beside them always stands what was probed, what answered, and what is not known: that is never counted as
    affected. Networks, products, findings, TLS and certificates want a survey that was enriched.

    \b
      openletter stats
      openletter stats --by country
      openletter stats networks --country JP --most 20
      openletter stats league --with by=count --csv
      openletter stats --survey 20261124T031500Z-4f1a --json
    """
    at_most_one(json, csv, parquet)
    asked = _chosen(name, by)
    parameters = _parameters(asked, country, most, more or [])
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest(judged=True)
        try:
            answer = asked.ask(opened, record, parameters)
        except BadQuestionError as error:
            raise typer.BadParameter(str(error), param_hint=asked.name) from None
    if csv or parquet is not None:
        write_flat(flat(answer, asked.answer), parquet)
    elif not json:
        print_answer(data_console(), asked, record, answer)
    elif asked.name == OVERVIEW:
        write_json(summary(record, answer))
    else:
        write_octets(json_lines(answer if isinstance(answer, tuple) else [answer]))
