"""How many endpoints have each fault that stands beside a class. Of an enriched survey."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.where import of_country
from openletter.verdict.classes import Severity
from openletter.verdict.modifiers import MODIFIERS

_SEVERITIES = {str(modifier.name): modifier.severity for modifier in MODIFIERS}


def severity_of(finding: str) -> Severity:
    """``none`` for one that this program does not know."""
    return _SEVERITIES.get(finding, Severity.NONE)


class FindingCount(msgspec.Struct, frozen=True):
    finding: str
    """As :class:`openletter.verdict.findings.FindingName` has it, or a later version of it."""
    severity: Severity
    """Of the finding; ``none`` where this program does not know it."""
    pop3: int
    imap: int
    endpoints: int


class _Row(msgspec.Struct, frozen=True):
    finding: str
    pop3: int
    imap: int
    endpoints: int


def by_finding(verdicts: Verdicts, *, country: str | None = None) -> tuple[FindingCount, ...]:
    """The most frequent first. An endpoint counts for each of its findings. Raises NotEnrichedError."""
    verdicts.need("findings")
    where, parameters = of_country(country)
    only = "coalesce(sum(n) FILTER (WHERE {}), 0)::BIGINT".format
    columns = ", ".join(map(only, ("protocol = 'pop3'", "protocol = 'imap'", "true")))
    sql = f"SELECT finding, {columns} FROM findings WHERE {where} GROUP BY finding ORDER BY sum(n) DESC, finding"  # noqa: S608
    return tuple(
        FindingCount(row.finding, severity_of(row.finding), row.pop3, row.imap, row.endpoints)
        for row in verdicts.ask(sql, _Row, parameters)
    )
