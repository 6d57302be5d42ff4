"""Answers to the questions as tables for a terminal, each with a bar where there is something to compare."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from openletter.cli.tables import (
    BAR,
    bar,
    new_table,
    print_basis,
    print_countries,
    print_difference,
    print_overview,
    share,
    survey_title,
    word,
)
from openletter.report.flat import tables_of
from openletter.statistics.certificate import CertificateCount
from openletter.statistics.overlap import Overlap
from openletter.statistics.persistence import Persistence
from openletter.statistics.question import Certificates, Question
from openletter.store.record import SurveyRecord

_AFFECTED = (
    "strict: no TLS to be had · wide: a password can cross in the clear, strict among them · "
    "unknown: answered, but not known; never affected · shares are of those that answered"
)
_WORDS = 16
"""Columns of a terminal that a word has at least, where it is as long."""
_STEPS = 30
"""Of a curve: more is no reading for a terminal."""


class Column(msgspec.Struct, frozen=True):
    heading: str
    shown: Callable[[Any], str | Text]
    words: bool = False
    """Whether it holds words: these may be cut where there is no room, numbers never."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    columns: tuple[Column, ...]
    bar: Callable[[Any], int] | None = None
    note: str = ""
    places: bool = False
    """Whether countries or networks are in it."""


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name)
    return row


def _number(heading: str, path: str) -> Column:
    return Column(heading, lambda row: f"{_at(row, path):,}")


def _word(heading: str, path: str, unknown: str = "not known") -> Column:
    return Column(heading, lambda row: word(str(_at(row, path)), unknown), words=True)


def _day(row: Any) -> str:
    return f"{datetime.fromtimestamp(row.started, UTC):%Y-%m-%d}"


def _counted(of: str) -> tuple[Column, ...]:
    """Both counts of ``row.of`` (or of the row itself), with their shares."""

    def inner(row: Any) -> Any:
        return _at(row, of) if of else row

    def answered(row: Any) -> int:
        counts = inner(row)
        return int(counts.answered if hasattr(counts, "answered") else counts.endpoints)

    def shown(count: str) -> Callable[[Any], str]:
        def cell(row: Any) -> str:
            counts = inner(row)
            around = getattr(counts, "intervals", None)
            return share(getattr(counts, count), answered(row), around and getattr(around, count))

        return cell

    return (
        Column("strict", lambda row: f"{inner(row).strict:,}"),
        Column("%", shown("strict")),
        Column("wide", lambda row: f"{inner(row).wide:,}"),
        Column("%", shown("wide")),
    )


_PROTOCOLS = (_number("POP3", "pop3"), _number("IMAP", "imap"), _number("all", "endpoints"))

_LAYOUTS: dict[str, Layout] = {
    "networks": Layout(
        columns=(
            Column("AS", lambda row: str(row.asn) if row.asn else "–"),
            _word("network", "name"),
            _word("country", "country", ""),
            _number("answered", "hosts.answered"),
            _number("unknown", "hosts.unknown"),
            *_counted("hosts"),
        ),
        bar=lambda row: int(row.hosts.wide),
        note=_AFFECTED,
        places=True,
    ),
    "prefixes": Layout(
        columns=(
            _word("network", "network"),
            _word("country", "country", ""),
            _number("hosts", "hosts"),
            _number("strict", "hosts_strict"),
            _number("wide", "hosts_wide"),
            _number("endpoints", "answered"),
        ),
        bar=lambda row: int(row.hosts_wide),
        note=_AFFECTED,
        places=True,
    ),
    "products": Layout(
        columns=(_word("product", "product", "not recognised"), *_PROTOCOLS, *_counted("")),
        bar=lambda row: int(row.wide),
        note=_AFFECTED,
    ),
    "classes": Layout(
        columns=(
            _word("class", "class_"),
            Column("counts as", lambda row: "strict, wide" if row.strict else "wide" if row.wide else ""),
            *_PROTOCOLS,
        ),
        bar=lambda row: 0 if row.class_ == "unreachable" else int(row.endpoints),
    ),
    "severities": Layout(
        columns=(
            _word("severity", "severity"),
            *_PROTOCOLS,
            _number("unknown", "unknown"),
            _number("wide", "wide"),
        ),
        bar=lambda row: int(row.endpoints),
    ),
    "findings": Layout(
        columns=(_word("finding", "finding"), _word("severity", "severity"), *_PROTOCOLS),
        bar=lambda row: int(row.endpoints),
    ),
    "tls-versions": Layout(
        columns=(
            _word("version", "version", "no TLS"),
            *_PROTOCOLS,
            _number("by STARTTLS", "starttls"),
            _number("implicit", "implicit"),
        ),
        bar=lambda row: int(row.endpoints) if row.version else 0,
    ),
    "ciphers": Layout(
        columns=(_word("cipher", "cipher"), _word("version", "version"), _number("endpoints", "endpoints")),
        bar=lambda row: int(row.endpoints),
    ),
    "league": Layout(
        columns=(
            _word("country", "country"),
            _number("answered", "answered"),
            _number("exposed", "exposed"),
            Column("of 1,000", lambda row: f"{row.per_1000:,.1f}"),
            Column("%", lambda row: share(row.exposed, row.answered, row.interval)),
        ),
        bar=lambda row: round(row.per_1000),
        places=True,
    ),
    "timeline": Layout(
        columns=(
            Column("begun", _day),
            _word("survey", "survey"),
            _number("answered", "hosts_either.answered"),
            _number("unknown", "hosts_either.unknown"),
            *_counted("hosts_either"),
        ),
        bar=lambda row: int(row.hosts_either.wide),
        note=f"hosts, on either protocol · {_AFFECTED}",
    ),
}


def print_answer(console: Console, question: Question, record: SurveyRecord, answer: Any) -> None:
    """``record`` is the survey that was asked about, or the latest one where the question is of all."""
    if question.name == "overview":
        print_overview(console, record, answer)
        return
    if question.name == "countries":
        print_countries(console, record, answer)
        return
    if question.name == "difference":
        print_difference(console, answer)
        return
    if not question.of_all_surveys:
        console.print(survey_title(record), style="bold", highlight=False)
    places = True
    match answer:
        case Certificates():
            _print_certificates(console, answer)
            places = False
        case Overlap():
            _print_overlap(console, answer)
            places = False
        case Persistence():
            _print_persistence(console, question.title, answer)
            places = False
        case _ if question.name in _LAYOUTS:
            layout = _LAYOUTS[question.name]
            _print_rows(console, question.title, layout, answer)
            places = layout.places
        case _:
            _print_flat(console, question, answer)
    print_basis(console, record, places=places, sample=not question.of_all_surveys)


def _print_rows(console: Console, title: str, layout: Layout, rows: Sequence[Any]) -> None:
    cells = [[_text(column.shown(row)) for column in layout.columns] for row in rows]
    widths = [
        max([cell_len(column.heading), *(line[place].cell_len for line in cells)])
        for place, column in enumerate(layout.columns)
    ]
    needed = sum(
        min(width, _WORDS) if column.words else width
        for column, width in zip(layout.columns, widths, strict=True)
    )
    with_bar = layout.bar is not None and console.width >= needed + 2 * len(widths) + BAR + 2
    table = new_table(title, caption=layout.note)
    for column, width in zip(layout.columns, widths, strict=True):
        justify: Literal["left", "right"] = "left" if column.words else "right"
        least = min(width, _WORDS) if column.words else width
        table.add_column(column.heading, justify=justify, no_wrap=True, overflow="ellipsis", min_width=least)
    if with_bar:
        table.add_column("", no_wrap=True, min_width=BAR)
    most = max((layout.bar(row) for row in rows), default=0) if layout.bar is not None else 0
    for row, line in zip(rows, cells, strict=True):
        drawn = [bar(layout.bar(row), most)] if with_bar and layout.bar is not None else []
        table.add_row(*line, *drawn)
    console.print(table)


def _text(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def _print_certificates(console: Console, found: Certificates) -> None:
    counts: tuple[tuple[str, tuple[CertificateCount, ...]], ...] = (
        ("Issuer", found.issuers),
        ("Key", found.keys),
        ("Signature", found.signatures),
    )
    for what, rows in counts:
        columns = (
            _word(what.lower(), "what"),
            _number("certificates", "certificates"),
            _number("endpoints", "endpoints"),
        )
        layout = Layout(columns=columns, bar=lambda row: int(row.endpoints))
        _print_rows(console, f"Certificates by {what.lower()}", layout, rows)
    _print_rows(console, "What is wrong with certificates", _LAYOUTS["findings"], found.faults)


def _print_overlap(console: Console, found: Overlap) -> None:
    table = new_table("Affected hosts", "", "POP3 alone", "IMAP alone", "both", "of hosts", caption=_AFFECTED)
    for count in ("strict", "wide"):
        side = getattr(found, count)
        numbers = (side.only_pop3, side.only_imap, side.both, found.hosts.answered)
        table.add_row(count, *(f"{number:,}" for number in numbers))
    console.print(table)


def _print_persistence(console: Console, title: str, found: Persistence) -> None:
    median = "not within the time watched" if found.median_days is None else f"{found.median_days:,.1f} days"
    caption = (
        f"{found.endpoints:,} endpoints were found exposed, {found.mended:,} of them are mended or gone; half of them after: "
        f"{median} · Kaplan and Meier's estimate, those still exposed counted until they were asked last"
    )
    table = new_table(title, "days", "still exposed", "at risk", "mended", "", caption=caption)
    apart = max(1, -(-len(found.curve) // _STEPS))
    for step in found.curve[::apart]:
        numbers = (f"{step.share:.1%}", f"{step.at_risk:,}", f"{step.mended:,}")
        table.add_row(f"{step.days:,.1f}", *numbers, bar(round(1_000 * step.share), 1_000))
    console.print(table)


def _print_flat(console: Console, question: Question, answer: Any) -> None:
    for title, found in tables_of(question.title, answer, question.answer):
        table = new_table(title, *(name.replace("_", " ") for name in found.names))
        for row in found.rows:
            table.add_row(*(_cell(value) for value in row))
        console.print(table)


def _cell(value: Any) -> str | Text:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.3f}"
        case list():
            return word(" ".join(map(str, value)), "")
        case _:
            return word(str(value), "")
