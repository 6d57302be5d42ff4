"""Columns that more than one table has: the two counts of hosts, what they are out of, and the bar."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from openletter.statistics.asn import AnsweredHosts
from openletter.statistics.counts import Counts
from openletter.web.table import Column, Kind
from openletter.web.words import Words

Row = TypeVar("Row")
Hosts = Counts | AnsweredHosts


def host_columns(
    hosts: Callable[[Row], Hosts], rows: Sequence[Row], words: Words, *, sampled: bool
) -> tuple[Column[Row], ...]:
    """A bar, then wide, strict, their rates, answered and unknown; of a sample the interval of each rate too."""
    most = max((hosts(row).wide for row in rows), default=0) or 1

    def rate(key: str) -> Callable[[Row], float | None]:
        def of(row: Row) -> float | None:
            answered = hosts(row).answered
            return 1_000 * getattr(hosts(row), key) / answered if answered else None

        return of

    def end(key: str, which: str) -> Callable[[Row], float | None]:
        def of(row: Row) -> float | None:
            intervals = hosts(row).intervals
            return 1_000 * getattr(getattr(intervals, key), which) if intervals else None

        return of

    def counted(key: str, title: str) -> Column[Row]:
        return Column(key=key, title=title, kind=Kind.NUMBER, value=lambda row: getattr(hosts(row), key))

    columns = [
        Column[Row](
            key="bar",
            title="",
            kind=Kind.BAR,
            value=lambda _: None,
            bar=lambda row: (hosts(row).wide / most, hosts(row).strict / most),
        ),
        counted("wide", words.text("Wide")),
        counted("strict", words.text("Strict")),
    ]
    for key, title in (
        ("wide", words.text("Wide of 1,000")),
        ("strict", words.text("Strict of 1,000")),
    ):
        columns.append(Column[Row](key=f"{key}_per_1000", title=title, kind=Kind.RATE, value=rate(key)))
        if sampled:
            columns += [
                Column[Row](
                    key=f"{key}_{which}",
                    title=words.text("95 %% from") if which == "low" else words.text("95 %% to"),
                    kind=Kind.RATE,
                    value=end(key, which),
                )
                for which in ("low", "high")
            ]
    columns += [
        counted("answered", words.text("Answered")),
        counted("unknown", words.text("Unknown")),
    ]
    return tuple(columns)
