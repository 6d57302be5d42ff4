"""A draft for one abuse contact: a mail that a person opens, reads, and sends or does not.

It is addressed, has no Date and no Message-ID yet, which are the sender's program's to give, and says by ``X-Unsent: 1`` that it
was not sent: programs that know this open it for writing. The same rows make the same octets.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jinja2
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from babel.dates import format_date
from babel.numbers import format_decimal

from openletter.dialogue.observation import Exchange
from openletter.remedy.wording import CATALOGUES
from openletter.report.abuse.desk import Desk
from openletter.report.line_format import octets_of
from openletter.report.mail.attachments import Attached, attach
from openletter.report.mail.letter import name_text
from openletter.report.mail.mailbox import Mailbox, header_text
from openletter.report.mail.message import POLICY
from openletter.report.mail.message import octets_of as message_octets
from openletter.report.mail.xarf import MAX_ATTACHED, Xarf, attach_xarf, xarf_of
from openletter.report.shadowserver.csv import CSV
from openletter.report.shadowserver.naming import file_name
from openletter.store.error import named
from openletter.subscriber.report_type import ReportType
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName

NETWORKS_SHOWN = 20
SLUG = "abuse"
_RULE = "-" * 72

Transcripts = Mapping[str, tuple[Exchange, ...]]
"""By the ``key`` of a report row."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    octets: bytes
    languages: tuple[str, ...]


def shown_keys(desk: Desk) -> list[str]:
    """Of the rows whose evidence a draft carries: the worst first."""
    return [row["key"] for row in _shown(desk)]


def _shown(desk: Desk) -> list[dict[str, Any]]:
    ranks = {"critical": 0, "high": 1, "medium": 2}
    severities = desk.rows.column("severity").to_pylist()
    # A server may have been seen on two days.
    places = {key: number for number, key in enumerate(desk.rows.column("key").to_pylist())}
    order = sorted(places.values(), key=lambda one: (ranks.get(severities[one], 3), one))
    rows: list[dict[str, Any]] = desk.rows.take(pa.array(order[:MAX_ATTACHED], pa.int64())).to_pylist()
    return rows


def make_draft(
    desk: Desk, sender: Mailbox, transcripts: Transcripts, *, reply_to: Mailbox | None = None
) -> Draft:
    """In English, and for who is in Japan in Japanese as well. Raises StoreError."""
    languages = ("en", "ja") if desk.country == "JP" else ("en",)
    reports = [xarf_of(row, sender, transcripts.get(row["key"], ())) for row in _shown(desk)]
    files = _files(desk)
    day: date = pc.max(desk.rows.column("day")).as_py()
    message = EmailMessage(policy=POLICY)
    message["From"] = sender.header()
    if reply_to is not None:
        message["Reply-To"] = reply_to.header()
    message["To"] = Address(addr_spec=desk.contact)
    message["Subject"] = header_text(" / ".join(_subject(desk, day, one) for one in languages))
    message["X-Unsent"] = "1"
    texts = (
        _text(desk, sender, day, len(reports), files, one, last=one == languages[-1]) for one in languages
    )
    message.set_content(f"\n{_RULE}\n\n".join(texts), cte="quoted-printable")
    message["Content-Language"] = ", ".join(languages)
    message.make_mixed()
    for file in files.files:
        kind, subtype = file.type
        parameters = {"charset": "utf-8"} if kind == "text" else None
        message.add_attachment(
            file.octets, maintype=kind, subtype=subtype, filename=file.name, cte="base64", params=parameters
        )
    attach_xarf(message, reports)
    message.set_boundary(f"=_{_boundary(desk, reports)}")
    return Draft(file=draft_name(desk.contact), octets=message_octets(message), languages=languages)


def draft_name(contact: str) -> str:
    """A file's name that tells whose it is, and is no other's."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in contact)[:80]
    return f"{plain}-{sha256(contact.encode()).hexdigest()[:8]}.eml"


def _boundary(desk: Desk, reports: Iterable[Xarf]) -> str:
    said = "\n".join((desk.contact, *(str(one.number) for one in reports)))
    return sha256(said.encode()).hexdigest()[:32]


def _files(desk: Desk) -> Attached:
    """The rows as CSV, a file for each type and day; in one archive where they are large."""
    pieces = CSV.pieces(desk.rows)
    kinds = desk.rows.select(["day", "type"]).to_pylist()
    places: dict[tuple[date, str], list[int]] = {}
    for number, kind in enumerate(kinds):
        places.setdefault((kind["day"], kind["type"]), []).append(number)
    with TemporaryDirectory(prefix="openletter-") as folder:
        paths = []
        for (day, kind), rows in sorted(places.items()):
            lines, ends = octets_of(CSV.lines(pieces, pa.array(rows, pa.int64())))
            path = Path(folder) / file_name(day, ReportType(kind), SLUG, "all")
            with named(path):
                path.write_bytes(CSV.header + bytes(lines[ends[0] : ends[-1]]))
            paths.append(path)
        return attach(paths, f"{SLUG}.zip")


def _subject(desk: Desk, day: date, language: str) -> str:
    hosts = desk.digest.counts.faulty.hosts
    number = _number(hosts, language)
    if language == "ja":
        what = "パスワードが平文で流れ得る" if desk.digest.counts.wide.hosts else "対処が必要な"
        return f"{what}メールサーバー {number} 台（{day}）"
    servers = f"{number} mail server{'' if hosts == 1 else 's'} in your network"
    if not desk.digest.counts.wide.hosts:
        return f"{servers} to be mended ({day})"
    return f"{servers} {'lets' if hosts == 1 else 'let'} passwords cross in the clear ({day})"


def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=language))


def _text(
    desk: Desk, sender: Mailbox, day: date, xarf: int, files: Attached, language: str, *, last: bool
) -> str:
    """``last``: who writes stands at its end; what follows that is taken for a signature by mail programs."""
    endpoints = pc.count_distinct(desk.rows.column("key")).as_py()
    return (
        _environment(language)
        .get_template(f"{language}.txt.j2")
        .render(
            desk=desk,
            day=day,
            networks=desk.networks[:NETWORKS_SHOWN],
            more_networks=max(0, len(desk.networks) - NETWORKS_SHOWN),
            steps=desk.digest.first(language),
            xarf=xarf,
            endpoints=endpoints,
            too_large=files.too_large,
            last=last,
            sender=msgspec.structs.replace(sender, name=header_text(sender.name)),
        )
    )


@cache
def _environment(language: str) -> jinja2.Environment:
    catalogue = CATALOGUES[language]

    def title(word: str) -> str:
        if word in set(FindingName):
            return catalogue.findings[FindingName(word)].title
        return catalogue.classes[Class(word)].title

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openletter.report", "templates/abuse"),
        # Plain text: nothing reads it as markup.
        autoescape=False,  # noqa: S701
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "title": title,
        "name": name_text,
        "number": lambda value: _number(value, language),
        "date": lambda day: format_date(day, format="long", locale=language),
    }
    return environment
