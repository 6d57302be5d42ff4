"""``openletter report``: tell subscribers what is in their networks."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from openletter.cli.arguments import DEFAULT_STORE, StoreOption, SurveyOption
from openletter.cli.base_url import DEFAULT_LINK_DAYS, LinkDaysOption, LinksOption, parse_base_url
from openletter.cli.forms import JsonOption, write_json
from openletter.cli.progress import working
from openletter.cli.report_abuse import (
    DEFAULT_RATE as DEFAULT_RDAP_RATE,
)
from openletter.cli.report_abuse import (
    AbuseCountryOption,
    AbuseNetworkOption,
    AbuseOption,
    AbuseOptions,
    RdapListsOption,
    RdapRateOption,
    check_abuse,
    draft_for_abuse,
)
from openletter.cli.report_mail import (
    BounceToOption,
    DryRunOption,
    FromOption,
    MailOption,
    MailOptions,
    OneClickOption,
    PasswordFileOption,
    RateOption,
    ReplyToOption,
    SmtpOption,
    SmtpRootsOption,
    UnsubscribeOption,
    ZipAboveOption,
    check_mail,
    mail_reports,
)
from openletter.cli.report_webhook import (
    CopyOption,
    PrivateOption,
    SecretFileOption,
    WebhookOption,
    WebhookOptions,
    WebhookRootsOption,
    hook_of,
    post_findings,
)
from openletter.report.chunk import LINE_FORMATS
from openletter.report.document import DOCUMENT_FORMATS
from openletter.report.documenting import DocumentFile
from openletter.report.link import links_of
from openletter.report.mail.attachments import DEFAULT_ZIP_ABOVE
from openletter.report.mail.sending import DEFAULT_RATE
from openletter.report.report_index import ReportFile
from openletter.report.reporting import FOLDER, ReportRun, make_reports, surveys_of
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber

FORMATS = tuple(one for one in Format if one in LINE_FORMATS or one in DOCUMENT_FORMATS)
"""That can be written."""


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """A report file, as ``--json`` has it."""

    subscriber: str
    file: str
    """With its folder."""
    type: str
    """``report`` of a whole document."""
    date: date
    rows: int | msgspec.UnsetType = msgspec.UNSET
    octets: int
    sha256: str
    id: str | msgspec.UnsetType = msgspec.UNSET
    """Under which the Reports API gives it away, which has no documents."""


def report(
    store: StoreOption = DEFAULT_STORE,
    survey: SurveyOption = None,
    day: Annotated[
        str | None,
        typer.Option(
            "--day",
            metavar="YYYY-MM-DD",
            help="What all surveys of that day (UTC) have seen on it, instead of one survey.",
            show_default=False,
        ),
    ] = None,
    subscriber: Annotated[
        list[str] | None,
        typer.Option(
            "--subscriber", metavar="SLUG", help="For this one alone; repeated for more.", show_default="all"
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Where to.", show_default=f"{FOLDER} in the store"),
    ] = None,
    format_: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(FORMATS)}; repeated for several.",
            show_default="what each subscriber asked for",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Of the vulnerable, only those that have no TLS at all."),
    ] = False,
    base_url: LinksOption = "",
    link_days: LinkDaysOption = DEFAULT_LINK_DAYS,
    mail: MailOption = False,
    smtp: SmtpOption = None,
    from_: FromOption = None,
    reply_to: ReplyToOption = None,
    bounce_to: BounceToOption = None,
    smtp_roots: SmtpRootsOption = None,
    password_file: PasswordFileOption = None,
    rate: RateOption = DEFAULT_RATE,
    zip_above: ZipAboveOption = DEFAULT_ZIP_ABOVE,
    dry_run: DryRunOption = None,
    unsubscribe: UnsubscribeOption = "",
    one_click: OneClickOption = False,
    abuse: AbuseOption = None,
    abuse_network: AbuseNetworkOption = None,
    abuse_country: AbuseCountryOption = None,
    rdap_rate: RdapRateOption = DEFAULT_RDAP_RATE,
    rdap_lists: RdapListsOption = None,
    webhook: WebhookOption = None,
    webhook_secret: SecretFileOption = None,
    webhook_copy: CopyOption = False,
    webhook_private: PrivateOption = False,
    webhook_roots: WebhookRootsOption = None,
    json: JsonOption = False,
) -> None:
    """Write each subscriber's reports of a survey: the eight types of the Shadowserver Foundation, as their readers expect them,
    and whole documents for people.

    A file is named YYYY-MM-DD-<type>-<subscriber>-<filter>.csv by the day (UTC) on which its rows were seen, a document
    YYYY-MM-DD-report-<subscriber>-<filter>.html by the day on which the survey began. Running it again
    writes the same octets.

    \b
      openletter report                                   the latest survey, into the store, for the Reports API
      openletter report --to reports --format csv --format jsonl
      openletter report --to reports --format html        one page for people, with every server and what to do
      openletter report --day 2026-11-24 --subscriber example --to reports
      openletter report --mail --dry-run mail --from reports@example.org
      openletter report --mail --smtp smtps://reports@mail.example.org --from reports@example.org
      openletter report --webhook https://tickets.example.org/hook
      openletter report --abuse drafts --from reports@example.org
    """
    formats = _formats(format_)
    when = _day(day, survey)
    options = MailOptions(
        smtp=smtp,
        sender=from_,
        reply_to=reply_to,
        bounce_to=bounce_to,
        roots=smtp_roots,
        password_file=password_file,
        rate=rate,
        zip_above=zip_above,
        dry_run=dry_run,
        unsubscribe=unsubscribe,
        one_click=one_click,
    )
    address = parse_base_url(base_url)
    check_mail(options, wanted=mail)
    hook = hook_of(
        WebhookOptions(
            url=webhook,
            secret_file=webhook_secret,
            private=webhook_private,
            roots=webhook_roots,
        )
    )
    drafts = None
    if abuse is not None:
        if mail:
            raise typer.BadParameter(
                "drafts are for a person to send; leave --mail out", param_hint="--abuse"
            )
        drafts = AbuseOptions(
            folder=abuse,
            sender=from_,
            reply_to=reply_to,
            networks=abuse_network or (),
            countries=abuse_country or (),
            rate=rdap_rate,
            lists=rdap_lists,
        )
        check_abuse(drafts)
    with Store(store) as opened, Directory(opened.root) as directory:
        told = tuple(directory.show(slug) for slug in dict.fromkeys(subscriber or ())) or None
        everybody = told or directory.list(active=True)
        records: list[SurveyRecord]
        if when is not None:
            records = surveys_of(opened, when)
        else:
            records = [opened.survey(survey) if survey else opened.latest(judged=True)]
        if drafts is not None:
            draft_for_abuse(opened, directory, records, drafts, day=when, strict=strict, json=json)
            return
        target = to or opened.root / FOLDER
        links = links_of(opened.root, address, days=link_days)
        with working(Console(stderr=True), "writing reports") as watch:
            run = make_reports(
                opened,
                records,
                directory,
                target,
                formats,
                subscribers=told,
                day=when,
                strict=strict,
                links=links,
                watch=watch,
            )
        if json:
            _write(run, everybody)
        else:
            _say(run, everybody)
        try:
            if hook is not None:
                # Before the mail, after which nothing would be new; and then it is the mail that tells.
                copy = webhook_copy or mail
                post_findings(opened, directory, records, hook, everybody, links, copy=copy)
        finally:
            if mail:
                mail_reports(opened, directory, records, run, everybody, options, links)


def _formats(given: list[Format] | None) -> list[Format] | None:
    for format_ in given or ():
        if format_ not in FORMATS:
            raise typer.BadParameter(
                f"{format_} is no format of report files; give {' or '.join(FORMATS)}",
                param_hint="--format",
            )
    return given or None


def _day(text: str | None, survey: str | None) -> date | None:
    if text is None:
        return None
    if survey is not None:
        raise typer.BadParameter("give a day or a survey, not both", param_hint="--day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no day; write it as 2026-11-24", param_hint="--day") from None


def _slugs(everybody: tuple[Subscriber, ...]) -> dict[int, str]:
    return {one.id: one.slug for one in everybody}


def _write(run: ReportRun, everybody: tuple[Subscriber, ...]) -> None:
    slugs = _slugs(everybody)
    for file in run.files:
        write_json(
            ReportLine(
                subscriber=slugs[file.subscriber_id],
                file=str(run.folder / file.file),
                type=file.type,
                date=file.date,
                rows=file.rows,
                octets=file.octets,
                sha256=file.sha256,
                id=file.id,
            )
        )
    for document in run.documents:
        write_json(
            ReportLine(
                subscriber=slugs[document.subscriber_id],
                file=str(run.folder / document.file),
                type="report",
                date=document.date,
                octets=document.octets,
                sha256=document.sha256,
            )
        )


def _say(run: ReportRun, everybody: tuple[Subscriber, ...]) -> None:
    if not everybody:
        typer.echo("there are no subscribers; openletter subscriber add writes one down")
        return
    by_subscriber: dict[int, list[ReportFile]] = {}
    for file in run.files:
        by_subscriber.setdefault(file.subscriber_id, []).append(file)
    documents: dict[int, list[DocumentFile]] = {}
    for document in run.documents:
        documents.setdefault(document.subscriber_id, []).append(document)
    for one in everybody:
        files = by_subscriber.get(one.id, [])
        rows = sum(file.rows for file in files)
        said = [f"{rows:,} rows in {len(files)} files"] if files else []
        said += [document.file for document in documents.get(one.id, [])]
        typer.echo(f"{one.slug}: {', '.join(said) or 'nothing to report'}")
    removed = f", {len(run.removed)} removed that have no rows any more" if run.removed else ""
    count = len(run.files) + len(run.documents)
    sys.stderr.write(f"{count} file{'s' if count != 1 else ''} in {run.folder}{removed}\n")
