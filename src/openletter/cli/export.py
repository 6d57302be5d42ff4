"""``openletter export``: the endpoints of a survey, one by one, into a file or a pipe."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from openletter.cli.arguments import DEFAULT_STORE, StoreOption, SurveyOption
from openletter.cli.output_file import output_file
from openletter.dialogue.observation import Protocol
from openletter.enrich.product import Product
from openletter.report.endpoint_file import FileFormat, endpoint_file
from openletter.statistics.database import verdicts_of
from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.error import BadQuestionError
from openletter.statistics.parameters import read
from openletter.store.store import Store
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.findings import FindingName

_FILTER = "Which endpoints"


def export(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    format_: Annotated[
        FileFormat | None,
        typer.Option("--format", help="What to write.", show_default="by the name of the file, else csv"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to; - is standard output.",
            show_default="standard output",
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            "--country",
            metavar="CODE",
            help="Its country, two letters of ISO 3166-1; ZZ: where none is known.",
            rich_help_panel=_FILTER,
        ),
    ] = None,
    asn: Annotated[
        int | None, typer.Option("--asn", metavar="N", help="Its autonomous system.", rich_help_panel=_FILTER)
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network", metavar="CIDR", help="Within a network, or at one address.", rich_help_panel=_FILTER
        ),
    ] = None,
    class_: Annotated[
        Class | None, typer.Option("--class", help="What its verdict calls it.", rich_help_panel=_FILTER)
    ] = None,
    severity: Annotated[
        Severity | None,
        typer.Option("--severity", help="The worst of class and findings.", rich_help_panel=_FILTER),
    ] = None,
    finding: Annotated[
        FindingName | None,
        typer.Option("--finding", help="With this fault, whatever its class.", rich_help_panel=_FILTER),
    ] = None,
    product: Annotated[
        Product | None,
        typer.Option("--product", help="The software that it was recognised as.", rich_help_panel=_FILTER),
    ] = None,
    protocol: Annotated[
        Protocol | None, typer.Option("--protocol", help="What it speaks.", rich_help_panel=_FILTER)
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Where it listens.", rich_help_panel=_FILTER)
    ] = None,
    evidence: Annotated[
        Evidence | None, typer.Option("--evidence", help="How its verdict is known.", rich_help_panel=_FILTER)
    ] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="No TLS to be had.", rich_help_panel=_FILTER)
    ] = None,
    wide: Annotated[
        bool | None,
        typer.Option("--wide/--no-wide", help="A password can cross in the clear.", rich_help_panel=_FILTER),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", help="In the name of host, network or product.", rich_help_panel=_FILTER),
    ] = None,
) -> None:
    """Write the endpoints of a survey: all, or those that fit every filter.

    What cannot be printed is escaped in CSV and JSON Lines, and no cell of CSV is taken for a formula by a spreadsheet.

    \b
      openletter export --wide --country JP > affected.csv
      openletter export --output all.parquet
      openletter export --network 192.0.2.0/24 --format jsonl
    """
    if output == Path("-"):
        output = None
    form = format_ or _by_name(output)
    words = {
        "country": country.upper() if country else None,
        "asn": asn,
        "network": network,
        "class": class_,
        "severity": severity,
        "finding": finding,
        "product": product,
        "protocol": protocol,
        "port": port,
        "evidence": evidence,
        "strict": strict,
        "wide": wide,
        "text": text,
    }
    try:
        fitting = read(EndpointFilter, {name: value for name, value in words.items() if value is not None})
    except BadQuestionError as error:
        raise typer.BadParameter(str(error), param_hint="export") from None
    except msgspec.ValidationError as error:
        raise typer.BadParameter(str(error).partition(" - at")[0], param_hint="export") from None
    if output is None and form is FileFormat.PARQUET and sys.stdout.isatty():
        raise typer.BadParameter(
            "Parquet is nothing for a terminal; name a file: --output FILE", param_hint="--format"
        )
    with Store(store) as opened:
        record = opened.survey(survey) if survey else opened.latest(judged=True)
        with verdicts_of(opened, record) as verdicts:
            pieces = endpoint_file(verdicts, fitting, form)
            if output is None:
                for piece in pieces:
                    sys.stdout.buffer.write(piece)
                sys.stdout.flush()
            else:
                with output_file(output, "--output") as file:
                    file.writelines(pieces)


def _by_name(output: Path | None) -> FileFormat:
    ending = output.suffix.removeprefix(".").lower() if output is not None else ""
    return FileFormat(ending) if ending in list(FileFormat) else FileFormat.CSV
