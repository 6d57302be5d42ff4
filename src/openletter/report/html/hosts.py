"""The hosts with a fault, the worst first: what is wrong on each of their ports, and of those of which the store has kept
everything what was seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import Mode, Observation, Protocol
from openletter.enrich.product import Certainty, How, Product, Recognition
from openletter.remedy.remedies import Step, in_order, steps_for
from openletter.report.html.evidence import EndpointCard, endpoint_card
from openletter.report.service import SERVICES
from openletter.report.standing import FINDINGS, LEAST, SOUND, Standing
from openletter.report.stored import stored_report
from openletter.report.told import Told, findings_of
from openletter.store.observation_table import from_table as observations_of
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName
from openletter.verdict.verdict_table import VerdictRow
from openletter.verdict.verdict_table import from_table as verdicts_of

Key = tuple[bytes, int, str]
"""Address as it sorts, port, name that was asked for."""

_NEWEST = (Standing.NEW, Standing.BACK, Standing.REMINDER, Standing.OPEN, Standing.FIXED)
_COLUMNS = (
    "ip_sort",
    "ip",
    "port",
    "host",
    "hostname",
    "hostname_source",
    "asn",
    "network_name",
    "geo",
    "tag",
    "class",
    "mode",
    "severity",
    "fault",
    "standing",
    "link",
    "product",
    "product_version",
    "product_certainty",
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint, in short."""

    port: int
    host: str
    """The name that it was asked for by; empty where an address was."""
    service: str
    """One of :data:`openletter.report.service.SERVICES`."""
    class_: Class
    words: tuple[str, ...]
    """What is to be mended: the class, where that is a fault, and findings."""
    fault: Severity | None
    standing: Standing | None
    link: str
    """Where it can be checked again; empty where nowhere."""
    card: EndpointCard | None
    """What was seen, where that is kept and something is to be mended."""
    same_certificate: int = 0
    """The port before this one that shows the same certificate; 0 where none does."""


class HostEntry(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """From 1, the worst first."""
    ip: str
    name: str
    """What a stranger may have said; made visible."""
    name_source: str
    asn: int
    network: str
    country: str
    severity: Severity
    standing: Standing | None
    """The newest of its endpoints'."""
    faulty: tuple[Place, ...]
    sound: tuple[Place, ...]
    steps: tuple[Step, ...]
    """For all its endpoints together."""

    @property
    def seen(self) -> bool:
        return any(place.card is not None for place in self.faulty)


class _Seen(msgspec.Struct, frozen=True):
    verdict: VerdictRow
    observation: Observation


def faulty_hosts(told: Told, most: int) -> tuple[HostEntry, ...]:
    """The first ``most`` of them; all that have anything to be mended where they are fewer."""
    chosen = _worst(told.rows)[:most]
    fitting = pc.is_in(told.rows.column("ip_sort").cast(pa.binary()), value_set=pa.array(chosen, pa.binary()))
    rows: dict[bytes, list[dict[str, Any]]] = {address: [] for address in chosen}
    for row in told.rows.filter(fitting).select(list(_COLUMNS)).to_pylist():
        rows[row["ip_sort"]].append(row)
    seen, ders = _seen(told)
    language = told.subscriber.language.value
    return tuple(
        _entry(number, rows[address], seen, ders, language) for number, address in enumerate(chosen, 1)
    )


def _worst(rows: Any) -> list[bytes]:
    """Addresses by severity, then by what is newest, then as they sort."""
    faulty = rows.filter(pc.is_valid(rows.column("fault")))
    order: dict[bytes, tuple[int, int]] = {}
    columns = (faulty.column(name).to_pylist() for name in ("ip_sort", "fault", "standing"))
    ranks = {str(severity): severity.rank for severity in Severity}
    newness = {str(standing): place for place, standing in enumerate(_NEWEST)}
    for address, fault, standing in zip(*columns, strict=True):
        rank, new = order.get(address, (len(ranks), len(newness)))
        order[address] = (min(rank, ranks[fault]), min(new, newness.get(standing, len(newness))))
    return sorted(order, key=lambda address: (*order[address], address))


def _seen(told: Told) -> tuple[dict[Key, _Seen], dict[str, bytes]]:
    found: dict[Key, _Seen] = {}
    ders: dict[str, bytes] = {}
    for one in told.seen:
        keys = zip(
            *(one.endpoints.column(name).to_pylist() for name in ("ip_sort", "port", "host")), strict=True
        )
        rows = zip(keys, verdicts_of(one.endpoints), observations_of(one.observations), strict=True)
        found.update((key, _Seen(verdict, observation)) for key, verdict, observation in rows)
        ders.update(one.certificates)
    return found, ders


def _entry(
    number: int,
    rows: Sequence[Mapping[str, Any]],
    seen: Mapping[Key, _Seen],
    ders: Mapping[str, bytes],
    language: str,
) -> HostEntry:
    of_host: dict[str, list[Observation]] = {row["host"]: [] for row in rows}
    for row in rows:
        if (found := seen.get(_key(row))) is not None:
            of_host[row["host"]].append(found.observation)
    steps: list[Step] = []
    places = []
    for row in rows:
        card = None
        if row["fault"] is not None and (found := seen.get(_key(row))) is not None:
            chain = [ders[name] for name in found.observation.tls.chain if name in ders]
            report = stored_report(found.verdict, found.observation, chain, of_host[row["host"]], language)
            card = endpoint_card(report, chain, language)
        places.append(_place(row, card))
        if row["fault"] is not None:
            steps += card.view.steps if card is not None else _steps(*_kind(row), language)
    faulty = tuple(_once(place for place in places if place.fault is not None))
    named = next((row for row in rows if row["hostname"]), rows[0])
    standings = [place.standing for place in faulty if place.standing is not None]
    return HostEntry(
        number=number,
        ip=rows[0]["ip"],
        name=named["hostname"] or "",
        name_source=named["hostname_source"] or "",
        asn=rows[0]["asn"] or 0,
        network=rows[0]["network_name"] or "",
        country=rows[0]["geo"] or "",
        severity=max(place.fault for place in faulty if place.fault is not None),
        standing=min(standings, key=_NEWEST.index, default=None),
        faulty=faulty,
        sound=tuple(place for place in places if place.fault is None),
        steps=in_order(steps),
    )


def _once(places: Iterable[Place]) -> Iterator[Place]:
    shown: dict[str, int] = {}
    for place in places:
        certificate = place.card.certificate if place.card is not None else None
        if certificate is not None and certificate.facts is not None:
            first = shown.setdefault(certificate.facts.sha256, place.port)
            if first != place.port:
                place = msgspec.structs.replace(place, same_certificate=first)
        yield place


def _key(row: Mapping[str, Any]) -> Key:
    return (row["ip_sort"], row["port"], row["host"])


def _place(row: Mapping[str, Any], card: EndpointCard | None) -> Place:
    class_ = Class(row["class"])
    protocol = Protocol(row["tag"].partition(";")[0])
    return Place(
        port=row["port"],
        host=row["host"],
        service=SERVICES[protocol, Mode(row["mode"])],
        class_=class_,
        words=tuple(_words(class_, findings_of(row["tag"]))),
        fault=Severity(row["fault"]) if row["fault"] is not None else None,
        standing=Standing(row["standing"]) if row["standing"] is not None else None,
        link=row["link"] or "",
        card=card,
    )


def _words(class_: Class, findings: Sequence[FindingName]) -> Iterator[str]:
    if class_ not in SOUND:
        yield class_
    yield from (name for name in findings if FINDINGS[name] >= LEAST)


def _kind(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        row["tag"],
        row["mode"],
        row["product"] or "",
        row["product_version"] or "",
        row["product_certainty"] or "",
    )


@lru_cache(maxsize=4_096)
def _steps(
    tag: str, mode: str, product: str, version: str, certainty: str, language: str
) -> tuple[Step, ...]:
    """Where it is not kept what was seen: by what the report row says."""
    known = Recognition(
        product=Product(product) if product else Product.UNKNOWN,
        version=version,
        how=How.NOTHING,
        certainty=Certainty(certainty) if certainty else Certainty.NONE,
    )
    return steps_for(
        Class(tag.split(";")[1].replace("-", "_")), findings_of(tag), Mode(mode), known, language
    )
