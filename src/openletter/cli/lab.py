"""``openletter lab``: a simulated Internet, real servers, and a demonstration."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from openletter.cli.demo import DEMO_FOLDER, demonstrate
from openletter.cli.group import Group
from openletter.cli.lab_store import lab_store
from openletter.lab.internet import command as internet_command
from openletter.lab.real import command as real_command

app = typer.Typer(
    cls=Group,
    help="A simulated Internet whose truth is known, real servers, and a demonstration; all on loopback.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.command("store")(lab_store)
# What the lab runs shares no code with what tests it, so its commands read their own arguments.
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def _delegate(context: typer.Context, to: Callable[[list[str]], int], default: str) -> None:
    arguments = list(context.args)
    # Without a verb the obvious one is meant: to run it.
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments.insert(0, default)
    raise typer.Exit(to(arguments))


@app.callback()
def _lab(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command("internet", context_settings=_PASSED_ON)
def internet(context: typer.Context) -> None:
    """Answer on 127.128.0.0/9 as the world's mail servers do: serve (the default), truth, countries, networks."""
    _delegate(context, internet_command.main, "serve")


@app.command("real", context_settings=_PASSED_ON)
def real(context: typer.Context) -> None:
    """Run dovecot, courier, cyrus and mailutils on 127.10.0.0/16: run (the default), list, install; as root on Debian."""
    _delegate(context, real_command.main, "run")


@app.command("demo")
def demo(
    scale: Annotated[
        int, typer.Option("--scale", min=100, max=100_000, metavar="N", help="The world at 1:N.")
    ] = 1000,
    folder: Annotated[
        Path,
        typer.Option("--folder", metavar="FOLDER", help="For the scope, the store and the certificates."),
    ] = DEMO_FOLDER,
) -> None:
    """Survey the simulated Internet and print its countries beside the Shadowserver Foundation's figures."""
    raise typer.Exit(demonstrate(scale, folder))
