"""A table of a page: sorted, filtered and paged by its address, and to be had as CSV and JSON.

Rows come from an answer of :mod:`openletter.statistics` and are at most some ten thousand (networks of a survey), so that
all of it is done in memory. Without JavaScript the same addresses stand in links and a form.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from openletter.report.csv_cells import lines
from openletter.report.visible import visible_text
from openletter.web.words import Words

Row = TypeVar("Row")
Value = str | int | float | None

PAGE_ROWS = 50
"""Of a page: what one looks through without losing the heading for long."""


class Format(StrEnum):
    HTML = "html"
    CSV = "csv"
    JSON = "json"


class Kind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    NUMBER = "number"
    RATE = "rate"
    """Of a thousand, with one digit behind the point."""
    PERCENT = "percent"
    """A share from 0 to 1."""
    BAR = "bar"
    """Two shares, from 0 to 1, of a bar: wide, and within it strict. For the eye alone; not downloaded."""


class TableQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the address of a table says."""

    survey: str = ""
    at: str = ""
    """The same, for a chart of a page whose address names no survey: its links are to name none either."""
    sort: str = ""
    """Key of a column, ``-`` before it for the greatest first."""
    q: str = ""
    """Rows with this text in them."""
    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    table: str = ""
    """Which of a page's tables ``sort``, ``q``, ``page`` and ``format`` are about, where it has several."""
    format: Format = Format.HTML
    still: str = ""
    """``1``: charts do not move. For pictures."""
    lang: str = ""
    """Of the words in a chart's data; only so that caches tell the languages apart."""

    def said(self) -> tuple[tuple[str, str], ...]:
        """What is not so anyway: what an address has to say."""
        return tuple(
            (field.encode_name, str(value))
            for field in msgspec.structs.fields(type(self))
            if (value := getattr(self, field.name)) not in (field.default, None, "")
            and field.name not in ("still", "lang")
        )


class Column(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    key: str
    """In addresses and downloads."""
    title: str
    """In the reader's language."""
    value: Callable[[Row], Value]
    kind: Kind = Kind.TEXT
    shown: Callable[[Row], str] | None = None
    """Text in the place of the value, in the reader's language."""
    href: Callable[[Row], str] | None = None
    swatch: Callable[[Row], str] | None = None
    """Name of a colour before the text."""
    bar: Callable[[Row], tuple[float, float]] | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    kind: Kind
    href: str
    """Sorts by this column; empty where it does not."""
    sorted: str
    """For ``aria-sort``: ascending, descending or none."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    value: Value = None
    text: str = ""
    href: str = ""
    swatch: str = ""
    bar: tuple[float, float] = (0.0, 0.0)
    heads: bool = False
    """Whether it says what the row is about."""


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    caption: str
    headers: tuple[Header, ...]
    rows: tuple[tuple[Cell, ...], ...]
    first: int
    """Of the rows shown, from 1; 0 where there are none."""
    last: int
    total: int
    """Rows that the filter leaves."""
    unfiltered: int
    page: int
    pages: int
    previous: str
    """Address; empty on the first page."""
    next: str
    csv: str
    json: str
    path: str
    q: str
    kept: tuple[tuple[str, str], ...]
    """What the filter's form carries along."""
    searchable: bool


def _text_of(column: Column[Row], row: Row) -> str:
    if column.shown is not None:
        return column.shown(row)
    value = column.value(row)
    return "" if value is None else str(value)


def _filtered(columns: Sequence[Column[Row]], rows: Sequence[Row], text: str) -> list[Row]:
    wanted = text.casefold()
    if not wanted:
        return list(rows)
    texts = [column for column in columns if column.kind is Kind.TEXT]
    return [
        row
        for row in rows
        if any(wanted in f"{_text_of(column, row)} {column.value(row)}".casefold() for column in texts)
    ]


def _sorted(columns: Sequence[Column[Row]], rows: list[Row], sort: str, words: Words) -> list[Row]:
    if not sort:
        return rows
    key = sort.removeprefix("-")
    column = next((one for one in columns if one.key == key and one.kind is not Kind.BAR), None)
    if column is None:
        message = words.text("This table has no column %(column)s to sort by.", column=visible_text(key[:40]))
        raise HTTPException(400, message)
    backwards = sort.startswith("-")

    def place(row: Row) -> tuple[str, float]:
        value = column.value(row)
        if isinstance(value, int | float):
            return "", float(value)
        return _text_of(column, row).casefold(), 0.0

    known = [row for row in rows if column.value(row) is not None]
    # What has no value stands last, whichever way the others go.
    return sorted(known, key=place, reverse=backwards) + [row for row in rows if column.value(row) is None]


class Table(Generic[Row]):
    """One table of a page, as its address wants it. Raises ``HTTPException``: 400 for an unknown column, 404 for a page
    behind the last."""

    def __init__(
        self,
        *,
        name: str,
        caption: str,
        path: str,
        columns: Sequence[Column[Row]],
        rows: Sequence[Row],
        query: TableQuery,
        words: Words,
        searchable: bool = True,
        page_rows: int = PAGE_ROWS,
        alone: bool = True,
    ) -> None:
        """``alone``: whether the page has no other table."""
        if not alone and query.table != name:
            query = msgspec.structs.replace(query, table=name, sort="", q="", page=1, format=Format.HTML)
        self.name = name
        self._caption = caption
        self._path = path
        self._columns = columns
        self._query = query
        self._words = words
        self._searchable = searchable
        self._page_rows = page_rows
        self._unfiltered = len(rows)
        self.rows = _sorted(columns, _filtered(columns, rows, query.q), query.sort, words)
        """All that the filter leaves, in their order."""

    def _address(self, **changed: object) -> str:
        said = {**dict(self._query.said()), **{name: value for name, value in changed.items() if value}}
        said = {name: value for name, value in said.items() if name not in changed or changed[name]}
        return f"{self._path}?{urlencode(said)}" if said else self._path

    def _headers(self) -> tuple[Header, ...]:
        key, backwards = self._query.sort.removeprefix("-"), self._query.sort.startswith("-")
        made = []
        for column in self._columns:
            here = column.key == key
            # Numbers are looked at from the greatest down, words from A on.
            downwards = not backwards if here else column.kind is not Kind.TEXT
            made.append(
                Header(
                    title=column.title,
                    kind=column.kind,
                    href=""
                    if column.kind is Kind.BAR
                    else self._address(
                        sort=f"{'-' if downwards else ''}{column.key}", page=None, format=None
                    ),
                    sorted=("descending" if backwards else "ascending") if here else "none",
                )
            )
        return tuple(made)

    def _cell(self, column: Column[Row], row: Row, place: int) -> Cell:
        if column.bar is not None:
            return Cell(kind=Kind.BAR, bar=column.bar(row))
        return Cell(
            kind=column.kind,
            value=column.value(row),
            text=_text_of(column, row),
            href=column.href(row) if column.href else "",
            swatch=column.swatch(row) if column.swatch else "",
            heads=place == 0,
        )

    def view(self) -> TableView:
        total = len(self.rows)
        pages = max(1, -(-total // self._page_rows))
        page = self._query.page
        if page > pages:
            message = self._words.text(
                "This table has %(pages)s pages; there is no page %(page)s.",
                pages=self._words.number(pages),
                page=self._words.number(page),
            )
            raise HTTPException(404, message)
        start = (page - 1) * self._page_rows
        shown = self.rows[start : start + self._page_rows]
        kept = {
            name: value
            for name, value in dict(self._query.said()).items()
            if name not in ("q", "page", "format")
        }
        return TableView(
            name=self.name,
            caption=self._caption,
            headers=self._headers(),
            rows=tuple(
                tuple(self._cell(column, row, place) for place, column in enumerate(self._columns))
                for row in shown
            ),
            first=start + 1 if shown else 0,
            last=start + len(shown),
            total=total,
            unfiltered=self._unfiltered,
            page=page,
            pages=pages,
            previous=self._address(page=page - 1 if page > 2 else None, format=None) if page > 1 else "",
            next=self._address(page=page + 1, format=None) if page < pages else "",
            csv=self._address(format="csv", page=None),
            json=self._address(format="json", page=None),
            path=self._path,
            q=self._query.q,
            kept=tuple(kept.items()),
            searchable=self._searchable,
        )

    def _downloaded(self) -> list[dict[str, Value]]:
        columns = [column for column in self._columns if column.kind is not Kind.BAR]
        return [{column.key: column.value(row) for column in columns} for row in self.rows]

    def download(self) -> Response | None:
        """All rows of the view as a file, where the address asks for one."""
        if self._query.format is Format.HTML:
            return None
        name = f"openletter-{self.name}.{self._query.format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if self._query.format is Format.JSON:
            return Response(
                msgspec.json.format(msgspec.json.encode(self._downloaded()), indent=1),
                media_type="application/json",
                headers=headers,
            )
        keys = [column.key for column in self._columns if column.kind is not Kind.BAR]
        rows: list[list[Value]] = [[*keys], *([row[key] for key in keys] for row in self._downloaded())]
        return Response(lines(rows), media_type="text/csv; charset=utf-8", headers=headers)


def download_of(tables: Iterable[Table[Any]]) -> Response | None:
    """Of the table of a page that its address asks for as a file."""
    return next((file for table in tables if (file := table.download()) is not None), None)
