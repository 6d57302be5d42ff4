"""How severe the classes of the endpoints are that answered."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.where import of_country
from openletter.verdict.classes import Severity


class SeverityCount(msgspec.Struct, frozen=True):
    severity: Severity
    """Of the class; findings have severities of their own."""
    pop3: int
    imap: int
    endpoints: int
    unknown: int
    """Of them."""
    wide: int
    """Of them."""


class _Row(msgspec.Struct, frozen=True):
    severity: str
    pop3: int
    imap: int
    endpoints: int
    unknown: int
    wide: int


def by_severity(verdicts: Verdicts, *, country: str | None = None) -> tuple[SeverityCount, ...]:
    """The worst first; those that occur."""
    where, parameters = of_country(country)
    only = "coalesce(sum(n) FILTER (WHERE {}), 0)::BIGINT".format
    columns = ", ".join(map(only, ("protocol = 'pop3'", "protocol = 'imap'", "true", "unknown", "wide")))
    sql = f"SELECT severity, {columns} FROM endpoints WHERE class <> 'unreachable' AND {where} GROUP BY severity"  # noqa: S608
    found = [
        SeverityCount(Severity(row.severity), *msgspec.structs.astuple(row)[1:])
        for row in verdicts.ask(sql, _Row, parameters)
    ]
    return tuple(sorted(found, key=lambda one: one.severity.rank))
