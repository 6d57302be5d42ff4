"""``openletter report --webhook``: its options, and one run of posting."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console

from openletter.cli.failure import CouldNotRunError
from openletter.cli.progress import working
from openletter.report.bounded_http import HttpError, Reach, client_context, read_url
from openletter.report.link import Links
from openletter.report.webhook.handing_over import hand_over
from openletter.report.webhook.posting import Hook, WebhookError, post_all
from openletter.report.webhook.signature import VARIABLE, SecretError, read_secret
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

PANEL = "Webhook"
T = TypeVar("T")

WebhookOption = Annotated[
    str | None,
    typer.Option(
        "--webhook",
        metavar="URL",
        envvar="OPENLETTER_WEBHOOK",
        help="Post how each finding stands (new, open, due, back, fixed) to this address as signed JSON. "
        f"The secret is in {VARIABLE} or a file.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
SecretFileOption = Annotated[
    Path | None,
    typer.Option(
        "--webhook-secret",
        metavar="FILE",
        envvar="OPENLETTER_WEBHOOK_SECRET_FILE",
        help="whsec_ and base64 on one line, which its owner alone can read (mode 600).",
        rich_help_panel=PANEL,
        show_default=VARIABLE,
    ),
]
CopyOption = Annotated[
    bool,
    typer.Option(
        "--webhook-copy",
        help="A copy for a tool: nobody counts as told by it.",
        rich_help_panel=PANEL,
    ),
]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--webhook-private",
        help="The address may lead into a private network.",
        rich_help_panel=PANEL,
    ),
]
WebhookRootsOption = Annotated[
    Path | None,
    typer.Option(
        "--webhook-roots",
        metavar="PEM",
        envvar="OPENLETTER_WEBHOOK_ROOTS",
        help="Certificates to trust besides Mozilla's list.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


class WebhookOptions(msgspec.Struct, frozen=True, kw_only=True):
    """As the command line has them."""

    url: str | None = None
    secret_file: Path | None = None
    private: bool = False
    roots: Path | None = None


def hook_of(options: WebhookOptions) -> Hook | None:
    """None where nothing is to be posted. Raises ``typer.BadParameter``."""
    if not options.url:
        return None
    text = options.url
    return Hook(
        url=_read("--webhook", lambda: read_url(text)),
        key=_read("--webhook-secret", lambda: read_secret(options.secret_file)),
        reach=Reach.PRIVATE if options.private else Reach.GIVEN,
        context=_read("--webhook-roots", lambda: client_context(options.roots)),
    )


def _read(option: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (HttpError, SecretError, OSError) as error:
        said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise typer.BadParameter(said, param_hint=option) from None


def post_findings(
    store: Store,
    directory: Directory,
    records: Sequence[SurveyRecord],
    hook: Hook,
    subscribers: Sequence[Subscriber],
    links: Links | None,
    *,
    copy: bool,
) -> None:
    """Of each survey, the oldest first. Raises CouldNotRunError, StoreError."""
    today = datetime.now(UTC).date()
    messages = 0
    findings: dict[str, int] = {}
    refused: dict[str, None] = {}
    with working(Console(stderr=True), "posting") as watch:
        for record in records:
            try:
                posted = hand_over(
                    store,
                    record,
                    directory,
                    hook,
                    today,
                    subscribers=subscribers,
                    links=links,
                    copy=copy,
                    post=partial(post_all, watch=watch),
                )
            except WebhookError as error:
                raise CouldNotRunError(str(error)) from None
            messages += posted.accepted
            refused |= dict.fromkeys(posted.refused)
            for slug, count in posted.findings.items():
                findings[slug] = findings.get(slug, 0) + count
    total = sum(findings.values())
    sys.stderr.write(f"{total:,} findings of {len(findings)} subscribers posted in {messages} messages\n")
    if refused:
        raise CouldNotRunError(f"not taken, and waiting: {'; '.join(refused)}")
