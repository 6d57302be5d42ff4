"""What a message says of a subscriber's servers: how many, what has changed, the worst of them, what to do first.

All of it comes from :func:`openletter.report.standing.standings`, by two questions for all subscribers at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from openletter.dialogue.observation import Mode
from openletter.remedy.remedies import Step, in_order, steps_for
from openletter.report.standing import Standing
from openletter.store.database import connect
from openletter.verdict.classes import STRICT, WIDE, Class, Severity
from openletter.verdict.findings import FindingName

WORST_HOSTS = 10
"""That a mail can show without being a report."""
FIRST_STEPS = 4
_PORTS_SHOWN = 8
_IMPLICIT = frozenset(
    {Class.CLEARTEXT_ON_TLS_PORT, Class.IMPLICIT_BROKEN, Class.IMPLICIT_TLS, Class.IMPLICIT_ON_CLEARTEXT_PORT}
)
"""Classes to whose remedy the closing of a cleartext port does not belong."""

DUE = frozenset({Standing.NEW, Standing.BACK, Standing.REMINDER, Standing.FIXED})
"""What a message is sent for; what is open and not due yet is no news."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    hosts: int
    endpoints: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Of a subscriber's servers with a fault."""

    faulty: Tally
    strict: Tally
    """No TLS to be had."""
    wide: Tally
    """A password can cross in the clear."""
    standings: dict[Standing, int]
    """Endpoints by how they stand; each standing is there."""

    @property
    def open(self) -> int:
        """Told before and still there."""
        return self.standings[Standing.OPEN] + self.standings[Standing.REMINDER]

    @property
    def due(self) -> bool:
        return any(self.standings[one] for one in DUE)


class Port(msgspec.Struct, frozen=True, kw_only=True):
    port: int
    protocol: str
    host: str
    """The name that was asked for; empty where an address was."""
    word: str
    """Class, or the worst finding where the class is no fault."""
    banner: str = ""
    """What the server said of itself, made safe; empty where that is not known."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    ip: str
    name: str
    """That it was asked for by, or has by DNS or certificate: what a stranger says."""
    severity: Severity
    standing: Standing
    """The newest of its endpoints."""
    ports: tuple[Port, ...]
    more_ports: int

    @property
    def faults(self) -> tuple[tuple[str, tuple[Port, ...]], ...]:
        """The words of its ports, each once, with the ports that have it."""
        found: dict[str, list[Port]] = {}
        for port in self.ports:
            found.setdefault(port.word, []).append(port)
        return tuple((word, tuple(ports)) for word, ports in found.items())


class FirstStep(msgspec.Struct, frozen=True, kw_only=True):
    step: Step
    endpoints: int
    """That it helps."""


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    counts: Counts
    worst: tuple[Host, ...]
    fixed: tuple[Host, ...]
    """Some of those that are mended, or gone."""
    fixed_hosts: int
    kinds: dict[tuple[str, tuple[str, ...]], int]
    """Endpoints with a fault by class and findings."""

    @property
    def more_hosts(self) -> int:
        return self.counts.faulty.hosts - len(self.worst)

    @property
    def more_fixed(self) -> int:
        return self.fixed_hosts - len(self.fixed)

    def first(self, language: str) -> tuple[FirstStep, ...]:
        """What to do first, in its order."""
        helped: dict[tuple[str, str], int] = {}
        steps: list[Step] = []
        for (found, words), endpoints in self.kinds.items():
            # Who does not answer at the moment is helped by what helped before.
            class_ = next((word for word in words if word in set(Class)), found)
            findings = [FindingName(word) for word in words if word in set(FindingName)]
            mode = Mode.IMPLICIT if class_ in _IMPLICIT else Mode.CLEARTEXT
            for step in steps_for(Class(class_), findings, mode, language=language):
                steps.append(step)
                helped[step.title, step.text] = helped.get((step.title, step.text), 0) + endpoints
        return tuple(
            FirstStep(step=step, endpoints=helped[step.title, step.text])
            for step in in_order(steps)[:FIRST_STEPS]
        )


_KINDS = """
SELECT subscriber, standing, class, words, count(*) AS endpoints
FROM standings GROUP BY ALL ORDER BY ALL
"""

_HOSTS = """
SELECT subscriber,
  count(DISTINCT ip_sort) FILTER (standing <> 'fixed') AS faulty,
  count(DISTINCT ip_sort) FILTER (standing = 'fixed') AS fixed,
  count(DISTINCT ip_sort) FILTER (standing <> 'fixed' AND list_contains($strict, class)) AS strict,
  count(DISTINCT ip_sort) FILTER (standing <> 'fixed' AND list_contains($wide, class)) AS wide
FROM standings GROUP BY subscriber
"""

_SHOWN = """
WITH endpoint AS (
  SELECT *, standing = 'fixed' AS gone, list_position($severities, severity) AS rank,
         list_position($order, standing) AS newness, coalesce(nullif(host, ''), hostname) AS name
  FROM standings
)
SELECT subscriber, gone, min(rank) AS rank, min(newness) AS newness, any_value(ip) AS ip, arg_min(name, port) AS name,
       (list(struct_pack(port, protocol, host, word := coalesce(words[1], told[1], class)) ORDER BY rank, port, host))[:$ports]
         AS ports,
       count(*) AS endpoints
FROM endpoint GROUP BY subscriber, gone, ip_sort
QUALIFY row_number() OVER (PARTITION BY subscriber, gone ORDER BY min(rank), min(newness), count(*) DESC, ip_sort) <= $hosts
ORDER BY subscriber, gone, min(rank), min(newness), count(*) DESC, ip_sort
"""
_NEWEST_FIRST = (Standing.NEW, Standing.BACK, Standing.REMINDER, Standing.OPEN, Standing.FIXED)


def digests(standings: Any) -> dict[int, Digest]:
    """By subscriber; those of whom ``standings`` has no row are not there."""
    with connect() as database:
        database.register("standings", standings)
        kinds: dict[int, list[Mapping[str, Any]]] = {}
        for row in database.sql(_KINDS).to_arrow_table().to_pylist():
            kinds.setdefault(row["subscriber"], []).append(row)
        words = {"strict": sorted(STRICT), "wide": sorted(WIDE)}
        hosts = {
            row["subscriber"]: row for row in database.sql(_HOSTS, params=words).to_arrow_table().to_pylist()
        }
        shown: dict[int, list[Mapping[str, Any]]] = {}
        parameters = {
            "severities": [str(one) for one in Severity],
            "order": [str(one) for one in _NEWEST_FIRST],
            "ports": _PORTS_SHOWN,
            "hosts": WORST_HOSTS,
        }
        for row in database.sql(_SHOWN, params=parameters).to_arrow_table().to_pylist():
            shown.setdefault(row["subscriber"], []).append(row)
    return {whose: _digest(rows, hosts[whose], shown[whose]) for whose, rows in kinds.items()}


def _digest(
    kinds: Sequence[Mapping[str, Any]], hosts: Mapping[str, int], shown: Sequence[Mapping[str, Any]]
) -> Digest:
    live = [row for row in kinds if row["standing"] != Standing.FIXED]

    def endpoints(classes: frozenset[Class]) -> int:
        return sum(row["endpoints"] for row in live if row["class"] in classes)

    standings = dict.fromkeys(Standing, 0)
    for row in kinds:
        standings[Standing(row["standing"])] += row["endpoints"]
    return Digest(
        counts=Counts(
            faulty=Tally(hosts=hosts["faulty"], endpoints=sum(row["endpoints"] for row in live)),
            strict=Tally(hosts=hosts["strict"], endpoints=endpoints(STRICT)),
            wide=Tally(hosts=hosts["wide"], endpoints=endpoints(WIDE)),
            standings=standings,
        ),
        worst=tuple(_host(row) for row in shown if not row["gone"]),
        fixed=tuple(_host(row) for row in shown if row["gone"]),
        fixed_hosts=hosts["fixed"],
        kinds=dict(_faults(live)),
    )


def _faults(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, tuple[str, ...]], int]]:
    sums: dict[tuple[str, tuple[str, ...]], int] = {}
    for row in rows:
        key = (row["class"], tuple(row["words"]))
        sums[key] = sums.get(key, 0) + row["endpoints"]
    yield from sums.items()


def _host(row: Mapping[str, Any]) -> Host:
    return Host(
        ip=row["ip"],
        name=row["name"] or "",
        severity=list(Severity)[row["rank"] - 1],
        standing=_NEWEST_FIRST[row["newness"] - 1],
        ports=tuple(Port(**port) for port in row["ports"]),
        more_ports=row["endpoints"] - len(row["ports"]),
    )
