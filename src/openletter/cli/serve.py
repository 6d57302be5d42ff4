"""``openletter serve``: the dashboard and the interface for programs, on a port of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from openletter.cli import serve_user
from openletter.cli.arguments import DEFAULT_STORE, RootsOption, StoreOption, trust_with
from openletter.cli.base_url import ENVIRONMENT, parse_base_url
from openletter.cli.failure import CouldNotRunError
from openletter.cli.group import Group
from openletter.scope.exclusion import gather_exclusions
from openletter.store.error import NoStoreError
from openletter.store.store import Store
from openletter.web.accounts import Accounts
from openletter.web.settings import DEFAULT_HOST, DEFAULT_PORT, WebSettings

app = typer.Typer(
    cls=Group, invoke_without_command=True, rich_markup_mode=None, subcommand_metavar="[user ...]"
)
app.add_typer(serve_user.app, name="user")


def _refuse_open_door(settings: WebSettings) -> None:
    """What can be reached from elsewhere shows addresses to nobody who is not signed in."""
    if settings.trusts_loopback or settings.public or Accounts(settings.store).any():
        return
    where = f"--host {settings.host}" if not settings.listens_on_loopback else "a name or a proxy in front"
    raise CouldNotRunError(
        f"{where} lets others in, and there is no account yet: add one by `openletter serve user add NAME "
        f"--role operator --store {settings.store}`, or let everybody see the numbers alone by --public"
    )


def _about_store(store: Path) -> str:
    """What a reader will find, where that is nothing yet. Raises StoreError."""
    try:
        with Store(store) as opened:
            judged = any(record.verdicts or record.pruned for record in opened.surveys())
    except NoStoreError:
        return f"{store}: there is no store here yet; the pages say so until there is one"
    return "" if judged else f"{store}: no survey is judged yet; the pages say so until one is"


@app.callback()
def serve(
    context: typer.Context,
    store: StoreOption = DEFAULT_STORE,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", envvar="OPENLETTER_SERVE_HOST", help="Address to listen on."
        ),
    ] = DEFAULT_HOST,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="N",
            envvar="OPENLETTER_SERVE_PORT",
            help="Port to listen on; 0 takes a free one.",
        ),
    ] = DEFAULT_PORT,
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Let everybody see the numbers; addresses still need an operator's account."
        ),
    ] = False,
    base_url: Annotated[
        str,
        typer.Option(
            "--base-url",
            metavar="URL",
            envvar=ENVIRONMENT,
            help="How readers reach it, as in https://mail.example.org: the name that it answers to.",
        ),
    ] = "",
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy on this machine stands in front; who asks is taken from its X-Forwarded-For.",
        ),
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            "--workers", min=1, max=64, metavar="N", help="Processes that answer, each with its own memory."
        ),
    ] = 1,
    roots: RootsOption = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            "--exclude",
            metavar="FILE",
            envvar="OPENLETTER_EXCLUDE",
            help="Networks and addresses that are never asked, not even where the owner of a finding wishes it.",
            show_default=False,
        ),
    ] = None,
    secret: Annotated[
        Path | None,
        typer.Option(
            "--secret",
            metavar="FILE",
            help="Key of the cookies; else OPENLETTER_SECRET, else a file in the store.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the surveys of a store: maps, rankings, trends, endpoints, and JSON under /api/v1.

    Subscribers' programs (shadowserver-api, call-api.py, IntelMQ) ask for their reports at /api2/: give them that as the base
    URL, as in https://mail.example.org/api2/, with a key of `openletter subscriber key`. They need no account.

    On this machine alone (the default) it needs no set-up: whoever asks from here is its operator, as long as no
    account was added. Anything else wants a log-in.

    \b
      openletter serve                                       http://127.0.0.1:8080/ for yourself
      openletter serve user add ada --role operator          an account; its password is asked for
      openletter serve --host 0.0.0.0 --public               numbers for everybody, addresses for operators
      openletter serve --behind-proxy --base-url https://mail.example.org
                                                             behind nginx or another proxy, which does TLS

    The server itself speaks no TLS: put a proxy in front wherever a password would cross a network.
    """
    if context.invoked_subcommand is not None:
        return
    settings = WebSettings(
        store=store.absolute(),
        host=host,
        port=port,
        public=public,
        base_url=parse_base_url(base_url),
        behind_proxy=behind_proxy,
        roots=roots.absolute() if roots else None,
        exclude=tuple(path.absolute() for path in exclude or ()),
        secret=secret.absolute() if secret else None,
    )
    # What could not be read later is told now.
    trust_with(roots)
    gather_exclusions(files=settings.exclude)
    note = _about_store(settings.store)
    _refuse_open_door(settings)
    _serve(settings, workers, note)


def _serve(settings: WebSettings, workers: int, note: str) -> None:
    # Here, since no other verb needs it: it takes a moment to load.
    from openletter.web import server

    try:
        opened = server.listening(settings)
    except OSError as error:
        taken = f"--host {settings.host} --port {settings.port}: {(error.strerror or str(error)).lower()}"
        raise CouldNotRunError(f"{taken}; give another --port, or 0 for a free one") from error
    with opened:
        typer.echo(f"openletter: {_address(settings, opened.getsockname()[1])} until Ctrl-C", err=True)
        for line in (note, _who_sees_what(settings)):
            if line:
                typer.echo(f"openletter: {line}", err=True)
        try:
            server.serve(settings, opened, workers=workers)
        except KeyboardInterrupt:
            typer.echo("openletter: stopped", err=True)


def _address(settings: WebSettings, port: int) -> str:
    if settings.base_url:
        return f"{settings.base_url}/"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}/"


def _who_sees_what(settings: WebSettings) -> str:
    if Accounts(settings.store).any():
        return (
            "everybody sees the numbers; addresses need a log-in" if settings.public else "a log-in is needed"
        )
    if settings.trusts_loopback:
        return "whoever asks from this machine sees everything"
    return (
        "everybody sees the numbers, nobody sees addresses: add an operator by "
        "`openletter serve user add NAME --role operator`"
    )
