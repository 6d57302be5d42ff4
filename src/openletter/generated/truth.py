"""What a generated survey must be found to hold: counted from the lab's truth, without a look at any file.

Of a day, most hosts are as they were the day before; so the counts of the next day are those of the day before with the
few hosts that changed taken out and put in again.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from openletter.generated.cast import Cast
from openletter.generated.hosts import Hosts
from openletter.lab.internet.days import Pair
from openletter.lab.internet.truth import UNKNOWN, Class, Truth
from openletter.statistics.country import CountryCounts
from openletter.statistics.counts import Affected, Counts

FILE = "generated.json"
"""In the store's folder."""


class SurveyTruth(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    day: int
    endpoints: Counts
    countries: tuple[CountryCounts, ...]
    """In the order of their codes."""
    classes: dict[str, int]
    """Endpoints of each class."""


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """How a store was made, and what is in it."""

    scale: int
    seed: int
    days: int
    surveys: tuple[SurveyTruth, ...]
    """The oldest first."""


def write_truth(root: Path, generated: Generated) -> None:
    (root / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(generated)))


def read_truth(root: Path) -> Generated:
    """Raises OSError where there is none, msgspec.MsgspecError for what is no such file."""
    return msgspec.json.decode((root / FILE).read_bytes(), type=Generated)


class _Word(msgspec.Struct, frozen=True):
    """What one protocol of a host amounts to."""

    truths: tuple[Truth, ...]
    answered: bool
    unknown: bool
    strict: bool
    wide: bool


def _word(pair: Pair) -> _Word:
    truths = (pair.clear.truth, pair.implicit.truth)
    wide = any(each.wide for each in truths)
    return _Word(
        truths,
        answered=any(each.cls is not Class.UNREACHABLE for each in truths),
        unknown=not wide and any(each.cls in UNKNOWN for each in truths),
        strict=any(each.strict for each in truths),
        wide=wide,
    )


_Playing = tuple[int, int, int]
"""A country's place, the pair on POP3, the pair on IMAP."""


def counted(hosts: Hosts, cast: Cast, days: int) -> Iterator[Counter[_Playing]]:
    """How many hosts play the same, day by day; the same counter, changed, each time."""
    unreached = (cast.unreached["pop3"], cast.unreached["imap"])
    playing: Counter[_Playing] = Counter()
    before: list[tuple[int, int] | None] = [None] * len(hosts)
    changing = {0: list(range(len(hosts))), **hosts.changing(0, days)}
    for day in range(days):
        for host in changing[day]:
            now = hosts.pairs(host, day, unreached)
            was = before[host]
            if now == was:
                continue
            if was is not None:
                playing[hosts.country[host], *was] -= 1
            if now is not None:
                playing[hosts.country[host], *now] += 1
            before[host] = now
        yield playing


def survey_truth(
    survey: str, day: int, playing: Counter[_Playing], words: list[_Word], countries: tuple[str, ...]
) -> SurveyTruth:
    found: dict[str, Counter[str]] = {}
    classes: Counter[str] = Counter()
    endpoints: Counter[str] = Counter()
    for (country, pop3, imap), hosts in playing.items():
        if not hosts:
            continue
        sums = found.setdefault(countries[country], Counter())
        one, other = words[pop3], words[imap]
        sums["probed"] += hosts
        for truth in (*one.truths, *other.truths):
            classes[truth.cls] += hosts
            endpoints["unknown"] += hosts * (truth.cls in UNKNOWN)
            endpoints["strict"] += hosts * truth.strict
            endpoints["wide"] += hosts * truth.wide
        either_wide = one.wide or other.wide
        for name, holds in (
            *((f"pop3_{name}", getattr(one, name)) for name in _FLAGS),
            *((f"imap_{name}", getattr(other, name)) for name in _FLAGS),
            ("either_answered", one.answered or other.answered),
            ("either_unknown", (one.unknown or other.unknown) and not either_wide),
            ("either_strict", one.strict or other.strict),
            ("either_wide", either_wide),
            ("both_strict", one.strict and other.strict),
            ("both_wide", one.wide and other.wide),
        ):
            if holds:
                sums[name] += hosts
    probed = classes.total()
    return SurveyTruth(
        survey=survey,
        day=day,
        endpoints=Counts(
            probed,
            probed - classes[Class.UNREACHABLE],
            endpoints["unknown"],
            endpoints["strict"],
            endpoints["wide"],
        ),
        countries=tuple(
            CountryCounts(
                country=country,
                hosts_pop3=_counts(sums, "pop3"),
                hosts_imap=_counts(sums, "imap"),
                hosts_either=_counts(sums, "either"),
                hosts_both=Affected(sums["both_strict"], sums["both_wide"]),
            )
            for country, sums in sorted(found.items())
        ),
        classes={str(name): count for name, count in sorted(classes.items())},
    )


_FLAGS = ("answered", "unknown", "strict", "wide")


def _counts(sums: Counter[str], of: str) -> Counts:
    answered, unknown, strict, wide = (sums[f"{of}_{name}"] for name in _FLAGS)
    return Counts(sums["probed"], answered, unknown, strict, wide)


def words_of(cast: Cast) -> list[_Word]:
    """What each pair of the cast amounts to, by its number."""
    return [_word(pair) for _, pair in cast.pairs]
