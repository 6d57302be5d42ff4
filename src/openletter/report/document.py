"""Formats of which each subscriber gets one whole file a day, whatever is in it."""

from collections.abc import Callable
from datetime import date
from typing import BinaryIO

import msgspec

from openletter.report.formats.stix import write_stix
from openletter.report.html.document import write_html
from openletter.report.told import Told
from openletter.subscriber.subscriber import Format


class DocumentFormat(msgspec.Struct, frozen=True, kw_only=True):
    suffix: str
    """Of file names, without the dot; ``\\w+``."""
    write: Callable[[Told, BinaryIO], None]
    """The document of one subscriber; the same octets for the same ``Told``."""
    hosts_seen: int = 0
    """Of so many hosts with the worst faults it wants all that was seen (``Told.seen``)."""


DOCUMENT_FORMATS: dict[Format, DocumentFormat] = {
    Format.HTML: DocumentFormat(suffix="html", write=write_html, hosts_seen=100),
    Format.STIX: DocumentFormat(suffix="json", write=write_stix),
}
"""A further one is a further entry."""


def document_name(day: date, slug: str, filter_: str, suffix: str) -> str:
    """``2026-11-24-report-example-cidr.html``; ``filter_`` as in the names of the other reports."""
    return f"{day.isoformat()}-report-{slug}-{filter_}.{suffix}"
