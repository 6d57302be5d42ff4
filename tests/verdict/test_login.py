"""The parsing faults of well-known scanners that this one must not have (VERDICTS §1)."""

import pytest

from openletter.dialogue.observation import Confirmation, ListSource
from openletter.verdict.classes import Evidence
from openletter.verdict.examples import imap, pop3
from openletter.verdict.login import Login, Mechanisms, Reason, login_before_tls


@pytest.mark.parametrize(
    ("capabilities", "login", "reason"),
    [
        ("IMAP4REV1", Login.YES, Reason.LOGIN_NOT_DISABLED),
        ("IMAP4REV1 STARTTLS", Login.YES, Reason.LOGIN_NOT_DISABLED),
        ("IMAP4REV1 AUTH=PLAIN", Login.YES, Reason.AUTH_OFFERED),
        ("IMAP4REV1 LOGINDISABLED", Login.NO, Reason.LOGIN_DISABLED),
        ("IMAP4REV1 LOGINDISABLED AUTH=CRAM-MD5", Login.NO, Reason.LOGIN_DISABLED),
        ("IMAP4REV1 LOGINDISABLED AUTH=PLAIN", Login.YES, Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED),
        (
            "IMAP4REV1 LOGINDISABLED AUTH=CRAM-MD5 AUTH=LOGIN",
            Login.YES,
            Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED,
        ),
        ("IMAP4REV1 LOGINDISABLED AUTH=XOAUTH2", Login.YES, Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED),
        ("IMAP4REV1 LOGINDISABLED AUTH=OAUTHBEARER", Login.YES, Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED),
        ("IMAP4REV1 LOGINDISABLED URLAUTH=BINARY", Login.NO, Reason.LOGIN_DISABLED),
        ("IMAP4REV1 LOGINDISABLED URLAUTH=PLAIN", Login.NO, Reason.LOGIN_DISABLED),
        ("IMAP4REV1 LOGINDISABLED X-AUTH=PLAIN", Login.NO, Reason.LOGIN_DISABLED),
        ("IMAP4REV1 STARTTLS XTLSREQUIRED", Login.NO, Reason.XTLSREQUIRED),
        ("IMAP4REV1 XLOGINDISABLED", Login.YES, Reason.LOGIN_NOT_DISABLED),
    ],
)
def test_imap_list(capabilities: str, login: Login, reason: Reason) -> None:
    """An administrator would be told the wrong thing about port 143."""
    fact = login_before_tls(imap(capabilities))
    assert (fact.login, fact.reason, fact.grade) == (login, reason, Evidence.ADVERTISED)
    assert fact.contradiction == (reason is Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED)


@pytest.mark.parametrize(
    ("lines", "login", "reason"),
    [
        (("USER",), Login.YES, Reason.USER_LISTED),
        (("SASL PLAIN",), Login.YES, Reason.SASL_OFFERED),
        (("SASL CRAM-MD5 PLAIN",), Login.YES, Reason.SASL_OFFERED),
        (("SASL CRAM-MD5", "SASL LOGIN"), Login.YES, Reason.SASL_OFFERED),
        (("SASL XOAUTH2",), Login.YES, Reason.SASL_OFFERED),
        (("SASL OAUTHBEARER",), Login.YES, Reason.SASL_OFFERED),
        (("STLS", "SASL"), Login.NO, Reason.BARE_SASL),
        (("USER", "STLS", "SASL"), Login.NO, Reason.BARE_SASL),
        (("USER", "SASL"), Login.YES, Reason.USER_LISTED),
        (("SASL",), Login.NO, Reason.NO_PASSWORD_MECHANISM),
        (("UTF8 USER", "UIDL"), Login.NO, Reason.NO_PASSWORD_MECHANISM),
        (("USERS", "X-USER"), Login.NO, Reason.NO_PASSWORD_MECHANISM),
        (("IMPLEMENTATION USER PLAIN",), Login.NO, Reason.NO_PASSWORD_MECHANISM),
        (("SASL CRAM-MD5 SCRAM-SHA-1-PLAIN",), Login.NO, Reason.NO_PASSWORD_MECHANISM),
        (("STLS", "SASL PLAIN"), Login.YES, Reason.SASL_OFFERED),
    ],
)
def test_pop3_list(lines: tuple[str, ...], login: Login, reason: Reason) -> None:
    """An administrator would be told the wrong thing about port 110."""
    fact = login_before_tls(pop3(*lines))
    assert (fact.login, fact.reason, fact.grade) == (login, reason, Evidence.ADVERTISED)


def test_no_list_is_not_a_yes_and_not_a_no() -> None:
    """A reply that was late or lost would accuse a server, or clear it."""
    for source, reason in (
        (ListSource.NO_ANSWER, Reason.NO_ANSWER),
        (ListSource.NOT_ASKED, Reason.NOT_ASKED),
    ):
        for seen in (imap("", caps_pre_source=source), pop3(caps_pre_source=source)):
            fact = login_before_tls(seen)
            assert (fact.login, fact.reason) == (Login.UNKNOWN, reason)
    refused = login_before_tls(imap("", caps_pre_source=ListSource.REFUSED))
    assert (refused.login, refused.reason) == (Login.UNKNOWN, Reason.LIST_REFUSED)


def test_a_pop3_server_without_capa_is_assumed_open_and_says_so() -> None:
    """Servers older than RFC 2449 would be called safe, or their verdict surer than it is."""
    fact = login_before_tls(pop3(caps_pre_source=ListSource.REFUSED))
    assert (fact.login, fact.grade, fact.reason) == (Login.YES, Evidence.ASSUMED, Reason.CAPA_REFUSED)


@pytest.mark.parametrize("list_says", ["IMAP4REV1", "IMAP4REV1 LOGINDISABLED"])
def test_a_confirmation_beats_the_list(list_says: str) -> None:
    """What --confirm found out would be thrown away."""
    accepted = login_before_tls(imap(list_says, confirmation=Confirmation.ACCEPTED))
    refused = login_before_tls(imap(list_says, confirmation=Confirmation.REFUSED))
    unclear = login_before_tls(imap(list_says, confirmation=Confirmation.UNCLEAR))
    assert (accepted.login, accepted.grade) == (Login.YES, Evidence.OFFERED)
    assert (refused.login, refused.grade) == (Login.NO, Evidence.OFFERED)
    assert unclear == login_before_tls(imap(list_says))


@pytest.mark.parametrize("confirmation", Confirmation)
def test_a_test_account_beats_everything(confirmation: Confirmation) -> None:
    """An audit's proof would be outvoted by a hint."""
    for proven, login in ((True, Login.YES), (False, Login.NO)):
        fact = login_before_tls(imap("IMAP4REV1", confirmation=confirmation, login_proven=proven))
        assert (fact.login, fact.grade) == (login, Evidence.PROVEN)


@pytest.mark.parametrize(
    ("capabilities", "kind"),
    [
        ("LOGINDISABLED", Mechanisms.NONE),
        ("LOGINDISABLED AUTH=CRAM-MD5 AUTH=DIGEST-MD5 AUTH=NTLM", Mechanisms.CHALLENGE_ONLY),
        (
            "LOGINDISABLED AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256-PLUS AUTH=GSSAPI AUTH=EXTERNAL",
            Mechanisms.STRONG_ONLY,
        ),
        ("LOGINDISABLED AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1", Mechanisms.MIXED),
        ("LOGINDISABLED AUTH=X-UNHEARD-OF", Mechanisms.MIXED),
    ],
)
def test_kinds_of_mechanism(capabilities: str, kind: Mechanisms) -> None:
    """A challenge that can be guessed offline would pass for a strong login."""
    assert login_before_tls(imap(capabilities)).mechanisms is kind


def test_apop_is_a_challenge() -> None:
    """A server with APOP alone would be called one without any login."""
    assert login_before_tls(pop3("UIDL", apop=True)).mechanisms is Mechanisms.CHALLENGE_ONLY
    assert login_before_tls(pop3("UIDL")).mechanisms is Mechanisms.NONE
