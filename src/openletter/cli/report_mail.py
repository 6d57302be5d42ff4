"""``openletter report --mail``, and what it shares with ``openletter outbox``: options of the mail server, a run of sending."""

import os
import re
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console

from openletter.cli.failure import EXIT_COULD_NOT_RUN
from openletter.cli.progress import working
from openletter.report.link import Links
from openletter.report.mail.attachments import DEFAULT_ZIP_ABOVE
from openletter.report.mail.error import MailSettingError
from openletter.report.mail.mailbox import Mailbox, address_of, read_mailbox
from openletter.report.mail.outbox import LOCK, Outbox
from openletter.report.mail.outbox_message import MessageState
from openletter.report.mail.recording import record_told
from openletter.report.mail.sending import DEFAULT_RATE, Sending, send_out
from openletter.report.mail.smtp import Connection
from openletter.report.mail.smtp_server import (
    PASSWORD_VARIABLE,
    SmtpServer,
    context_of,
    read_password,
    read_server,
)
from openletter.report.mail.writing import Mailing, write_messages
from openletter.report.reporting import ReportRun
from openletter.scope.error import shown
from openletter.store.error import named
from openletter.store.files import make_folder
from openletter.store.lock import Lock
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

PANEL = "Mail"
T = TypeVar("T")

MailOption = Annotated[
    bool,
    typer.Option(
        "--mail",
        help="Send each subscriber one message a day of what is new, due again, back or fixed, with its reports.",
        rich_help_panel=PANEL,
    ),
]
SmtpOption = Annotated[
    str | None,
    typer.Option(
        "--smtp",
        metavar="URL",
        envvar="OPENLETTER_SMTP",
        help="The mail server, smtps://user@host or smtp+starttls://user@host. Without TLS and a good certificate nothing is "
        f"sent. The password is in {PASSWORD_VARIABLE} or a file.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="MAIL",
        envvar="OPENLETTER_MAIL_FROM",
        help="Who writes: 'CSIRT of Example <reports@example.org>'.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
ReplyToOption = Annotated[
    str | None,
    typer.Option(
        "--reply-to",
        metavar="MAIL",
        envvar="OPENLETTER_MAIL_REPLY_TO",
        help="Where answers go.",
        rich_help_panel=PANEL,
        show_default="--from",
    ),
]
BounceToOption = Annotated[
    str | None,
    typer.Option(
        "--bounce-to",
        metavar="MAIL",
        envvar="OPENLETTER_MAIL_BOUNCE_TO",
        help="Where what cannot be delivered comes back to.",
        rich_help_panel=PANEL,
        show_default="--from",
    ),
]
SmtpRootsOption = Annotated[
    Path | None,
    typer.Option(
        "--smtp-roots",
        metavar="PEM",
        envvar="OPENLETTER_SMTP_ROOTS",
        help="Certificates to trust besides Mozilla's list.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        envvar="OPENLETTER_SMTP_PASSWORD_FILE",
        help="One line, which its owner alone can read (mode 600).",
        rich_help_panel=PANEL,
        show_default=PASSWORD_VARIABLE,
    ),
]
RateOption = Annotated[
    float,
    typer.Option(
        "--rate",
        metavar="N",
        min=0.01,
        envvar="OPENLETTER_MAIL_RATE",
        help="Messages a minute.",
        rich_help_panel=PANEL,
    ),
]
ZipAboveOption = Annotated[
    int,
    typer.Option(
        "--zip-above",
        metavar="OCTETS",
        min=0,
        envvar="OPENLETTER_MAIL_ZIP_ABOVE",
        help="Attachments larger than this together are put into one zip archive.",
        rich_help_panel=PANEL,
    ),
]
DryRunOption = Annotated[
    Path | None,
    typer.Option(
        "--dry-run",
        metavar="FOLDER",
        help="Write what would be sent as .eml files; nothing is sent, and nothing counts as told.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


UnsubscribeOption = Annotated[
    str,
    typer.Option(
        "--unsubscribe",
        metavar="URL",
        envvar="OPENLETTER_MAIL_UNSUBSCRIBE",
        help="A page of yours where one ends it, besides mail to --reply-to; {subscriber} in it stands for the slug.",
        rich_help_panel=PANEL,
        show_default="mail alone",
    ),
]
OneClickOption = Annotated[
    bool,
    typer.Option(
        "--one-click",
        envvar="OPENLETTER_MAIL_ONE_CLICK",
        help="That page takes the POST of RFC 8058; it must be https.",
        rich_help_panel=PANEL,
    ),
]
_PAGE = re.compile(r"https?://[!-;=?-~]{1,500}")


class MailOptions(msgspec.Struct, frozen=True, kw_only=True):
    """As the command line has them."""

    smtp: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    bounce_to: str | None = None
    roots: Path | None = None
    password_file: Path | None = None
    rate: float = DEFAULT_RATE
    zip_above: int = DEFAULT_ZIP_ABOVE
    dry_run: Path | None = None
    unsubscribe: str = ""
    one_click: bool = False


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What sending takes, read and found good."""

    server: SmtpServer
    context: ssl.SSLContext
    password: str | None
    bounce_to: str
    rate: float


def _read(option: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except MailSettingError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def mailing_of(options: MailOptions, links: Links | None) -> Mailing:
    """Raises ``typer.BadParameter``."""
    reply_to, page = options.reply_to, options.unsubscribe
    if page and not _PAGE.fullmatch(page):
        raise typer.BadParameter(
            f"{shown(page)} is no page; write it as https://example.org/unsubscribe/{{subscriber}}",
            param_hint="--unsubscribe",
        )
    if options.one_click and not page.startswith("https://"):
        raise typer.BadParameter(
            "it is of a page over https: --unsubscribe https://...", param_hint="--one-click"
        )
    return Mailing(
        sender=_sender(options),
        reply_to=_read("--reply-to", lambda: read_mailbox(reply_to)) if reply_to else None,
        zip_above=options.zip_above,
        links=links,
        unsubscribe=page,
        one_click=options.one_click,
    )


def _sender(options: MailOptions) -> Mailbox:
    if options.sender is None:
        raise typer.BadParameter(
            "say who writes: --from 'CSIRT of Example <reports@example.org>' (or OPENLETTER_MAIL_FROM)",
            param_hint="--from",
        )
    return _read("--from", lambda: read_mailbox(options.sender or ""))


def post_of(options: MailOptions) -> Post:
    """Raises ``typer.BadParameter``."""
    if options.smtp is None:
        raise typer.BadParameter(
            "name the mail server: --smtp smtps://user@mail.example.org (or OPENLETTER_SMTP)",
            param_hint="--smtp",
        )
    url = options.smtp
    server = _read("--smtp", lambda: read_server(url))
    bounce_to = options.bounce_to
    password = _read("--password-file", lambda: read_password(options.password_file))
    if server.user and password is None:
        raise typer.BadParameter(
            f"there is no password for {server.user}; put it into {PASSWORD_VARIABLE} or a file",
            param_hint="--smtp",
        )
    return Post(
        server=server,
        context=_read("--smtp-roots", lambda: context_of(options.roots)),
        password=password,
        bounce_to=_read("--bounce-to", lambda: address_of(bounce_to))
        if bounce_to
        else _sender(options).address,
        rate=options.rate,
    )


@contextmanager
def posting(store: Store) -> Iterator[Outbox]:
    """The outbox for one process alone; what an earlier one left behind is put into order. Raises StoreError."""
    busy = "mail of this store is being sent by another process; wait for it"
    with Lock(store.root / LOCK, busy), Outbox(store.root) as outbox:
        outbox.recover(now=time.time())
        record_told(store, outbox, now=time.time())
        yield outbox


def send_all(store: Store, directory: Directory, outbox: Outbox, post: Post) -> Sending:
    """Everything that is due, and the account of it. Raises NoServerError, StoreError."""
    contacts = {one.id: frozenset(one.contacts) for one in directory.list(active=True)}

    def wanted(subscriber: int, address: str) -> bool:
        return address in contacts.get(subscriber, frozenset())

    try:
        with working(Console(stderr=True), "sending") as watch:
            return send_out(
                outbox,
                lambda: Connection(post.server, post.context, post.password),
                bounce_to=post.bounce_to,
                wanted=wanted,
                rate=post.rate,
                watch=watch,
            )
    finally:
        record_told(store, outbox, now=time.time())


def check_mail(options: MailOptions, *, wanted: bool) -> None:
    """Before any work: whether mail can be made and sent with these. Raises ``typer.BadParameter``."""
    if not wanted:
        if options.dry_run is not None:
            raise typer.BadParameter("it is of --mail; give both", param_hint="--dry-run")
        return
    mailing_of(options, None)
    if options.dry_run is None:
        post_of(options)


def mail_reports(
    store: Store,
    directory: Directory,
    records: Sequence[SurveyRecord],
    run: ReportRun,
    subscribers: Sequence[Subscriber],
    options: MailOptions,
    links: Links | None,
) -> None:
    """Queue a message for each, and send what is queued; or write them into a folder."""
    mailing = mailing_of(options, links)
    now = datetime.now(UTC)
    without = [one.slug for one in subscribers if not one.contacts]
    if without:
        sys.stderr.write(
            f"no mail address of {', '.join(without[:10])}{' and others' if len(without) > 10 else ''}: "
            "openletter subscriber change SLUG --contact MAIL\n"
        )
    if options.dry_run is not None:
        _write(store, directory, records, run, subscribers, mailing, now, options.dry_run)
        return
    post = post_of(options)
    with posting(store) as outbox:
        today = [one for one in subscribers if not outbox.has(one.id, now.date())]
        threads = {one.id: outbox.thread(one.id) for one in today}
        queued = 0
        for written in write_messages(
            store, records, directory, run, now.date(), mailing, today, threads=threads, now=now
        ):
            queued += outbox.put(written.new, now=time.time())
        already = len(subscribers) - len(today)
        said = f", {already} have one of today in the outbox already" if already else ""
        sys.stderr.write(f"{_messages(queued)} queued{said}\n")
        end_of(send_all(store, directory, outbox, post), outbox)


def _write(
    store: Store,
    directory: Directory,
    records: Sequence[SurveyRecord],
    run: ReportRun,
    subscribers: Sequence[Subscriber],
    mailing: Mailing,
    now: datetime,
    folder: Path,
) -> None:
    threads: dict[int, tuple[str, ...]] = {}
    make_folder(folder)
    count = 0
    for written in write_messages(
        store, records, directory, run, now.date(), mailing, subscribers, threads=threads, now=now
    ):
        path = folder / f"{written.new.day}-{written.new.slug}.eml"
        with named(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(written.new.octets)
        count += 1
    sys.stderr.write(f"{_messages(count)} written to {folder}; nothing was sent\n")


def end_of(sending: Sending, outbox: Outbox, *, failed_before: bool = False) -> None:
    """Say what was done; where mail failed or may be lost, now or in an earlier round, the exit code says it, too."""
    say_sending(sending, outbox)
    if sending.failed or sending.uncertain or failed_before:
        raise typer.Exit(EXIT_COULD_NOT_RUN)


def say_sending(sending: Sending, outbox: Outbox) -> None:
    for what, messages in (
        ("failed", sending.failed),
        ("to be tried again", sending.waiting),
        ("uncertain", sending.uncertain),
    ):
        for message in messages:
            sys.stderr.write(f"{message.slug} ({message.id}): {what}: {message.reply}\n")
    for message in sending.sent:
        for one in message.recipients:
            if one.state != "sent":
                sys.stderr.write(f"{message.slug} ({message.id}): not to {one.address}: {one.reply}\n")
    sys.stderr.write(f"{_messages(len(sending.sent))} sent\n")
    uncertain = outbox.messages(MessageState.UNCERTAIN)
    if uncertain:
        sys.stderr.write(
            f"{len(uncertain)} may have arrived or not: openletter outbox list uncertain; then outbox resend or arrived\n"
        )
    waiting = outbox.next_try()
    if waiting is not None:
        sys.stderr.write(
            f"{len(outbox.messages(MessageState.QUEUED))} wait, the first until {_moment(waiting)}: openletter outbox send\n"
        )


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
