"""``openletter report --abuse``: its options, and drafts for whoever a network names for abuse."""

import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.failure import CouldNotRunError
from openletter.cli.forms import write_json
from openletter.cli.progress import working
from openletter.report.bounded_http import HttpError, read_url
from openletter.report.mail.error import MailSettingError
from openletter.report.mail.mailbox import Mailbox, read_mailbox
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber import subscriber
from openletter.subscriber.directory import Directory

if TYPE_CHECKING:
    from openletter.report.abuse.contact_cache import ContactCache
    from openletter.report.abuse.looking_up import Looking

PANEL = "Drafts for abuse desks"
DEFAULT_RATE = 6.0
"""Questions a minute to one registry."""

AbuseOption = Annotated[
    Path | None,
    typer.Option(
        "--abuse",
        metavar="FOLDER",
        help="Instead of reports, write drafts of mails (.eml) to the abuse contacts of what is vulnerable and belongs to no "
        "subscriber. A person sends them; nothing is sent. Registries are asked by RDAP.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
AbuseNetworkOption = Annotated[
    list[str] | None,
    typer.Option(
        "--abuse-network",
        metavar="CIDR",
        help="For what is in this network alone, whoever has it; repeated for more.",
        rich_help_panel=PANEL,
        show_default="what belongs to no subscriber",
    ),
]
AbuseCountryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--abuse-country",
        metavar="CC",
        help="For what is in this country alone, whoever has it; repeated for more.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
RdapRateOption = Annotated[
    float,
    typer.Option(
        "--rdap-rate",
        metavar="N",
        min=0.01,
        max=600.0,
        envvar="OPENLETTER_RDAP_RATE",
        help="Questions a minute to one registry, one for each network.",
        rich_help_panel=PANEL,
    ),
]
RdapListsOption = Annotated[
    str | None,
    typer.Option(
        "--rdap-lists",
        metavar="URL",
        envvar="OPENLETTER_RDAP_LISTS",
        help="A folder with the lists of registries of RFC 9224 (ipv4.json, ipv6.json …).",
        rich_help_panel=PANEL,
        show_default="IANA's",
    ),
]


class AbuseOptions(msgspec.Struct, frozen=True, kw_only=True):
    """As the command line has them."""

    folder: Path
    sender: str | None
    reply_to: str | None
    networks: Sequence[str]
    countries: Sequence[str]
    rate: float
    lists: str | None


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, as ``--json`` has it."""

    contact: str
    role: str
    """Of the contact in the registry's answer."""
    file: str
    networks: int
    hosts: int
    endpoints: int
    languages: tuple[str, ...]


class NoContactLine(msgspec.Struct, frozen=True, kw_only=True):
    """A network that names nobody, as ``--json`` has it."""

    contact: None = None
    place: str
    name: str
    hosts: int
    why: str
    again: bool
    """Whether it makes sense to run the command again later."""


def check_abuse(options: AbuseOptions) -> tuple[Mailbox, Mailbox | None]:
    """Who writes, and where answers go. Raises ``typer.BadParameter``, SubscriberError."""
    if not options.sender:
        raise typer.BadParameter(
            "say who writes: --from 'CSIRT of Example <reports@example.org>' (or OPENLETTER_MAIL_FROM)",
            param_hint="--from",
        )
    if options.lists is not None:
        try:
            read_url(options.lists)
        except HttpError as error:
            raise typer.BadParameter(str(error), param_hint="--rdap-lists") from None
    for country in options.countries:
        subscriber.country(country)
    for network in options.networks:
        subscriber.network(network)
    try:
        reply_to = read_mailbox(options.reply_to) if options.reply_to else None
        return read_mailbox(options.sender), reply_to
    except MailSettingError as error:
        raise typer.BadParameter(str(error), param_hint="--from") from None


def draft_for_abuse(
    store: Store,
    directory: Directory,
    records: Sequence[SurveyRecord],
    options: AbuseOptions,
    *,
    day: date | None,
    strict: bool,
    json: bool,
) -> None:
    """Raises CouldNotRunError, StoreError."""
    # Its library of RDAP takes a quarter of a second to import, which other commands need not wait for.
    from openletter.report.abuse.drafting import write_drafts
    from openletter.report.abuse.looking_up import LookUp
    from openletter.report.abuse.registries import DEFAULT_SOURCE, RegistryError, registries
    from openletter.report.abuse.unowned import Choice

    sender, reply_to = check_abuse(options)
    source = options.lists or DEFAULT_SOURCE
    if not source.endswith("/"):
        source += "/"
    choice = Choice(
        networks=tuple(cidr for text in options.networks for cidr in subscriber.network(text)),
        countries=tuple(map(subscriber.country, options.countries)),
    )
    with working(Console(stderr=True), "asking registries") as watch:

        def look_up(cache: "ContactCache", ips: Iterable[str]) -> "Looking":
            lists = registries(cache, source, time.time())
            return LookUp(cache, lists, rate=options.rate, watch=watch).run(ips)

        try:
            done = write_drafts(
                store,
                records,
                directory,
                options.folder,
                sender,
                look_up,
                choice=choice,
                now=time.time(),
                day=day,
                strict=strict,
                reply_to=reply_to,
            )
        except (RegistryError, HttpError) as error:
            raise CouldNotRunError(str(error)) from None
        except KeyboardInterrupt:
            sys.stderr.write("what registries have answered is kept: run the command again to go on\n")
            raise
    for draft in done.drafts:
        line = DraftLine(
            contact=draft.contact,
            role=draft.role,
            file=str(draft.file),
            networks=draft.networks,
            hosts=draft.hosts,
            endpoints=draft.endpoints,
            languages=draft.languages,
        )
        if json:
            write_json(line)
        else:
            role = "" if draft.role == "abuse" else f" ({draft.role}: no abuse contact is named)"
            typer.echo(
                f"{draft.contact}{role}: {draft.hosts:,} servers in {draft.networks} networks, {draft.file}"
            )
    for one in done.without:
        if json:
            write_json(
                NoContactLine(place=one.place, name=one.name, hosts=one.hosts, why=one.why, again=one.again)
            )
        else:
            name = f" {one.name}" if one.name else ""
            later = "; run again later" if one.again else ""
            said = f"no contact: {one.place}{name}, {one.hosts:,} servers: {one.why}{later}"
            typer.echo(said)
    sys.stderr.write(
        f"{len(done.drafts)} drafts in {options.folder}, {done.asked} questions to registries; nothing was sent\n"
    )
