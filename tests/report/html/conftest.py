"""Two surveys of a small part of the simulated internet, which was really spoken to, with hostile servers beside it; between them
some were mended, some came, and one fell silent. And what was made of them: the reports of both days in both languages."""

from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from openletter.dialogue.observation import Exchange, Greeting, HandshakeOutcome, Side, Tcp
from openletter.engine.deadlines import Deadlines
from openletter.enrich.dataset import of_user
from openletter.enrich.enriching import enriching
from openletter.generated.cast import Cast, specimens
from openletter.lab.internet.casting import CAST
from openletter.lab.internet.contexts import tls_peers
from openletter.lab.internet.days import Pair
from openletter.lab.internet.roles import Round
from openletter.report.link import Links
from openletter.report.reported import record_reported
from openletter.report.reporting import make_reports
from openletter.report.standing import standings
from openletter.store.observation_table import from_table
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format, Language, Subscriber
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey

BEGAN = 1_795_478_400.0
DAY_S = 86_400.0
DAYS = (date(2026, 11, 24), date(2026, 11, 25))
BASE = "https://mail.example.org"
SECRET = b"k" * 32
NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")
PLACES = """# name: Places of example networks
# licence: CC0
cidr,country,region,city,asn,name
192.0.2.0/24,NL,,,64496,"<b>Beispiel</b> & Söhne"
198.51.100.0/24,JP,,,64497,Rei
2001:db8::/32,FR,,,64498,Exemple
"""


class Reported(NamedTuple):
    root: Path
    """Of the store."""
    folder: Path
    """Of the reports."""
    subscribers: dict[str, Subscriber]
    """By language."""
    surveys: tuple[str, str]
    mended: tuple[str, ...]
    """Addresses of servers that were mended before the second day."""
    days: tuple[date, date] = DAYS
    base: str = BASE
    secret: bytes = SECRET

    def page(self, language: str, day: date = DAYS[1]) -> Path:
        return self.folder / f"{day}-report-{self.subscribers[language].slug}-cidr.html"


def spoken_to(book, made):
    """Hosts of all kinds: of each a list of its endpoints, as they were seen."""
    cast = Cast()
    for protocol in ("pop3", "imap"):
        for group in CAST:
            turns = Round(protocol, group)
            for clear, implicit in dict.fromkeys(zip(turns.cleartext, turns.implicit, strict=True)):
                for pair in list(zip(clear, implicit, strict=True))[:1]:
                    cast.number(protocol, Pair(*pair))
    table = specimens(cast, tls_peers(made), FastClient(book), started=BEGAN, deadlines=Deadlines())
    seen = from_table(table)
    return [seen[at : at + 2] for at in range(4, len(seen), 2)]


def placed(endpoints, ip, *, at, host=""):
    return [
        msgspec.structs.replace(one, ip=str(ip_address(ip)), started=BEGAN + at + n, host=host)
        for n, one in enumerate(endpoints)
    ]


def gone(endpoints):
    return [
        msgspec.structs.replace(
            one,
            tcp=Tcp.TIMEOUT,
            greeting=Greeting.NOT_REACHED,
            banner=b"",
            caps_pre=(),
            transcript=(),
            handshake=msgspec.structs.replace(
                one.handshake, outcome=HandshakeOutcome.NOT_TRIED, chain=(), version="", cipher=""
            ),
        )
        for one in endpoints
    ]


def hosts_of(pairs):
    """POP3 and IMAP of one kind on one host, every fifth of them; behind those, some on IPv6 and some that have a name."""
    half = len(pairs) // 2
    both = [[*pop3, *imap] for pop3, imap in zip(pairs[:half], pairs[half:], strict=True)][::5]
    return (
        [placed(one, f"192.0.2.{n + 20}", at=10 * n) for n, one in enumerate(both)]
        + [placed(one, f"2001:db8::{n + 1:x}", at=500 + 10 * n) for n, one in enumerate(both[:4])]
        + [
            placed(one, f"198.51.100.{n + 1}", at=900 + 10 * n, host=f"mail{n}.example.org")
            for n, one in enumerate(both[4:10])
        ]
    )


MENDED, SILENT, CAME = (0, 1, 2), 3, 4
"""Which hosts are mended on the second day, which does not answer, and how many come then, the last ones."""


@pytest.fixture(scope="session")
def reported(tmp_path_factory, lab, survey_of, hostile_servers):
    folder = tmp_path_factory.mktemp("documents")
    root = folder / "store"
    book = CertificateBook()
    pairs = spoken_to(book, lab)
    ders = book.take()
    hosts = hosts_of(pairs)
    sound = [*pairs[101], *pairs[267]]
    later = [
        placed(sound, host[0].ip, at=10 * n) if n in MENDED else gone(host) if n == SILENT else host
        for n, host in enumerate(hosts)
    ]
    hostile = [
        # Half of them with what was said, half with what is kept of it.
        msgspec.structs.replace(
            one, transcript=(Exchange(Side.SERVER, one.banner + b"\r\n"),) if n % 2 else ()
        )
        for n, one in enumerate(hostile_servers)
    ]
    days = ([*hosts[:-CAME], hostile], [*later, hostile])
    places = folder / "places.csv"
    places.write_text(PLACES, "utf-8")
    surveys = []
    with Store(root, create=True) as store, Directory(root) as directory:
        subscribers = {
            str(language): directory.add(
                Subscriber(
                    slug=str(language),
                    name=name,
                    networks=NETWORKS,
                    language=language,
                    formats=(Format.CSV, Format.HTML),
                )
            )
            for language, name in ((Language.EN, "Example <Ltd> & Co"), (Language.JA, "サンプル株式会社"))
        }
        for number, (on, seen) in enumerate(zip(DAYS, days, strict=True)):
            later_by = number * DAY_S
            observations = [
                msgspec.structs.replace(one, started=one.started + later_by) for host in seen for one in host
            ]
            record = survey_of(store, observations, ders, now=BEGAN + later_by)
            judge_survey(
                store,
                record,
                Trust(extra_pem=Path(lab) / "root.pem"),
                further=enriching(store, record, [of_user(places, root)]),
            )
            record = store.survey(record.id)
            surveys.append(record.id)
            make_reports(store, record, directory, folder / "reports", links=Links(BASE, SECRET))
            if number == 0:
                record_reported(store, record, standings(store, record, directory, on), on)
    return Reported(
        root, folder / "reports", subscribers, (surveys[0], surveys[1]), tuple(hosts[n][0].ip for n in MENDED)
    )
