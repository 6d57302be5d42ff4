"""``openletter notice``: the page that says who surveys, for the scanner's own address."""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Annotated

import typer

from openletter.cli.failure import CouldNotRunError
from openletter.cli.observing import parse_address
from openletter.cli.survey_plan import MODEST_NETWORK_RATE
from openletter.report.notice import PAGES, make_notice, pages
from openletter.scope.authorisation import load as load_authorisation
from openletter.store.files import make_folder, publish

_PATIENCE = 10.0
"""Seconds that a visitor may take to ask."""


def _source(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise typer.BadParameter(
            f"{text} is no address; write it as 192.0.2.1 or 2001:db8::1", param_hint="--source"
        ) from None


def notice(
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FOLDER", help="Write the pages here.", show_default=False),
    ] = None,
    who: Annotated[
        str, typer.Option("--who", metavar="TEXT", help="Who surveys; else from the authorisation.")
    ] = "",
    contact: Annotated[
        str,
        typer.Option(
            "--contact",
            metavar="TEXT",
            help="Mail address or page where you can be reached; else from there.",
        ),
    ] = "",
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="ADDRESS",
            help="An address that you connect from; may be repeated.",
            show_default=False,
        ),
    ] = None,
    from_authorisation: Annotated[
        Path | None,
        typer.Option(
            "--from-authorisation",
            metavar="FILE",
            help="Take who, contact, basis and until from this authorisation.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", min=0, max=3650, metavar="DAYS", help="How often you survey.")
    ] = 0,
    network_rate: Annotated[
        float,
        typer.Option(
            "--network-rate", min=0, metavar="N", help="The survey's --network-rate; 0 says nothing of it."
        ),
    ] = MODEST_NETWORK_RATE,
    serve: Annotated[
        str | None,
        typer.Option(
            "--serve",
            metavar="[ADDRESS:]PORT",
            help="Show the pages there until Ctrl-C; on loopback where no address is given.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the page that whoever finds you in a log should find at your address.

    It says who surveys and why, what is sent word for word, what never is, and how to be left out; in English
    (index.html) and Japanese (index.ja.html). Any web server can show it.

    \b
      openletter notice --output /var/www/html --from-authorisation leave.toml --source 192.0.2.1
      openletter notice --who "Example CSIRT" --contact csirt@example.org --serve 192.0.2.1:80
    """
    allowed = load_authorisation(from_authorisation) if from_authorisation else None
    if not (who.strip() or allowed) or not (contact.strip() or allowed):
        raise typer.BadParameter(
            "say who surveys and where they can be reached: by --who and --contact, or by --from-authorisation"
        )
    if output is None and serve is None:
        raise typer.BadParameter("say where to: --output FOLDER, --serve [ADDRESS:]PORT or both")
    place = parse_address(serve, "--serve") if serve is not None else None
    made = pages(
        make_notice(
            who=who.strip(),
            contact=contact.strip(),
            today=datetime.now(UTC).date(),
            authorisation=allowed,
            sources=tuple(_source(text) for text in source or ()),
            every_days=every,
            network_rate=network_rate,
        )
    )
    if output is not None:
        make_folder(output)
        for name, page in made.items():
            publish(output / name, page.encode())
            typer.echo(f"{output / name}")
    if place is not None:
        _serve(*place, {name: page.encode() for name, page in made.items()})


def _serve(address: str, port: int, files: dict[str, bytes]) -> None:
    """Until Ctrl-C."""
    index = files[PAGES["en"]]

    class Visit(BaseHTTPRequestHandler):
        timeout = _PATIENCE
        server_version = "openletter"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            page = index if path == "/" else files.get(path[1:])
            if page is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(page)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """What visitors ask for is nobody's business."""

    class Server(ThreadingHTTPServer):
        address_family = AF_INET6 if ":" in address else AF_INET
        daemon_threads = True

    try:
        server = Server((address, port), Visit)
    except OSError as error:
        raise CouldNotRunError(
            f"--serve {address}:{port}: {(error.strerror or str(error)).lower()}"
        ) from error
    host = f"[{address}]" if ":" in address else address
    typer.echo(f"openletter: the page is at http://{host}:{server.server_port}/ until Ctrl-C", err=True)
    with server:
        server.serve_forever()
