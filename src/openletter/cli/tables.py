"""Statistics as tables for a terminal: both counts, labelled, and what they are counted out of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openletter.report.visible import visible_text
from openletter.statistics.country import CountryCounts
from openletter.statistics.counts import Counts
from openletter.statistics.diff import Change, Difference, Fate
from openletter.statistics.interval import Interval, of_sample
from openletter.statistics.overview import Overview
from openletter.store.record import State, SurveyRecord

BAR = 20
"""Characters."""
_WIDE = 100
"""Columns of a terminal from which on there is room for a bar beside many numbers."""
_NO_TERMINAL = 120
"""Columns for a file or a pipe, so that no number is cut."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(part: int, of: int, *, width: int = BAR) -> str:
    """``part`` out of ``of`` as a bar of ``width`` characters, to an eighth of one."""
    eighths = round(part * width * 8 / of) if of else 0
    if part and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def survey_title(record: SurveyRecord) -> str:
    began = datetime.fromtimestamp(record.started, UTC)
    state = "" if record.state is State.FINISHED else f", {record.state}: not all endpoints are in here"
    return f"Survey {record.id}, begun {began:%Y-%m-%d %H:%M} UTC{state}"


def data_console() -> Console:
    """Standard output."""
    console = Console()
    return console if console.is_terminal else Console(width=_NO_TERMINAL)


def new_table(title: str, *columns: str, caption: str = "") -> Table:
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        caption=caption or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for place, column in enumerate(columns):
        # A bar is read from the left; a word or a number that is cut says nothing.
        left = place == 0 or not column
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    return table


def share(part: int, of: int, interval: Interval | None = None) -> str:
    """In percent, with the interval of a sample."""
    if not of:
        return "–"
    around = f" ({interval.low * 100:.1f}–{interval.high * 100:.1f})" if interval else ""
    return f"{part / of:.1%}{around}"


def word(text: str, unknown: str = "not known") -> Text:
    """What a stranger may have chosen, as text and nothing else."""
    return Text(visible_text(text) or unknown)


def _counts_row(table: Table, name: str, counts: Counts) -> None:
    table.add_row(
        name,
        f"{counts.probed:,}",
        f"{counts.answered:,}",
        f"{counts.unknown:,}",
        f"{counts.strict:,}",
        share(counts.strict, counts.answered, counts.intervals.strict if counts.intervals else None),
        f"{counts.wide:,}",
        share(counts.wide, counts.answered, counts.intervals.wide if counts.intervals else None),
    )


def print_basis(console: Console, record: SurveyRecord, *, places: bool = False, sample: bool = True) -> None:
    """Below a table: what a sample is, and, where ``places`` are shown, whose data of countries and networks it rests on."""
    if sample and of_sample(record) < 1:
        console.print(
            f"A sample: one of {record.plan.part.of} parts of the scope's hosts, drawn at random. Behind each share stands "
            "its 95 % interval (Wilson).",
            style="dim",
            highlight=False,
        )
    for data in record.datasets if places else ():
        of = ", ".join(data.provides)
        about = (f"{data.name} {data.version}".strip(), data.date, data.licence, data.attribution, data.url)
        line = f"{of}: " + " · ".join(part for part in about if part)
        console.print(word(line), style="dim", highlight=False, soft_wrap=True)


def print_overview(console: Console, record: SurveyRecord, found: Overview) -> None:
    console.print(survey_title(record), style="bold", highlight=False)
    table = new_table(
        "",
        "",
        "probed",
        "answered",
        "unknown",
        "strict",
        "%",
        "wide",
        "%",
        caption="strict: no TLS to be had · wide: a password can cross in the clear, strict among them · "
        "unknown: answered, but not known; never affected · shares are of those that answered",
    )
    _counts_row(table, "endpoints", found.endpoints)
    _counts_row(table, "  POP3", found.endpoints_pop3)
    _counts_row(table, "  IMAP", found.endpoints_imap)
    table.add_section()
    _counts_row(table, "hosts, POP3", found.hosts_pop3)
    _counts_row(table, "hosts, IMAP", found.hosts_imap)
    _counts_row(table, "hosts, either", found.hosts_either)
    both = found.hosts_both
    table.add_row("hosts, both", "", "", "", f"{both.strict:,}", "", f"{both.wide:,}", "")
    console.print(table)
    classes = new_table("Endpoints by class", "class", "counts as", "POP3", "IMAP", "all", "")
    for row in found.classes:
        unreachable = row.class_ == "unreachable"
        classes.add_row(
            row.class_,
            Text("strict, wide", "red") if row.strict else Text("wide", "yellow") if row.wide else "",
            f"{row.pop3:,}",
            f"{row.imap:,}",
            f"{row.endpoints:,}",
            "" if unreachable else bar(row.endpoints, found.endpoints.answered),
        )
    console.print(classes)
    if found.evidence:
        evidence = new_table("On what evidence", "evidence", "strict", "wide")
        for grade in found.evidence:
            evidence.add_row(grade.evidence, f"{grade.strict:,}", f"{grade.wide:,}")
        console.print(evidence)
    print_basis(console, record)


def print_countries(console: Console, record: SurveyRecord, countries: Sequence[CountryCounts]) -> None:
    console.print(survey_title(record), style="bold", highlight=False)
    with_bar = console.width >= _WIDE
    table = new_table(
        "Hosts by country",
        "",
        "probed",
        "answered",
        "unknown",
        "POP3\nstrict",
        "\nwide",
        "IMAP\nstrict",
        "\nwide",
        "either\nstrict",
        "\nwide",
        *([""] if with_bar else []),
        caption="strict: no TLS to be had · wide: a password can cross in the clear, strict among them · "
        "unknown: answered, but not known; never affected",
    )
    most = max((country.hosts_either.wide for country in countries), default=0)
    for country in countries:
        either = country.hosts_either
        table.add_row(
            word(country.country),
            f"{either.probed:,}",
            f"{either.answered:,}",
            f"{either.unknown:,}",
            f"{country.hosts_pop3.strict:,}",
            f"{country.hosts_pop3.wide:,}",
            f"{country.hosts_imap.strict:,}",
            f"{country.hosts_imap.wide:,}",
            f"{either.strict:,}",
            f"{either.wide:,}",
            *([bar(either.wide, most)] if with_bar else []),
        )
    console.print(table)
    print_basis(console, record, places=True)


def print_surveys(console: Console, rows: Sequence[tuple[str, ...]], caption: str) -> None:
    """A row a survey, the latest last: id, begun, state, probed, what is kept, its size, rules, whether it is merged."""
    table = new_table(
        "", "survey", "begun (UTC)", "", "probed", "kept", "size", "rules", "in the state", caption=caption
    )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def print_difference(console: Console, found: Difference) -> None:
    console.print(f"{found.before} → {found.after}", style="bold", highlight=False)
    table = new_table("Affected endpoints (wide)", "", "endpoints")
    for fate in Fate:
        table.add_row(fate.value, f"{getattr(found, fate):,}")
    console.print(table)


def print_changes(console: Console, listed: Sequence[Change], most: int) -> None:
    """At most ``most`` of them; one more says that there are more."""
    if not listed:
        return
    more = "there are more: --json lists them all" if len(listed) > most else ""
    table = new_table("", "endpoint", "", "country", "class before", "class after", caption=more)
    for change in listed[:most]:
        host = f"[{change.ip}]" if ":" in change.ip else change.ip
        before, after = change.class_before or "–", change.class_after or "–"
        place = Text(f"{host}:{change.port}")
        table.add_row(place, change.fate.value, word(change.country, ""), before, after)
    console.print(table)
