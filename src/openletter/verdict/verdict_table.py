"""Verdicts as a flat table: a row an endpoint, in the order of the observations that they were made of."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import Mode, Protocol
from openletter.store.columns import ADDRESS_ORDER, FLAG, LIST, PORT, TEXT, WORD, Column, enumeration
from openletter.verdict.classes import Class, Evidence, Report, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import FindingName
from openletter.verdict.login import Reason
from openletter.verdict.verdict import RULES_VERSION, Verdict


class VerdictRow(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one endpoint, as it is stored."""

    ip: str
    port: int
    protocol: Protocol
    mode: Mode
    host: str
    country: str
    class_: Class
    severity: Severity
    worst: Severity
    """Of the class and the findings."""
    unknown: bool
    evidence: Evidence
    report: Report
    strict: bool
    wide: bool
    sibling: Sibling
    reason: Reason
    clause: str
    findings: tuple[FindingName, ...]


_PLACE = (
    Column("ip", TEXT),
    Column("port", PORT),
    Column("host", TEXT),
    Column("country", WORD),
)
"""Columns of the observations that are taken over as they are, after ``ip_sort``."""

PLACE_COLUMNS = ("ip_sort", *(column.name for column in _PLACE))

_VERDICT = (
    Column("protocol", enumeration(Protocol)),
    Column("mode", enumeration(Mode)),
    Column("class_", enumeration(Class)),
    Column("severity", enumeration(Severity)),
    Column("worst", enumeration(Severity)),
    Column("unknown", FLAG),
    Column("evidence", enumeration(Evidence)),
    Column("report", enumeration(Report)),
    Column("strict", FLAG),
    Column("wide", FLAG),
    Column("sibling", enumeration(Sibling)),
    Column("reason", enumeration(Reason)),
    Column("clause", WORD),
)


def _name(column: Column) -> str:
    return "class" if column.path == "class_" else column.name


SCHEMA: Any = pa.schema(
    [
        pa.field("ip_sort", ADDRESS_ORDER.arrow, nullable=False),
        *(pa.field(_name(c), c.kind.arrow, nullable=False) for c in (*_PLACE, *_VERDICT)),
        pa.field("findings", LIST.arrow, nullable=False),
    ],
    metadata={b"openletter.verdicts": b"1", b"openletter.rules": RULES_VERSION.encode()},
)
"""A ``pyarrow.Schema``."""


def to_table(observations: Any, verdicts: Sequence[Verdict], which: Any) -> Any:
    """A ``pyarrow.Table``: a row for each row of ``observations`` (a table with ``PLACE_COLUMNS`` at least) with the
    verdict that ``which``, an integer array as long, names by its place in ``verdicts``."""
    findings = pa.array([[str(f.name) for f in verdict.findings] for verdict in verdicts], LIST.arrow)
    return pa.Table.from_arrays(
        [
            *(observations.column(name) for name in PLACE_COLUMNS),
            *(column.array(verdicts).take(which) for column in _VERDICT),
            findings.take(which),
        ],
        schema=SCHEMA,
    )


def from_table(table: Any) -> list[VerdictRow]:
    """The rows of a ``pyarrow.Table`` with this schema."""
    columns = (*_PLACE, *_VERDICT)
    values = [column.values(table.column(_name(column))) for column in columns]
    findings = [tuple(map(FindingName, names)) for names in table.column("findings").to_pylist()]
    names = [*(column.path for column in columns), "findings"]
    return [VerdictRow(**dict(zip(names, row, strict=True))) for row in zip(*values, findings, strict=True)]
