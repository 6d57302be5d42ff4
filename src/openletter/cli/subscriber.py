"""``openletter subscriber``: who is told about which networks."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from openletter.cli.arguments import DEFAULT_STORE, StoreOption
from openletter.cli.forms import JsonOption, write_json
from openletter.cli.group import Group
from openletter.cli.tables import data_console
from openletter.report.visible import visible_text
from openletter.store.store import Store
from openletter.subscriber.api_key import ApiKey
from openletter.subscriber.csv_file import COLUMNS, import_csv
from openletter.subscriber.csv_file import reminders as read_reminders
from openletter.subscriber.directory import Directory
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import (
    Format,
    Language,
    Reminders,
    Subscriber,
    SubscriberError,
    read_asn,
)
from openletter.verdict.classes import Severity

app = typer.Typer(
    cls=Group,
    help="Who is told about which networks, in what form and language, and the keys of the Reports API.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_WHAT = "What belongs to them"
_HOW = "How they are told"

_Slug = Annotated[
    str,
    typer.Argument(metavar="SLUG", help="Its short name, of letters, digits and _: it stands in file names."),
]
_Name = Annotated[
    str | None,
    typer.Option("--name", metavar="TEXT", help="Of the organisation.", show_default="the slug"),
]
_Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        metavar="CIDR",
        help="Or a range or an address; repeated for more.",
        rich_help_panel=_WHAT,
        show_default=False,
    ),
]
_Asns = Annotated[
    list[str] | None,
    typer.Option(
        "--asn",
        metavar="N",
        help="An autonomous system; repeated for more.",
        rich_help_panel=_WHAT,
        show_default=False,
    ),
]
_Countries = Annotated[
    list[str] | None,
    typer.Option(
        "--country",
        metavar="CODE",
        help="All of a country; repeated for more.",
        rich_help_panel=_WHAT,
        show_default=False,
    ),
]
_Domains = Annotated[
    list[str] | None,
    typer.Option(
        "--domain",
        metavar="NAME",
        help="By the name that was asked for, by PTR or certificate, with all names below it; repeated for more.",
        rich_help_panel=_WHAT,
        show_default=False,
    ),
]
_Contacts = Annotated[
    list[str] | None,
    typer.Option(
        "--contact",
        metavar="MAIL",
        help="Who gets the mail; repeated for more.",
        rich_help_panel=_HOW,
        show_default=False,
    ),
]
_Language = Annotated[
    Language | None, typer.Option("--language", rich_help_panel=_HOW, show_default=Language.EN.value)
]
_Formats = Annotated[
    list[Format] | None,
    typer.Option("--format", help="Repeated for more.", rich_help_panel=_HOW, show_default="csv"),
]
_Reports = Annotated[
    list[ReportType] | None,
    typer.Option(
        "--report",
        metavar="TYPE",
        help=f"{', '.join(ReportType)}; repeated for more.",
        rich_help_panel=_HOW,
        show_default="all",
    ),
]
_Minimum = Annotated[
    Severity | None,
    typer.Option(
        "--minimum",
        metavar="SEVERITY",
        help="Endpoints whose worst fault is less severe are left out.",
        rich_help_panel=_HOW,
        show_default=Severity.INFO.value,
    ),
]
_Reminders = Annotated[
    list[str] | None,
    typer.Option(
        "--remind",
        metavar="SEVERITY=DAYS",
        help="Say again what is still open after so many days, 0 for never; repeated for more.",
        rich_help_panel=_HOW,
        show_default=" ".join(f"{name}={days}" for name, days in msgspec.structs.asdict(Reminders()).items()),
    ),
]


class SubscriberLine(msgspec.Struct, frozen=True, kw_only=True):
    """As ``show --json`` has it."""

    subscriber: Subscriber
    keys: tuple[ApiKey, ...]


@app.callback()
def _subscriber(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _told(
    name: str | None,
    networks: list[str] | None,
    asns: list[str] | None,
    countries: list[str] | None,
    domains: list[str] | None,
    contacts: list[str] | None,
    language: Language | None,
    formats: list[Format] | None,
    reports: list[ReportType] | None,
    minimum: Severity | None,
    reminders: list[str] | None,
) -> dict[str, Any]:
    """Fields of a subscriber that the command line names. Raises SubscriberError."""
    lists = {
        "networks": networks,
        "asns": [read_asn(one) for one in asns] if asns else None,
        "countries": countries,
        "domains": domains,
        "contacts": contacts,
        "formats": formats,
        "reports": reports,
    }
    return {
        **{name: tuple(values) for name, values in lists.items() if values},
        **({"name": name} if name is not None else {}),
        **({"language": language} if language else {}),
        **({"minimum": minimum} if minimum else {}),
        **({"reminders": read_reminders(" ".join(reminders))} if reminders else {}),
    }


@app.command("add")
def add(
    slug: _Slug,
    name: _Name = None,
    network: _Networks = None,
    asn: _Asns = None,
    country: _Countries = None,
    domain: _Domains = None,
    contact: _Contacts = None,
    language: _Language = None,
    format_: _Formats = None,
    report: _Reports = None,
    minimum: _Minimum = None,
    remind: _Reminders = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write down an organisation and what belongs to it.

    An endpoint belongs to it that is in one of its networks, autonomous systems or countries, or has a name in one of its
    domains. A network may belong to several.

    \b
      openletter subscriber add example --name "Example Ltd" --network 192.0.2.0/24 --contact abuse@example.net
      openletter subscriber add cert_nl --name "CERT of the Netherlands" --country NL --minimum medium
    """
    told = _told(name, network, asn, country, domain, contact, language, format_, report, minimum, remind)
    with Store(store, create=True) as opened, Directory(opened.root) as directory:
        added = directory.add(Subscriber(**{"slug": slug, "name": slug, **told}))
    typer.echo(f"added {added.slug}: {_summary(added)}")
    if not _owns(added):
        typer.echo(
            "nothing belongs to it yet: openletter subscriber change "
            f"{added.slug} --network CIDR (or --asn, --country, --domain)",
            err=True,
        )


@app.command("change")
def change(
    slug: _Slug,
    name: _Name = None,
    network: _Networks = None,
    asn: _Asns = None,
    country: _Countries = None,
    domain: _Domains = None,
    contact: _Contacts = None,
    language: _Language = None,
    format_: _Formats = None,
    report: _Reports = None,
    minimum: _Minimum = None,
    remind: _Reminders = None,
    active: Annotated[
        bool | None,
        typer.Option(
            "--active/--inactive", help="An inactive one is told nothing, and its keys open nothing."
        ),
    ] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(
            "--clear", metavar="WHAT", help="Empty a list: networks, asns, countries, domains or contacts."
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Change what is written down of one. A list that is given takes the place of the one before.

    \b
      openletter subscriber change example --network 192.0.2.0/24 --network 2001:db8::/32
      openletter subscriber change example --clear domains --inactive
    """
    told = _told(name, network, asn, country, domain, contact, language, format_, report, minimum, remind)
    for what in clear or []:
        if what not in ("networks", "asns", "countries", "domains", "contacts"):
            raise typer.BadParameter(
                f"{what} is no list; give networks, asns, countries, domains or contacts",
                param_hint="--clear",
            )
        told.setdefault(what, ())
    if active is not None:
        told["active"] = active
    if not told:
        raise typer.BadParameter("say what is to be changed", param_hint="change")
    with Store(store) as opened, Directory(opened.root) as directory:
        changed = directory.change(slug, **told)
    typer.echo(f"changed {changed.slug}: {_summary(changed)}")


@app.command("list")
def list_(store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Show all of them."""
    with Store(store) as opened, Directory(opened.root) as directory:
        found = directory.list()
    if json:
        for one in found:
            write_json(one)
        return
    if not found:
        typer.echo("there are no subscribers; openletter subscriber add writes one down")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for column in ("slug", "name", "what belongs to it", "contacts", "told", ""):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(
            one.slug,
            Text(visible_text(one.name)),
            _summary(one),
            Text("\n".join(one.contacts)),
            f"{', '.join(one.formats)} ({one.language}), {one.minimum} and above",
            "" if one.active else "inactive",
        )
    data_console().print(table)


@app.command("show")
def show(slug: _Slug, store: StoreOption = DEFAULT_STORE, json: JsonOption = False) -> None:
    """Show all that is written down of one, and which keys it has."""
    with Store(store) as opened, Directory(opened.root) as directory:
        found = directory.show(slug)
        keys = directory.keys(found.id)
    if json:
        write_json(SubscriberLine(subscriber=found, keys=keys))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in msgspec.structs.asdict(found).items():
        if isinstance(value, Reminders):
            value = [f"{severity}={days}" for severity, days in msgspec.structs.asdict(value).items()]
        text = "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        table.add_row(name, Text(visible_text(text) if "\n" not in text else text))
    for key in keys:
        state = f"revoked {_day(key.revoked)}" if key.revoked else f"last used {_day(key.last_used)}"
        table.add_row(
            f"key {key.id}", Text(f"{visible_text(key.label)} made {_day(key.created)}, {state}".strip())
        )
    data_console().print(table)


@app.command("remove")
def remove(slug: _Slug, store: StoreOption = DEFAULT_STORE) -> None:
    """Forget one, with all its keys. --inactive of `change` keeps it and tells it nothing."""
    with Store(store) as opened, Directory(opened.root) as directory:
        gone = directory.remove(slug)
    typer.echo(f"removed {gone.slug}")


@app.command("key")
def key(
    slug: _Slug,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for.")] = "",
    revoke: Annotated[
        int | None,
        typer.Option(
            "--revoke", metavar="N", help="Instead: end the key with this number.", show_default=False
        ),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
) -> None:
    """Make a key for the Reports API. Key and secret are shown this once; the store keeps neither in the clear.

    \b
      openletter subscriber key example --label collector
      openletter subscriber key example --revoke 3
    """
    with Store(store) as opened, Directory(opened.root) as directory:
        whose = directory.show(slug)
        if revoke is not None:
            if revoke not in {one.id for one in directory.keys(whose.id)}:
                raise SubscriberError(
                    f"{whose.slug} has no key {revoke}; `openletter subscriber show` names them"
                )
            directory.revoke(revoke)
            typer.echo(f"key {revoke} opens nothing any more")
            return
        made = directory.new_key(whose.id, label)
    if json:
        write_json(made)
        return
    typer.echo(f"key {made.id} of {whose.slug}; keep both words, they are not shown again", err=True)
    sys.stdout.write(f"apikey = {made.key}\nsecret = {made.secret}\n")
    sys.stdout.flush()


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=f"CSV whose first line names columns: {', '.join(COLUMNS)}."),
    ],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add and change many, from a CSV file: all of it or, where a line cannot be, nothing.

    Who is there already, by slug, is changed in the columns that the file has. Lists are parted by blanks or semicolons.

    \b
      slug,name,networks,asns,contacts,minimum
      example,Example Ltd,192.0.2.0/24 2001:db8::/32,,abuse@example.net,medium
    """
    with Store(store, create=True) as opened, Directory(opened.root) as directory:
        done = import_csv(directory, file)
    typer.echo(f"added {len(done.added)}, changed {len(done.changed)}, {len(done.same)} were so already")


def _owns(one: Subscriber) -> bool:
    return bool(one.networks or one.asns or one.countries or one.domains)


def _summary(one: Subscriber) -> str:
    kinds = {"network": one.networks, "AS": one.asns, "country": one.countries, "domain": one.domains}
    plural = {"network": "networks", "AS": "ASs", "country": "countries", "domain": "domains"}
    told = [f"{len(all_)} {kind if len(all_) == 1 else plural[kind]}" for kind, all_ in kinds.items() if all_]
    return ", ".join(told) or "nothing"


def _day(when: float | None) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}" if when is not None else "never"
