"""From observations to a verdict: pure, so that a stored survey can be judged again under newer rules.

Steps: the observation is reduced to its facts (``facts``), the first rule that holds gives the class (``rules``), every
modifier that holds gives a finding (``modifiers``). Equal facts are judged once.
"""

from collections.abc import Iterable

import msgspec

from openletter.dialogue.observation import Mode, Observation, Protocol
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.facts import Facts, Sibling, Tls, derive, sibling_of
from openletter.verdict.findings import CertificateFault, Finding
from openletter.verdict.login import Reason
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES, Rule

RULES_VERSION = "1"
"""Raised whenever some observation would get another verdict than before."""

_REMEMBERED = 65_536
"""Distinct facts kept: an Internet has a few thousand; a hostile one cannot make it grow without end."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint is, why, and how sure that is."""

    class_: Class = msgspec.field(name="class")
    severity: Severity
    """Of the class. Findings have their own; ``worst`` is over both."""
    unknown: bool
    """It answered, but what it exposes is not known. Never affected."""
    evidence: Evidence
    report: Report
    strict: bool
    """No TLS to be had (VERDICTS §3)."""
    wide: bool
    """A password can cross in the clear."""
    sibling: Sibling
    findings: tuple[Finding, ...]
    reason: Reason
    """Why the login before TLS is said to be open, closed or unknown."""
    clause: str
    protocol: Protocol
    mode: Mode

    @property
    def worst(self) -> Severity:
        """The worst of the class and its findings."""
        return max((self.severity, *(finding.severity for finding in self.findings)))


def rule_for(facts: Facts) -> Rule:
    """The first rule that holds. The last one always does."""
    return next(rule for rule in RULES if rule.condition(facts))


def judge_facts(facts: Facts) -> Verdict:
    """The verdict on facts; the same object for equal facts."""
    verdict = _verdicts.get(facts)
    if verdict is None:
        if len(_verdicts) >= _REMEMBERED:
            _verdicts.clear()
        verdict = _verdicts[facts] = _judge(facts)
    return verdict


def judge(
    observation: Observation,
    sibling_observation: Observation | None = None,
    certificate_faults: Iterable[str] = frozenset(),
) -> Verdict:
    """The verdict on an endpoint.

    ``sibling_observation`` is that of 993 for 143 and of 995 for 110 on the same host, ``None`` where it was not probed.
    ``certificate_faults`` are names of ``CertificateFault``; another word raises ``ValueError``.
    """
    faults = frozenset(map(CertificateFault, certificate_faults))
    return judge_facts(derive(observation, sibling_of(sibling_observation), faults))


def _judge(facts: Facts) -> Verdict:
    rule = rule_for(facts)
    cls = rule.cls
    unknown = cls in UNKNOWN or (cls is Class.IMPLICIT_BROKEN and facts.tls is Tls.UNDECIDED)
    return Verdict(
        class_=cls,
        severity=rule.severity,
        unknown=unknown,
        evidence=facts.grade,
        report=rule.report,
        strict=cls in STRICT,
        wide=cls in WIDE,
        sibling=facts.sibling,
        findings=tuple(
            Finding(modifier.name, modifier.severity, modifier.clause)
            for modifier in MODIFIERS
            if modifier.condition(facts)
        ),
        reason=facts.reason,
        clause=rule.clause,
        protocol=facts.protocol,
        mode=facts.mode,
    )


_verdicts: dict[Facts, Verdict] = {}
