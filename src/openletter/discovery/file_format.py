"""Which scanner wrote a file, by its first lines; and the reader for each."""

import re
from collections.abc import Iterator
from enum import StrEnum

from openletter.discovery import masscan, nmap, plain_list, zmap_output
from openletter.discovery.error import DiscoveryError
from openletter.discovery.found import Found
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source
from openletter.scope.error import shown
from openletter.scope.resolve import Resolver, system_resolver


class Format(StrEnum):
    ZMAP_CSV = "zmap-csv"
    ZMAP_JSON = "zmap-json"
    MASSCAN_JSON = "masscan-json"
    """``-oJ``"""
    MASSCAN_NDJSON = "masscan-ndjson"
    """``-oD``"""
    MASSCAN_LIST = "masscan-list"
    """``-oL``"""
    NMAP_XML = "nmap-xml"
    """``-oX``, also masscan's"""
    ZGRAB2 = "zgrab2"
    LIST = "list"
    """One target a line; ZMap's output of addresses alone"""


_WORDS = {
    Format.ZMAP_CSV: "CSV of ZMap with its line of names",
    Format.ZMAP_JSON: "JSON of ZMap",
    Format.MASSCAN_JSON: "JSON of masscan (-oJ)",
    Format.MASSCAN_NDJSON: "JSON of masscan (-oD)",
    Format.MASSCAN_LIST: "list of masscan (-oL)",
    Format.NMAP_XML: "XML of nmap",
    Format.ZGRAB2: "JSON of zgrab2",
    Format.LIST: "list of addresses",
}

_BOM = b"\xef\xbb\xbf"
_MEMBER = re.compile(rb'"([A-Za-z_0-9-]{1,40})"\s*:')


def detect(source: Source) -> Format:
    """The format of what is about to be read. What looks like none of the scanners' is a list, and fails as such."""
    beginning = source.beginning().removeprefix(_BOM).lstrip()
    first = beginning.partition(b"\n")[0]
    if first.startswith(b"<"):
        return Format.NMAP_XML
    if beginning.startswith(b"["):
        return Format.MASSCAN_JSON
    if first.startswith(b"{"):
        return _of_object(first)
    if masscan.is_list_line(first):
        return Format.MASSCAN_LIST
    if zmap_output.header_of(first):
        return Format.ZMAP_CSV
    return Format.LIST


def _of_object(line: bytes) -> Format:
    members = set(_MEMBER.findall(line))
    if b"saddr" in members:
        return Format.ZMAP_JSON
    if b"rec_type" in members:
        return Format.MASSCAN_NDJSON
    if b"ports" in members and b"data" not in members:
        return Format.MASSCAN_JSON
    return Format.ZGRAB2


def new_reading(source: Source, form: Format) -> Reading:
    return Reading(source.name, _WORDS[form])


def read(
    source: Source,
    form: Format,
    reading: Reading,
    *,
    port: int | None = None,
    resolver: Resolver = system_resolver,
) -> Iterator[Found]:
    """The open ports that a file tells, as they stand there. ``port``: what the scan was of, for formats that may not say.

    Raises DiscoveryError where the file is not of that format, ScopeError where it cannot be read.
    """
    match form:
        case Format.ZMAP_CSV:
            found = zmap_output.read_csv(source, reading, port)
        case Format.ZMAP_JSON:
            found = zmap_output.read_json(source, reading, port)
        case Format.MASSCAN_JSON:
            found = masscan.read_json(source, reading)
        case Format.MASSCAN_NDJSON:
            found = masscan.read_ndjson(source, reading)
        case Format.MASSCAN_LIST:
            found = masscan.read_list(source, reading)
        case Format.NMAP_XML:
            found = nmap.read_xml(source, reading)
        case Format.LIST:
            found = plain_list.read_list(source, reading, port, resolver)
        case Format.ZGRAB2:
            raise DiscoveryError(
                f"{shown(source.name)} is {_WORDS[form]}: it tells what servers said, and is imported as a survey of its own"
            )
    yield from found
    reading.finish()
