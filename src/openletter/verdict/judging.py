"""A survey's verdicts, derived from its observations file by file; memory holds one file and the distinct facts.

The endpoints of a host are always in one file, since the order of a survey goes host by host: so each file is joined
with itself to find what the implicit-TLS port of a host said. What an endpoint's verdict depends on is a handful of
columns; rows that agree in all of them are judged once.
"""

import secrets
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import Mode, Protocol
from openletter.store.files import make_folder, publish_whole_table, read_table
from openletter.store.lock import Lock
from openletter.store.observation_table import COLUMNS, from_table
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.tls.faults import certificate_faults
from openletter.tls.trust import Trust
from openletter.verdict.ambiguity import AMBIGUITIES
from openletter.verdict.classes import Severity
from openletter.verdict.facts import Sibling, derive, sibling_of
from openletter.verdict.findings import CertificateFault
from openletter.verdict.grouping import group
from openletter.verdict.verdict import RULES_VERSION, Verdict, judge_facts
from openletter.verdict.verdict_table import to_table


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a judging came to."""

    survey: str
    rules_version: str
    verdicts: int
    worst: Severity
    """Over all endpoints and their findings; ``none`` where there are none."""


_Faults = frozenset[CertificateFault]
_NONE: _Faults = frozenset()

INDECISIVE = frozenset(
    {
        "ip",
        "port",
        "host",
        "country",
        "started",
        "duration",
        "banner",
        "starttls_text",
        "server_id",
        "transcript",
    }
    | {f"{which}_{what}" for which in ("handshake", "legacy") for what in ("chain", "detail", "plaintext")}
)
"""Columns on which the facts of an observation do not depend: all that differs from server to server. The address
counts by whether it is public, the banner by the product that it is a mark of, a chain by its faults."""

_READ = ["ip_sort", *(column.name for column in COLUMNS if column.name != "transcript")]
_MARK = "banner_mark"
_DECISIVE = (*(name for name in _READ if name not in INDECISIVE | {"ip_sort"}), _MARK)


def _banner_mark(banner: bytes) -> str:
    """Which of the known ambiguous products' banners this is."""
    return " ".join(
        str(number)
        for number, entry in enumerate(AMBIGUITIES)
        if entry.banner is not None and entry.banner.fullmatch(banner)
    )


def _with_banner_marks(table: Any) -> Any:
    banners = table.column("banner").combine_chunks().dictionary_encode()
    marks = pa.array(map(_banner_mark, banners.dictionary.to_pylist()), pa.string())
    return table.append_column(_MARK, marks.take(banners.indices))


class _ChainFaults:
    """The faults of the chains of one file, each distinct one looked at twice: when the file's first observation was
    made and when its last was. A certificate begins once and ends once; so what is the same at both ends was so in
    between, and only a chain that began or ended meanwhile is looked at for each of its observations."""

    def __init__(self, ders: dict[str, bytes], trust: Trust, started: Sequence[float]) -> None:
        self._ders = ders
        self._trust = trust
        self._first = min(started)
        self._last = max(started)
        self._known: dict[tuple[tuple[str, ...], str], _Faults | None] = {}

    def of(self, chain: tuple[str, ...], host: str, at: float) -> _Faults:
        key = (chain, host)
        if key not in self._known:
            faults = self._at(chain, host, self._first)
            self._known[key] = faults if self._at(chain, host, self._last) == faults else None
        known = self._known[key]
        return self._at(chain, host, at) if known is None else known

    def _at(self, chain: tuple[str, ...], host: str, at: float) -> _Faults:
        ders = [self._ders[name] for name in chain if name in self._ders]
        return frozenset(map(CertificateFault, certificate_faults(ders, at=at, host=host, trust=self._trust)))


class _Rows:
    """The rows of one file: which kind each one is, and one observation of each kind."""

    def __init__(self, table: Any) -> None:
        self.ip: list[str] = table.column("ip").to_pylist()
        self._host: list[str] = table.column("host").to_pylist()
        self._started: list[float] = table.column("started").to_pylist()
        groups = group(_with_banner_marks(table), _DECISIVE)
        self.kind = groups.of
        self.examples = from_table(table.take(pa.array(groups.first, pa.int64())))
        self._chains = {which: group(table, [f"{which}_chain", "host"]) for which in ("handshake", "legacy")}
        self._chain_of = {
            which: table.column(f"{which}_chain").take(pa.array(groups.first, pa.int64())).to_pylist()
            for which, groups in self._chains.items()
        }

    def siblings(self) -> dict[tuple[str, Protocol], Sibling]:
        """What the implicit-TLS ports of each host say, by protocol. Of several the one with TLS counts, then one of
        which nothing is known."""
        rank = (Sibling.TLS, Sibling.UNKNOWN, Sibling.NONE)
        says = [sibling_of(seen) if seen.mode is Mode.IMPLICIT else None for seen in self.examples]
        protocol = [seen.protocol for seen in self.examples]
        found: dict[tuple[str, Protocol], Sibling] = {}
        for ip, kind in zip(self.ip, self.kind, strict=True):
            said = says[kind]
            if said is not None:
                key = (ip, protocol[kind])
                found[key] = min(found.get(key, said), said, key=rank.index)
        return found

    def chain_faults(self, ders: dict[str, bytes], trust: Trust) -> list[_Faults]:
        """Of each row: those of the chain in whose session the dialogue went on."""
        faults = _ChainFaults(ders, trust, self._started)
        which = [
            "" if not seen.tls.works else "handshake" if seen.handshake.works else "legacy"
            for seen in self.examples
        ]
        found: list[_Faults] = []
        for row, kind in enumerate(self.kind):
            name = which[kind]
            chain = self._chain_of[name][self._chains[name].of[row]] if name else None
            found.append(faults.of(tuple(chain), self._host[row], self._started[row]) if chain else _NONE)
        return found


def judge_table(table: Any, ders: dict[str, bytes], trust: Trust) -> list[Verdict]:
    """A verdict for each row of a ``pyarrow.Table`` of observations. All endpoints of a host must be among them;
    ``ders`` are certificates by SHA-256."""
    if not table.num_rows:
        return []
    rows = _Rows(table)
    siblings = rows.siblings()
    cleartext = [seen.mode is Mode.CLEARTEXT for seen in rows.examples]
    protocol = [seen.protocol for seen in rows.examples]
    known: dict[tuple[int, bool, Sibling, _Faults], Verdict] = {}
    verdicts: list[Verdict] = []
    public: dict[str, bool] = {}
    for ip, kind, faults in zip(rows.ip, rows.kind, rows.chain_faults(ders, trust), strict=True):
        is_public = public.get(ip)
        if is_public is None:
            is_public = public[ip] = ip_address(ip).is_global
        sibling = Sibling.UNKNOWN
        if cleartext[kind]:
            sibling = siblings.get((ip, protocol[kind]), Sibling.UNKNOWN)
        key = (kind, is_public, sibling, faults)
        verdict = known.get(key)
        if verdict is None:
            seen = msgspec.structs.replace(rows.examples[kind], ip=ip)
            verdict = known[key] = judge_facts(derive(seen, sibling, faults))
        verdicts.append(verdict)
    return verdicts


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
            observations = read_table(store.observations(published), _READ)
            verdicts = judge_table(observations, _certificates(store.certificates(published)), trust)
            publish_whole_table(folder / f"{published.shard:06d}.parquet", to_table(observations, verdicts))
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
