"""Clauses as links to the text that they cite."""

import re

import msgspec

_WHERE = re.compile(r"(?:RFC (?P<number>\d+))?(?: ?§(?P<section>[A-Z\d](?:\.?\d+)*))?")


class Citation(msgspec.Struct, frozen=True):
    text: str
    """As in ``RFC 9051 §6.2.2``; of the same RFC as the one before only ``§5``."""
    href: str


def citations(clause: str) -> tuple[Citation, ...]:
    """``RFC 8996 §4, §5, RFC 8997 §3`` as three of them; none of an empty clause."""
    made = []
    number = ""
    for text in filter(None, clause.split(", ")):
        found = _WHERE.fullmatch(text)
        assert found is not None, text
        number = found["number"] or number
        href = f"https://www.rfc-editor.org/rfc/rfc{number}"
        if section := found["section"]:
            # RFC 7841's rendering names the anchors of appendices otherwise than those of sections.
            href += f"#{'section' if section[0].isdigit() else 'appendix'}-{section}"
        made.append(Citation(text, href))
    return tuple(made)
