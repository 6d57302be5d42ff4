"""Two owners with a server each way they could be mixed up, and the servers that they ask.

All that is beta's bears a mark: its addresses, its names, what its servers say, its country, its network's name. None of it may
stand in any answer to alpha.
"""

import hashlib
import hmac
import json
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from shutil import copytree

import httpx2
import msgspec
import pytest
from starlette.testclient import TestClient

from openletter.dialogue.observation import Greeting, ListSource, Mode, Observation, Protocol, Reply, Tcp
from openletter.enrich.dataset import of_user
from openletter.enrich.enriching import enrich_survey
from openletter.report.reporting import make_reports
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.record import State
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Subscriber
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.web.app import create_app
from openletter.web.settings import WebSettings

DAY_S = 86_400.0
HOSTS = 12
"""Of each owner, on IPv4; as many on IPv6."""

NETWORKS = """# name: Places
cidr,country,region,city,asn,name
192.0.2.0/24,NL,Utrecht,Utrecht,64500,Alpha Net
198.51.100.0/24,JP,Betaland,Betaville,64666,Beta Net
2001:db8:a::/48,NL,,,64500,Alpha Net
2001:db8:b::/48,JP,,,64666,Beta Net
"""

MARKS = ("198.51.100.", "2001:db8:b:", "beta", "betaland", "64666", '"jp"')
"""Of which none may be told to alpha, whatever the case of its letters."""


def _speaking(ip, protocol, banner, host, began):
    pop = protocol is Protocol.POP3
    return Observation(
        ip=ip,
        port=110 if pop else 143,
        protocol=protocol,
        host=host,
        mode=Mode.CLEARTEXT,
        tcp=Tcp.OPEN,
        greeting=Greeting.OK,
        banner=banner,
        caps_pre=("USER",) if pop else ("IMAP4rev1", "AUTH=PLAIN"),
        caps_pre_source=ListSource.COMMAND,
        starttls_reply=Reply.ERR if pop else Reply.BAD,
        started=began,
    )


def observations(began):
    found = []
    for owner, four, six in (("alpha", "192.0.2.", "2001:db8:a::"), ("beta", "198.51.100.", "2001:db8:b::")):
        for number in range(1, HOSTS + 1):
            for ip in (f"{four}{number}", f"{six}{number:x}"):
                for protocol in Protocol:
                    greeting = b"+OK" if protocol is Protocol.POP3 else b"* OK"
                    banner = b"%s %s number %d ready" % (greeting, owner.encode(), number)
                    host = f"mail{number}.{owner}.example" if number % 2 else ""
                    found.append(_speaking(ip, protocol, banner, host, began + number))
    return found


def add_survey(root, began, *, enriched=True):
    seen = observations(began)
    plan = Plan(
        scope=build_scope([parse_target("192.0.2.0/24")]).description,
        endpoints=len(seen),
        seed=7,
        shards=1,
        conditions=Conditions(),
        vantage=Vantage(name="here"),
    )
    with Store(root, create=not root.exists()) as store:
        survey = store.add_survey(plan, now=began, tool_version="0").id
        with store.run(survey) as run:
            shard = run.sink().begin(0, {}.get)
            for one in seen:
                shard.add(one)
            run.record(shard.publish())
            run.end(State.FINISHED, began + 3_600)
        judge_survey(store, store.survey(survey), Trust(), processes=1)
        if enriched:
            data = root.parent / "networks.csv"
            data.write_text(NETWORKS)
            enrich_survey(store, store.survey(survey), [of_user(data, root)], processes=1)
    return survey


@pytest.fixture(scope="session")
def make_survey():
    """Another survey of both owners, in a store that need not be there."""
    return add_survey


class Key(msgspec.Struct, frozen=True):
    key: str
    secret: str

    def sign(self, body):
        return hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()


class Owners(msgspec.Struct, frozen=True):
    root: object
    """Of the store."""
    days: tuple
    """Of the two surveys, as they are written."""
    alpha: Key
    beta: Key
    closed: Key
    """Of a subscriber that is not active, and has what beta has."""
    removed: Key
    revoked: Key
    """Of alpha, once."""


@pytest.fixture(scope="session")
def owners(tmp_path_factory):
    """A store; whoever changes it copies it."""
    root = tmp_path_factory.mktemp("owners") / "store"
    # The collector asks for the last two days, so it must have been yesterday and today.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=30, microsecond=0).timestamp()
    for began in (today - DAY_S, today):
        add_survey(root, began)

    with Store(root) as store, Directory(root) as directory:
        mine = directory.add(
            Subscriber(slug="alpha", name="Alpha Ltd", networks=("192.0.2.0/24", "2001:db8:a::/48"))
        )
        theirs = directory.add(
            Subscriber(
                slug="beta",
                name="Beta Ltd",
                asns=(64666,),
                countries=("JP",),
                formats=(Format.CSV, Format.JSONL),
            )
        )
        others = [directory.add(Subscriber(slug=slug, name=slug, countries=("JP",))) for slug in ("c", "d")]
        keys = {}
        for name, whose in zip(("alpha", "beta", "closed", "removed"), (mine, theirs, *others), strict=True):
            made = directory.new_key(whose.id, name)
            keys[name] = Key(made.key, made.secret)
        revoked = directory.new_key(mine.id, "old")
        directory.revoke(revoked.id)
        keys["revoked"] = Key(revoked.key, revoked.secret)
        for record in store.surveys():
            make_reports(store, record, directory, root / "reports", processes=1)
        directory.change("c", active=False)
        directory.remove("d")
    days = tuple(datetime.fromtimestamp(began, UTC).date().isoformat() for began in (today - DAY_S, today))
    return Owners(root, days, **keys)


def ask(client, key, method, **fields):
    """A signed request; its response."""
    body = json.dumps({**fields, "apikey": key.key}).encode()
    return client.post(f"/api2/{method}", content=body, headers={"HMAC2": key.sign(body)})


class Api(msgspec.Struct, frozen=True):
    client: object
    owners: Owners

    def ask(self, method, /, key=None, **fields):
        """As alpha, where no other is named; the response."""
        return ask(self.client, key or self.owners.alpha, method, **fields)

    def told(self, method, /, key=None, **fields):
        """What is answered, where that is no error."""
        answer = self.ask(method, key, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()


def shows_beta(octets):
    """The first of beta's marks in an answer, or none."""
    text = octets.decode().lower() if isinstance(octets, bytes) else octets.lower()
    return next((mark for mark in MARKS if mark in text), None)


@pytest.fixture(scope="session")
def marked():
    return shows_beta


@pytest.fixture(scope="session")
def api(owners, tmp_path_factory):
    """A server in this process that counts no requests."""
    root = tmp_path_factory.mktemp("api") / "store"
    copytree(owners.root, root)
    app = create_app(WebSettings(store=root, requests_per_minute=10_000_000))
    with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client:
        yield Api(client, msgspec.structs.replace(owners, root=root))


@pytest.fixture
def api_of():
    """Makes a server for a store and settings of one's own."""
    made = []

    def opened(owners, **settings):
        app = create_app(WebSettings(store=owners.root, **{"requests_per_minute": 10_000_000, **settings}))
        client = TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False)
        made.append(client)
        client.__enter__()
        return Api(client, owners)

    yield opened
    for client in made:
        client.__exit__(None, None, None)


@pytest.fixture
def changed(owners, tmp_path):
    """A copy of the store, to change it."""
    root = tmp_path / "store"
    copytree(owners.root, root)
    return msgspec.structs.replace(owners, root=root)


@contextmanager
def _running(*arguments, end=signal.SIGINT):
    process = subprocess.Popen(
        [sys.executable, "-m", "openletter.cli.main", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    said = []
    reading = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
    try:
        first = process.stderr.readline()
        address = re.search(r"http://\S+/", first)
        assert address, first + process.stderr.read()
        reading.start()
        for _ in range(200):
            try:
                httpx2.get(f"{address[0]}healthz", timeout=10)
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield address[0], said
    finally:
        if process.poll() is None:
            process.send_signal(end)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if reading.is_alive():
            reading.join(10)
        process.stderr.close()


@pytest.fixture(scope="session")
def running():
    """``openletter serve`` as a process, for a while: a context of its address and what it says."""
    return _running
