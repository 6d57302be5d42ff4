"""What is posted: how each finding of a subscriber stands, cut into pieces of a bounded size. The schema is published, and has a
version: what a reader of version 1 knows stays as it is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from openletter.report.link import Links
from openletter.report.standing import Standing
from openletter.report.visible import visible_text
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import STRICT, WIDE, Class, Severity

VERSION = 1
TYPE: Literal["openletter.findings"] = "openletter.findings"
MAX_OCTETS = 200_000
"""Of one message: readers often take no more than 256 kB."""


class FindingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. What it calls itself is a stranger's word."""

    key: str
    """The same for an endpoint in every survey."""
    standing: Standing
    ip: str
    port: int
    protocol: str
    host: str
    """The name that was asked for; may be empty."""
    hostname: str
    report: str | None
    """The report that it is in; null where it is in none any more."""
    class_: Class = msgspec.field(name="class")
    findings: tuple[str, ...]
    faults: tuple[str, ...]
    """Class and findings that are to be mended."""
    told: tuple[str, ...]
    """Those that the subscriber was told of before."""
    severity: Severity
    strict: bool
    wide: bool
    first_reported: date | None
    last_reported: date | None
    times: int
    seen: datetime
    """When a survey found a fault last."""
    link: str | None
    """Where it can be checked again; null where nowhere."""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    slug: str
    name: str


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    subscriber: Owner
    survey: str
    day: date
    batch: int
    """1 to ``batches``."""
    batches: int
    findings: tuple[FindingLine, ...]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request."""

    type: Literal["openletter.findings"]
    timestamp: datetime
    """When the survey began."""
    data: Findings


def line_of(row: Mapping[str, Any], links: Links | None, day: date) -> FindingLine:
    """Of a row of ``standings``."""
    class_ = Class(row["class"])
    place = f"[{row['ip']}]" if ":" in row["ip"] else row["ip"]
    gone = row["standing"] == Standing.FIXED
    return FindingLine(
        key=f"{place}:{row['port']}" + (f"/{row['host']}" if row["host"] else ""),
        standing=Standing(row["standing"]),
        ip=row["ip"],
        port=row["port"],
        protocol=row["protocol"],
        host=visible_text(row["host"]),
        hostname=visible_text(row["hostname"] or ""),
        report=row["type"],
        class_=class_,
        findings=tuple(row["findings"]),
        faults=tuple(row["words"]),
        told=tuple(row["told"]),
        severity=Severity(row["severity"]),
        strict=class_ in STRICT and not gone,
        wide=class_ in WIDE and not gone,
        first_reported=row["first_reported"],
        last_reported=row["last_reported"],
        times=row["times"],
        seen=datetime.fromtimestamp(row["seen"], UTC),
        link=links.of(row["subscriber"], row["ip"], row["port"], row["host"], day) if links else None,
    )


_encoder = msgspec.json.Encoder()


def bodies(
    standings: Any,
    subscriber: Subscriber,
    *,
    survey: str,
    began: float,
    day: date,
    links: Links | None = None,
    max_octets: int = MAX_OCTETS,
) -> list[bytes]:
    """The messages of one subscriber; ``standings`` are its rows, a ``pyarrow.Table``. A piece has at most ``max_octets``, or one
    finding. The same rows give the same octets."""
    pieces = list(_pieces(standings, links, day, max_octets - 1_000))
    owner = Owner(slug=subscriber.slug, name=subscriber.name)
    return [
        _encoder.encode(
            Message(
                type=TYPE,
                timestamp=datetime.fromtimestamp(began, UTC),
                data=Findings(
                    version=VERSION,
                    subscriber=owner,
                    survey=survey,
                    day=day,
                    batch=number,
                    batches=len(pieces),
                    findings=tuple(piece),
                ),
            )
        )
        for number, piece in enumerate(pieces, 1)
    ]


def _pieces(standings: Any, links: Links | None, day: date, most: int) -> Iterator[list[FindingLine]]:
    piece: list[FindingLine] = []
    size = 0
    for batch in standings.to_batches(max_chunksize=4_096):
        for row in batch.to_pylist():
            line = line_of(row, links, day)
            octets = len(_encoder.encode(line)) + 1
            if piece and size + octets > most:
                yield piece
                piece, size = [], 0
            piece.append(line)
            size += octets
    if piece:
        yield piece


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a body."""
    (top,), components = msgspec.json.schema_components([Message], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What openletter report --webhook posts",
        **top,
        "$defs": components,
    }
