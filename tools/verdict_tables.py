"""Writes the tables of docs/method/verdicts.md anew from the code; a test holds the two together.

In the page a table stands between two comments, ``<!-- table: NAME -->`` and ``<!-- end -->``; all else is written by
hand.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from openletter.remedy.wording import CATALOGUES
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Report, Severity
from openletter.verdict.host import Label
from openletter.verdict.login import Reason
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES

PAGE = Path(__file__).parent.parent / "docs" / "method" / "verdicts.md"
WORDS = CATALOGUES["en"]

_PLACE = re.compile(r"(?<=<!-- table: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _code(word: StrEnum) -> str:
    return f"`{word.value}`"


def _counted(cls: Class) -> str:
    if cls in STRICT:
        return "strict, wide"
    if cls in WIDE:
        return "wide"
    return "unknown" if cls in UNKNOWN else "–"


def _classes() -> str:
    return _table(
        ["", "class", "what it means", "severity", "counted", "report", "standard"],
        (
            [
                str(rule.number),
                _code(rule.cls),
                WORDS.classes[rule.cls].title,
                "–" if rule.severity is Severity.NONE else rule.severity.value,
                _counted(rule.cls),
                "–" if rule.report is Report.NONE else rule.report.value,
                rule.clause or "–",
            ]
            for rule in RULES
        ),
    )


def _findings() -> str:
    return _table(
        ["finding", "what it means", "severity", "because", "standard"],
        (
            [_code(m.name), WORDS.findings[m.name].title, m.severity.value, m.because, m.clause]
            for m in MODIFIERS
        ),
    )


def _standards() -> str:
    said = [WORDS.classes[rule.cls] for rule in RULES] + [WORDS.findings[m.name] for m in MODIFIERS]
    rows = dict.fromkeys((words.clause, words.law) for words in said if words.clause)
    return _table(["standard", "in our words"], sorted(rows))


def _severities() -> str:
    shown = [severity for severity in Severity if severity is not Severity.NONE]
    return _table(
        ["severity", "meaning"],
        ([severity.value, WORDS.severities[severity].partition(": ")[2]] for severity in shown),
    )


def _evidence() -> str:
    return _table(
        ["grade", "meaning"],
        ([grade.value, WORDS.evidence[grade].partition(": ")[2]] for grade in Evidence),
    )


def _reasons() -> str:
    return _table(["reason", "meaning"], ([_code(reason), WORDS.reasons[reason]] for reason in Reason))


def _labels() -> str:
    return _table(["label", "meaning"], ([_code(label), WORDS.labels[label]] for label in Label))


TABLES = {
    "classes": _classes,
    "findings": _findings,
    "standards": _standards,
    "severities": _severities,
    "evidence": _evidence,
    "reasons": _reasons,
    "labels": _labels,
}


def filled(page: str) -> str:
    """The page with every table made anew. ``KeyError`` for a table that is not known."""
    return _PLACE.sub(lambda found: f"{found[1]}{found[2]}{TABLES[found[1]]()}", page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
