"""All that one subscriber is told of some surveys, for whoever makes a whole document of it.

A fault is what is to be mended (:func:`openletter.report.standing.faults_of`), of the severity LOW at least; what is reported
besides is as it should be.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.line_format import one_array
from openletter.report.past_counts import DayCount
from openletter.report.shadowserver.columns import WORDS
from openletter.report.standing import FINDINGS, LEAST, SOUND, Standing
from openletter.report.told_rows import SUBSCRIBER_ROWS
from openletter.store.record import SurveyRecord
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import STRICT, WIDE, Class, Severity
from openletter.verdict.findings import FindingName

TOLD_ROWS: Any = pa.schema(
    [
        *SUBSCRIBER_ROWS,
        pa.field("class", WORDS, nullable=False),
        pa.field("fault", WORDS),
        pa.field("standing", pa.string()),
        pa.field("link", pa.string()),
    ]
)
"""Report rows, the verdict's class, the severity of the worst fault (null where nothing is to be mended), how that stands
(:class:`~openletter.report.standing.Standing`, null as well), and where it can be checked again (null where nowhere)."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    hosts: int
    endpoints: int


class ToldCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Of what a subscriber is told."""

    all: Tally
    faulty: Tally
    strict: Tally
    """No TLS to be had."""
    wide: Tally
    """A password can cross in the clear."""
    standings: dict[Standing, int]
    """Endpoints by how they stand; each standing is there."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All that the store has of some hosts, for formats that show it: their endpoints, reported or not."""

    endpoints: Any
    """A ``pyarrow.Table``: the survey's endpoints, enriched or not."""
    observations: Any
    """As many rows."""
    certificates: Mapping[str, bytes]
    """DER by SHA-256."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscriber is told on one day."""

    subscriber: Subscriber
    surveys: tuple[SurveyRecord, ...]
    """The oldest first."""
    day: date
    """The survey's first (UTC), or the one that was asked for."""
    strict: bool
    """Whether of what is vulnerable the strict count alone is told."""
    rows: Any
    """A ``pyarrow.Table`` of ``TOLD_ROWS``, sorted by address, port and name."""
    changes: Any
    """The subscriber's :func:`~openletter.report.standing.standings`, in the same order: also of what is not reported any more,
    since it is fixed or does not answer."""
    counts: ToldCounts
    earlier: tuple[DayCount, ...] = ()
    """Of days before this one of which there was a document, the oldest first."""
    seen: tuple[Seen, ...] = ()
    """Of the hosts with the worst faults, as many as the format wants."""


def class_of(tag: str) -> Class:
    """From the ``tag`` of a report row."""
    return Class(tag.split(";")[1].replace("-", "_"))


def findings_of(tag: str) -> tuple[FindingName, ...]:
    return tuple(FindingName(word.replace("-", "_")) for word in tag.split(";")[2:])


def fault_of(tag: str, worst: Severity) -> Severity | None:
    """How severe what is to be mended is; ``worst``: of class and findings."""
    if class_of(tag) not in SOUND:
        return worst if worst >= LEAST else None
    found = [severity for name in findings_of(tag) if (severity := FINDINGS[name]) >= LEAST]
    return max(found, default=None)


def with_faults(rows: Any) -> Any:
    """Report rows with the columns ``class`` and ``fault``."""
    tags = one_array(rows.column("tag"))
    severities = one_array(rows.column("severity"))
    classes = pa.array([str(class_of(tag)) for tag in tags.dictionary.to_pylist()], pa.string())
    pairs = list(zip(tags.to_pylist(), severities.to_pylist(), strict=True))
    known = {pair: fault_of(pair[0], Severity(pair[1])) for pair in set(pairs)}
    faults = pa.array([known[pair] and str(known[pair]) for pair in pairs], pa.string())
    class_ = classes.dictionary_encode().take(tags.indices).cast(WORDS)
    return rows.append_column("class", class_).append_column("fault", faults.dictionary_encode().cast(WORDS))


def counts_of(rows: Any, changes: Any) -> ToldCounts:
    """``rows`` as ``TOLD_ROWS``."""

    def tally(fitting: Any) -> Tally:
        found = rows.column("ip_sort").filter(fitting)
        return Tally(hosts=pc.count_distinct(found).as_py(), endpoints=len(found))

    def in_classes(classes: Iterable[Class]) -> Any:
        words = one_array(rows.column("class")).cast(pa.string())
        return pc.is_in(words, value_set=pa.array(sorted(map(str, classes))))

    standings = dict.fromkeys(Standing, 0)
    for found in pc.value_counts(one_array(changes.column("standing"))).to_pylist():
        standings[Standing(found["values"])] = found["counts"]
    return ToldCounts(
        all=tally(pa.repeat(True, rows.num_rows)),
        faulty=tally(pc.is_valid(one_array(rows.column("fault")))),
        strict=tally(in_classes(STRICT)),
        wide=tally(in_classes(WIDE)),
        standings=standings,
    )
