"""The tables of more than one page: countries, networks, products, classes, findings."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from openletter.statistics.asn import AsnCounts
from openletter.statistics.classes import ClassCount
from openletter.statistics.country import CountryCounts
from openletter.statistics.findings import FindingCount
from openletter.statistics.league import On, hosts_on
from openletter.statistics.product import ProductCounts
from openletter.verdict.classes import STRICT, WIDE, Class
from openletter.web.labels import CLASSES, ORDER, SEVERITIES, counted
from openletter.web.naming import finding_name, network_name, product_name
from openletter.web.pages.columns import host_columns
from openletter.web.pages.looking import Look
from openletter.web.table import PAGE_ROWS, Column, Kind, Table, TableQuery

Row = TypeVar("Row")

PART_ROWS = 15
"""Of a page of a table that stands beside others."""


def number_column(key: str, title: str, value: Callable[[Row], int]) -> Column[Row]:
    return Column(key=key, title=title, kind=Kind.NUMBER, value=value)


def country_table(
    about: Look,
    query: TableQuery,
    rows: Sequence[CountryCounts],
    *,
    path: str,
    page_rows: int = PAGE_ROWS,
    alone: bool = True,
    on: On = "either",
) -> Table[CountryCounts]:
    words = about.words
    name = Column[CountryCounts](
        key="country",
        title=words.text("Country"),
        value=lambda row: row.country,
        shown=lambda row: words.territory(row.country),
        href=lambda row: f"/country/{row.country or 'ZZ'}{about.suffix}",
    )
    return Table(
        name="countries",
        caption=words.text("Hosts by country"),
        path=path,
        columns=(name, *host_columns(lambda row: hosts_on(row, on), rows, words, sampled=about.sampled)),
        rows=rows,
        query=query,
        words=words,
        alone=alone,
        page_rows=page_rows,
    )


def network_table(
    about: Look,
    query: TableQuery,
    rows: Sequence[AsnCounts],
    *,
    path: str,
    page_rows: int = PAGE_ROWS,
    alone: bool = True,
) -> Table[AsnCounts]:
    words = about.words
    columns: tuple[Column[AsnCounts], ...] = (
        Column[AsnCounts](
            key="asn",
            title=words.text("Network (AS)"),
            value=lambda row: row.asn,
            kind=Kind.TEXT,
            shown=lambda row: network_name(row, words),
            href=lambda row: f"/network/{row.asn}{about.suffix}" if row.asn else "",
        ),
        Column[AsnCounts](
            key="country",
            title=words.text("Country"),
            value=lambda row: row.country,
            shown=lambda row: words.territory(row.country),
            href=lambda row: f"/country/{row.country or 'ZZ'}{about.suffix}",
        ),
        *host_columns(lambda row: row.hosts, rows, words, sampled=about.sampled),
    )
    return Table(
        name="networks",
        caption=words.text("Hosts by network (AS)"),
        path=path,
        columns=columns,
        rows=rows,
        query=query,
        words=words,
        alone=alone,
        page_rows=page_rows,
    )


def product_table(
    about: Look, query: TableQuery, rows: Sequence[ProductCounts], *, path: str, alone: bool = True
) -> Table[ProductCounts]:
    words = about.words
    most = max((row.wide for row in rows), default=0) or 1
    columns: tuple[Column[ProductCounts], ...] = (
        Column[ProductCounts](
            key="product",
            title=words.text("Product"),
            value=lambda row: row.product or "unknown",
            shown=lambda row: product_name(row.product, words),
            href=lambda row: f"/product/{row.product or 'unknown'}{about.suffix}",
        ),
        Column[ProductCounts](
            key="bar",
            title="",
            kind=Kind.BAR,
            value=lambda _: None,
            bar=lambda row: (row.wide / most, row.strict / most),
        ),
        number_column("wide", words.text("Wide"), lambda row: row.wide),
        number_column("strict", words.text("Strict"), lambda row: row.strict),
        Column[ProductCounts](
            key="wide_share",
            title=words.text("Wide of those that answered"),
            kind=Kind.PERCENT,
            value=lambda row: row.wide / row.endpoints if row.endpoints else None,
        ),
        number_column("pop3", "POP3", lambda row: row.pop3),
        number_column("imap", "IMAP", lambda row: row.imap),
        number_column("endpoints", words.text("Answered"), lambda row: row.endpoints),
    )
    return Table(
        name="products",
        caption=words.text("Endpoints by product"),
        path=path,
        columns=columns,
        rows=rows,
        query=query,
        words=words,
        alone=alone,
    )


def class_table(
    about: Look, query: TableQuery, rows: Sequence[ClassCount], *, path: str, alone: bool = True
) -> Table[ClassCount]:
    """In the order of the classes, those that do not occur left out."""
    words = about.words
    order = {str(cls): place for place, cls in enumerate(ORDER)}
    rows = sorted(rows, key=lambda row: order.get(row.class_, len(order)))

    def known(row: ClassCount) -> Class | None:
        return Class(row.class_) if row.class_ in order else None

    def name(row: ClassCount) -> str:
        cls = known(row)
        return words.text(CLASSES[cls]) if cls else row.class_

    def count(row: ClassCount) -> str:
        cls = known(row)
        message = counted(cls) if cls else ""
        return words.text(message) if message else "–"

    columns: tuple[Column[ClassCount], ...] = (
        Column[ClassCount](
            key="class",
            title=words.text("Class"),
            value=lambda row: row.class_,
            shown=name,
            swatch=lambda row: row.class_.replace("_", "-"),
        ),
        Column[ClassCount](
            key="counted",
            title=words.text("Counted"),
            value=lambda row: "strict" if row.class_ in STRICT else "wide" if row.class_ in WIDE else "",
            shown=count,
        ),
        number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
        number_column("pop3", "POP3", lambda row: row.pop3),
        number_column("imap", "IMAP", lambda row: row.imap),
    )
    return Table(
        name="classes",
        caption=words.text("Endpoints by class"),
        path=path,
        columns=columns,
        rows=rows,
        query=query,
        words=words,
        alone=alone,
        searchable=False,
    )


def finding_table(
    about: Look,
    query: TableQuery,
    rows: Sequence[FindingCount],
    *,
    path: str,
    caption: str,
    alone: bool = True,
) -> Table[FindingCount]:
    words = about.words
    columns: tuple[Column[FindingCount], ...] = (
        Column[FindingCount](
            key="finding",
            title=words.text("Finding"),
            value=lambda row: row.finding,
            shown=lambda row: finding_name(row.finding, words),
        ),
        Column[FindingCount](
            key="severity",
            title=words.text("Severity"),
            value=lambda row: str(row.severity),
            shown=lambda row: words.text(SEVERITIES[row.severity]),
        ),
        number_column("endpoints", words.text("Endpoints"), lambda row: row.endpoints),
        number_column("pop3", "POP3", lambda row: row.pop3),
        number_column("imap", "IMAP", lambda row: row.imap),
    )
    return Table(
        name="findings",
        caption=caption,
        path=path,
        columns=columns,
        rows=rows,
        query=query,
        words=words,
        searchable=False,
        alone=alone,
    )


class Part(Protocol):
    """Endpoints of one part of something."""

    @property
    def endpoints(self) -> int: ...
    @property
    def strict(self) -> int: ...
    @property
    def wide(self) -> int: ...


PartRow = TypeVar("PartRow", bound=Part)


def part_table(
    about: Look,
    query: TableQuery,
    rows: Sequence[PartRow],
    *,
    path: str,
    name: str,
    caption: str,
    title: str,
    value: Callable[[PartRow], str],
    shown: Callable[[PartRow], str],
    href: Callable[[PartRow], str] | None = None,
) -> Table[PartRow]:
    """Of a page with several tables."""
    words = about.words
    most = max((row.wide for row in rows), default=0) or 1
    columns: tuple[Column[PartRow], ...] = (
        Column[PartRow](key=name, title=title, value=value, shown=shown, href=href),
        Column[PartRow](
            key="bar",
            title="",
            kind=Kind.BAR,
            value=lambda _: None,
            bar=lambda row: (row.wide / most, row.strict / most),
        ),
        number_column("wide", words.text("Wide"), lambda row: row.wide),
        number_column("strict", words.text("Strict"), lambda row: row.strict),
        number_column("endpoints", words.text("Answered"), lambda row: row.endpoints),
    )
    return Table(
        name=name,
        caption=caption,
        path=path,
        columns=columns,
        rows=rows,
        query=query,
        words=words,
        page_rows=PART_ROWS,
        alone=False,
    )
