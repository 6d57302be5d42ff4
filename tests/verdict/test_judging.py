"""Judging a whole survey says of each endpoint what judging it alone says.

What a user loses when these fail: a table of verdicts that no single look at a server bears out.
"""

import pyarrow as pa
import pytest
from msgspec import structs

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store.file_set import Kind
from openletter.store.files import read_table
from openletter.store.observation_table import to_batch
from openletter.store.store import Store
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.tls.trust import Trust
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.facts import Sibling, derive
from openletter.verdict.findings import FindingName
from openletter.verdict.judging import INDECISIVE, judge_survey, judge_table
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES
from openletter.verdict.verdict import RULES_VERSION, judge
from openletter.verdict.verdict_table import from_table


def endpoint(ip, port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, **more):
    return Observation(ip=ip, port=port, protocol=protocol, mode=mode, **{"tcp": Tcp.OPEN, **more})


def cleartext(ip, port=143, **more):
    return endpoint(
        ip,
        port,
        greeting=Greeting.OK,
        caps_pre=("IMAP4REV1", "AUTH=PLAIN"),
        caps_pre_source=ListSource.COMMAND,
        starttls_reply=Reply.BAD,
        **more,
    )


def implicit(ip, port=993, outcome=HandshakeOutcome.OK, **more):
    handshake = Handshake(outcome=outcome, version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", **more)
    greeting = Greeting.OK if handshake.works else Greeting.NOT_REACHED
    return endpoint(ip, port, mode=Mode.IMPLICIT, greeting=greeting, handshake=handshake)


@pytest.fixture(scope="module")
def trust():
    return Trust(roots=[])


def judged_together(observations, ders, trust):
    judged = judge_table(pa.Table.from_batches([to_batch(observations)]), ders, trust)
    return [judged.verdicts[place] for place in judged.which.to_pylist()]


def classes(observations, trust):
    return [verdict.class_ for verdict in judged_together(observations, {}, trust)]


def test_a_sibling_is_found_on_the_same_host_only(trust):
    observations = [
        cleartext("192.0.2.1"),
        cleartext("192.0.2.2"),
        implicit("192.0.2.1"),
        implicit("192.0.2.2", outcome=HandshakeOutcome.ALERT),
        cleartext("192.0.2.3"),
    ]
    assert classes(observations, trust)[:2] == [Class.CLEARTEXT_PORT_OPEN, Class.NO_TLS]
    verdicts = judged_together(observations, {}, trust)
    assert [verdicts[n].sibling for n in (0, 1, 4)] == [Sibling.TLS, Sibling.NONE, Sibling.UNKNOWN]


def test_a_sibling_is_found_on_odd_ports_too(trust):
    observations = [
        implicit("192.0.2.1", 1993, outcome=HandshakeOutcome.ALERT),
        implicit("192.0.2.1", 2993),
        cleartext("192.0.2.1", 1143),
    ]
    assert classes(observations, trust)[2] is Class.CLEARTEXT_PORT_OPEN


def test_the_sibling_of_imap_is_not_that_of_pop3(trust):
    pop3s = endpoint(
        "192.0.2.1",
        995,
        Protocol.POP3,
        Mode.IMPLICIT,
        handshake=Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.3"),
        greeting=Greeting.OK,
    )
    assert classes([cleartext("192.0.2.1"), pop3s], trust)[0] is Class.NO_TLS


EXAMPLES = [example for row in (*RULES, *MODIFIERS) for example in row.examples]


def without_chains(seen, ip):
    handshakes = {name: structs.replace(getattr(seen, name), chain=()) for name in ("handshake", "legacy")}
    return structs.replace(seen, ip=ip, **handshakes)


def test_many_at_once_are_judged_as_each_alone(trust):
    """Rows that share a verdict would have got the same one alone: all examples of the rules, each on two hosts."""
    seen = [
        without_chains(example.seen, f"10.{network}.{number // 250}.{number % 250}")
        for network in (1, 2)
        for number, example in enumerate(EXAMPLES)
    ]
    assert judged_together(seen, {}, trust) == [judge(one) for one in seen]


class _Watched:
    """An observation that notes what is looked at."""

    def __init__(self, inner, looked_at, prefix=""):
        self._inner, self._looked_at, self._prefix = inner, looked_at, prefix

    def __getattr__(self, name):
        value = getattr(self._inner, name)
        if isinstance(value, Handshake):
            return _Watched(value, self._looked_at, {"tls": "handshake"}.get(name, name) + "_")
        self._looked_at.add(self._prefix + name)
        return value


def test_facts_depend_on_nothing_by_which_rows_are_not_told_apart():
    """Else two servers that differ would share one verdict, and which one would be chance."""
    looked_at = set()
    for example in EXAMPLES:
        derive(_Watched(example.seen, looked_at), example.sibling, example.certificate_faults)
    assert "caps_pre" in looked_at
    assert "handshake_outcome" in looked_at
    # The address by whether it is public, the banner by the products that it marks: tested below.
    assert looked_at & INDECISIVE <= {"ip", "banner"}


def test_banners_of_ambiguous_products_are_told_apart(trust):
    def pop3(ip, banner):
        return endpoint(
            ip,
            110,
            Protocol.POP3,
            greeting=Greeting.OK,
            banner=banner,
            caps_pre=("STLS", "USER"),
            caps_pre_source=ListSource.COMMAND,
            starttls_reply=Reply.OK,
            handshake=Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.3"),
        )

    observations = [pop3("192.0.2.1", b"+OK ready"), pop3("192.0.2.2", b"+OK Hello there.")]
    grades = [verdict.evidence for verdict in judged_together(observations, {}, trust)]
    assert grades == [Evidence.ADVERTISED, Evidence.AMBIGUOUS]


def test_addresses_of_the_internet_are_told_from_private_ones(trust):
    """The same words from a public address are a finding more: guessing is open to everyone."""
    public, private = judged_together([cleartext("8.8.8.8"), cleartext("192.168.0.1")], {}, trust)
    names = [{finding.name for finding in verdict.findings} for verdict in (public, private)]
    assert names[0] - names[1] == {FindingName.PASSWORD_GUESSING_EXPOSED}


@pytest.fixture
def judged(tmp_path, trust):
    scope = build_scope([parse_target("192.0.2.0/30")])
    plan = Plan(
        scope=scope.description,
        endpoints=scope.endpoint_count,
        seed=1,
        shards=2,
        conditions=Conditions(),
        vantage=Vantage(),
    )
    with Store(tmp_path / "store", create=True) as store:
        record = store.add_survey(plan, now=1_800_000_000.0, tool_version="0")
        with store.run(record.id) as run:
            sink = run.sink()
            for shard, ip in enumerate(("192.0.2.1", "192.0.2.2")):
                writer = sink.begin(shard, {}.get)
                writer.add(cleartext(ip))
                writer.add(implicit(ip))
                run.record(writer.publish())
        yield store, record


def test_verdicts_are_published_as_a_set_and_replace_those_before(judged, trust):
    store, record = judged
    first = judge_survey(store, record, trust)
    before = store.verdict_files(store.survey(record.id))
    assert (first.verdicts, first.worst, first.rules_version) == (4, Severity.MEDIUM, RULES_VERSION)
    rows = [row for file in before for row in from_table(read_table(file))]
    assert [(row.ip, row.port, row.class_) for row in rows] == [
        ("192.0.2.1", 143, Class.CLEARTEXT_PORT_OPEN),
        ("192.0.2.1", 993, Class.IMPLICIT_TLS),
        ("192.0.2.2", 143, Class.CLEARTEXT_PORT_OPEN),
        ("192.0.2.2", 993, Class.IMPLICIT_TLS),
    ]
    assert rows[0].wide
    assert not rows[0].strict
    judge_survey(store, record, trust)
    after = store.verdict_files(store.survey(record.id))
    assert after != before
    assert all(file.exists() for file in before), "who reads the set before can end in peace"
    judge_survey(store, record, trust)
    assert not any(file.exists() for file in before)
    assert all(file.exists() for file in after)


def test_a_judging_that_fails_leaves_the_verdicts_before(judged, trust):
    store, record = judged
    judge_survey(store, record, trust)
    (observations,) = store.files_of(store.current(Kind.OBSERVATIONS, record.id))
    observations.unlink()
    with pytest.raises(Exception, match="gone"):
        judge_survey(store, record, trust)
    files = store.verdict_files(store.survey(record.id))
    assert sum(len(from_table(read_table(file))) for file in files) == 4
    assert len(list(files[0].parent.parent.glob("*-*"))) == 1, "the half-made set is gone"
    assert len(store.manifest.sets(kind=Kind.VERDICTS)) == 1
