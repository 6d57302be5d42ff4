"""A mail server on loopback that can be mended, a store whose survey has really spoken to it, and a server with its page."""

import html
import random
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from openletter.dialogue.observation import Endpoint, Mode, Observation, Protocol
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target
from openletter.report.link import finding_token, link_secret
from openletter.report.recheck.ledger import RecheckLedger
from openletter.report.reported import record_reported
from openletter.report.standing import standings
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.record import State, SurveyRecord
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.today import Today

HOSTILE = b'<script>alert("x")</script>\' \x1b[31m \xe2\x80\xaeevil'
TIMEOUT = 0.2
"""Of the survey's deadlines: three seconds for a greeting."""
ADDRESS = "http://127.0.0.1:8080"


class Mended:
    """An IMAP server on an address of its own, which changes its manners while it runs, and counts who connects."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.manner = "no_tls"
        self.connections = 0
        self.go_on = threading.Event()
        """Awaited by the manner ``slow`` before it greets."""
        self._lock = threading.Lock()
        ip = f"127.{random.randint(64, 95)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        self._listener = socket.create_server((ip, 0))
        self._listener.settimeout(0.05)
        self.ip, self.port = self._listener.getsockname()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                peer, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with self._lock:
                self.connections += 1
            peer.settimeout(5)
            thread = threading.Thread(target=self._speak, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _speak(self, peer: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(peer)
            if self.manner == "slow":
                self.go_on.wait(10)
            caps = {"better": "STARTTLS", "tls_required": "STARTTLS LOGINDISABLED"}.get(self.manner, "")
            peer.sendall(b"* OK " + HOSTILE + b" ready\r\n")
            inside = peer
            while line := inside.recv(200):
                tag, _, word = line.strip().partition(b" ")
                match word.upper():
                    case b"CAPABILITY":
                        inside.sendall(f"* CAPABILITY IMAP4rev1 {caps}\r\n".encode() + tag + b" OK\r\n")
                    case b"STARTTLS" if caps:
                        inside.sendall(tag + b" OK begin\r\n")
                        inside = stack.enter_context(self._context.wrap_socket(inside, server_side=True))
                        caps = "AUTH=PLAIN"
                    case b"LOGOUT":
                        inside.sendall(b"* BYE\r\n" + tag + b" OK\r\n")
                        return
                    case _:
                        inside.sendall(tag + b" BAD\r\n")

    def close(self) -> None:
        """Nobody listens any more."""
        self._over.set()
        self.go_on.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> tuple[Path, Path]:
    """A root to trust, and the chain and key of a server under it: mended servers have nothing else to be told of."""
    folder = tmp_path_factory.mktemp("authority")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "finding root")])
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    begin, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)

    def builder(subject: x509.Name, of: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            name, subject, of.public_key(), x509.random_serial_number(), begin, end
        )

    root = (
        builder(name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
        )
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        builder(leaf_name, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mail.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(pem)
        + root.public_bytes(pem)
    )
    return folder / "root.pem", folder / "server.pem"


@pytest.fixture(scope="session")
def context(authority: tuple[Path, Path]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority[1])
    return made


@pytest.fixture
def peer(context: ssl.SSLContext) -> Iterator[Mended]:
    made = Mended(context)
    try:
        yield made
    finally:
        made.close()


class Clock:
    """Unix seconds that pass when a test says so."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Stage:
    """A store, the server that its survey saw, and whoever owns it."""

    def __init__(self, root: Path, peer: Mended, roots: Path) -> None:
        self.root, self.peer, self.roots = root, peer, roots
        self.store = Store(root, create=True)
        self.directory = Directory(root)
        self.owner = self.directory.add(Subscriber(slug="owner", name="Owner", networks=(f"{peer.ip}/32",)))
        self.other = self.directory.add(Subscriber(slug="other", name="Other", networks=("198.51.100.0/24",)))
        self.clock = Clock(time.time() + 1)
        self.record = self.survey()

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.clock.now, UTC).date()

    def see(self, port: int | None = None) -> tuple[Observation, CertificateBook]:
        book = CertificateBook()
        seen: list[Observation] = []
        endpoint = Endpoint(
            ip=self.peer.ip, port=port or self.peer.port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT
        )
        engine = Engine(FastClient(book), deadlines=Deadlines().scaled(TIMEOUT))
        engine.run([Target(endpoint)], lambda _, observation: seen.append(observation))
        return seen[0], book

    def survey(self, *, scope: str = "", timeout: float = TIMEOUT) -> SurveyRecord:
        """Survey the server at this moment."""
        seen, book = self.see()
        self.peer.connections = 0
        plan = Plan(
            scope=build_scope([parse_target(scope or f"{self.peer.ip}/32")]).description,
            endpoints=1,
            seed=7,
            shards=1,
            conditions=Conditions(timeout=timeout),
            vantage=Vantage(name="here"),
        )
        seen = msgspec.structs.replace(seen, started=self.clock.now)
        survey = self.store.add_survey(plan, now=self.clock.now - 1, tool_version="test").id
        ders = book.take()
        with self.store.run(survey) as run:
            shard = run.sink().begin(0, ders.get)
            shard.add(seen)
            # Another port of the same host, of which the page says nothing.
            shard.add(msgspec.structs.replace(seen, port=1, banner=b"* OK other port"))
            run.record(shard.publish())
            run.end(State.FINISHED, self.clock.now + 1)
        judge_survey(self.store, self.store.survey(survey), Trust(extra_pem=self.roots), processes=1)
        self.clock.now += 10
        return self.store.survey(survey)

    def stand(self, record: SurveyRecord | None = None, *, tell: bool = True) -> str:
        """How the finding stands in a report of a survey on this day, which then is told; empty where it is in none."""
        of = record or self.record
        table = standings(self.store, of, self.directory, self.today)
        if tell:
            record_reported(self.store, of, table, self.today)
        rows = [row for row in table.to_pylist() if row["port"] == self.peer.port]
        return rows[0]["standing"] if rows else ""

    def token(self, *, whose: int | None = None, port: int | None = None, until: date | None = None) -> str:
        return finding_token(
            link_secret(self.root),
            self.owner.id if whose is None else whose,
            self.peer.ip,
            port or self.peer.port,
            "",
            until or self.today,
        )

    @property
    def path(self) -> str:
        return f"/finding/{self.token()}"

    @property
    def ledger(self) -> RecheckLedger:
        return RecheckLedger(self.root, clock=self.clock)

    def close(self) -> None:
        self.directory.close()
        self.store.close()


@pytest.fixture
def stage(tmp_path: Path, peer: Mended, authority: tuple[Path, Path]) -> Iterator[Stage]:
    made = Stage(tmp_path / "store", peer, authority[0])
    yield made
    made.close()


Serve = Callable[..., TestClient]


@pytest.fixture
def serve(stage: Stage) -> Iterator[Serve]:
    """Makes a server of the stage's store, each time another one."""
    opened: list[TestClient] = []

    def make(**settings: object) -> TestClient:
        about = WebSettings(store=stage.root, public=True, roots=stage.roots, **settings)  # type: ignore[arg-type]
        client = TestClient(create_app(about, today=Today(stage.clock)), base_url=ADDRESS)
        client.__enter__()
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def page(serve: Serve) -> TestClient:
    return serve()


def form_of(text: str) -> dict[str, str]:
    """The fields of the page's form."""
    found = re.search(
        r'<form method="post" action="/finding/[^"]*">\s*<input type="hidden" name="token" value="(\w+)"',
        text,
    )
    return {"token": found[1]} if found else {}


def ask(client: TestClient, path: str) -> str:
    """Push the page's button; the page that comes then, as a reader sees its words."""
    form = form_of(client.get(path).text)
    assert form, "the page has no button"
    answer = client.post(path, data=form)
    assert answer.status_code == 200
    assert answer.history[0].status_code == 303
    return words(answer.text)


def words(text: str) -> str:
    """Of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.fixture
def reader() -> object:
    """What a reader does with a page."""

    class Reader:
        ask = staticmethod(ask)
        form_of = staticmethod(form_of)
        words = staticmethod(words)

    return Reader
