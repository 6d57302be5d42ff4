"""What a second look came to. What a user loses when these fail: an owner who is told that a server is mended which is not, or
that it is not when nothing is left to do."""

import pytest

from openletter.dialogue.observation import Protocol
from openletter.report.recheck.outcome import Outcome, outcome_of, own_faults
from openletter.subscriber.report_type import ReportType
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName

WHOLE = Subscriber(slug="a", name="A")
EXPIRED = (FindingName.CERT_EXPIRED,)
GUESSING = (FindingName.PASSWORD_GUESSING_EXPOSED,)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ((Class.NO_TLS,), (Class.TLS_REQUIRED,), Outcome.MENDED),
        ((Class.NO_TLS,), (Class.TLS_REQUIRED, GUESSING), Outcome.MENDED),
        ((Class.NO_TLS,), (Class.NOT_MAIL,), Outcome.MENDED),
        ((Class.NO_TLS,), (Class.TLS_REQUIRED, EXPIRED), Outcome.BETTER),
        ((Class.NO_TLS,), (Class.TLS_OPTIONAL,), Outcome.BETTER),
        ((Class.NO_TLS,), (Class.STARTTLS_BROKEN,), Outcome.BETTER),
        ((Class.TLS_OPTIONAL, EXPIRED), (Class.TLS_OPTIONAL,), Outcome.BETTER),
        ((Class.NO_TLS,), (Class.NO_TLS,), Outcome.UNCHANGED),
        ((Class.TLS_REQUIRED, EXPIRED), (Class.TLS_REQUIRED, EXPIRED), Outcome.UNCHANGED),
        ((Class.TLS_OPTIONAL,), (Class.NO_TLS,), Outcome.WORSE),
        ((Class.TLS_REQUIRED, EXPIRED), (Class.TLS_OPTIONAL,), Outcome.WORSE),
        ((Class.NO_TLS,), (Class.PREAUTH_EXPOSED,), Outcome.WORSE),
        ((Class.TLS_OPTIONAL,), (Class.TLS_OPTIONAL, EXPIRED), Outcome.WORSE),
        ((Class.NO_TLS,), (Class.UNREACHABLE,), Outcome.UNREACHED),
        ((Class.TLS_REQUIRED, EXPIRED), (Class.UNREACHABLE,), Outcome.UNREACHED),
    ],
)
def test_what_is_said_of_two_sights(verdict_row, before, after, outcome):
    assert outcome_of(verdict_row(*before), verdict_row(*after), WHOLE) is outcome


def test_what_is_not_known_is_neither_mended_nor_not(verdict_row):
    silent = verdict_row(Class.SILENT, unknown=True)
    assert outcome_of(verdict_row(), silent, WHOLE) is Outcome.UNKNOWN


def test_a_tls_port_that_does_not_work_is_not_mended(verdict_row):
    """It is in no report, but nobody has seen it in order."""
    broken = verdict_row(Class.IMPLICIT_BROKEN)
    assert outcome_of(verdict_row(Class.CLEARTEXT_ON_TLS_PORT), broken, WHOLE) is not Outcome.MENDED


def test_what_an_owner_is_not_told_of_keeps_nothing_open(verdict_row):
    after = verdict_row(Class.TLS_REQUIRED, EXPIRED)
    for owner in (
        Subscriber(slug="a", name="A", minimum=Severity.MEDIUM),
        Subscriber(slug="a", name="A", reports=(ReportType.SCAN_IMAP_VULNERABLE,)),
    ):
        assert outcome_of(verdict_row(), after, owner) is Outcome.MENDED
    pop3 = verdict_row(Class.NO_TLS, protocol=Protocol.POP3)
    assert own_faults(pop3, Subscriber(slug="a", name="A", reports=(ReportType.SCAN_IMAP_VULNERABLE,))) == ()
