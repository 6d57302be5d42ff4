"""What holds of every verdict, whatever was seen."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.dialogue.observation import (
    Confirmation,
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
from openletter.verdict.classes import UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.examples import (
    ALERT,
    MODERN,
    PLAINTEXT,
    SSL_3,
    TIMED_OUT,
    TLS_1_0,
    imap,
    implicit,
    upgraded,
)
from openletter.verdict.facts import Sibling, derive, sibling_of
from openletter.verdict.findings import CertificateFault
from openletter.verdict.verdict import RULES_VERSION, Verdict, judge, judge_facts

WORDS = [
    "IMAP4REV1", "STARTTLS", "STLS", "LOGINDISABLED", "XTLSREQUIRED", "AUTH=PLAIN", "AUTH=CRAM-MD5", "AUTH=ANONYMOUS",
    "AUTH=SCRAM-SHA-1", "USER", "SASL", "SASL PLAIN", "SASL CRAM-MD5", "UTF8 USER", "XXXXXXXX", "XXXX", "", " ", "\\xff",
]  # fmt: skip

handshakes = st.builds(
    Handshake,
    outcome=st.sampled_from(HandshakeOutcome),
    version=st.sampled_from(["TLSv1.3", "TLSv1", "SSLv3", ""]),
    cipher=st.sampled_from(["TLS_AES_256_GCM_SHA384", "TLS_DH_anon_WITH_AES_128_CBC_SHA", ""]),
    downgraded=st.booleans(),
)
lists = st.lists(st.sampled_from(WORDS), max_size=6).map(tuple)
observations = st.builds(
    Observation,
    ip=st.sampled_from(["192.0.2.1", "1.1.1.1", "2606:4700::1", "", "nonsense"]),
    port=st.just(143),
    protocol=st.sampled_from(Protocol),
    mode=st.sampled_from(Mode),
    tcp=st.one_of(st.just(Tcp.OPEN), st.sampled_from(Tcp)),
    greeting=st.sampled_from(Greeting),
    banner=st.one_of(
        st.sampled_from([b"+OK POP3", b"* OK IMAPrev1", b"+OK Hello there."]), st.binary(max_size=20)
    ),
    apop=st.booleans(),
    caps_pre=lists,
    caps_pre_source=st.sampled_from(ListSource),
    starttls_reply=st.sampled_from(Reply),
    bytes_after_starttls_ok=st.binary(max_size=3),
    handshake=handshakes,
    legacy=handshakes,
    caps_post=lists,
    caps_post_source=st.sampled_from(ListSource),
    confirmation=st.sampled_from(Confirmation),
    login_proven=st.sampled_from([None, True, False]),
    command_injection=st.sampled_from([None, True, False]),
)
siblings = st.one_of(st.none(), observations)
faults = st.frozensets(st.sampled_from(CertificateFault))


@given(observations, siblings, faults)
def test_every_observation_gets_a_sound_verdict(
    seen: Observation, sibling: Observation | None, certificate: frozenset[str]
) -> None:
    """An unknown would be counted as affected, TLS be called none, or a survey stop at a peer nobody thought of."""
    verdict = judge(seen, sibling, certificate)
    assert not (verdict.unknown and (verdict.strict or verdict.wide))
    assert not verdict.strict or verdict.wide
    assert verdict.wide == (verdict.class_ in WIDE)
    assert verdict.unknown or verdict.class_ not in UNKNOWN
    if verdict.wide:
        assert verdict.report is Report.VULNERABLE
    if verdict.class_ in (Class.NO_TLS, Class.CLEARTEXT_PORT_OPEN) and seen.starttls_reply is Reply.OK:
        pytest.fail("TLS was agreed to")
    if verdict.strict:
        # Legacy TLS is TLS.
        assert not (seen.mode is Mode.IMPLICIT and seen.tls.works)
        assert verdict.sibling is not Sibling.TLS or verdict.class_ is Class.CLEARTEXT_ON_TLS_PORT
    assert verdict.severity <= verdict.worst
    assert (verdict.severity is Severity.NONE) == (verdict.class_ in (Class.UNREACHABLE, Class.NOT_MAIL))
    assert {f.value for f in certificate} <= {f.name.value for f in verdict.findings}


@given(observations, siblings)
def test_equal_facts_give_the_same_verdict(seen: Observation, sibling: Observation | None) -> None:
    """Judging a stored survey again would give other answers."""
    facts = derive(seen, sibling_of(sibling))
    assert judge_facts(facts) is judge(seen, sibling)
    assert hash(facts) == hash(derive(seen, sibling_of(sibling)))


def test_verdict_survives_json_under_the_contract_s_name() -> None:
    """`check --json` promises a key "class"."""
    verdict = judge(upgraded(imap("IMAP4REV1 STARTTLS")))
    raw = msgspec.json.encode(verdict)
    assert b'"class":"tls_optional"' in raw
    assert msgspec.json.decode(raw, type=Verdict) == verdict
    assert RULES_VERSION


@pytest.mark.parametrize("handshake", [TLS_1_0, SSL_3], ids=["TLS 1.0", "SSLv3"])
def test_legacy_tls_is_tls(handshake: Handshake) -> None:
    """A server with old TLS would be counted among those without any."""
    by_starttls = imap("IMAP4REV1 STARTTLS", starttls_reply=Reply.OK, handshake=ALERT, legacy=handshake)
    assert judge(by_starttls).class_ is Class.TLS_OPTIONAL
    beside = implicit(Protocol.IMAP, ALERT, legacy=handshake)
    assert judge(beside).class_ is Class.IMPLICIT_TLS
    assert judge(imap("IMAP4REV1"), beside).class_ is Class.CLEARTEXT_PORT_OPEN


def test_sibling_that_was_not_probed_is_named() -> None:
    """A reader could not tell "no TLS there" from "nobody looked"."""
    assert judge(imap("IMAP4REV1")).sibling is Sibling.UNKNOWN
    closed = msgspec.structs.replace(implicit(Protocol.IMAP, TIMED_OUT), tcp=Tcp.REFUSED)
    assert judge(imap("IMAP4REV1"), closed).sibling is Sibling.NONE
    assert sibling_of(implicit(Protocol.IMAP, TIMED_OUT)) is Sibling.UNKNOWN
    assert sibling_of(implicit(Protocol.IMAP, ALERT)) is Sibling.NONE
    assert sibling_of(implicit(Protocol.IMAP, PLAINTEXT, greeting=Greeting.OK)) is Sibling.NONE
    assert sibling_of(implicit(Protocol.IMAP, MODERN)) is Sibling.TLS
    for other in (closed, None):
        assert judge(imap("IMAP4REV1"), other).class_ is Class.NO_TLS


@pytest.mark.parametrize("outcome", HandshakeOutcome)
def test_implicit_handshake_that_fails_is_unknown_only_without_an_answer(outcome: HandshakeOutcome) -> None:
    """A lost packet would be told as the server's fault, or the server's fault be excused as a lost packet."""
    verdict = judge(implicit(Protocol.IMAP, Handshake(outcome=outcome)))
    if outcome is HandshakeOutcome.OK:
        assert verdict.class_ is Class.IMPLICIT_TLS
    elif outcome is HandshakeOutcome.NOT_TRIED:
        assert verdict.class_ is Class.UNKNOWN_AUTH
    else:
        assert verdict.class_ is Class.IMPLICIT_BROKEN
        assert verdict.unknown == (outcome in (HandshakeOutcome.TIMEOUT, HandshakeOutcome.RESET))
    answered = judge(implicit(Protocol.IMAP, TIMED_OUT, legacy=ALERT))
    assert (answered.class_, answered.unknown) == (Class.IMPLICIT_BROKEN, False)


@pytest.mark.parametrize("outcome", [o for o in HandshakeOutcome if o is not HandshakeOutcome.OK])
def test_starttls_that_was_agreed_to_and_then_fails_is_broken(outcome: HandshakeOutcome) -> None:
    """Users would be told that TLS is optional where it does not work."""
    verdict = judge(upgraded(imap("IMAP4REV1 STARTTLS"), handshake=Handshake(outcome=outcome)))
    tried = outcome is not HandshakeOutcome.NOT_TRIED
    assert verdict.class_ is (Class.STARTTLS_BROKEN_CLEARTEXT_OPEN if tried else Class.UNKNOWN_AUTH)


@pytest.mark.parametrize("reply", [r for r in Reply if r is not Reply.OK])
def test_starttls_that_is_advertised_and_not_agreed_to_is_broken(reply: Reply) -> None:
    """The same, one step earlier."""
    verdict = judge(imap("IMAP4REV1 STARTTLS LOGINDISABLED", starttls_reply=reply))
    tried = reply is not Reply.NOT_TRIED
    assert verdict.class_ is (Class.STARTTLS_BROKEN if tried else Class.UNKNOWN_AUTH)


def test_the_grade_of_a_login_stands_only_on_verdicts_that_rest_on_one() -> None:
    """A server that turned us away would be called assumed."""
    turned_away = imap("", greeting=Greeting.BYE, caps_pre_source=ListSource.REFUSED)
    assert judge(turned_away).evidence is Evidence.ADVERTISED
    confirmed = imap("IMAP4REV1", confirmation=Confirmation.ACCEPTED)
    assert judge(confirmed).evidence is Evidence.OFFERED
    assert judge(imap("IMAP4REV1", login_proven=True)).evidence is Evidence.PROVEN


def test_without_a_list_a_confirmation_decides() -> None:
    """A server that hides its list would stay unknown though its login was seen to begin."""
    hidden = imap("", caps_pre_source=ListSource.NO_ANSWER, confirmation=Confirmation.ACCEPTED)
    assert judge(hidden).class_ is Class.NO_TLS


def test_worst_looks_at_findings_too() -> None:
    """An anonymous login behind good TLS would not fail a check."""
    verdict = judge(upgraded(imap("STARTTLS LOGINDISABLED"), "AUTH=ANONYMOUS"))
    assert (verdict.severity, verdict.worst) == (Severity.LOW, Severity.HIGH)
