"""From a survey's standings and the files that were made of it to one finished message for each subscriber that there is
something to tell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.link import Links
from openletter.report.mail.attachments import DEFAULT_ZIP_ABOVE, attach
from openletter.report.mail.digest import Digest, Host, Port, digests
from openletter.report.mail.letter import Letter, banner_text
from openletter.report.mail.mailbox import Mailbox
from openletter.report.mail.message import Thread, Unsubscribing, make_message, message_id, octets_of
from openletter.report.mail.outbox_message import NewMessage
from openletter.report.mail.signer import Signer
from openletter.report.reporting import ReportRun
from openletter.report.standing import STANDINGS, standings
from openletter.store.database import connect, quoted
from openletter.store.error import named
from openletter.store.file_set import Kind
from openletter.store.observation_table import sort_key
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

_LATEST = """
SELECT * EXCLUDE (number) FROM found
QUALIFY row_number() OVER (PARTITION BY subscriber, ip_sort, port, host ORDER BY number DESC) = 1
ORDER BY subscriber, ip_sort, port, host
"""
_BANNERS = """
SELECT ip_sort, port, host, any_value(banner) AS banner FROM read_parquet([{files}]) SEMI JOIN wanted USING (ip_sort, port, host)
WHERE octet_length(banner) > 0 GROUP BY ALL
"""


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, and how."""

    sender: Mailbox
    reply_to: Mailbox | None = None
    zip_above: int = DEFAULT_ZIP_ABOVE
    """Octets of attachments, above which they are put into one archive."""
    links: Links | None = None
    """To the page of each finding."""
    unsubscribe: str = ""
    """A page where a subscriber says that it wants no more of them; ``{subscriber}`` in it stands for its slug. Empty: none."""
    one_click: bool = False
    """Whether that page takes the POST of RFC 8058."""

    def unsubscribing(self, subscriber: Subscriber) -> Unsubscribing:
        return Unsubscribing(
            mail=self.answers,
            subject=f"unsubscribe {subscriber.slug}",
            page=self.unsubscribe.replace("{subscriber}", subscriber.slug),
            one_click=self.one_click,
        )

    @property
    def answers(self) -> str:
        """Where a person reads what recipients write."""
        return (self.reply_to or self.sender).address


class Written(msgspec.Struct, frozen=True, kw_only=True):
    subscriber: Subscriber
    new: NewMessage


def told_standings(
    store: Store,
    records: Sequence[SurveyRecord],
    directory: Directory,
    on: date,
    subscribers: Sequence[Subscriber],
) -> Any:
    """As :func:`openletter.report.standing.standings` of several surveys, the oldest first: the latest word on each endpoint."""
    tables = [standings(store, record, directory, on, subscribers=subscribers) for record in records]
    if len(tables) == 1:
        return tables[0]
    numbered = [
        table.append_column("number", pa.array([number] * table.num_rows, pa.int64()))
        for number, table in enumerate(tables)
    ]
    with connect() as database:
        database.register("found", pa.concat_tables(numbered))
        return database.sql(_LATEST).to_arrow_table().cast(STANDINGS)


def write_messages(
    store: Store,
    records: Sequence[SurveyRecord],
    directory: Directory,
    run: ReportRun,
    on: date,
    mailing: Mailing,
    subscribers: Sequence[Subscriber],
    *,
    threads: Mapping[int, tuple[str, ...]],
    now: datetime,
    signer: Signer | None = None,
) -> Iterator[Written]:
    """A message for each of ``subscribers`` that has contacts, and of whose servers something is new, back, due or fixed.

    ``run``: the report files that are attached; ``threads``: what each was sent before (:meth:`Outbox.thread`); ``now`` has a
    time zone. Raises StoreError.
    """
    to = [one for one in subscribers if one.contacts]
    table = told_standings(store, records, directory, on, to)
    found = {whose: digest for whose, digest in digests(table).items() if digest.counts.due}
    banners = _banners(store, records, found.values())
    files: dict[int, list[Path]] = {}
    for file in run.files:
        files.setdefault(file.subscriber_id, []).append(run.folder / file.file)
    for document in run.documents:
        files.setdefault(document.subscriber_id, []).append(run.folder / document.file)
    slices = _slices(table)
    for one in to:
        if one.id not in found:
            continue
        attached = attach(
            files.get(one.id, ()), f"{on}-openletter-{one.slug}.zip", zip_above=mailing.zip_above
        )
        letter = Letter(
            subscriber=one,
            day=on,
            seen=records[-1].started,
            digest=_with_banners(found[one.id], banners),
            sender=mailing.sender,
            attached=attached,
            unsubscribe=mailing.unsubscribing(one).page,
        )
        number = message_id(on, mailing.sender.domain)
        message = _message(letter, number, mailing, threads.get(one.id, ()), now)
        octets = octets_of(message)
        if signer is not None:
            octets = signer(octets, mailing.sender.address)
        yield Written(
            subscriber=one,
            new=NewMessage(
                subscriber=one.id,
                slug=one.slug,
                day=on,
                survey=records[-1].id,
                message_id=number,
                subject=str(message["Subject"]),
                recipients=one.contacts,
                octets=octets,
                standings=pack(slices[one.id]),
            ),
        )


def _message(
    letter: Letter, number: str, mailing: Mailing, thread: tuple[str, ...], now: datetime
) -> EmailMessage:
    one = letter.subscriber

    def link(host: Host, port: Port) -> str:
        assert mailing.links is not None
        return mailing.links.of(one.id, host.ip, port.port, port.host, letter.day)

    return make_message(
        letter,
        one.contacts,
        number=number,
        now=now,
        reply_to=mailing.reply_to,
        thread=Thread(messages=thread),
        unsubscribing=mailing.unsubscribing(one),
        link=link if mailing.links is not None else lambda *_: "",
    )


def _slices(table: Any) -> dict[int, Any]:
    """Of a table that is sorted by subscriber, the rows of each."""
    found = {}
    start = 0
    for group in pc.value_counts(table.column("subscriber")).to_pylist():
        found[group["values"]] = table.slice(start, group["counts"])
        start += group["counts"]
    return found


def _banners(
    store: Store, records: Sequence[SurveyRecord], found: Iterable[Digest]
) -> dict[tuple[str, int, str], bytes]:
    """What the servers that will be shown said of themselves; of a survey whose observations are gone nothing."""
    shown = {
        (host.ip, port.port, port.host) for digest in found for host in digest.worst for port in host.ports
    }
    keys = {(sort_key(ip), port, host): ip for ip, port, host in shown}
    if not keys:
        return {}
    columns = list(zip(*keys, strict=True))
    wanted = pa.table(
        {
            "ip_sort": pa.array(columns[0], pa.binary()),
            "port": pa.array(columns[1], pa.uint16()),
            "host": pa.array(columns[2], pa.string()),
        }
    )
    said: dict[tuple[str, int, str], bytes] = {}
    with connect(store.root) as database:
        database.register("wanted", wanted)
        for record in records:
            kept = store.current(Kind.OBSERVATIONS, record.id)
            if kept is None:
                continue
            with named(store.root):
                query = _BANNERS.format(files=", ".join(map(quoted, store.files_of(kept))))
                for row in database.sql(query).to_arrow_table().to_pylist():
                    key = (row["ip_sort"], row["port"], row["host"])
                    said[keys[key], row["port"], row["host"]] = bytes(row["banner"])
    return said


def _with_banners(digest: Digest, banners: Mapping[tuple[str, int, str], bytes]) -> Digest:
    """One of each host is enough to know it by: that of its first port that said anything."""

    def ports(host: Host) -> tuple[Port, ...]:
        for place, one in enumerate(host.ports):
            banner = banners.get((host.ip, one.port, one.host))
            if banner:
                first = msgspec.structs.replace(one, banner=banner_text(banner))
                return (*host.ports[:place], first, *host.ports[place + 1 :])
        return host.ports

    worst = tuple(msgspec.structs.replace(host, ports=ports(host)) for host in digest.worst)
    return msgspec.structs.replace(digest, worst=worst)


def pack(table: Any) -> bytes:
    """Rows of ``STANDINGS`` for the outbox."""
    out = BytesIO()
    with pa.ipc.new_stream(out, STANDINGS, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table.combine_chunks())
    return out.getvalue()


def unpack(octets: bytes) -> Any:
    """What :func:`pack` has made."""
    with pa.ipc.open_stream(octets) as stream:
        return stream.read_all()
