"""A few hundred endpoints of an enriched survey as plain dictionaries, and the same in a store: so that each answer can be
counted by hand from the first and asked of the second."""

import random
from ipaddress import ip_address

import pyarrow as pa
import pytest

from openletter.dialogue.observation import (
    Exchange,
    Handshake,
    HandshakeOutcome,
    Mode,
    Observation,
    Protocol,
    Side,
    Tcp,
)
from openletter.enrich.endpoint_table import SCHEMA
from openletter.enrich.rollup import ALL_QUESTIONS
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.statistics.database import verdicts_of
from openletter.store.file_set import FileSet, Kind, StoredFile, new_folder
from openletter.store.files import publish_whole_table
from openletter.store.observation_table import sort_key, to_batch
from openletter.store.record import DataSet, State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Part, Plan, Vantage
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Severity
from openletter.verdict.findings import FindingName
from openletter.verdict.rollup import write_rollups

PORTS = {
    110: ("pop3", "cleartext"),
    143: ("imap", "cleartext"),
    993: ("imap", "implicit"),
    995: ("pop3", "implicit"),
}
CLASSES = [
    Class.UNREACHABLE,
    Class.SILENT,
    Class.NO_TLS,
    Class.NO_TLS,
    Class.TLS_OPTIONAL,
    Class.TLS_OPTIONAL,
    Class.CLEARTEXT_PORT_OPEN,
    Class.TLS_REQUIRED,
    Class.TLS_REQUIRED,
    Class.IMPLICIT_TLS,
    Class.CLEARTEXT_ON_TLS_PORT,
    Class.UNKNOWN_AUTH,
    Class.PREAUTH_EXPOSED,
]
FINDINGS = [
    FindingName.CERT_EXPIRED,
    FindingName.CERT_SELF_SIGNED,
    FindingName.PASSWORD_GUESSING_EXPOSED,
    FindingName.ANONYMOUS_LOGIN,
    FindingName.WEAK_VERSION,
]
NETWORKS = {
    0: "",
    64496: "Example 100% Network",
    64497: "EXAMPLE_NET Ltd",
    64511: "=cmd|'calc'!A1\x1b[31m\u202e",
    4200000000: "Größe",
}
BEGAN = 1_800_000_000.0
DAY = 86_400.0

DATA = DataSet(
    name="documentation",
    version="1",
    date="2026-06-01",
    licence="CC BY 4.0",
    attribution="Nobody <b>in particular</b>",
    url="https://db-ip.com",
    provides=("country", "asn", "name"),
)


def address_of(number):
    """Some in IPv4, some in IPv6."""
    return f"2001:db8:{number:x}::1" if number % 7 == 6 else f"198.51.{number // 250}.{1 + number % 250}"


def make_rows(hosts=120, seed=1):
    """Endpoints, sorted as a store has them."""
    chance = random.Random(seed)
    rows = []
    for number in range(hosts):
        asn = chance.choice(list(NETWORKS))
        country = chance.choice(["US", "DE", "JP", ""])
        name = chance.choice(["", f"mail{number}.example", f"MX_{number}.example"])
        given = name if name and chance.random() < 0.3 else ""
        ports = chance.sample(list(PORTS), chance.choice([1, 4, 4]))
        ip = address_of(number)
        rows += (_endpoint(chance, ip, port, given, country, asn, name) for port in ports)
    return sorted(rows, key=lambda row: (sort_key(row["ip"]), row["port"], row["host"]))


def _endpoint(chance, ip, port, given, country, asn, name):
    protocol, mode = PORTS[port]
    word = chance.choice(CLASSES)
    answered = word is not Class.UNREACHABLE
    tls = word in (Class.TLS_OPTIONAL, Class.TLS_REQUIRED, Class.IMPLICIT_TLS)
    severity = chance.choice(list(Severity)) if answered else Severity.NONE
    leaf = chance.randrange(9)
    return {
        "ip": ip,
        "port": port,
        "host": given,
        "country": country,
        "protocol": protocol,
        "mode": mode,
        "class": str(word),
        "severity": str(severity),
        "worst": str(max(severity, chance.choice(list(Severity)))) if answered else "none",
        "unknown": word in UNKNOWN,
        "evidence": str(chance.choice(list(Evidence))),
        "report": "none",
        "strict": word in STRICT,
        "wide": word in WIDE,
        "sibling": "unknown",
        "reason": "not_asked",
        "clause": "RFC 8314 §4.1",
        "findings": sorted(map(str, chance.sample(FINDINGS, chance.randrange(3)))) if answered else [],
        "country_source": "data" if country else "",
        "region": "",
        "city": "",
        "asn": asn,
        "network_name": NETWORKS[asn],
        "hostname": name,
        "hostname_source": "given" if given else "ptr" if name else "",
        "sector": "",
        "naics": "",
        "product": chance.choice(["dovecot", "courier", ""]) if answered else "",
        "product_version": "",
        "product_certainty": "likely",
        "tls_version": chance.choice(["TLSv1.2", "TLSv1.3"]) if tls else "",
        "cipher": chance.choice(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]) if tls else "",
        "certificate": f"{leaf:064x}" if tls else "",
        "cert_issuer": f"Authority {leaf % 3}" if tls else "",
        "cert_key": f"RSA {1024 * (1 + leaf % 2)}" if tls else "",
        "cert_signature": "sha256WithRSAEncryption" if tls else "",
        "cert_not_after": 1_900_000_000.0 + leaf if tls else None,
    }


def observed(row):
    shown = row.get("chain", ())
    handshake = Handshake(outcome=HandshakeOutcome.OK if shown else HandshakeOutcome.NOT_TRIED, chain=shown)
    return Observation(
        handshake=handshake,
        ip=row["ip"],
        port=row["port"],
        host=row["host"],
        protocol=Protocol(row["protocol"]),
        mode=Mode(row["mode"]),
        tcp=Tcp.OPEN,
        transcript=(Exchange(Side.SERVER, f"+OK {row['ip']} {row['port']}\x1b[31m\r\n".encode()),),
    )


def table_of(rows, schema):
    keys = pa.array([sort_key(row["ip"]) for row in rows], pa.binary(16))
    columns = [
        keys if field.name == "ip_sort" else pa.array([row[field.name] for row in rows], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _parts(rows, of):
    """About ``of`` parts, none of which cuts a host in two."""
    hosts = list(dict.fromkeys(row["ip"] for row in rows))
    size = -(-len(hosts) // of) if hosts else 1
    for start in range(0, len(hosts), size):
        inside = set(hosts[start : start + size])
        yield [row for row in rows if row["ip"] in inside]


def publish_survey(store, rows, began=BEGAN, *, part=None, enriched=True, files=3):
    """A judged survey with these endpoints; its record."""
    scope = build_scope([parse_target("198.51.100.0/24")])
    plan = Plan(
        scope=scope.description,
        endpoints=len(rows),
        seed=7,
        shards=1,
        conditions=Conditions(),
        vantage=Vantage(name="here"),
        part=part or Part(),
    )
    record = store.add_survey(plan, now=began, tool_version="0")
    store.manifest.begin_run(record.id)
    store.manifest.end_run(record.id, State.FINISHED, began + 1)
    parts = list(_parts(rows, files))
    verdict_schema = pa.schema(list(SCHEMA)[: SCHEMA.get_field_index("findings") + 1])

    def write(kind, tables):
        folder = new_folder(kind, record.id)
        (store.root / folder).mkdir(parents=True)
        stored = []
        for number, table in enumerate(tables):
            name = f"{number:06d}.parquet"
            written = publish_whole_table(store.root / folder / name, table, group_rows=16)
            stored.append(
                StoredFile(name=name, rows=table.num_rows, octets=written.octets, sha256=written.sha256)
            )
        return FileSet(folder=folder, kind=kind, survey=record.id, files=tuple(stored))

    observations = write(
        Kind.OBSERVATIONS, [pa.Table.from_batches([to_batch(list(map(observed, some)))]) for some in parts]
    )
    # What data know of an address comes with enrichment: the verdicts before it have no country.
    bare = [[{**row, "country": ""} if enriched else row for row in some] for some in parts]
    verdicts = write(Kind.VERDICTS, [table_of(some, verdict_schema) for some in bare])
    sets = [observations, verdicts]
    if enriched:
        endpoints = write(Kind.ENDPOINTS, [table_of(some, SCHEMA) for some in parts])
        sets += [
            endpoints,
            write_rollups(store, record.id, store.files_of(endpoints), ALL_QUESTIONS),
        ]
        store.manifest.publish(sets, rules_version="1", datasets=(DATA,))
    else:
        sets.append(write_rollups(store, record.id, store.files_of(verdicts)))
        store.manifest.publish(sets, rules_version="1")
    return store.survey(record.id)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


class Rows(list):
    def __repr__(self):
        return f"<{len(self)} endpoints>"


@pytest.fixture(scope="session")
def rows():
    return Rows(make_rows())


@pytest.fixture
def publish(store):
    """Makes a survey of rows."""
    return lambda rows, began=BEGAN, **more: publish_survey(store, rows, began, **more)


@pytest.fixture
def record(publish, rows):
    """An enriched survey of ``rows``."""
    return publish(rows)


@pytest.fixture(scope="session")
def opened(tmp_path_factory, rows):
    """The tables of a survey of ``rows``, for many questions."""
    with Store(tmp_path_factory.mktemp("statistics") / "store", create=True) as store:
        record = publish_survey(store, rows)
        with verdicts_of(store, record) as verdicts:
            yield verdicts


@pytest.fixture
def make():
    """Makes rows of a number of hosts and a seed."""
    return make_rows


@pytest.fixture
def publish_seen(publish, rows):
    """Makes a survey in which one server showed a chain, given by its names; its record, and that row."""

    def make(chain):
        changed = [*rows[:9], {**rows[9], "chain": chain}, *rows[10:]]
        return publish(changed), rows[9]

    return make


@pytest.fixture
def by_hand():
    return ByHand


class ByHand:
    """What a host is, counted from its rows."""

    def __init__(self, rows):
        self.rows = rows
        self.hosts = {}
        for row in rows:
            self.hosts.setdefault(ip_address(row["ip"]), []).append(row)

    def five(self, protocol=None):
        """probed, answered, unknown, strict, wide: hosts, of one protocol or of both."""
        counts = [0] * 5
        for endpoints in self.hosts.values():
            for_host = [one for one in endpoints if protocol in (None, one["protocol"])]
            wide = any(one["wide"] for one in for_host)
            unknown = not wide and any(one["unknown"] for one in for_host)
            flags = (
                bool(for_host),
                any(one["class"] != "unreachable" for one in for_host),
                unknown,
                any(one["strict"] for one in for_host),
                wide,
            )
            counts = [count + flag for count, flag in zip(counts, flags, strict=True)]
        return tuple(counts)
