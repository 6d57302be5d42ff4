"""Lines that stand beside the pointer, and in more than one chart."""

from openletter.statistics.asn import AnsweredHosts
from openletter.statistics.counts import Counts
from openletter.statistics.interval import Interval
from openletter.web.words import Words


def affected_lines(hosts: Counts | AnsweredHosts, words: Words) -> tuple[str, ...]:
    """Both counts with their rates and intervals, and what they are out of."""
    lines = []
    intervals = hosts.intervals
    for name, count, interval in (
        (words.text("wide"), hosts.wide, intervals.wide if intervals else None),
        (words.text("strict"), hosts.strict, intervals.strict if intervals else None),
    ):
        line = f"{name}: {words.number(count)}"
        if hosts.answered:
            line += f" ({words.percent(count / hosts.answered)})"
        lines.append(line)
        if interval:
            lines.append(interval_line(interval, words))
    lines.append(words.text("answered: %(number)s", number=words.number(hosts.answered)))
    lines.append(words.text("unknown: %(number)s", number=words.number(hosts.unknown)))
    return tuple(lines)


def interval_line(interval: Interval, words: Words) -> str:
    return words.text(
        "95 %% interval: %(low)s to %(high)s",
        low=words.percent(interval.low),
        high=words.percent(interval.high),
    )
