"""A small world, surveyed on three days: what the tests of the dashboard look at. Made of observations, without a network.

Hosts speak as the examples of the rules do. Some say hostile things of themselves, since whatever a server says can come
to a page. The world is the same whenever it is made.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from openletter.dialogue.observation import (
    REGISTERED_PORTS,
    Exchange,
    Mode,
    Observation,
    Protocol,
    Side,
    Tcp,
)
from openletter.enrich.dataset import of_user
from openletter.enrich.enriching import enrich_survey
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.record import State
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Part, Plan, Vantage
from openletter.tls.trust import Trust
from openletter.verdict.classes import Class
from openletter.verdict.judging import judge_survey
from openletter.verdict.rules import RULES
from openletter.verdict.state import merge_state
from openletter.web.accounts import Accounts
from openletter.web.app import create_app
from openletter.web.roles import Role
from openletter.web.settings import WebSettings

DAY = 86_400.0
BEGAN = datetime(2026, 3, 1, 3, 0, tzinfo=UTC).timestamp()

HOSTILE = '<script>alert("x")</script>'
"""Stands in banners, certificates and names of networks; must be seen as text wherever it is seen."""
HOSTILE_BANNER = b"* OK " + HOSTILE.encode() + b"' \" \x00 \x1b[31m \xe2\x80\xaeevil ready"

COUNTRIES = {"US": 40, "DE": 24, "PL": 18, "JP": 14, "NL": 8, "FR": 8, "IS": 2, "": 3}
"""How many hosts each has. One of them is no country: the data knows no place for its addresses."""

MANNERS: dict[str, tuple[Class, Class, Class, Class]] = {
    "strict": (Class.NO_TLS, Class.NO_TLS, Class.UNREACHABLE, Class.UNREACHABLE),
    "wide": (Class.TLS_OPTIONAL, Class.TLS_OPTIONAL, Class.IMPLICIT_TLS, Class.IMPLICIT_TLS),
    "port open": (Class.CLEARTEXT_PORT_OPEN, Class.TLS_OPTIONAL, Class.IMPLICIT_TLS, Class.IMPLICIT_TLS),
    "only pop3": (Class.TLS_OPTIONAL, Class.TLS_REQUIRED, Class.IMPLICIT_TLS, Class.IMPLICIT_TLS),
    "only imap": (Class.TLS_REQUIRED, Class.TLS_OPTIONAL, Class.IMPLICIT_TLS, Class.IMPLICIT_TLS),
    "good": (Class.TLS_REQUIRED, Class.TLS_REQUIRED, Class.IMPLICIT_TLS, Class.IMPLICIT_TLS),
    "unknown": (Class.SILENT, Class.UNKNOWN_AUTH, Class.UNREACHABLE, Class.UNREACHABLE),
    "gone": (Class.UNREACHABLE, Class.UNREACHABLE, Class.UNREACHABLE, Class.UNREACHABLE),
}
"""The classes of ports 110, 143, 993 and 995."""

_PORTS = (110, 143, 993, 995)
_BANNERS = (
    b"",
    b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.",
    b"* OK mail.example.org Cyrus IMAP 3.8.1 server ready",
    b"* OK The Microsoft Exchange IMAP4 service is ready.",
    HOSTILE_BANNER,
)


def _examples() -> dict[tuple[Protocol, Mode, Class], Observation]:
    found: dict[tuple[Protocol, Mode, Class], Observation] = {}
    for rule in RULES:
        for example in rule.examples:
            found.setdefault((example.seen.protocol, example.seen.mode, rule.cls), example.seen)
    return found


_EXAMPLES = _examples()


def _speaking(protocol: Protocol, mode: Mode, cls: Class) -> Observation:
    if cls is Class.UNREACHABLE:
        return Observation(ip="", port=0, protocol=protocol, mode=mode, tcp=Tcp.REFUSED)
    other = next(one for one in Protocol if one is not protocol)
    # What was seen of no_tls and cleartext_port_open is the same; the TLS port of the host makes the difference.
    for kind in (cls, Class.NO_TLS):
        seen = _EXAMPLES.get((protocol, mode, kind))
        if seen is not None:
            return seen
    return msgspec.structs.replace(_EXAMPLES[other, mode, cls], protocol=protocol)


def certificate(number: int) -> bytes:
    """Self-signed, as DER; the first one names a hostile organisation."""
    key = ec.generate_private_key(ec.SECP256R1())
    organisation = HOSTILE if number == 0 else f"Mail {number} Ltd"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, f"mail{number}.example"),
        ]
    )
    begin = datetime(2025, 6, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(number + 1).not_valid_before(begin)
    made = builder.not_valid_after(begin + timedelta(days=200 + 100 * number)).sign(key, SHA256())
    return made.public_bytes(Encoding.DER)


class Host(msgspec.Struct, frozen=True):
    ip: str
    country: str
    manners: tuple[str, ...]
    """One of ``MANNERS`` for each survey."""


def population(surveys: int) -> tuple[Host, ...]:
    """Who is there. From survey to survey some are mended, some fall back, some come, some go."""
    chance = random.Random(7)
    names, weights = tuple(MANNERS), (3, 5, 2, 1, 1, 5, 1, 1)
    hosts = []
    for place, (country, count) in enumerate(COUNTRIES.items()):
        for number in range(count):
            manner = chance.choices(names, weights)[0]
            manners = [manner]
            for _ in range(surveys - 1):
                if chance.random() < 0.15:
                    manner = chance.choices(names, weights)[0]
                manners.append(manner)
            # Two /24 a country, so that it has more than one network.
            hosts.append(Host(f"11.{place}.{number % 2}.{1 + number // 2}", country, tuple(manners)))
    hosts.append(Host("2a00:11::1", "DE", ("wide",) * surveys))
    return tuple(hosts)


def observe(hosts: Sequence[Host], which: int, ders: Sequence[bytes], began: float) -> Iterator[Observation]:
    """What the survey of that number saw of them."""
    chance = random.Random(11)
    names = [sha256(der).hexdigest() for der in ders]
    for host in hosts:
        banner = chance.choice(_BANNERS)
        chain = (chance.choice(names),)
        for port, cls in zip(_PORTS, MANNERS[host.manners[which]], strict=True):
            protocol, mode = REGISTERED_PORTS[port]
            seen = _speaking(protocol, mode, cls)
            more: dict[str, object] = {}
            if seen.handshake.works:
                more["handshake"] = msgspec.structs.replace(seen.handshake, chain=chain)
            if seen.banner and banner and seen.tcp is Tcp.OPEN:
                own = banner if protocol is Protocol.IMAP else banner.replace(b"* OK", b"+OK", 1)
                more["banner"] = own
                more["transcript"] = (
                    Exchange(Side.NOTE, b"connected"),
                    Exchange(Side.SERVER, own + b"\r\n"),
                )
            yield msgspec.structs.replace(
                seen, ip=host.ip, port=port, country=host.country, started=began + 60, duration=0.5, **more
            )


def add_survey(
    store: Store,
    observations: Sequence[Observation],
    ders: Sequence[bytes],
    *,
    began: float,
    parts: int = 1,
) -> str:
    """A finished survey of these observations, neither judged nor enriched; its id. ``parts``: a sample of one in that
    many of its scope."""
    scope = build_scope([parse_target("192.0.2.0/24")])
    plan = Plan(
        scope=scope.description,
        endpoints=len(observations),
        seed=7,
        shards=1,
        conditions=Conditions(),
        vantage=Vantage(name="here"),
        part=Part(index=0, of=parts),
    )
    survey = store.add_survey(plan, now=began, tool_version="test").id
    by_name = {sha256(der).hexdigest(): der for der in ders}
    with store.run(survey) as run:
        shard = run.sink().begin(0, by_name.get)
        for seen in observations:
            shard.add(seen)
        run.record(shard.publish())
        run.end(State.FINISHED, began + DAY / 2)
    return survey


def networks_file(path: Path) -> Path:
    """A user's data set: two networks a country, a /24 each. The first is called something hostile."""
    lines = ["# name: Networks of the test", "# date: 2026-02-01", "# licence: CC BY 4.0", "cidr,asn,name"]
    for place in range(len(COUNTRIES)):
        for half in range(2):
            number = 64_500 + 2 * place + half
            name = HOSTILE.replace('"', "'") if number == 64_500 else f"Network {number}"
            lines.append(f"11.{place}.{half}.0/24,{number},{name}")
    path.write_text("\n".join([*lines, ""]))
    return path


def build_world(root: Path, surveys: int = 3, *, parts: int = 1, enriched: bool = True) -> list[str]:
    """A store with that many surveys, each judged, enriched and merged into the state; their ids, the oldest first."""
    hosts = population(surveys)
    ders = [certificate(number) for number in range(4)]
    made = []
    with Store(root, create=True) as store:
        for which in range(surveys):
            began = BEGAN + which * DAY
            observations = list(observe(hosts, which, ders, began))
            survey = add_survey(store, observations, ders, began=began, parts=parts)
            judge_survey(store, store.survey(survey), Trust(), processes=1)
            if enriched:
                sources = [of_user(networks_file(root.parent / "networks.csv"), root)]
                enrich_survey(store, store.survey(survey), sources, processes=1)
            made.append(survey)
        merge_state(store)
    return made


class World(msgspec.Struct, frozen=True):
    root: Path
    """Of the store. Read only: all tests of a process share it."""
    surveys: list[str]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three surveys."""
    root = tmp_path_factory.mktemp("world") / "store"
    return World(root, build_world(root))


@pytest.fixture(scope="session")
def sampled_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One survey, which asked a quarter of its scope."""
    root = tmp_path_factory.mktemp("sampled") / "store"
    return World(root, build_world(root, 1, parts=4))


@pytest.fixture(scope="session")
def bare_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One survey, which was not enriched."""
    root = tmp_path_factory.mktemp("bare") / "store"
    return World(root, build_world(root, 1, enriched=False))


@pytest.fixture(scope="session")
def empty_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A store in which no survey is."""
    root = tmp_path_factory.mktemp("nothing") / "store"
    Store(root, create=True).close()
    return World(root, [])


class Served(msgspec.Struct, frozen=True):
    """The world behind a server with accounts, as three readers meet it; everybody may see the numbers."""

    world: World
    public: TestClient
    subscriber: TestClient
    operator: TestClient

    def readers(self) -> tuple[TestClient, ...]:
        return self.public, self.subscriber, self.operator


@pytest.fixture(scope="session")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the world, since accounts lie in the store's folder."""
    root = tmp_path_factory.mktemp("served") / "store"
    copytree(world.root, root)
    accounts = Accounts(root)
    tokens = {}
    for role in (Role.SUBSCRIBER, Role.OPERATOR):
        accounts.add(role.value, role, "correct horse battery staple")
        tokens[role] = accounts.new_token(role.value)
    accounts.close()
    app = create_app(WebSettings(store=root, public=True, requests_per_minute=1_000_000))
    # A client is a loop and a thread: one runs the server's life cycle, all share the application.
    with TestClient(app, base_url="http://127.0.0.1:8080") as public:
        others = [
            TestClient(
                app, base_url="http://127.0.0.1:8080", headers={"Authorization": f"Bearer {tokens[role]}"}
            )
            for role in tokens
        ]
        yield Served(World(root, world.surveys), public, *others)


@pytest.fixture
def make_world() -> Callable[..., list[str]]:
    """Makes a world of one's own, to change it; see ``build_world``."""
    return build_world
