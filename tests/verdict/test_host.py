"""A host's verdict from its endpoints."""

import pytest

from openletter.dialogue.observation import Greeting, ListSource, Observation, Protocol, Reply, Tcp
from openletter.verdict.classes import Severity
from openletter.verdict.examples import ALERT, TIMED_OUT, imap, implicit, pop3, seen, upgraded
from openletter.verdict.host import Label, judge_host
from openletter.verdict.verdict import judge

IMAP, POP3 = Protocol.IMAP, Protocol.POP3
CLOSED = seen(IMAP, tcp=Tcp.REFUSED, greeting=Greeting.NOT_REACHED)
OPEN_IMAP, OPEN_POP3 = imap("IMAP4REV1"), pop3("USER")
OPTIONAL = upgraded(imap("IMAP4REV1 STARTTLS"))
REQUIRED = upgraded(imap("IMAP4REV1 STARTTLS LOGINDISABLED"))
BROKEN = imap("STARTTLS LOGINDISABLED", starttls_reply=Reply.NO)
TLS = implicit(IMAP)
SILENT = seen(POP3, greeting=Greeting.SILENT)
PREAUTH = imap("IMAP4REV1", greeting=Greeting.PREAUTH)

LABELS: list[tuple[str, list[Observation], Label]] = [
    ("nothing", [], Label.UNKNOWN),
    ("closed ports", [CLOSED, CLOSED], Label.UNKNOWN),
    ("another service", [seen(IMAP, greeting=Greeting.OTHER)], Label.UNKNOWN),
    ("cleartext alone", [OPEN_IMAP, OPEN_POP3, CLOSED], Label.ALL_CLEARTEXT),
    ("cleartext, dead TLS port", [OPEN_IMAP, implicit(IMAP, ALERT)], Label.ALL_CLEARTEXT),
    ("open mailbox", [PREAUTH], Label.ALL_CLEARTEXT),
    ("cleartext beside 993", [OPEN_IMAP, TLS], Label.TLS_AVAILABLE_NOT_REQUIRED),
    ("STARTTLS optional", [OPTIONAL], Label.TLS_AVAILABLE_NOT_REQUIRED),
    ("pop3 open, imap good", [OPEN_POP3, REQUIRED, TLS], Label.TLS_AVAILABLE_NOT_REQUIRED),
    ("STARTTLS required", [REQUIRED, TLS], Label.TLS_REQUIRED),
    ("broken STARTTLS beside 993", [BROKEN, TLS], Label.TLS_REQUIRED),
    ("993 alone", [TLS, CLOSED], Label.IMPLICIT_ONLY),
    ("TLS on 143", [seen(IMAP, greeting=Greeting.TLS_RECORD)], Label.IMPLICIT_ONLY),
    ("open mailbox inside TLS", [implicit(IMAP, greeting=Greeting.PREAUTH)], Label.IMPLICIT_ONLY),
    ("broken everywhere", [BROKEN, implicit(IMAP, ALERT)], Label.BROKEN),
    ("no login at all", [imap("LOGINDISABLED")], Label.BROKEN),
    ("silent 110 beside 993", [SILENT, TLS], Label.UNKNOWN),
    ("silent 110 beside open 143", [SILENT, OPEN_IMAP], Label.ALL_CLEARTEXT),
    ("no answer to a hello", [implicit(IMAP, TIMED_OUT)], Label.UNKNOWN),
    ("no list", [imap("", caps_pre_source=ListSource.NO_ANSWER)], Label.UNKNOWN),
]


@pytest.mark.parametrize(("says", "observed", "label"), LABELS, ids=[row[0] for row in LABELS])
def test_label(says: str, observed: list[Observation], label: Label) -> None:
    """The one line of a host would promise more, or less, than its ports show."""
    assert judge_host(map(judge, observed)).label is label
    assert judge_host(map(judge, reversed(observed))).label is label


def test_every_label_is_reached() -> None:
    """A label that nothing reaches is a promise that is not kept."""
    assert {row[2] for row in LABELS} == set(Label)


def test_the_worst_endpoint_gives_the_severity() -> None:
    """An open mailbox would hide behind a good TLS port."""
    assert judge_host(map(judge, [TLS, PREAUTH, REQUIRED])).severity is Severity.CRITICAL
    assert judge_host(map(judge, [TLS, CLOSED])).severity is Severity.INFO
    assert judge_host([]).severity is Severity.NONE


def test_counts_by_protocol_both_and_either() -> None:
    """Statistics of hosts would add endpoints up twice or not at all."""
    both = judge_host(map(judge, [OPEN_IMAP, OPEN_POP3]))
    assert (both.strict.both, both.strict.either, both.wide.both) == (True, True, True)
    one = judge_host([judge(OPEN_IMAP), judge(upgraded(pop3("STLS", "USER")))])
    assert (one.strict.imap, one.strict.pop3, one.strict.both, one.strict.either) == (
        True,
        False,
        False,
        True,
    )
    assert (one.wide.imap, one.wide.pop3) == (True, True)
    none = judge_host(map(judge, [REQUIRED, TLS]))
    assert not none.wide.either
    assert not none.strict.either
