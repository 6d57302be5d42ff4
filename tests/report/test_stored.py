"""A stored endpoint is told of as a checked one."""

import pyarrow as pa
import pytest

from openletter.dialogue.observation import Observation, Protocol
from openletter.report.host import host_reports
from openletter.report.record import to_json
from openletter.report.stored import finding, stored_report, stored_verdict
from openletter.store.observation_table import SCHEMA, to_batch
from openletter.tls.book import CertificateBook
from openletter.tls.trust import Trust
from openletter.verdict.examples import imap, implicit
from openletter.verdict.facts import Sibling, derive
from openletter.verdict.findings import FindingName
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES, Rule
from openletter.verdict.verdict import judge_facts
from openletter.verdict.verdict_table import VerdictRow, from_table, to_table


def _row(seen: Observation, sibling: Sibling = Sibling.UNKNOWN) -> VerdictRow:
    verdict = judge_facts(derive(seen, sibling))
    observations = pa.Table.from_batches([to_batch([seen])], schema=SCHEMA)
    return from_table(to_table(observations, [verdict], pa.array([0], pa.int64())))[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cls.value)
def test_a_stored_verdict_is_the_one_that_was_made(rule: Rule) -> None:
    """A page would tell of another class, severity or finding than the counts."""
    for example in rule.examples:
        made = judge_facts(derive(example.seen, example.sibling))
        assert stored_verdict(_row(example.seen, example.sibling)) == made


def test_every_finding_has_its_severity_back() -> None:
    """An endpoint with a finding that the page does not know would be an error page."""
    assert {finding(name).name for name in FindingName} == set(FindingName)
    for modifier in MODIFIERS:
        assert finding(modifier.name).severity is modifier.severity


def test_the_record_is_that_of_check() -> None:
    """A program that reads `check --json` could not read the API."""
    seen = imap("IMAP4REV1 AUTH=PLAIN")
    beside = implicit(Protocol.IMAP)
    checked = host_reports([seen], CertificateBook(), Trust())[0].endpoints[0]
    assert to_json(stored_report(_row(seen), seen, (), [seen])) == to_json(checked)
    # The product is what the most telling endpoint of the host says.
    assert stored_report(_row(seen), seen, (), [seen, beside]).observation is seen
