"""``openletter serve user``: who may sign in."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getpass, getuser
from pathlib import Path
from typing import Annotated

import typer

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.failure import CouldNotRunError
from openletter.cli.group import Group
from openletter.store.store import Store
from openletter.web.accounts import AccountError, Accounts
from openletter.web.audit import AuditLog, Event
from openletter.web.password import MAX_LENGTH, MIN_LENGTH, PasswordError
from openletter.web.roles import Role

app = typer.Typer(cls=Group, help="Who may sign in.", invoke_without_command=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the account.", show_default=False)]
_PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from the first line of a file; - is standard input. Else it is asked for.",
        show_default=False,
    ),
]


@app.callback()
def _user(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _password(file: Path | None) -> str:
    """Never from the command line, which other users of the machine can read."""
    if file is not None:
        if str(file) == "-":
            line = sys.stdin.readline(MAX_LENGTH + 2)
        else:
            with file.open(encoding="utf-8") as opened:
                line = opened.readline(MAX_LENGTH + 2)
        return line.rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CouldNotRunError(
            "a password is asked for at a terminal, and this is none; give --password-file FILE, or - for standard input"
        )
    given = getpass(f"Password (at least {MIN_LENGTH} characters): ")
    if getpass("The same again: ") != given:
        raise CouldNotRunError("the two passwords are not the same; nothing was changed")
    return given


def _by_whom() -> str:
    try:
        return f"{getuser()} at the command line"
    except (KeyError, OSError):
        return f"user {os.getuid()} at the command line"


@contextmanager
def _accounts(store: Path, *, create: bool = False) -> Iterator[tuple[Accounts, AuditLog]]:
    """Errors about accounts become those of the command."""
    with Store(store, create=create) as opened:
        root = opened.root
    accounts = Accounts(root)
    try:
        yield accounts, AuditLog(root)
    except (AccountError, PasswordError) as error:
        raise CouldNotRunError(str(error)) from None
    finally:
        accounts.close()


@app.command("add")
def add(
    name: _Name,
    role: Annotated[
        Role,
        typer.Option("--role", help="operator sees addresses; subscriber, so far, what the public sees."),
    ],
    password_file: _PasswordFile = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add an account. A server that runs takes it into account within a second.

    \b
      openletter serve user add ada --role operator
      pass show openletter | openletter serve user add ada --role operator --password-file -
    """
    with _accounts(store, create=True) as (accounts, audit):
        accounts.add(name, role, _password(password_file))
        audit.write(Event.ACCOUNT_ADDED, account=name, role=role.value, by=_by_whom())
    typer.echo(f"added {name}, {role.value}")


@app.command("list")
def list_(store: StoreOption = DEFAULT_STORE) -> None:
    """Show the accounts."""
    with _accounts(store) as (accounts, _):
        found = accounts.all()
    if not found:
        typer.echo("there is no account")
    for account in found:
        created = datetime.fromtimestamp(account.created, UTC)
        typer.echo(f"{account.name}  {account.role.value}  since {created:%Y-%m-%d}")


@app.command("remove")
def remove(name: _Name, store: StoreOption = DEFAULT_STORE) -> None:
    """Remove an account. Its sessions and tokens end at once."""
    with _accounts(store) as (accounts, audit):
        accounts.remove(name)
        audit.write(Event.ACCOUNT_REMOVED, account=name, by=_by_whom())
    typer.echo(f"removed {name}")


@app.command("password")
def password(name: _Name, password_file: _PasswordFile = None, store: StoreOption = DEFAULT_STORE) -> None:
    """Give an account another password. Its sessions end at once; its tokens stay."""
    with _accounts(store) as (accounts, audit):
        accounts.change_password(name, _password(password_file))
        audit.write(Event.PASSWORD_CHANGED, account=name, by=_by_whom())
    typer.echo(f"changed the password of {name}")


@app.command("token")
def token(
    name: _Name,
    revoke: Annotated[bool, typer.Option("--revoke", help="End all tokens of the account instead.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Make a token by which a program is the account: Authorization: Bearer TOKEN. It is shown this once.

    \b
      curl -H "Authorization: Bearer $TOKEN" https://mail.example.org/api/v1/surveys/latest/endpoints
    """
    with _accounts(store) as (accounts, audit):
        if revoke:
            count = accounts.revoke_tokens(name)
            audit.write(Event.TOKENS_REVOKED, account=name, by=_by_whom())
            typer.echo(f"revoked {count}")
            return
        made = accounts.new_token(name)
        audit.write(Event.TOKEN_MADE, account=name, by=_by_whom())
    typer.echo(made)
