"""Options that several verbs share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from openletter.tls.trust import Trust

DEFAULT_STORE = Path("openletter-store")

StoreOption = Annotated[
    Path,
    typer.Option(
        "--store", metavar="FOLDER", envvar="OPENLETTER_STORE", help="Folder in which surveys are kept."
    ),
]

SurveyOption = Annotated[
    str | None,
    typer.Option(
        "--survey", metavar="ID", help="Which survey; the latest if none is named.", show_default=False
    ),
]

RootsOption = Annotated[
    Path | None,
    typer.Option(
        "--roots",
        metavar="PEM",
        envvar="OPENLETTER_ROOTS",
        help="Certificates to trust besides Mozilla's list.",
        show_default=False,
    ),
]


PortOption = Annotated[
    list[str] | None,
    typer.Option(
        "--port",
        metavar="PROTOCOL=PORT",
        envvar="OPENLETTER_PORT",
        help="Ask this port instead of the registered four; imap, imaps, pop3 or pop3s; may be repeated.",
        show_default=False,
    ),
]


class FailOn(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"


def trust_with(roots: Path | None) -> Trust:
    """Mozilla's roots and those of a file. Raises ``typer.BadParameter`` where it holds none."""
    try:
        return Trust(extra_pem=roots)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{roots}: {error}", param_hint="--roots") from None
