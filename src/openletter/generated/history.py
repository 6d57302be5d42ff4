"""The state of a part after its last day, told from each host's life: what merging survey after survey would come to
(:mod:`openletter.verdict.state`), without thirty merges of millions of rows. A test holds the two side by side.

A host changes on few days; between them it is the same. So its days are some stretches, and an endpoint's history is a
specimen for each. Endpoints with the same history end in the same state, which is found once.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from openletter.generated.hosts import Hosts
from openletter.lab.internet.days import UNREACHED_EVERY
from openletter.store.columns import SECONDS, WORD


class Meaning(NamedTuple):
    """What of a specimen matters to the state."""

    verdict: tuple[str, ...]
    """Class and findings, sorted: another one is a change."""
    answered: bool
    wide: bool
    ends: bool
    """Whether an exposure ends with it, where it is not exposed itself."""

    @property
    def class_(self) -> str:
        return self.verdict[0]


def meanings(endpoints: Any) -> list[Meaning]:
    """Of a ``pyarrow.Table`` of endpoints, by row."""
    columns = (endpoints.column(name).to_pylist() for name in ("class", "findings", "wide", "unknown"))
    return [
        Meaning(
            (class_, *sorted(findings)),
            class_ != "unreachable",
            wide,
            class_ == "unreachable" or not unknown,
        )
        for class_, findings, wide, unknown in zip(*columns, strict=True)
    ]


class _End(NamedTuple):
    """The state's columns of one endpoint, days for moments."""

    previous_class: str
    first_seen: int | None
    last_seen: int | None
    changed_at: int
    exposed_since: int | None
    exposed_until: int | None


_History = tuple[tuple[int, ...], tuple[int, ...]]
"""The days on which stretches begin, and the specimen of each."""


def _end(history: _History, days: int, of: Sequence[Meaning]) -> _End:
    begins, specimens = history
    first_seen = last_seen = since = until = None
    previous, changed_at = "", begins[0]
    before: Meaning | None = None
    for place, (day, specimen) in enumerate(zip(begins, specimens, strict=True)):
        now = of[specimen]
        if now.answered:
            first_seen = day if first_seen is None else first_seen
            last_seen = (begins[place + 1] if place + 1 < len(begins) else days) - 1
        if before is not None and now.verdict != before.verdict:
            previous, changed_at = before.class_, day
        if now.wide:
            since = day if since is None or until is not None else since
            until = None
        elif since is not None and until is None and now.ends:
            until = day
        before = now
    return _End(previous, first_seen, last_seen, changed_at, since, until)


def _histories(hosts: Hosts, days: int, unreached: tuple[int, int]) -> Iterator[_History]:
    """Of the four ports of each host, 110, 143, 993 and 995."""
    for host in range(len(hosts)):
        life = hosts.life(host)
        edges = {life.appears, life.turns, life.returns}
        for day in range(life.unreached, days, UNREACHED_EVERY):
            edges |= {day, day + 1}
        begins = tuple(sorted(day for day in edges if life.appears <= day < days))
        played = [hosts.pairs(host, day, unreached) or unreached for day in begins]
        for side, port in ((0, 0), (1, 0), (1, 1), (0, 1)):
            yield begins, tuple(2 * pairs[side] + port for pairs in played)


def state_columns(
    hosts: Hosts, moments: Sequence[float], unreached: tuple[int, int], of: Sequence[Meaning]
) -> dict[str, Any]:
    """The columns of the state that say something of the past, four rows a host; ``moments`` is when each day's survey
    began, Unix seconds."""
    known: dict[_History, int] = {}
    which = [known.setdefault(one, len(known)) for one in _histories(hosts, len(moments), unreached)]
    ends = [_end(history, len(moments), of) for history in known]
    rows = pa.array(which, pa.int32())

    def at(name: str) -> Any:
        days = (getattr(end, name) for end in ends)
        return pa.array((None if day is None else moments[day] for day in days), SECONDS.arrow).take(rows)

    previous = pa.array((end.previous_class for end in ends), pa.string())
    return {
        "previous_class": previous.dictionary_encode().cast(WORD.arrow).take(rows),
        "asked": pa.array([moments[-1]], SECONDS.arrow).take(pa.nulls(len(which), pa.int32()).fill_null(0)),
        **{name: at(name) for name in _End._fields if name != "previous_class"},
    }
