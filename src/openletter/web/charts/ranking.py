"""Bars: countries, networks, products, classes, findings, kinds of TLS, fates."""

from collections.abc import Iterable, Sequence

from openletter.statistics.asn import AnsweredHosts
from openletter.statistics.classes import ClassCount
from openletter.statistics.counts import Counts
from openletter.verdict.classes import Class
from openletter.web.charts.lines import affected_lines
from openletter.web.charts.shape import BarRow, Bars, Part
from openletter.web.charts.world import By
from openletter.web.labels import CLASS_MEANINGS, CLASSES, ORDER
from openletter.web.words import Words


def affected_bars(
    rows: Iterable[tuple[str, Counts | AnsweredHosts, str]], words: Words, *, by: By = "count"
) -> Bars:
    """Of each (name, hosts, address) the wide count, and within it the strict; or both out of a thousand that answered."""

    def value(count: int, hosts: Counts | AnsweredHosts) -> float:
        return float(count) if by == "count" else 1_000 * count / max(1, hosts.answered)

    return Bars(
        parts=(Part("wide", words.text("wide")), Part("strict", words.text("strict"))),
        rows=tuple(
            BarRow(
                name=name,
                values=(value(hosts.wide, hosts), value(hosts.strict, hosts)),
                lines=affected_lines(hosts, words),
                label=words.number(round(value(hosts.wide, hosts), 1)),
                href=href,
            )
            for name, hosts, href in rows
        ),
        overlaid=True,
        labelled=True,
    )


def class_bars(classes: Sequence[ClassCount], words: Words) -> Bars:
    """Endpoints of each class, POP3 and IMAP together, in the colours of the classes."""
    counts = {row.class_: row for row in classes}
    rows = []
    for cls in ORDER:
        row = counts.get(cls)
        if row is None or cls is Class.UNREACHABLE:
            continue
        rows.append(
            BarRow(
                name=words.text(CLASSES[cls]),
                values=(float(row.endpoints),),
                lines=(
                    words.text(CLASS_MEANINGS[cls]),
                    f"POP3: {words.number(row.pop3)}",
                    f"IMAP: {words.number(row.imap)}",
                ),
                label=words.number(row.endpoints),
                key=str(cls),
            )
        )
    return Bars(
        parts=(Part("other", words.text("endpoints")),),
        rows=tuple(rows),
        labelled=True,
    )


def counted_bars(rows: Iterable[tuple[str, int, str]], unit: str, words: Words) -> Bars:
    """One number each: (name, number, key of a colour or nothing)."""
    return Bars(
        parts=(Part("other", unit),),
        rows=tuple(
            BarRow(
                name=name,
                values=(float(number),),
                lines=(f"{unit}: {words.number(number)}",),
                label=words.number(number),
                key=key,
            )
            for name, number, key in rows
        ),
        labelled=True,
    )


def stacked_bars(
    parts: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[int], str]], words: Words
) -> Bars:
    """``parts``: key of a colour, and name; rows: name, a number for each part, address."""
    return Bars(
        parts=tuple(Part(key, name) for key, name in parts),
        rows=tuple(
            BarRow(
                name=name,
                values=tuple(map(float, numbers)),
                lines=tuple(
                    f"{part}: {words.number(number)}"
                    for (_, part), number in zip(parts, numbers, strict=True)
                    if number
                ),
                href=href,
            )
            for name, numbers, href in rows
        ),
    )
