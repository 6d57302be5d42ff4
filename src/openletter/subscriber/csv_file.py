"""Subscribers from a CSV file: a line an organisation, a column for each thing that is told of it.

Who is there already (by ``slug``) is changed in the columns that the file has; who is not is added. The whole file counts, or
none of it. Lists are parted by blanks or semicolons.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from openletter.scope.error import shown
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

MAX_CELL = 10_000_000
"""Characters: a hundred thousand networks."""
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    added: tuple[Subscriber, ...]
    changed: tuple[Subscriber, ...]
    same: tuple[Subscriber, ...]
    """Those that were so already."""


def words(text: str) -> tuple[str, ...]:
    """Of a list in one cell."""
    return tuple(text.replace(";", " ").split())


def _one_of(kind: Any) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text.lower() not in list(kind):
            raise SubscriberError(f"{shown(text)} is none of {', '.join(kind)}")
        return kind(text.lower())

    return read


def _yes(text: str) -> bool:
    if text.lower() not in _YES:
        raise SubscriberError(f"{shown(text)} is neither yes nor no")
    return _YES[text.lower()]


def reminders(text: str) -> Reminders:
    """``medium=30 low=0``: days; a severity that is not named keeps what it has by default. Raises SubscriberError."""
    days: dict[str, int] = {}
    for word in words(text):
        severity, _, number = word.lower().partition("=")
        if severity not in Reminders.__struct_fields__ or not (number.isascii() and number.isdigit()):
            raise SubscriberError(
                f"{shown(word)} is no reminder; write it as medium=30, in days, 0 for never"
            )
        days[severity] = int(number)
    return Reminders(**days)


COLUMNS: dict[str, Callable[[str], Any]] = {
    "slug": str,
    "name": str,
    "networks": words,
    "asns": lambda text: tuple(map(read_asn, words(text))),
    "countries": words,
    "domains": words,
    "contacts": words,
    "language": _one_of(Language),
    "formats": lambda text: tuple(map(_one_of(Format), words(text))),
    "reports": lambda text: tuple(map(_one_of(ReportType), words(text))),
    "minimum": _one_of(Severity),
    "reminders": reminders,
    "active": _yes,
}
"""Each with what reads its cells. An empty cell is what a subscriber has by default."""


def import_csv(directory: Directory, path: Path) -> Imported:
    """Raises SubscriberError with the line that cannot be, OSError, StoreError."""
    added: list[Subscriber] = []
    changed: list[Subscriber] = []
    same: list[Subscriber] = []
    with path.open(encoding="utf-8-sig", newline="") as file, directory.together():
        for where, told in _read(path.name, file):
            try:
                before = directory.find(told["slug"])
                if before is None:
                    added.append(directory.add(Subscriber(**{"name": told["slug"], **told})))
                    continue
                after = directory.change(before.id, **told)
            except SubscriberError as error:
                raise SubscriberError(f"{where}: {error}") from None
            (same if after == before else changed).append(after)
    return Imported(added=tuple(added), changed=tuple(changed), same=tuple(same))


def _read(name: str, lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place and the values of each line."""
    # The limit is the whole process's: others who read CSV keep theirs.
    before = csv.field_size_limit(MAX_CELL)
    try:
        yield from _rows(name, lines)
    finally:
        csv.field_size_limit(before)


def _rows(name: str, lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = csv.reader(lines, strict=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(Subscriber)}
    header: list[str] = []
    seen: dict[str, int] = {}
    try:
        for row in rows:
            where = f"{name} line {rows.line_num}"
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                header = _header(where, cells)
                continue
            if len(cells) != len(header):
                raise SubscriberError(
                    f"{where}: has {len(cells)} cells, and the first line names {len(header)}"
                )
            told: dict[str, Any] = {}
            for column, cell in zip(header, cells, strict=True):
                try:
                    told[column] = COLUMNS[column](cell) if cell else defaults[column]
                except SubscriberError as error:
                    raise SubscriberError(f"{where}: {column}: {error}") from None
            if not cells[header.index("slug")]:
                raise SubscriberError(f"{where}: the slug is missing")
            if "name" in told and not cells[header.index("name")]:
                del told["name"]
            first = seen.setdefault(told["slug"].lower(), rows.line_num)
            if first != rows.line_num:
                raise SubscriberError(f"{where}: {shown(told['slug'])} stands in line {first} already")
            yield where, told
    except (csv.Error, UnicodeDecodeError) as error:
        raise SubscriberError(f"{name} line {rows.line_num + 1}: is no CSV in UTF-8 ({error})") from None
    if not header:
        raise SubscriberError(f"{name}: is empty; its first line names columns: {', '.join(COLUMNS)}")


def _header(where: str, cells: list[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    for name in names:
        if name not in COLUMNS:
            raise SubscriberError(
                f"{where}: {shown(name)} is no column; the columns are {', '.join(COLUMNS)}"
            )
    if len(set(names)) < len(names):
        raise SubscriberError(f"{where}: a column is named twice")
    if "slug" not in names:
        raise SubscriberError(f"{where}: the column slug is missing; it names the subscriber")
    return names
