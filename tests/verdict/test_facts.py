"""What is lost, kept and told apart when an observation is reduced to its facts."""

import msgspec
import pytest

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Protocol,
    Tcp,
)
from openletter.verdict import verdict as verdict_module
from openletter.verdict.examples import (
    ALERT,
    MODERN,
    PLAINTEXT,
    TIMED_OUT,
    TLS_1_0,
    imap,
    implicit,
    seen,
    upgraded,
)
from openletter.verdict.facts import Contact, Tls, derive
from openletter.verdict.verdict import judge


@pytest.mark.parametrize(
    ("greeting", "on_143", "inside_tls", "tls_failed", "in_the_clear_on_993"),
    [
        (Greeting.OK, Contact.SPOKE, Contact.SPOKE, Contact.NOT_REACHED, Contact.SPOKE),
        (Greeting.PREAUTH, Contact.PREAUTH, Contact.PREAUTH, Contact.NOT_REACHED, Contact.PREAUTH),
        (Greeting.BYE, Contact.TURNED_AWAY, Contact.TURNED_AWAY, Contact.NOT_REACHED, Contact.TURNED_AWAY),
        (Greeting.ERR, Contact.TURNED_AWAY, Contact.TURNED_AWAY, Contact.NOT_REACHED, Contact.TURNED_AWAY),
        (Greeting.OTHER, Contact.NOT_MAIL, Contact.NOT_MAIL, Contact.NOT_REACHED, Contact.NOT_MAIL),
        (Greeting.TLS_RECORD, Contact.TLS_RECORD, Contact.NOT_MAIL, Contact.NOT_REACHED, Contact.NOT_MAIL),
        (Greeting.SILENT, Contact.SILENT, Contact.SILENT, Contact.NOT_REACHED, Contact.NOT_REACHED),
        (Greeting.CLOSED, Contact.SILENT, Contact.SILENT, Contact.NOT_REACHED, Contact.NOT_REACHED),
        (Greeting.NOT_REACHED, Contact.SILENT, Contact.NOT_REACHED, Contact.NOT_REACHED, Contact.NOT_REACHED),
    ],
)
def test_contact(
    greeting: Greeting,
    on_143: Contact,
    inside_tls: Contact,
    tls_failed: Contact,
    in_the_clear_on_993: Contact,
) -> None:
    """A silent peer and a dead TLS port, or mail and another service, would be taken for each other."""
    imap_ = Protocol.IMAP
    assert derive(seen(imap_, greeting=greeting)).contact is on_143
    assert derive(implicit(imap_, MODERN, greeting=greeting)).contact is inside_tls
    assert derive(implicit(imap_, TIMED_OUT, greeting=greeting)).contact is tls_failed
    assert derive(implicit(imap_, PLAINTEXT, greeting=greeting)).contact is in_the_clear_on_993
    for tcp in set(Tcp) - {Tcp.OPEN}:
        for mode in Mode:
            assert derive(seen(imap_, mode, tcp=tcp, greeting=greeting)).contact is Contact.NO_CONNECTION


def test_a_list_inside_tls_counts_only_where_one_was_obtained() -> None:
    """What a cut-off answer held would be told as a finding."""
    listed = upgraded(imap("STARTTLS"), "STARTTLS, LOGINDISABLED")
    cut_off = msgspec.structs.replace(listed, caps_post_source=ListSource.NO_ANSWER)
    assert derive(listed).starttls_listed_inside_tls
    assert derive(listed).login_disabled_inside_tls
    assert not derive(cut_off).starttls_listed_inside_tls
    assert not derive(cut_off).login_disabled_inside_tls
    implicit_port = implicit(
        Protocol.IMAP, caps_post=("IMAP4REV1", "STARTTLS"), caps_post_source=ListSource.COMMAND
    )
    assert derive(implicit_port).starttls_listed_inside_tls


def test_a_downgrade_of_the_second_handshake_counts() -> None:
    """The peer that only speaks old TLS is the one where a downgrade matters."""
    lowered = msgspec.structs.replace(TLS_1_0, downgraded=True)
    assert derive(implicit(Protocol.IMAP, ALERT, legacy=lowered)).downgraded
    assert not derive(implicit(Protocol.IMAP, ALERT, legacy=TLS_1_0)).downgraded


def test_nothing_can_be_mangled_inside_tls() -> None:
    """A middlebox would be blamed for an extension that the server itself names."""
    caps = ("IMAP4REV1", "XXXXXXXA")
    assert derive(imap(" ".join(caps))).starttls_mangled
    for handshake in (MODERN, PLAINTEXT):
        odd = implicit(
            Protocol.IMAP, handshake, greeting=Greeting.OK, caps_pre=caps, caps_pre_source=ListSource.COMMAND
        )
        assert not derive(odd).starttls_mangled


def test_anonymous_ciphers_are_known_by_their_iana_and_openssl_names() -> None:
    """TLS without a certificate would pass for TLS with one."""
    for cipher, anonymous in (
        ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", True),
        ("ADH-AES128-SHA", True),
        ("AECDH-AES128-SHA", True),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", False),
        ("ECDHE-RSA-AES128-GCM-SHA256", False),
        ("", False),
    ):
        handshake = Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.2", cipher=cipher)
        assert derive(implicit(Protocol.IMAP, handshake)).anonymous_cipher is anonymous
    failed = Handshake(outcome=HandshakeOutcome.ALERT, cipher="ADH-AES128-SHA")
    assert not derive(implicit(Protocol.IMAP, failed)).anonymous_cipher


def test_facts_hold_nothing_of_one_observation_alone() -> None:
    """Verdicts could not be shared: every one of four million would be derived anew."""
    one = imap("IMAP4REV1 AUTH=PLAIN", ip="198.51.100.7", started=1.0, banner=b"* OK a", host="a.example")
    two = imap("AUTH=LOGIN IMAP4REV1 IDLE", ip="203.0.113.9", started=2.0, duration=3.0, banner=b"* OK b")
    assert derive(one) == derive(two)
    assert judge(one) is judge(two)
    assert derive(one).tls is Tls.ABSENT


def test_memory_of_verdicts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile Internet could fill the memory of whoever judges it."""
    monkeypatch.setattr(verdict_module, "_REMEMBERED", 3)
    monkeypatch.setattr(verdict_module, "_verdicts", {})
    for capabilities in ("A", "LOGINDISABLED", "AUTH=PLAIN", "AUTH=ANONYMOUS", "XXXXXXXX"):
        judge(imap(capabilities))
        assert len(verdict_module._verdicts) <= 3
