"""How readers reach ``openletter serve``: links in reports lead there, and the server answers to that name."""

from typing import Annotated
from urllib.parse import urlsplit

import typer

from openletter.report.link import DEFAULT_DAYS, MAX_DAYS

ENVIRONMENT = ["OPENLETTER_BASE_URL", "OPENLETTER_SERVE_BASE_URL"]
_OPTION = "--base-url"

LinksOption = Annotated[
    str,
    typer.Option(
        _OPTION,
        metavar="URL",
        envvar=ENVIRONMENT,
        help="How readers reach openletter serve, as in https://mail.example.org: each finding gets a link to its page there.",
        show_default="no links",
    ),
]
LinkDaysOption = Annotated[
    int,
    typer.Option(
        "--link-days",
        min=1,
        max=MAX_DAYS,
        metavar="DAYS",
        envvar="OPENLETTER_LINK_DAYS",
        help="How long after the report's day its links lead anywhere.",
    ),
]
DEFAULT_LINK_DAYS = DEFAULT_DAYS


def parse_base_url(text: str) -> str:
    """``https://mail.example.org``, without a slash at its end; empty stays empty. Raises ``typer.BadParameter``."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")
    if wrong or parts.query or parts.fragment or parts.username is not None:
        raise typer.BadParameter(
            f"{text}: give a scheme and a name alone, as in https://mail.example.org", param_hint=_OPTION
        )
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}"
