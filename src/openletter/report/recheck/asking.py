"""One dialogue with one endpoint, as the survey had it, and its verdict."""

import msgspec

from openletter.dialogue.observation import Endpoint, Observation
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target
from openletter.report.recheck.ledger import Evidence
from openletter.survey.gate import Gate
from openletter.survey.plan import Plan
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.faults import certificate_faults
from openletter.tls.trust import Trust
from openletter.verdict.facts import derive
from openletter.verdict.findings import CertificateFault
from openletter.verdict.verdict import judge_facts
from openletter.verdict.verdict_table import VerdictRow

MOST_S = 60.0
"""Of a whole dialogue: somebody waits for it, and a survey's ninety seconds are for those who answer drop by drop."""


def endpoint_of(row: VerdictRow) -> Endpoint:
    """The same address, port and protocol as those of a verdict."""
    return Endpoint(
        ip=row.ip, port=row.port, protocol=row.protocol, mode=row.mode, host=row.host, country=row.country
    )


class Asking:
    """What is sent is what a survey sends, without the confirmation: nothing that needs more leave than that."""

    def __init__(self, plan: Plan, endpoint: Endpoint, gate: Gate) -> None:
        """``plan``: of the survey under whose conditions it is asked."""
        conditions = plan.conditions
        scaled = Deadlines().scaled(conditions.timeout)
        deadlines = Deadlines(
            connect=scaled.connect,
            greeting=scaled.greeting,
            reply=scaled.reply,
            handshake=scaled.handshake,
            quiet=scaled.quiet,
            total=min(scaled.total, MOST_S),
        )
        self._endpoint = endpoint
        self._book = CertificateBook()
        self._engine = Engine(
            FastClient(self._book),
            deadlines=deadlines,
            concurrency=1,
            host_gap=min(conditions.host_gap, MOST_S / 4),
            sources=plan.vantage.sources,
            may_connect=gate.may_connect,
            each_turn=self._each_turn,
        )
        self._stopped = False

    def stop(self) -> None:
        """Give up; ``run`` returns soon. From any thread."""
        self._stopped = True
        self._engine.stop()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def _each_turn(self) -> None:
        if self._stopped:
            # It may have come a moment before the engine began.
            self._engine.stop()

    def run(self) -> Evidence | None:
        """Blocks for as long as the dialogue takes, at most ``MOST_S`` seconds and a little. None where the gate forbade it, or
        it was stopped. Raises OutOfResourcesError."""
        seen: list[Observation] = []
        self._engine.run([Target(self._endpoint)], lambda _, observation: seen.append(observation))
        if not seen:
            return None
        return Evidence(seen[0], self._book.chain(seen[0].tls.chain))


def judged(evidence: Evidence, before: VerdictRow, trust: Trust) -> VerdictRow:
    """The verdict on what was seen. What the other port of the host says is taken from the verdict ``before``: only the one
    endpoint was asked."""
    seen = evidence.observation
    found = certificate_faults(evidence.chain, at=seen.started, host=seen.host, trust=trust)
    verdict = judge_facts(derive(seen, before.sibling, frozenset(map(CertificateFault, found))))
    return msgspec.structs.replace(
        before,
        class_=verdict.class_,
        severity=verdict.severity,
        worst=verdict.worst,
        unknown=verdict.unknown,
        evidence=verdict.evidence,
        report=verdict.report,
        strict=verdict.strict,
        wide=verdict.wide,
        reason=verdict.reason,
        clause=verdict.clause,
        findings=tuple(finding.name for finding in verdict.findings),
    )
