"""The numbers are those that one counts by hand.

What a user loses when these fail: the product is its numbers.
"""

from ipaddress import ip_network

import pyarrow as pa
import pytest

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.statistics.country import by_country, by_country_in
from openletter.statistics.counts import Affected, Counts
from openletter.statistics.database import Verdicts
from openletter.statistics.network import NetworkCounts, in_network, top_networks
from openletter.statistics.overview import ClassCount, EvidenceCount, overview
from openletter.store.database import connect
from openletter.store.files import publish_whole_table
from openletter.store.observation_table import to_batch
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.login import Reason
from openletter.verdict.rollup import QUESTIONS, verdict_view
from openletter.verdict.verdict import Verdict
from openletter.verdict.verdict_table import to_table

PORTS = {
    110: (Protocol.POP3, Mode.CLEARTEXT),
    143: (Protocol.IMAP, Mode.CLEARTEXT),
    993: (Protocol.IMAP, Mode.IMPLICIT),
    995: (Protocol.POP3, Mode.IMPLICIT),
}

# host, country, and the classes of 110, 143, 993, 995
HOSTS = (
    # Strict on both protocols, and a dead sibling.
    ("192.0.2.1", "NL", "no_tls no_tls unreachable unreachable"),
    # Wide on both, strict on neither.
    ("192.0.2.2", "NL", "tls_optional cleartext_port_open implicit_tls implicit_tls"),
    # Wide on POP3 only; what IMAP exposes is not known.
    ("192.0.2.3", "JP", "tls_optional silent implicit_tls implicit_tls"),
    # Strict on IMAP by its TLS port, nothing on POP3.
    ("192.0.2.4", "JP", "tls_required tls_required cleartext_on_tls_port implicit_tls"),
    # Nothing is known.
    ("192.0.2.5", "JP", "silent unknown_auth unreachable unreachable"),
    # Good.
    ("2001:db8::1", "", "tls_required tls_required implicit_tls implicit_tls"),
    # Not there.
    ("2001:db8::2", "", "unreachable unreachable unreachable unreachable"),
)


def endpoint(ip, port, country):
    protocol, mode = PORTS[port]
    return Observation(ip=ip, port=port, protocol=protocol, mode=mode, country=country, tcp=Tcp.OPEN)


def verdict(cls, port):
    protocol, mode = PORTS[port]
    return Verdict(
        class_=cls,
        severity=Severity.LOW,
        unknown=cls in UNKNOWN,
        evidence=Evidence.ASSUMED if cls is Class.NO_TLS else Evidence.ADVERTISED,
        report=Report.NONE,
        strict=cls in STRICT,
        wide=cls in WIDE,
        sibling=Sibling.UNKNOWN,
        findings=(),
        reason=Reason.NOT_ASKED,
        clause="",
        protocol=protocol,
        mode=mode,
    )


def write(path, hosts):
    rows = [
        (endpoint(ip, port, country), verdict(Class(word), port))
        for ip, country, words in hosts
        for port, word in zip(PORTS, words.split(), strict=True)
    ]
    observations = pa.Table.from_batches([to_batch([seen for seen, _ in rows])])
    publish_whole_table(path, to_table(observations, [v for _, v in rows], pa.array(range(len(rows)))))


@pytest.fixture
def found(tmp_path):
    # A quote in the path is one in the SQL.
    folder = tmp_path / "o'clock"
    folder.mkdir()
    write(folder / "0.parquet", HOSTS[:3])
    write(folder / "1.parquet", HOSTS[3:])
    with Verdicts(sorted(folder.iterdir())) as verdicts:
        yield verdicts


def test_endpoints(found):
    answer = overview(found)
    assert answer.endpoints == Counts(probed=28, answered=20, unknown=3, strict=3, wide=6)
    assert answer.endpoints_pop3 == Counts(probed=14, answered=10, unknown=1, strict=1, wide=3)
    assert answer.endpoints_imap == Counts(probed=14, answered=10, unknown=2, strict=2, wide=3)


def test_hosts(found):
    answer = overview(found)
    assert answer.hosts_pop3 == Counts(probed=7, answered=6, unknown=1, strict=1, wide=3)
    assert answer.hosts_imap == Counts(probed=7, answered=6, unknown=2, strict=2, wide=3)
    assert answer.hosts_either == Counts(probed=7, answered=6, unknown=1, strict=2, wide=4)
    assert answer.hosts_both == Affected(strict=1, wide=2)


def test_classes_and_evidence(found):
    answer = overview(found)
    assert sum(row.endpoints for row in answer.classes) == 28
    by_name = {row.class_: row for row in answer.classes}
    assert by_name["no_tls"] == ClassCount("no_tls", pop3=1, imap=1, endpoints=2, strict=True, wide=True)
    assert by_name["tls_optional"] == ClassCount(
        "tls_optional", pop3=2, imap=0, endpoints=2, strict=False, wide=True
    )
    assert by_name["silent"] == ClassCount("silent", pop3=1, imap=1, endpoints=2, strict=False, wide=False)
    assert answer.classes[0].endpoints == max(row.endpoints for row in answer.classes)
    assert answer.evidence == (
        EvidenceCount("advertised", strict=1, wide=4),
        EvidenceCount("assumed", strict=2, wide=2),
    )


def test_countries(found):
    rows = by_country(found)
    assert [row.country for row in rows] == ["JP", "NL", ""]
    japan, netherlands, nowhere = rows
    assert japan.hosts_either == Counts(probed=3, answered=3, unknown=1, strict=1, wide=2)
    assert japan.hosts_pop3 == Counts(probed=3, answered=3, unknown=1, strict=0, wide=1)
    assert japan.hosts_imap == Counts(probed=3, answered=3, unknown=2, strict=1, wide=1)
    assert japan.hosts_both == Affected(strict=0, wide=0)
    assert netherlands.hosts_both == Affected(strict=1, wide=2)
    assert nowhere.hosts_either == Counts(probed=2, answered=1, unknown=0, strict=0, wide=0)


def test_countries_add_up_to_the_whole(found):
    rows = by_country(found)
    whole = overview(found)
    for name in ("hosts_pop3", "hosts_imap", "hosts_either"):
        for field in ("probed", "answered", "unknown", "strict", "wide"):
            parts = sum(getattr(getattr(row, name), field) for row in rows)
            assert parts == getattr(getattr(whole, name), field)


def test_a_survey_of_nothing_counts_nothing():
    with Verdicts([]) as verdicts:
        assert overview(verdicts).endpoints == Counts(0, 0, 0, 0, 0)
        assert overview(verdicts).hosts_either == Counts(0, 0, 0, 0, 0)
        assert by_country(verdicts) == ()


def rolled_up(folder, verdicts):
    """Files of roll-ups as a store has them."""
    with connect() as database:
        verdict_view(database, verdicts)
        for name, sql in QUESTIONS.items():
            publish_whole_table(folder / name, database.sql(sql).to_arrow_table())
    return [folder / name for name in QUESTIONS]


@pytest.fixture
def rollups(found, tmp_path):
    """Those of ``found``'s verdicts."""
    folder = tmp_path / "rollups"
    folder.mkdir()
    return rolled_up(folder, sorted((tmp_path / "o'clock").iterdir()))


def test_roll_ups_say_what_the_verdicts_say(found, rollups):
    """A dashboard that reads counts alone must not differ from a look at every endpoint."""
    with Verdicts([], rollups) as counted:
        assert overview(counted) == overview(found)
        assert by_country(counted) == by_country(found)
        assert top_networks(counted, 9) == top_networks(found, 9)


def test_countries_of_many_surveys_at_once(found, rollups):
    (path,) = [path for path in rollups if path.name == "hosts.parquet"]
    assert by_country_in([path]) == {path: by_country(found)}
    assert by_country_in([]) == {}


def test_networks(found):
    (network,) = top_networks(found, 9)
    assert network == NetworkCounts(
        network="192.0.2.0/24",
        country=network.country,
        answered=16,
        strict=3,
        wide=6,
        hosts=5,
        hosts_strict=2,
        hosts_wide=4,
    )


def test_one_owners_network(found):
    owner = in_network(found, ip_network("192.0.2.2/31"))
    assert owner.endpoints == Counts(probed=8, answered=8, unknown=1, strict=0, wide=3)
    assert (owner.hosts, owner.hosts_wide) == (2, 2)
    assert sum(row.endpoints for row in owner.classes) == 8
    assert in_network(found, ip_network("2001:db8::/48")).endpoints.probed == 8
    assert in_network(found, ip_network("2001:db8::/48")).hosts == 2
    assert in_network(found, ip_network("198.51.100.0/24")).endpoints == Counts(0, 0, 0, 0, 0)
