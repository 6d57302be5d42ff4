"""``openletter optout``: who is never asked again."""

import sys
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.forms import write_json
from openletter.cli.group import Group
from openletter.cli.tables import data_console
from openletter.scope.error import at, shown
from openletter.scope.optout import OptOut
from openletter.scope.target import Target
from openletter.scope.target_file import gather_targets
from openletter.store.optout import OptOutList
from openletter.store.store import Store

app = typer.Typer(
    cls=Group,
    help="Who is never asked again: every survey into the store keeps to it, one that runs within seconds.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever reads the list in a year.")
]


@app.callback()
def _optout(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _targets(words: list[str]) -> list[Target]:
    found = gather_targets(words, sys.stdin.buffer)
    for target in found:
        if target.port is not None or target.country:
            raise at(
                target.where,
                f"{shown(target.text)}: who opts out is not asked at all; give a network, an address or a name alone",
            )
    return found


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise typer.BadParameter("say why, in a few words", param_hint="--reason")


@app.command("add")
def add(
    who: Annotated[
        list[str],
        typer.Argument(
            metavar="WHO...",
            help="Networks (192.0.2.0/24), ranges, addresses, names (with all their addresses), and @file of them.",
            show_default=False,
        ),
    ],
    reason: _Reason,
    contact: Annotated[str, typer.Option("--contact", metavar="TEXT", help="Who asked for it.")] = "",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Enter somebody who does not wish to be asked, for good.

    It counts from now on: for every survey into this store, for one that is resumed, and within seconds for one that
    is running. The list is optout.txt in the store, in the blocklist format of ZMap.

    \b
      openletter optout add 192.0.2.0/24 --reason "asked by mail" --contact noc@example.net
      openletter optout add mail.example.org --reason "asked by phone"
    """
    targets = _targets(who)
    _require_reason(reason)
    with Store(store, create=True) as opened:
        added = OptOutList(opened.root).add(targets, reason=reason, contact=contact)
    for entry in added:
        typer.echo(f"added {_named(entry)}")
    if not added:
        typer.echo("all of it is in the list already")


@app.command("remove")
def remove(
    who: Annotated[
        list[str],
        typer.Argument(
            metavar="WHO...", help="Networks, addresses or names as `list` shows them.", show_default=False
        ),
    ],
    reason: _Reason,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Take back an entry, since its owner wishes to be asked again. It stays in the list as a record.

    A survey that began while the entry held goes on without it; the next one asks again.
    """
    _require_reason(reason)
    with Store(store) as opened:
        listed = OptOutList(opened.root)
        for word in who:
            for entry in listed.remove(word, reason=reason):
                typer.echo(f"removed {_named(entry)}")


@app.command("list")
def list_(
    store: StoreOption = DEFAULT_STORE,
    everything: Annotated[bool, typer.Option("--all", help="Those that were taken back, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON for each.")] = False,
) -> None:
    """Show who is never asked."""
    with Store(store) as opened:
        entries = [entry for entry in OptOutList(opened.root).entries() if everything or entry.holds]
    if json:
        for entry in entries:
            write_json(entry)
        sys.stdout.flush()
        return
    if not entries:
        typer.echo("nobody has opted out")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    columns = ["network", "name", "since", "reason", "contact", *(["taken back"] if everything else [])]
    for column in columns:
        table.add_column(column, overflow="fold")
    for entry in entries:
        cells = [entry.network, entry.name, entry.added[:10], entry.reason, entry.contact]
        if everything:
            cells.append(f"{entry.removed[:10]} {entry.removal_reason}".strip())
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    data_console().print(table)


def _named(entry: OptOut) -> str:
    return f"{entry.network} ({entry.name})" if entry.name else entry.network


def _printable(text: str) -> str:
    """A line that a person wrote may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
