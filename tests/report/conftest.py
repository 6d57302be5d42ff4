"""A survey of the whole simulated zoo, judged and enriched: what the reports are made of in these tests.

Everyone in it was really spoken to, in memory: every manner of speech of the lab, with every way to do TLS beside it. To them
come the same on IPv6, names that were asked for, data of places with hostile words in it, and servers whose banners are made to
do harm where they are shown.
"""

from pathlib import Path

import msgspec
import pytest

from openletter.dialogue.observation import Greeting, ListSource, Mode, Observation, Protocol, Reply, Tcp
from openletter.engine.deadlines import Deadlines
from openletter.enrich.dataset import of_user
from openletter.enrich.enriching import enriching
from openletter.enrich.name_cache import NameCache, Named
from openletter.generated.cast import Cast, specimens
from openletter.lab.internet.casting import CAST
from openletter.lab.internet.certificates import certificates_in
from openletter.lab.internet.contexts import tls_peers
from openletter.lab.internet.days import Pair
from openletter.lab.internet.roles import Round
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.certificates import Certificates
from openletter.store.file_set import Kind
from openletter.store.files import read_table
from openletter.store.observation_table import from_table, sort_key
from openletter.store.record import State
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey

BEGAN = 1_795_478_400.0
"""2026-11-24 00:00 UTC."""

BANNERS = [
    b'+OK "quoted", "and again"',
    b"=cmd|' /C calc'!A0",
    b"  =1+1",
    b"\t@SUM(1)",
    b"-2+3",
    b"+OK two\r\nlines\nand\rmore",
    b"\xff\xfe\x00 octets \x80\x9f",
    "+OK Größe 漢字 \u202e\u200b".encode(),
    b"\x1b[31m+OK red\x07",
    "\uff1dHYPERLINK(1)".encode(),
    b"+OK semi;colon,comma|pipe\\back'",
    b'+OK {"json": [1]} \\u0041 <b>&amp;</b>',
    b"+OK " + b"x" * 500,
    b"",
]

PLACES = """# name: Places
cidr,country,region,city,asn,name
127.128.0.0/22,NL,Noord-Holland,=1+1,64496,"=cmd|' /C calc'!A0"
127.128.4.0/22,JP,,,64497,Rei
127.128.16.0/20,DE,"Bavaria, ""South"", Upper",Größe,64498,Beispiel
2001:db8::/32,FR,Île-de-France,@Paris,4200000001,Exemple
"""

TRADES = "owner,sector,naics\n127.128.0.0/24,health,622110\n127.128.1.0/24,manufacturing,31-33\n"


def hostile(number, banner):
    """A server without TLS that says this."""
    return Observation(
        ip=f"192.0.2.{number}",
        port=110,
        protocol=Protocol.POP3,
        mode=Mode.CLEARTEXT,
        tcp=Tcp.OPEN,
        greeting=Greeting.OK,
        banner=banner,
        caps_pre=("USER",),
        caps_pre_source=ListSource.COMMAND,
        starttls_reply=Reply.ERR,
        started=BEGAN + number,
    )


def everybody(book, made):
    """Observations of all who play."""
    cast = Cast()
    for protocol in ("pop3", "imap"):
        for group in CAST:
            turns = Round(protocol, group)
            for clear, implicit in dict.fromkeys(zip(turns.cleartext, turns.implicit, strict=True)):
                for pair in zip(clear, implicit, strict=True):
                    cast.number(protocol, Pair(*pair))
    table = specimens(cast, tls_peers(made), FastClient(book), started=BEGAN + 1, deadlines=Deadlines())
    seen = from_table(table.drop_columns(["transcript"]))
    six = [
        msgspec.structs.replace(one, ip=f"2001:db8::{n // 2:x}")
        for n, one in enumerate(seen)
        if n // 2 % 8 == 0
    ]
    # A host is asked for all its ports, or a sibling would be missing.
    asked = [
        msgspec.structs.replace(one, ip=f"198.51.100.{n // 2}", host=f"mail{n // 2}.example.org")
        for n, one in enumerate(seen[-200:])
    ]
    return [*seen, *six, *asked, *(hostile(n, banner) for n, banner in enumerate(BANNERS))]


def put_down(store, observations, ders, *, now=BEGAN):
    """A finished survey of observations, compacted, neither judged nor enriched; its record."""
    scope = build_scope([parse_target("192.0.2.0/24")])
    plan = Plan(
        scope=scope.description,
        endpoints=len(observations),
        seed=7,
        shards=1,
        conditions=Conditions(),
        vantage=Vantage(name="here"),
    )
    survey = store.add_survey(plan, now=now, tool_version="0").id
    with store.run(survey) as run:
        writer = run.sink().begin(0, ders.get)
        for observation in observations:
            writer.add(observation)
        run.record(writer.publish())
        run.end(State.FINISHED, now + 3_600)
    return store.survey(survey)


@pytest.fixture(scope="session")
def survey_of():
    """Puts a finished survey into a store: see ``put_down``."""
    return put_down


@pytest.fixture(scope="session")
def hostile_servers():
    """Servers without TLS whose banners are made to do harm where they are shown."""
    return [hostile(n, banner) for n, banner in enumerate(BANNERS)]


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The folder of the lab's certificates."""
    return certificates_in(tmp_path_factory.mktemp("lab-internet"))


@pytest.fixture(scope="session")
def zoo(tmp_path_factory, lab):
    """The store's folder; its one survey is judged and enriched."""
    root = tmp_path_factory.mktemp("zoo") / "store"
    book = CertificateBook()
    seen = everybody(book, lab)
    with Store(root, create=True) as store:
        record = put_down(store, seen, book.take())
        places = root.parent / "places.csv"
        places.write_text(PLACES, "utf-8")
        trades = root.parent / "trades.csv"
        trades.write_text(TRADES)
        with NameCache(root) as names:
            names.keep(
                Named(sort_key(one.ip), f"host-{n}.example.net", 0.0, 9e9)
                for n, one in enumerate(seen)
                if n % 5 == 0
            )
        judge_survey(
            store,
            record,
            Trust(extra_pem=Path(lab) / "root.pem"),
            further=enriching(store, record, [of_user(places, root)], sectors=trades),
        )
    return root


@pytest.fixture
def finished(tmp_path):
    """Makes a store of its own with a judged survey of observations, not enriched, again and again into the same store; the
    store."""
    with Store(tmp_path / "store", create=True) as store:

        def make(observations, *, now=BEGAN, ders=None):
            record = put_down(store, observations, ders or {}, now=now)
            judge_survey(store, record, Trust(roots=[]))
            return store.survey(record.id)

        make.store = store
        yield make


@pytest.fixture
def server():
    """Makes the observation of a server without TLS."""

    def make(ip, port=110, **more):
        return msgspec.structs.replace(hostile(1, b"+OK ready"), ip=ip, port=port, **more)

    return make


@pytest.fixture(scope="session")
def zoo_endpoints(zoo):
    """Each endpoint that belongs to a report: its row, what was seen of it, its leaf's DER; by address, port and name."""
    with Store(zoo) as store, Certificates(zoo) as certificates:
        record = store.latest(judged=True)
        rows = [row for path in store.endpoint_files(record) for row in read_table(path).to_pylist()]
        kept = store.files_of(store.current(Kind.OBSERVATIONS, record.id))
        seen = [one for path in kept for one in from_table(read_table(path))]
        ders = certificates.find({row["certificate"] for row in rows} - {""})
    return {
        (row["ip"], row["port"], row["host"]): (row, one, ders.get(row["certificate"]))
        for row, one in zip(rows, seen, strict=True)
        if row["report"] != "none"
    }


@pytest.fixture
def directory(finished):
    """The subscribers of the finished survey's store."""
    with Directory(finished.store.root) as opened:
        yield opened
