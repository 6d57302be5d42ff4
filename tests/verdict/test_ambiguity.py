"""Products that advertise what they then refuse: recognised by each of their marks, and only where it matters."""

import msgspec
import pytest

from openletter.dialogue.observation import Confirmation, Observation
from openletter.verdict.ambiguity import AMBIGUITIES, ambiguity_of
from openletter.verdict.classes import Class, Evidence
from openletter.verdict.examples import imap, pop3, upgraded
from openletter.verdict.login import login_before_tls
from openletter.verdict.verdict import judge

HMAIL = "IMAP4 IMAP4REV1 CHILDREN IDLE QUOTA SORT ACL STARTTLS NAMESPACE RIGHTS=TEXK"

AMBIGUOUS = {
    "courier by greeting": pop3("STLS", "USER", banner=b"+OK Hello there."),
    "courier by greeting with stamp": pop3("STLS", "USER", banner=b"+OK Hello there. <1@host>"),
    "courier by IMPLEMENTATION": pop3("STLS", "USER", "IMPLEMENTATION Courier Mail Server"),
    "courier by its list": pop3("STLS", "USER", "LOGIN-DELAY 10", "UTF8 USER"),
    "perdition pop3": pop3("STLS", "USER", banner=b"+OK POP3 Ready mail.example.org 0001ab2f"),
    "perdition imap": imap("IMAP4REV1 STARTTLS", banner=b"* OK IMAP4 Ready mail.example.org 0001ab2f"),
    "hmailserver pop3": pop3("STLS", "USER", banner=b"+OK POP3"),
    "hmailserver imap by greeting": imap("IMAP4REV1 STARTTLS", banner=b"* OK IMAPrev1"),
    "hmailserver imap by its list": imap(HMAIL, banner=b"* OK welcome"),
}

PLAIN = {
    "dovecot": pop3("STLS", "USER", banner=b"+OK Dovecot ready."),
    "greeting that only begins so": pop3("STLS", "USER", banner=b"+OK POP3 server ready"),
    "greeting that only holds it": pop3("STLS", "USER", banner=b"+OK Oh, +OK Hello there."),
    "hmailserver with AUTH=PLAIN, which it drops when TLS is required": imap(HMAIL + " AUTH=PLAIN"),
    "courier's imap": imap("IMAP4REV1 STARTTLS", banner=b"* OK Courier-IMAP ready."),
}


@pytest.mark.parametrize("seen", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_ambiguous(seen: Observation) -> None:
    """The verdict would look surer than it is."""
    verdict = judge(upgraded(seen))
    assert (verdict.class_, verdict.evidence) == (Class.TLS_OPTIONAL, Evidence.AMBIGUOUS)


@pytest.mark.parametrize("seen", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_without_starttls_there_is_nothing_to_refuse_for(seen: Observation) -> None:
    """A courier without any TLS would be called doubtful."""
    without = tuple(c for c in seen.caps_pre if c not in ("STLS", "STARTTLS"))
    fields = {name: getattr(seen, name) for name in seen.__struct_fields__}
    verdict = judge(Observation(**(fields | {"caps_pre": without})))
    assert (verdict.class_, verdict.evidence) == (Class.NO_TLS, Evidence.ADVERTISED)


@pytest.mark.parametrize("seen", PLAIN.values(), ids=PLAIN.keys())
def test_others_are_not_ambiguous(seen: Observation) -> None:
    """A server that means what it says would be excused."""
    assert judge(upgraded(seen)).evidence is Evidence.ADVERTISED


# Dovecot whose only mechanism is CRAM-MD5: measured in the lab, it refuses every LOGIN and every PASS.
CHALLENGE_DOVECOT = {
    "imap by greeting": imap(
        "IMAP4REV1 AUTH=CRAM-MD5", banner=b"* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready."
    ),
    "imap by its list": imap("IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=CRAM-MD5"),
    "pop3 by greeting": pop3("USER", "SASL CRAM-MD5", banner=b"+OK Dovecot ready."),
    "pop3 by its list": pop3(
        "CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE", "USER", "SASL CRAM-MD5"
    ),
}


@pytest.mark.parametrize("seen", CHALLENGE_DOVECOT.values(), ids=CHALLENGE_DOVECOT.keys())
def test_a_dovecot_without_plain_is_settled_by_a_refusal_of_plain(seen: Observation) -> None:
    """Else a server from which a password can only be guessed is said to take it in the clear, and with confirmation."""
    verdict = judge(seen)
    assert (verdict.class_, verdict.evidence) == (Class.NO_TLS, Evidence.AMBIGUOUS)
    verdict = judge(msgspec.structs.replace(seen, confirmation=Confirmation.MECHANISM_REFUSED))
    assert (verdict.class_, verdict.evidence) == (Class.CHALLENGE_ONLY_NO_TLS, Evidence.OFFERED)


@pytest.mark.parametrize("seen", CHALLENGE_DOVECOT.values(), ids=CHALLENGE_DOVECOT.keys())
def test_the_same_refusal_says_nothing_of_other_products(seen: Observation) -> None:
    """Cyrus refuses PLAIN where only CRAM-MD5 is configured, and takes LOGIN: it would be cleared."""
    kept = tuple(entry for entry in seen.caps_pre if entry not in ("SASL-IR", "CAPA"))
    other = msgspec.structs.replace(
        seen, banner=b"* OK ready", caps_pre=kept, confirmation=Confirmation.MECHANISM_REFUSED
    )
    verdict = judge(other)
    assert (verdict.class_, verdict.evidence) == (Class.NO_TLS, Evidence.ADVERTISED)


def test_every_entry_is_reached() -> None:
    """An entry that no case above holds could rot unseen."""
    cases = [*map(upgraded, AMBIGUOUS.values()), *CHALLENGE_DOVECOT.values()]
    reached = {ambiguity_of(seen, login_before_tls(seen).reason, starttls=True) for seen in cases}
    assert reached == set(AMBIGUITIES)
