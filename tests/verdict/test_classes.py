"""The words of a verdict compare and count as VERDICTS says."""

import pytest

from openletter.verdict.classes import NOT_IN_DENOMINATOR, STRICT, UNKNOWN, WIDE, Class, Evidence, Severity


def test_severity_orders_from_critical_to_none_so_that_fail_on_works() -> None:
    """`--fail-on medium` would pass a critical host if the words compared as text."""
    ordered = ["critical", "high", "medium", "low", "info", "none"]
    assert [s.value for s in sorted(Severity, reverse=True)] == ordered
    assert Severity.CRITICAL > Severity.HIGH >= Severity.HIGH > Severity.INFO
    assert Severity.LOW < Severity.MEDIUM <= Severity.MEDIUM
    assert Severity.HIGH > "low"
    assert max(Severity.INFO, Severity.MEDIUM, Severity.LOW) is Severity.MEDIUM


def test_evidence_orders_from_proven_to_assumed() -> None:
    """A report that keeps the best evidence of a host would keep the worst."""
    ordered = ["proven", "offered", "advertised", "ambiguous", "assumed"]
    assert [e.value for e in sorted(Evidence, reverse=True)] == ordered


def test_comparing_with_a_foreign_word_is_an_error() -> None:
    """A misspelt --fail-on would be compared by the alphabet."""
    with pytest.raises(ValueError, match="mediun"):
        _ = Severity.LOW < "mediun"


def test_sets_are_those_of_verdicts_section_3() -> None:
    """Every published number rests on these sets."""
    assert {c.value for c in STRICT} == {"no_tls", "cleartext_on_tls_port"}
    assert {c.value for c in WIDE - STRICT} == {
        "cleartext_port_open",
        "tls_optional",
        "starttls_broken_cleartext_open",
        "challenge_only_no_tls",
    }
    assert {c.value for c in UNKNOWN} == {"silent", "refused_by_policy", "unknown_auth"}
    assert {c.value for c in NOT_IN_DENOMINATOR} == {"unreachable"}
    assert not UNKNOWN & WIDE
    assert len(Class) == 18
