"""Citations of RFCs."""

import pytest

from openletter.report.clauses import Citation, citations
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES

KNOWN = sorted({*(rule.clause for rule in RULES), *(modifier.clause for modifier in MODIFIERS)} - {""})


def test_each_section_has_its_own_link() -> None:
    """A reader would be sent to the top of another text."""
    assert citations("RFC 8996 §4, §5, RFC 9051 §6.2.2, RFC 5246 §F.1.1.1") == (
        Citation("RFC 8996 §4", "https://www.rfc-editor.org/rfc/rfc8996#section-4"),
        Citation("§5", "https://www.rfc-editor.org/rfc/rfc8996#section-5"),
        Citation("RFC 9051 §6.2.2", "https://www.rfc-editor.org/rfc/rfc9051#section-6.2.2"),
        Citation("RFC 5246 §F.1.1.1", "https://www.rfc-editor.org/rfc/rfc5246#appendix-F.1.1.1"),
    )
    assert citations("") == ()


@pytest.mark.parametrize("clause", KNOWN)
def test_every_clause_of_the_tables_can_be_linked(clause: str) -> None:
    """The page of an endpoint would be an error."""
    found = citations(clause)
    assert ", ".join(one.text for one in found) == clause
