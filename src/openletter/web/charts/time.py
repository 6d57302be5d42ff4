"""Surveys in their order: the affected hosts, and the classes of endpoints."""

from collections.abc import Sequence

from openletter.statistics.asn import AnsweredHosts
from openletter.statistics.counts import Counts
from openletter.statistics.course import ProductMoment
from openletter.statistics.persistence import Persistence
from openletter.statistics.timeline import Moment
from openletter.verdict.classes import WIDE, Class
from openletter.web.charts.lines import affected_lines
from openletter.web.charts.shape import Curve, CurveStep, Instant, OverTime, Series
from openletter.web.labels import CLASSES, ORDER
from openletter.web.words import Words


def trend(moments: Sequence[tuple[float, Counts | AnsweredHosts]], words: Words) -> OverTime:
    """``moments``: when each survey began, in Unix seconds, and its hosts. Intervals are those of the shares, as hosts of
    the sample."""

    def series(key: str, name: str) -> Series:
        low, high = [], []
        sampled = False
        for _, hosts in moments:
            count = getattr(hosts, key)
            interval = getattr(hosts.intervals, key) if hosts.intervals else None
            sampled = sampled or interval is not None
            low.append(interval.low * hosts.answered if interval else float(count))
            high.append(interval.high * hosts.answered if interval else float(count))
        return Series(
            key=key,
            name=name,
            values=tuple(float(getattr(hosts, key)) for _, hosts in moments),
            low=tuple(low) if sampled else None,
            high=tuple(high) if sampled else None,
        )

    return OverTime(
        moments=tuple(
            Instant(at=started * 1_000, label=words.date(started), lines=affected_lines(hosts, words))
            for started, hosts in moments
        ),
        series=(series("wide", words.text("wide")), series("strict", words.text("strict"))),
    )


def endpoint_trend(moments: Sequence[ProductMoment], words: Words) -> OverTime:
    """Endpoints of a product."""

    def line(name: str, number: int, of: int) -> str:
        share = f" ({words.percent(number / of)})" if of else ""
        return f"{name}: {words.number(number)}{share}"

    names = {"wide": words.text("wide"), "strict": words.text("strict")}
    return OverTime(
        moments=tuple(
            Instant(
                at=one.started * 1_000,
                label=words.date(one.started),
                lines=(
                    *(line(name, getattr(one, key), one.endpoints) for key, name in names.items()),
                    words.text("answered: %(number)s", number=words.number(one.endpoints)),
                ),
            )
            for one in moments
        ),
        series=tuple(
            Series(key=key, name=name, values=tuple(float(getattr(one, key)) for one in moments))
            for key, name in names.items()
        ),
    )


def stacked_classes(moments: Sequence[Moment], words: Words) -> OverTime:
    """Endpoints. At first only what is affected is shown; the rest is in the legend."""
    counts = [{row.class_: row.endpoints for row in moment.classes} for moment in moments]
    there = [cls for cls in ORDER if cls is not Class.UNREACHABLE and any(cls in one for one in counts)]
    series = tuple(
        Series(
            key=str(cls),
            name=words.text(CLASSES[cls]),
            values=tuple(float(one.get(cls, 0)) for one in counts),
            shown=cls in WIDE,
        )
        for cls in there
    )
    return OverTime(
        moments=tuple(
            Instant(
                at=moment.started * 1_000,
                label=words.date(moment.started),
                lines=tuple(
                    f"{words.text(CLASSES[cls])}: {words.number(one[cls])}" for cls in there if one.get(cls)
                ),
            )
            for moment, one in zip(moments, counts, strict=True)
        ),
        series=series,
    )


def persistence_curve(found: Persistence, words: Words) -> Curve:
    return Curve(
        axis=words.text("days since they were found exposed"),
        steps=tuple(
            CurveStep(
                day=step.days,
                share=step.share,
                title=words.text("after %(days)s days", days=words.number(round(step.days, 1))),
                lines=(
                    words.text("still exposed: %(share)s", share=words.percent(step.share)),
                    words.text("watched until then: %(number)s endpoints", number=words.number(step.at_risk)),
                ),
            )
            for step in found.curve
        ),
        median=found.median_days,
        median_label=words.text("half of them: %(days)s days", days=words.number(round(found.median_days, 1)))
        if found.median_days is not None
        else "",
    )
