"""What ZMap writes: CSV, JSON Lines, and the bare list of addresses.

Version 2.1.1 (Debian 12) scans one port a run; its fields have hyphens (``timestamp-ts``), in CSV and JSON. From 3.0 on
they have underscores, and from 4.0 on one run has several ports, told by ``sport``: the port that answered. Both spellings
are read. Which fields there are is the user's choice (``--output-fields``):

- ``saddr``: the address; needed.
- ``sport``: the port. Where it is not there, the port that the user names; else every port of the plan is meant.
- ``success``, ``repeat``: 0 and 1. Without ``success``, ``classification`` is looked at: ``synack`` is open.
- ``timestamp_ts``: Unix seconds.

CSV begins with a line of names where there is more than one field; with ``saddr`` alone it has none and is the bare list,
which :mod:`openletter.discovery.plain_list` reads. ZMap ends every line, so one without an end was cut and is left out: half an
address looks like another one.
"""

import csv
from collections.abc import Iterator

import msgspec

from openletter.discovery.found import Found, canonical, port_number, unix_seconds
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, lines


def normal(field: str) -> str:
    """A field's name in the spelling of version 4."""
    return field.strip().strip('"').lower().replace("-", "_")


def header_of(line: bytes) -> list[str]:
    """The names of a line, if it is ZMap's header; else nothing."""
    names = [normal(word) for word in line.decode("utf-8-sig", "replace").split(",")]
    return names if "saddr" in names else []


class _Columns:
    """Where in a line the fields stand."""

    def __init__(self, names: list[str]) -> None:
        place = {name: at for at, name in enumerate(names)}
        self.width = len(names)
        self.saddr = place["saddr"]
        self.sport = place.get("sport")
        self.success = place.get("success")
        self.classification = place.get("classification") if self.success is None else None
        self.repeat = place.get("repeat")
        self.seen = place.get("timestamp_ts")


def read_csv(source: Source, reading: Reading, port: int | None = None) -> Iterator[Found]:
    """ZMap's CSV with its line of names. ``port`` is what the run scanned, where no field tells."""
    columns: _Columns | None = None
    for raw in lines(source, reading, unterminated=False):
        if columns is None:
            names = header_of(raw)
            if not names:
                reading.bad()
                continue
            columns = _Columns(names)
            continue
        try:
            text = raw.decode("ascii").rstrip("\r\n")
            words = next(csv.reader([text])) if '"' in text else text.split(",")
            found = _of_words(words, columns, reading, port)
        except (ValueError, csv.Error, StopIteration):
            reading.bad()
            continue
        if found is not None:
            reading.found += 1
            yield found


def _of_words(words: list[str], at: _Columns, reading: Reading, port: int | None) -> Found | None:
    if len(words) != at.width:
        raise ValueError(len(words))
    ip = canonical(words[at.saddr].strip())
    if at.success is not None and words[at.success] != "1":
        reading.closed += 1
        return None
    if at.classification is not None and words[at.classification] != "synack":
        reading.closed += 1
        return None
    if at.repeat is not None and words[at.repeat] != "0":
        reading.repeats += 1
        return None
    return Found(
        ip=ip,
        port=port if at.sport is None else port_number(words[at.sport]),
        seen_at=0.0 if at.seen is None else unix_seconds(words[at.seen]),
    )


class _Answer(msgspec.Struct, gc=False):
    saddr: str
    sport: int | None = None
    success: int | bool | None = None
    classification: str | None = None
    repeat: int | bool = 0
    new_seconds: int = msgspec.field(name="timestamp_ts", default=0)
    old_seconds: int = msgspec.field(name="timestamp-ts", default=0)


def read_json(source: Source, reading: Reading, port: int | None = None) -> Iterator[Found]:
    """ZMap's JSON: an object a line. ``port`` as for :func:`read_csv`."""
    decode = msgspec.json.Decoder(_Answer).decode
    for raw in lines(source, reading, unterminated=True):
        try:
            answer = decode(raw)
            ip = canonical(answer.saddr)
            sport = port if answer.sport is None else port_number(str(answer.sport))
            seen_at = unix_seconds(answer.new_seconds or answer.old_seconds)
        except (ValueError, RecursionError):
            # msgspec's errors are of the first kind, what is nested without end is of the second.
            if not reading.cut:
                reading.bad()
            continue
        reading.cut = False
        opened = answer.classification in (None, "synack") if answer.success is None else answer.success
        if not opened:
            reading.closed += 1
        elif answer.repeat:
            reading.repeats += 1
        else:
            reading.found += 1
            yield Found(ip=ip, port=sport, seen_at=seen_at)
