"""The rows of each abuse contact: the networks around the addresses put together by whom they name."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from openletter.report.abuse.looking_up import NO_REGISTRY, SPECIAL
from openletter.report.abuse.network import Network, Outcome
from openletter.report.faults import FINDINGS, LEAST, SOUND
from openletter.report.line_format import one_array
from openletter.report.mail.digest import Digest, digests
from openletter.report.standing import Standing
from openletter.report.told import class_of, findings_of


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One mail address."""

    contact: str
    role: str
    networks: tuple[Network, ...]
    """Sorted by address, each once."""
    rows: Any
    """Report rows, a ``pyarrow.Table`` sorted by address."""
    digest: Digest

    @property
    def country(self) -> str:
        """Where all its networks are; empty where they are in several, or that is not known."""
        found = {one.country for one in self.networks}
        return found.pop() if len(found) == 1 else ""


class NoDesk(msgspec.Struct, frozen=True, kw_only=True):
    """A network that names nobody."""

    place: str
    """Its first and last address, or the one address where no network is known."""
    name: str
    hosts: int
    why: str
    again: bool
    """Whether it makes sense to ask again later."""


_FOR_GOOD = (SPECIAL, NO_REGISTRY)
_WHY = {
    Outcome.NO_CONTACT: "names nobody for abuse",
    Outcome.NOT_FOUND: "the registry knows no such network",
}


def desks_of(
    rows: Any, network_of: Callable[[str], Network | None], left: Mapping[str, str]
) -> tuple[tuple[Desk, ...], tuple[NoDesk, ...]]:
    """``rows``: of :func:`openletter.report.abuse.unowned.unowned_rows`; ``network_of``: what is known of an address; ``left``:
    addresses of which nothing is known, and why. Desks are sorted by their addresses, networks without one as addresses are."""
    addresses = one_array(rows.column("ip")).dictionary_encode()
    known = [network_of(ip) for ip in addresses.dictionary.to_pylist()]
    contacts = sorted({one.contact for one in known if one is not None and one.contact})
    place = {contact: number for number, contact in enumerate(contacts)}
    owner = pa.array([place.get(one.contact) if one is not None else None for one in known], pa.int64())
    rows = rows.append_column("subscriber", owner.take(addresses.indices))
    without = _without(addresses.dictionary.to_pylist(), known, left)
    rows = rows.filter(pc.is_valid(rows.column("subscriber")))
    # The sort is stable: inside a desk the order is that of before.
    rows = rows.take(pc.sort_indices(rows.column("subscriber"))).combine_chunks()
    told = digests(_standings(rows))
    networks: list[dict[str, Network]] = [{} for _ in contacts]
    for one in known:
        if one is not None and one.contact:
            networks[place[one.contact]][one.first] = one
    sizes = {
        entry["values"]: entry["counts"]
        for entry in pc.value_counts(one_array(rows.column("subscriber"))).to_pylist()
    }
    desks = []
    start = 0
    for number, contact in enumerate(contacts):
        theirs = tuple(networks[number].values())
        desks.append(
            Desk(
                contact=contact,
                role=min((one.role for one in theirs), key=("abuse", "noc", "technical").index),
                networks=theirs,
                rows=rows.slice(start, sizes[number]).drop_columns(["subscriber"]),
                digest=told[number],
            )
        )
        start += sizes[number]
    return tuple(desks), without


def _without(ips: list[str], known: list[Network | None], left: Mapping[str, str]) -> tuple[NoDesk, ...]:
    groups: dict[tuple[str, str], NoDesk] = {}
    for ip, network in zip(ips, known, strict=True):
        if network is None:
            one = NoDesk(
                place=ip,
                name="",
                hosts=1,
                why=left.get(ip, "was not asked about"),
                again=left.get(ip) not in _FOR_GOOD,
            )
        elif network.contact:
            continue
        else:
            place = ip if network.first == network.last else f"{network.first}-{network.last}"
            why = _WHY.get(network.outcome) or network.why
            again = network.outcome is Outcome.FAILED
            one = NoDesk(place=place, name=network.name, hosts=1, why=why, again=again)
        before = groups.get((one.place, one.why))
        groups[one.place, one.why] = msgspec.structs.replace(one, hosts=1 + (before.hosts if before else 0))
    return tuple(groups.values())


def _standings(rows: Any) -> Any:
    """Report rows as :func:`~openletter.report.mail.digest.digests` takes them: all of them new."""
    tags = one_array(rows.column("tag"))
    classes, findings, words = [], [], []
    for tag in tags.dictionary.to_pylist():
        class_, found = class_of(tag), findings_of(tag)
        faults = [name for name in found if FINDINGS[name] >= LEAST]
        classes.append(str(class_))
        findings.append([str(name) for name in found])
        words.append([*([] if class_ in SOUND else [str(class_)]), *map(str, faults)])
    protocols = [tag.partition(";")[0] for tag in tags.dictionary.to_pylist()]
    lists = pa.list_(pa.string())
    nothing = pa.array([[]], lists).take(pa.array([0] * rows.num_rows, pa.int64()))
    return pa.table(
        {
            "subscriber": rows.column("subscriber"),
            "standing": pa.repeat(Standing.NEW.value, rows.num_rows),
            **{name: rows.column(name) for name in ("ip_sort", "ip", "port", "host")},
            "hostname": pc.fill_null(rows.column("hostname"), ""),
            "protocol": pa.array(protocols, pa.string()).take(tags.indices),
            "class": pa.array(classes, pa.string()).take(tags.indices),
            "findings": pa.array(findings, lists).take(tags.indices),
            "words": pa.array(words, lists).take(tags.indices),
            "told": nothing,
            "severity": one_array(rows.column("severity")).cast(pa.string()),
        }
    )
