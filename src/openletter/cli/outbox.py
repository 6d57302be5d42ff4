"""``openletter outbox``: mail that waits, that failed, or of which nobody knows whether it arrived."""

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.forms import JsonOption, write_json, write_octets
from openletter.cli.group import Group
from openletter.cli.report_mail import (
    BounceToOption,
    FromOption,
    MailOptions,
    PasswordFileOption,
    RateOption,
    SmtpOption,
    SmtpRootsOption,
    end_of,
    post_of,
    posting,
    say_sending,
    send_all,
)
from openletter.cli.tables import data_console
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.outbox_message import Message, MessageState
from openletter.report.mail.recording import record_told
from openletter.report.mail.sending import DEFAULT_RATE
from openletter.store.store import Store
from openletter.subscriber.directory import Directory

app = typer.Typer(
    cls=Group,
    help="Mail to subscribers that waits, that failed, or of which nobody knows whether it arrived.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_Number = Annotated[int, typer.Argument(metavar="N", help="Its number in `openletter outbox list`.")]
_LONGEST_SLEEP_S = 60.0


@app.callback()
def _outbox(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command("list")
def list_(
    state: Annotated[
        list[MessageState] | None,
        typer.Argument(metavar="[STATE]...", help=f"{', '.join(MessageState)}.", show_default="all but sent"),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Show messages and how they stand.

    An uncertain one was broken off when the server may have had it already. It is not sent again by itself: look whether it
    arrived, by its message id, and say so with resend or arrived.
    """
    states = state or [one for one in MessageState if one not in (MessageState.SENT, MessageState.REPLACED)]
    with Store(store) as opened, Outbox(opened.root) as outbox:
        found = outbox.messages(*states)
    if json:
        for message in found:
            write_json(message)
        return
    if not found:
        typer.echo("nothing is in the outbox")
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("N", "Subscriber", "Day", "State", "Tried", "To", "Last word"):
        table.add_column(column, justify="right" if column in ("N", "Tried") else "left", overflow="fold")
    for message in found:
        table.add_row(
            str(message.id),
            message.slug,
            message.day.isoformat(),
            message.state.value,
            str(message.attempts),
            Text("\n".join(f"{one.address} {one.state.value}" for one in message.recipients)),
            Text(_last(message)),
        )
    data_console().print(table)


def _last(message: Message) -> str:
    if message.state is MessageState.QUEUED:
        again = f"next try {datetime.fromtimestamp(message.next_try, UTC):%Y-%m-%d %H:%M} UTC"
        return f"{message.reply}\n{again}" if message.reply else again
    if message.state is MessageState.UNCERTAIN:
        return f"{message.reply}\n{message.message_id}"
    return message.reply


@app.command("send")
def send(
    store: StoreOption = DEFAULT_STORE,
    smtp: SmtpOption = None,
    from_: FromOption = None,
    bounce_to: BounceToOption = None,
    smtp_roots: SmtpRootsOption = None,
    password_file: PasswordFileOption = None,
    rate: RateOption = DEFAULT_RATE,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until each is sent, has failed or is given up.")
    ] = False,
) -> None:
    """Send what is due. Run it from time to time, since a server that says "later" is asked again after minutes, then hours.

    \b
      openletter outbox send --smtp smtps://reports@mail.example.org --from reports@example.org
    """
    options = MailOptions(
        smtp=smtp,
        sender=from_,
        bounce_to=bounce_to,
        roots=smtp_roots,
        password_file=password_file,
        rate=rate,
    )
    post = post_of(options)
    with Store(store) as opened, Directory(opened.root) as directory, posting(opened) as outbox:
        failed = False
        while True:
            sending = send_all(opened, directory, outbox, post)
            when = outbox.next_try()
            if not wait or when is None:
                end_of(sending, outbox, failed_before=failed)
                return
            say_sending(sending, outbox)
            failed = failed or bool(sending.failed or sending.uncertain)
            while (left := when - time.time()) > 0:
                time.sleep(min(left, _LONGEST_SLEEP_S))


@app.command("show")
def show(number: _Number, store: StoreOption = DEFAULT_STORE) -> None:
    """Write a message to standard output, as it goes over the wire: a file of it (.eml) opens in mail programs."""
    with Store(store) as opened, Outbox(opened.root) as outbox:
        outbox.show(number)
        write_octets(outbox.content(number))


@app.command("resend")
def resend(number: _Number, store: StoreOption = DEFAULT_STORE) -> None:
    """Send one again that failed, or that is uncertain and did not arrive."""
    with Store(store) as opened, posting(opened) as outbox:
        message = outbox.resend(number, now=time.time())
    typer.echo(f"queued again: {message.slug}, {message.day}; openletter outbox send sends it")


@app.command("arrived")
def arrived(number: _Number, store: StoreOption = DEFAULT_STORE) -> None:
    """Say of an uncertain one that it arrived: its subscriber counts as told."""
    with Store(store) as opened, posting(opened) as outbox:
        message = outbox.arrived(number, now=time.time())
        record_told(opened, outbox, now=time.time())
    typer.echo(f"told: {message.slug}, {message.day}")


@app.command("drop")
def drop(number: _Number, store: StoreOption = DEFAULT_STORE) -> None:
    """Forget one that was not sent. Nothing of it counts as told, and another one of that day can be made."""
    with Store(store) as opened, posting(opened) as outbox:
        message = outbox.drop(number)
    sys.stdout.write(f"dropped: {message.slug}, {message.day}\n")
