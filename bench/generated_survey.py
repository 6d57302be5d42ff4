"""A survey of any size, made from a seed: what the benchmarks of the store work on.

Endpoints speak as the examples of the rules do (some hundred manners), a host has its four ports, names itself in its
banner on one host in four, and shows one of a thousand certificates. Addresses are spread over 1.0.0.0 to 223.0.0.0 like
those of the Internet: eight hosts or so to a /24 that has any.
"""

import random
import struct
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from openletter.dialogue.observation import Exchange, Mode, Observation, Protocol, Side
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.files import publish_table
from openletter.store.observation_table import SCHEMA, to_batch
from openletter.store.record import State, SurveyRecord
from openletter.store.spool import CERTIFICATE_SCHEMA, certificate_file, spool_folder
from openletter.store.store import Store
from openletter.survey.plan import SHARD_ENDPOINTS, Conditions, Plan, Vantage
from openletter.survey.sink import Published
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES

PORTS = (
    (110, Protocol.POP3, Mode.CLEARTEXT),
    (143, Protocol.IMAP, Mode.CLEARTEXT),
    (993, Protocol.IMAP, Mode.IMPLICIT),
    (995, Protocol.POP3, Mode.IMPLICIT),
)
COUNTRIES = (
    "US",
    "DE",
    "JP",
    "PL",
    "FR",
    "CA",
    "GB",
    "NL",
    "RU",
    "TR",
    *(f"X{chr(65 + n)}" for n in range(26)),
)
CERTIFICATES = 1_000
DAY = 86_400.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
HOSTS_OF_A_NETWORK = 8


def certificates(count: int, chance: random.Random) -> list[bytes]:
    """Self-signed, each with a name and a validity of its own, as DER; one key, which nobody asks about."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = []
    for number in range(count):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mail{number}.example")])
        begin = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(600))
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(number + 1).not_valid_before(begin)
        certificate = builder.not_valid_after(begin + timedelta(days=398)).sign(key, SHA256())
        made.append(certificate.public_bytes(Encoding.DER))
    return made


def _manners() -> dict[tuple[Protocol, Mode], list[Observation]]:
    found: dict[tuple[Protocol, Mode], list[Observation]] = {}
    examples = [example for rule in RULES for example in rule.examples]
    examples += [example for modifier in MODIFIERS for example in modifier.examples]
    for example in examples:
        found.setdefault((example.seen.protocol, example.seen.mode), []).append(example.seen)
    return found


class Generator:
    """Makes shards of a survey of ``rows`` endpoints; the same seed makes the same."""

    def __init__(self, rows: int, seed: int) -> None:
        chance = random.Random(seed)
        self.hosts = rows // len(PORTS)
        self.ders = certificates(CERTIFICATES, chance)
        self.names = [sha256(der).hexdigest() for der in self.ders]
        self._seed = seed
        self._kinds: Any = None
        self._of_port: list[tuple[int, int]] = []
        batches: list[Observation] = []
        for port, protocol, mode in PORTS:
            start = len(batches)
            manners = _manners()[protocol, mode]
            # Each manner with some certificates, so that kinds of rows can be drawn by a number alone.
            batches += (self._variation(manners[n % len(manners)], port, chance) for n in range(2_048))
            self._of_port.append((start, len(batches) - start))
        self._kinds = to_batch(batches)
        networks = self.hosts // HOSTS_OF_A_NETWORK + 1
        space = (223 - 1) << 16
        self._stride = max(1, space // networks)

    def _variation(self, seen: Observation, port: int, chance: random.Random) -> Observation:
        chain = (chance.choice(self.names),)
        handshake = msgspec.structs.replace(seen.handshake, chain=chain if seen.handshake.works else ())
        greeting = seen.banner or b"* OK ready"
        words = [Exchange(Side.NOTE, b"connected"), Exchange(Side.SERVER, greeting + b"\r\n")]
        words += [
            Exchange(Side.CLIENT, b"a1 CAPABILITY\r\n"),
            Exchange(Side.SERVER, " ".join(seen.caps_pre).encode()),
        ]
        return msgspec.structs.replace(seen, port=port, handshake=handshake, transcript=tuple(words))

    def address(self, host: int) -> int:
        """Of a host by its number, as that of IPv4."""
        network, inside = divmod(host, HOSTS_OF_A_NETWORK)
        return ((1 << 16) + network * self._stride << 8) + 1 + 7 * inside

    def shards(self, began: float) -> Iterator[Any]:
        """``pyarrow.RecordBatch`` after batch, in the order of a survey: hosts at random, the ports of one together."""
        hosts = list(range(self.hosts))
        random.Random(self._seed + 1).shuffle(hosts)
        each = SHARD_ENDPOINTS // len(PORTS)
        for number, start in enumerate(range(0, self.hosts, each)):
            yield self._shard(hosts[start : start + each], number, began)

    def _shard(self, hosts: list[int], number: int, began: float) -> Any:
        chance = random.Random(self._seed * 1_000_003 + number)
        draws = array("q")
        keys: list[bytes] = []
        ips: list[str] = []
        countries: list[str] = []
        banners: list[bytes | None] = []
        for host in hosts:
            packed = struct.pack(">I", self.address(host))
            key, ip = b"\0" * 10 + b"\xff\xff" + packed, ".".join(map(str, packed))
            country = COUNTRIES[(host // 4096) % len(COUNTRIES)]
            banner = b"* OK mail%d.example.net ready" % host if host % 4 == 0 else None
            for start, count in self._of_port:
                draws.append(start + int(count * chance.random() ** 2))
                keys.append(key)
                ips.append(ip)
                countries.append(country)
                banners.append(banner)
        table = pa.Table.from_batches([self._kinds]).take(pa.array(draws, pa.int64()))
        rows = len(draws)
        started = pa.array([began + DAY * chance.random() for _ in range(rows)], pa.float64())
        own = pa.array(banners, pa.binary())
        for name, column in (
            ("ip_sort", pa.array(keys, pa.binary(16))),
            ("ip", pa.array(ips)),
            ("country", pa.array(countries).dictionary_encode()),
            ("started", started),
            ("banner", pc.coalesce(own, table.column("banner"))),
        ):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, SCHEMA.field(name), column)
        return table.combine_chunks().cast(SCHEMA).to_batches()[0]


def add_survey(store: Store, rows: int, began: float) -> SurveyRecord:
    """A finished survey that has no file yet."""
    scope = build_scope([parse_target("192.0.2.0/24")])
    plan = Plan(
        scope=scope.description,
        endpoints=rows,
        seed=1,
        shards=-(-rows // SHARD_ENDPOINTS),
        conditions=Conditions(),
        vantage=Vantage(),
    )
    record = store.add_survey(plan, now=began, tool_version="bench")
    store.manifest.begin_run(record.id)
    store.manifest.end_run(record.id, State.FINISHED, began + DAY)
    return store.survey(record.id)


def write_spool(store: Store, generator: Generator, record: SurveyRecord) -> int:
    """Its spool, as a survey leaves it; the octets of its observations."""
    octets = 0
    for number, batch in enumerate(generator.shards(record.started)):
        file = f"{spool_folder(record.id)}/{number:06d}-1.parquet"
        for folder in (spool_folder(record.id), certificate_file(spool_folder(record.id))):
            (store.root / folder).mkdir(parents=True, exist_ok=True)
        ders = pa.RecordBatch.from_arrays(
            [pa.array(generator.names), pa.array(generator.ders, pa.binary())], schema=CERTIFICATE_SCHEMA
        )
        publish_table(store.root / certificate_file(file), CERTIFICATE_SCHEMA, [ders])
        written = publish_table(store.root / file, SCHEMA, [batch])
        store.manifest.record_shard(
            record.id,
            Published(
                shard=number,
                attempt=1,
                file=file,
                rows=batch.num_rows,
                answered=batch.num_rows,
                exposed=0,
                octets=written.octets,
                sha256=written.sha256,
            ),
        )
        octets += written.octets
    return octets
