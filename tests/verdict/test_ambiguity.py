"""Products that advertise what they then refuse: recognised by each of their marks, and only where it matters."""

import pytest

from openletter.dialogue.observation import Observation
from openletter.verdict.ambiguity import AMBIGUITIES
from openletter.verdict.classes import Class, Evidence
from openletter.verdict.examples import imap, pop3, upgraded
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


def test_every_entry_is_reached() -> None:
    """An entry that no case above holds could rot unseen."""
    from openletter.verdict.ambiguity import _applies
    from openletter.verdict.login import login_before_tls

    for entry in AMBIGUITIES:
        assert any(_applies(entry, seen, login_before_tls(seen).reason) for seen in AMBIGUOUS.values())
