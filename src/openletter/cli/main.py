"""The program ``openletter``: its verbs, and the one place where errors become an exit code and a line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from openletter import __version__
from openletter.cli import settings
from openletter.cli.failure import (
    EXIT_COULD_NOT_RUN,
    EXIT_INTERRUPTED,
    EXIT_NOTHING_FOUND,
    EXIT_USAGE,
    CouldNotRunError,
    describe,
)
from openletter.cli.verbs import SETTINGS, StoppedError, Verbs
from openletter.discovery.error import ScannerError
from openletter.engine.connecting import OutOfResourcesError
from openletter.enrich.error import DataSetError, ResolverError
from openletter.grammar.capability import printable
from openletter.report.mail.error import MailError, MailSettingError
from openletter.scope.error import ScopeError
from openletter.store.error import StoreError
from openletter.subscriber.subscriber import SubscriberError
from openletter.survey.error import SurveyError

app = typer.Typer(
    name="openletter",
    cls=Verbs,
    help="Survey POP3 and IMAP servers for missing TLS, and say on what evidence.",
    invoke_without_command=True,
    **SETTINGS,
)
_VERBS_WITH_SETTINGS = ("check", "survey", "stats", "diff", "judge", "enrich", "import")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"openletter {__version__}")
        raise typer.Exit


@app.callback()
def _openletter(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit
    values = settings.load(Path())
    place = {name: value for name, value in values.items() if name == "store"}
    # A finding's page asks a server again: who is left out of surveys is left out there.
    serving = {name: value for name, value in values.items() if name in ("store", "exclude", "roots")}
    mail = {
        **place,
        **{parameter: values[name] for name, parameter in settings.MAIL.items() if name in values},
    }
    context.default_map = {
        **dict.fromkeys(_VERBS_WITH_SETTINGS, values),
        # Its --port is a number that endpoints have, not the ports that a survey asks.
        "export": place,
        "report": mail,
        "optout": dict.fromkeys(("add", "list", "remove"), values),
        "outbox": {**dict.fromkeys(("list", "show", "resend", "arrived", "drop"), place), "send": mail},
        "serve": {**serving, "user": dict.fromkeys(("add", "list", "remove", "password", "token"), place)},
        "store": dict.fromkeys(("list", "compact", "prune", "verify"), values),
        "subscriber": dict.fromkeys(("add", "change", "list", "show", "remove", "key", "import"), place),
    }


def _complain(message: str) -> None:
    # A file name or an argument may hold anything; a terminal is shown text alone.
    line = " ".join(message.split())
    sys.stderr.write(f"openletter: {printable(line.encode())}\n")


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line (without the program's name); its exit code."""
    try:
        code = app(args=list(arguments), prog_name="openletter", standalone_mode=False)
    except (MailSettingError, ScopeError, SubscriberError) as error:
        _complain(str(error))
        return EXIT_USAGE
    except TyperException as error:
        _complain(error.format_message())
        return EXIT_USAGE
    except (
        CouldNotRunError,
        DataSetError,
        MailError,
        OutOfResourcesError,
        ResolverError,
        ScannerError,
        StoreError,
        SurveyError,
    ) as error:
        _complain(str(error))
        return EXIT_COULD_NOT_RUN
    except (StoppedError, typer.Abort, KeyboardInterrupt):
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left, as head(1) does; nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_NOTHING_FOUND
    except OSError as error:
        _complain(describe(error))
        return EXIT_COULD_NOT_RUN
    return code if isinstance(code, int) else EXIT_NOTHING_FOUND


def main() -> None:
    """Entry point of the program."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
