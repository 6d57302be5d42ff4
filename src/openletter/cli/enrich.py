"""``openletter enrich``: countries, networks, names and products anew for a survey that is judged."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, StoreOption, SurveyOption
from openletter.cli.geo import GeoOption, SectorsOption, knowledge
from openletter.cli.progress import working
from openletter.enrich.enriching import enrich_survey
from openletter.enrich.name_cache import NameCache
from openletter.enrich.names import exposed_addresses
from openletter.enrich.reverse_lookup import (
    LookedUp,
    Pace,
    Resolver,
    look_up,
    parse_resolver,
    system_resolver,
)
from openletter.store.record import DataSet, SurveyRecord
from openletter.store.store import Store
from openletter.verdict.state import merge_state

_DEFAULT_PACE = Pace()


class Enriched(msgspec.Struct, frozen=True, kw_only=True):
    """The line of ``--json``."""

    survey: str
    endpoints: int
    datasets: tuple[DataSet, ...]
    names: LookedUp | None
    """What DNS was asked; null where it was not."""


def _resolver(text: str | None) -> Resolver:
    if text is None:
        return system_resolver()
    try:
        return parse_resolver(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--resolver") from None


def _look_up(
    store: Store, record: SurveyRecord, resolver: Resolver, pace: Pace, console: Console
) -> LookedUp:
    with working(console, "asking for names") as watch, NameCache(store.root) as cache:
        return look_up(exposed_addresses(store.verdict_files(record)), cache, resolver, pace, watch=watch)


def enrich(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    geo: GeoOption = None,
    sectors: SectorsOption = None,
    names: Annotated[
        bool,
        typer.Option(
            "--names", help="Ask DNS for the names of exposed addresses (PTR), before anything else."
        ),
    ] = False,
    resolver: Annotated[
        str | None,
        typer.Option(
            "--resolver",
            metavar="ADDRESS[:PORT]",
            envvar="OPENLETTER_RESOLVER",
            help="Whom to ask.",
            show_default="the system's resolver",
        ),
    ] = None,
    names_rate: Annotated[
        float,
        typer.Option("--names-rate", min=0.1, max=10_000, metavar="N", help="Queries a second."),
    ] = _DEFAULT_PACE.rate,
    json: Annotated[bool, typer.Option("--json", help="Say what was done as a line of JSON.")] = False,
) -> None:
    """Join countries, networks, names and products to the endpoints of a survey.

    A survey is enriched when it is judged; do it again with other data, or once its addresses have names. A country
    that the survey's scope named stays. Nothing is asked of any server; --names asks a resolver of DNS.

    \b
      openletter enrich --geo GeoLite2-City.mmdb --geo GeoLite2-ASN.mmdb
      openletter enrich --survey 20261124T031500Z-4f1a --geo our-networks.csv --sectors sectors.csv
      openletter enrich --names --resolver 192.0.2.53
    """
    console = Console(stderr=True)
    asked = _resolver(resolver) if names else None
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest(judged=True)
        known = knowledge(geo, sectors, opened.root, console)
        pace = msgspec.structs.replace(_DEFAULT_PACE, rate=names_rate)
        looked_up = None if asked is None else _look_up(opened, record, asked, pace, console)
        with working(console, "enriching") as watch:
            done = enrich_survey(opened, record, known.sources, sectors=known.sectors, watch=watch)
        with working(console, "merging the state") as watch:
            merge_state(opened, watch=watch)
    if json:
        line = Enriched(survey=done.survey, endpoints=done.endpoints, datasets=done.datasets, names=looked_up)
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        return
    typer.echo(f"survey {done.survey}: {done.endpoints:,} endpoints enriched by {_told(done.datasets)}")
    if looked_up is not None:
        typer.echo(
            f"names: {looked_up.asked:,} addresses asked for, {looked_up.named:,} have one, "
            f"{looked_up.nameless:,} have none, {looked_up.unanswered:,} without an answer"
        )


def _told(datasets: tuple[DataSet, ...]) -> str:
    return (
        "; ".join(" ".join(filter(None, (one.name, one.date or one.version))) for one in datasets)
        or "no data"
    )
