"""A survey's verdicts, derived from its observations file by file; memory holds one file and the distinct facts.

The endpoints of a host are always in one file, since the order of a survey goes host by host: so each file is joined
with itself to find what the implicit-TLS port of a host said. What an endpoint's verdict depends on is a handful of
columns; rows that agree in all of them are judged once.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec

from openletter.dialogue.observation import Mode, Observation, Protocol
from openletter.store.files import make_folder, publish_table, read_table
from openletter.store.lock import Lock
from openletter.store.observation_table import from_table
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.tls.faults import certificate_faults
from openletter.tls.trust import Trust
from openletter.verdict.classes import Severity
from openletter.verdict.facts import Sibling, derive, sibling_of
from openletter.verdict.findings import CertificateFault
from openletter.verdict.verdict import RULES_VERSION, Verdict, judge_facts
from openletter.verdict.verdict_table import SCHEMA, Place, to_batch


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a judging came to."""

    survey: str
    rules_version: str
    verdicts: int
    worst: Severity
    """Over all endpoints and their findings; ``none`` where there are none."""


_Faults = frozenset[CertificateFault]


class _ChainFaults:
    """The faults of the chains of one file, each distinct one looked at twice: when the file's first observation was
    made and when its last was. A certificate begins once and ends once; so what is the same at both ends was so in
    between, and only a chain that began or ended meanwhile is looked at for each of its observations."""

    def __init__(self, ders: dict[str, bytes], trust: Trust, first: float, last: float) -> None:
        self._ders = ders
        self._trust = trust
        self._first = first
        self._last = last
        self._known: dict[tuple[tuple[str, ...], str], _Faults | None] = {}

    def of(self, seen: Observation) -> _Faults:
        chain = seen.tls.chain
        if not chain or not seen.tls.works:
            return frozenset()
        key = (chain, seen.host)
        if key not in self._known:
            faults = self._at(*key, self._first)
            self._known[key] = faults if self._at(*key, self._last) == faults else None
        known = self._known[key]
        return self._at(*key, seen.started) if known is None else known

    def _at(self, chain: tuple[str, ...], host: str, at: float) -> _Faults:
        ders = [self._ders[name] for name in chain if name in self._ders]
        return frozenset(map(CertificateFault, certificate_faults(ders, at=at, host=host, trust=self._trust)))


_SiblingKey = tuple[str, Protocol]


def _siblings(observations: Iterable[Observation]) -> dict[_SiblingKey, Sibling]:
    """What the implicit-TLS ports of each host say, by protocol. Of several the one with TLS counts, then one of which
    nothing is known."""
    rank = (Sibling.TLS, Sibling.UNKNOWN, Sibling.NONE)
    found: dict[_SiblingKey, Sibling] = {}
    for seen in observations:
        if seen.mode is Mode.IMPLICIT:
            key = (seen.ip, seen.protocol)
            says = sibling_of(seen)
            found[key] = min(found.get(key, says), says, key=rank.index)
    return found


def judge_observations(
    observations: Sequence[Observation], ders: dict[str, bytes], trust: Trust
) -> list[Verdict]:
    """A verdict for each observation. All those of a host must be among them; ``ders`` are certificates by SHA-256."""
    if not observations:
        return []
    started = [seen.started for seen in observations]
    faults = _ChainFaults(ders, trust, min(started), max(started))
    siblings = _siblings(observations)
    known: dict[tuple[object, ...], Verdict] = {}
    public: dict[str, bool] = {}
    verdicts: list[Verdict] = []
    for seen in observations:
        cleartext = seen.mode is Mode.CLEARTEXT
        sibling = siblings.get((seen.ip, seen.protocol), Sibling.UNKNOWN) if cleartext else Sibling.UNKNOWN
        chain_faults = faults.of(seen)
        if seen.ip not in public:
            public[seen.ip] = ip_address(seen.ip).is_global
        key = (*_decisive(seen), public[seen.ip], sibling, chain_faults)
        verdict = known.get(key)
        if verdict is None:
            verdict = known[key] = judge_facts(derive(seen, sibling, chain_faults))
        verdicts.append(verdict)
    return verdicts


_INDECISIVE = frozenset(
    # Whose it is and when; the certificates count by their faults, and the transcript repeats the rest.
    {"ip", "port", "host", "country", "started", "duration", "handshake", "legacy", "transcript"}
)
_DECISIVE = tuple(name for name in Observation.__struct_fields__ if name not in _INDECISIVE)
_DECISIVE_OF_HANDSHAKE = ("outcome", "version", "cipher", "downgraded")


def _decisive(seen: Observation) -> tuple[object, ...]:
    """All of an observation that a verdict may depend on, besides its address and its certificates."""
    return (
        *[getattr(seen, name) for name in _DECISIVE],
        *[getattr(seen.handshake, name) for name in _DECISIVE_OF_HANDSHAKE],
        *[getattr(seen.legacy, name) for name in _DECISIVE_OF_HANDSHAKE],
    )


def _certificates(path: Path) -> dict[str, bytes]:
    table: Any = read_table(path)
    return dict(zip(table.column("sha256").to_pylist(), table.column("der").to_pylist(), strict=True))


def judge_survey(
    store: Store,
    record: SurveyRecord,
    trust: Trust,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> Judgement:
    """Derive the verdicts of all that is published of a survey, and put them in the place of those before.

    ``watch`` is told how many files of how many are done. Raises StoreError; then the verdicts before stand.
    """
    base = store.root / "verdicts" / record.id
    make_folder(base)
    with Lock(base / ".lock", f"survey {record.id} is being judged by another process; wait for it"):
        return _judge_survey(store, record, trust, watch, base)


def _judge_survey(
    store: Store, record: SurveyRecord, trust: Trust, watch: Callable[[int, int], None], base: Path
) -> Judgement:
    folder = base / f"{RULES_VERSION}-{secrets.token_hex(4)}"
    make_folder(folder)
    shards = store.shards(record.id)
    count = 0
    worst = Severity.NONE
    try:
        for done, published in enumerate(shards):
            watch(done, len(shards))
            observations = from_table(read_table(store.observations(published)))
            verdicts = judge_observations(observations, _certificates(store.certificates(published)), trust)
            places = [Place(seen.ip, seen.port, seen.host, seen.country) for seen in observations]
            publish_table(folder / f"{published.shard:06d}.parquet", SCHEMA, [to_batch(places, verdicts)])
            count += len(verdicts)
            distinct = {id(verdict): verdict for verdict in verdicts}.values()
            worst = max((worst, *(verdict.worst for verdict in distinct)))
        watch(len(shards), len(shards))
        store.publish_verdicts(record.id, str(folder.relative_to(store.root)), RULES_VERSION)
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise
    for before in base.iterdir():
        if before.is_dir() and before != folder:
            rmtree(before, ignore_errors=True)
    return Judgement(survey=record.id, rules_version=RULES_VERSION, verdicts=count, worst=worst)
