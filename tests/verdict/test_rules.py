"""Generated from the table: every rule gives its class, no class is out of reach, nothing falls through."""

import itertools
import re

import pytest

from openletter.dialogue.observation import Mode, Protocol
from openletter.verdict.classes import STRICT, WIDE, Class, Report, Severity
from openletter.verdict.examples import Example
from openletter.verdict.facts import Contact, Facts, Sibling, Tls, derive
from openletter.verdict.login import Login, Mechanisms
from openletter.verdict.rules import RULES, Rule
from openletter.verdict.verdict import judge_facts, rule_for

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.number}-{rule.cls}-{example.says}")
    for rule in RULES
    for example in rule.examples
]

ALL_FACTS = [
    Facts(
        protocol=Protocol.IMAP,
        mode=mode,
        contact=contact,
        tls=tls,
        sibling=sibling,
        login=login,
        mechanisms=mechanisms,
    )
    for mode, contact, tls, sibling, login, mechanisms in itertools.product(
        Mode, Contact, Tls, Sibling, Login, Mechanisms
    )
]

# VERDICTS §2, copied by hand and not from the code: number, class, report, severity.
VERDICTS = """
1 unreachable none none
2 silent none info
3 not_mail none none
4 implicit_on_cleartext_port accessible low
5 refused_by_policy none info
6 preauth_exposed vulnerable critical
7 cleartext_on_tls_port vulnerable medium
8 implicit_broken none low
9 no_tls vulnerable medium
10 cleartext_port_open vulnerable medium
11 tls_optional vulnerable medium
12 starttls_broken_cleartext_open vulnerable medium
13 starttls_broken accessible low
14 challenge_only_no_tls vulnerable medium
15 no_secure_login accessible low
16 tls_required accessible low
17 implicit_tls accessible info
18 unknown_auth none info
"""


def test_table_is_that_of_verdicts() -> None:
    """A slip in the table would be every user's wrong severity."""
    ours = [f"{r.number} {r.cls} {r.report} {r.severity}" for r in RULES]
    assert ours == VERDICTS.strip().splitlines()


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example_gets_its_rule(rule: Rule, example: Example) -> None:
    """A real server's way of speaking would be called by another name."""
    facts = derive(example.seen, example.sibling)
    assert rule_for(facts).cls is rule.cls
    verdict = judge_facts(facts)
    assert (verdict.class_, verdict.severity, verdict.report) == (rule.cls, rule.severity, rule.report)


def test_every_class_has_a_rule_and_every_rule_an_example() -> None:
    """A class that nothing reaches is a promise that is not kept."""
    assert [rule.cls for rule in RULES] == list(Class)
    assert [rule.number for rule in RULES] == list(range(1, 19))
    assert all(rule.examples for rule in RULES)


def test_all_facts_get_a_rule_and_the_last_one_only_for_want_of_knowledge() -> None:
    """A combination nobody thought of would stop a survey, or be called unknown though everything is known."""
    for facts in ALL_FACTS:
        rule = rule_for(facts)
        if rule.cls is Class.UNKNOWN_AUTH:
            unreal = (facts.mode is Mode.CLEARTEXT and facts.contact is Contact.NOT_REACHED) or (
                facts.mode is Mode.CLEARTEXT and facts.tls is Tls.UNDECIDED
            )
            unfinished = facts.tls is Tls.UNTESTED or (
                facts.mode is Mode.IMPLICIT and facts.tls is Tls.ABSENT
            )
            assert facts.login is Login.UNKNOWN or unfinished or unreal, facts


def test_order_matters_exactly_where_it_is_meant_to() -> None:
    """Two rules that hold together would answer by chance once someone reorders the table."""
    overlaps = {
        (a.number, b.number)
        for a, b in itertools.combinations(RULES[:-1], 2)
        if any(a.condition(f) and b.condition(f) for f in ALL_FACTS)
    }
    # On a TLS port the connection comes first, then the greeting (inside or in the clear), then TLS itself.
    not_ok = itertools.product((1, 2, 3, 4, 5, 6), (8, 17))
    # A greeting in the clear there is worse news than the handshake that failed for it.
    assert overlaps == {*not_ok, (7, 8), (14, 15)}


def test_swapping_overlapping_rules_would_change_an_example() -> None:
    """The order of the table would not be held by any test."""
    changed = set()
    for a, b in ((2, 17), (3, 17), (5, 17), (6, 17), (7, 8), (14, 15)):
        for example in RULES[a - 1].examples:
            facts = derive(example.seen, example.sibling)
            if RULES[b - 1].condition(facts):
                changed.add((a, b))
    assert changed == {(2, 17), (3, 17), (5, 17), (6, 17), (7, 8), (14, 15)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cls)
def test_clause_names_an_rfc_and_a_section(rule: Rule) -> None:
    """A user could not look up what the verdict rests on."""
    if rule.clause:
        assert re.fullmatch(r"RFC \d{4}( §[\d.]+)?(, RFC \d{4} §[\d.]+)*", rule.clause)
    else:
        assert rule.report is not Report.VULNERABLE


def test_what_is_wide_is_reported_as_vulnerable_and_at_least_medium() -> None:
    """The vulnerable reports hold the wide set (VERDICTS §3)."""
    for rule in RULES:
        if rule.cls in WIDE:
            assert rule.report is Report.VULNERABLE
            assert rule.severity >= Severity.MEDIUM
    assert STRICT < WIDE
