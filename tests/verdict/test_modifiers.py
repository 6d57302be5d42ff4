"""Generated from the table of modifiers."""

import re

import msgspec
import pytest

from openletter.dialogue.observation import ListSource, Protocol, Reply
from openletter.verdict.classes import Severity
from openletter.verdict.examples import Example, imap, implicit, pop3, upgraded
from openletter.verdict.facts import derive
from openletter.verdict.findings import CertificateFault, FindingName
from openletter.verdict.modifiers import MODIFIERS, UNMODIFIED, Modifier
from openletter.verdict.verdict import judge, judge_facts

EXAMPLES = [
    pytest.param(modifier, example, id=f"{modifier.name}-{example.says}")
    for modifier in MODIFIERS
    for example in modifier.examples
]


def findings(example: Example) -> list[FindingName]:
    verdict = judge_facts(derive(example.seen, example.sibling, example.certificate_faults))
    return [finding.name for finding in verdict.findings]


@pytest.mark.parametrize(("modifier", "example"), EXAMPLES)
def test_example_gets_its_finding_and_no_other(modifier: Modifier, example: Example) -> None:
    """A fault would be missed, or one be told that is not there."""
    assert findings(example) == [modifier.name]


@pytest.mark.parametrize("example", UNMODIFIED, ids=lambda example: example.says)
def test_ordinary_servers_have_no_finding(example: Example) -> None:
    """Reports would be full of faults of healthy servers."""
    assert findings(example) == []


def test_every_name_is_reached() -> None:
    """A finding of VERDICTS that no modifier gives."""
    assert [modifier.name for modifier in MODIFIERS] == list(FindingName)
    assert {fault.finding for fault in CertificateFault} <= set(FindingName)


def test_severities_and_clauses() -> None:
    """VERDICTS fixes two severities; all findings need a clause that can be looked up and a reason."""
    by_name = {modifier.name: modifier for modifier in MODIFIERS}
    assert by_name[FindingName.ANONYMOUS_LOGIN].severity is Severity.HIGH
    assert by_name[FindingName.PASSWORD_GUESSING_EXPOSED].severity is Severity.INFO
    for modifier in MODIFIERS:
        assert re.match(r"RFC \d{4}", modifier.clause)
        assert modifier.because
        assert modifier.severity is not Severity.NONE


def test_unknown_certificate_fault_is_an_error() -> None:
    """A fault under a misspelt name would vanish."""
    with pytest.raises(ValueError, match="cert_rusty"):
        judge(implicit(Protocol.IMAP), None, {"cert_rusty"})


@pytest.mark.parametrize(
    "word", ["XXXXXXX", "XXXXXXXXX", "XOAUTH2X", "AXXXXXXX", "X", "XXXX"], ids=lambda word: word
)
def test_other_words_of_x_are_not_mangled_starttls(word: str) -> None:
    """X- extensions would be taken for a middlebox."""
    assert not derive(imap(f"IMAP4REV1 {word}")).starttls_mangled


def test_silence_about_a_list_does_not_make_starttls_hidden() -> None:
    """Nobody knows whether it was advertised; a refused list is what every client sees."""
    quiet = upgraded(imap("", caps_pre_source=ListSource.NO_ANSWER))
    refused = upgraded(pop3(caps_pre_source=ListSource.REFUSED))
    assert not derive(quiet).hidden_starttls
    assert derive(refused).hidden_starttls


def test_a_private_address_is_not_exposed_to_guessing() -> None:
    """Every server of an internal audit would carry the finding."""
    at_home = imap("IMAP4REV1", ip="10.0.0.1")
    assert FindingName.PASSWORD_GUESSING_EXPOSED not in [f.name for f in judge(at_home).findings]
    abroad = msgspec.structs.replace(at_home, ip="1.1.1.1")
    assert FindingName.PASSWORD_GUESSING_EXPOSED in [f.name for f in judge(abroad).findings]


def test_command_injection_needs_a_positive_answer() -> None:
    """A test that was negative, or never made, would be told as a fault."""
    for answer in (None, False):
        seen = upgraded(pop3("STLS", "USER", command_injection=answer), "USER")
        assert judge(seen).findings == ()


def test_a_weak_version_counts_only_where_it_was_agreed_on() -> None:
    """What a failed ServerHello named was never in force."""
    from openletter.verdict.examples import ALERT

    failed = msgspec.structs.replace(ALERT, version="TLSv1")
    seen = imap("IMAP4REV1 STARTTLS", starttls_reply=Reply.OK, handshake=failed)
    assert not derive(seen).weak_version
