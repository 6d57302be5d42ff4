"""What a stranger said, as text that shows everything and does nothing.

UTF-8 that prints is shown as it is, in whatever script. All else becomes an escape that can be seen: octets that are no
UTF-8 (``\\xff``), control characters and terminal escapes (``\\x1b``), and characters that print nothing or turn the
text around them about: bidi controls, joiners, blanks of no or odd width (``\\u202e``). A piece says whether it is such
an escape, so that the four characters ``\\x1b`` that a peer may have typed are not taken for one.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from openletter.dialogue.observation import Exchange, Side

_BLANKS = frozenset({" ", "\u3000"})
"""The space of ASCII and that of Japanese: seen for what they are."""
_PRINT_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their category that have no ink all the same (Unicode: Default_Ignorable_Code_Point, and the
blank Braille pattern)."""


class Piece(msgspec.Struct, frozen=True):
    text: str
    escape: bool
    """Whether it stands for something that cannot be shown."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a transcript."""

    side: Side
    pieces: tuple[Piece, ...]


def _shown(character: str) -> bool:
    if character in _BLANKS:
        return True
    if character in _PRINT_NOTHING or 0xFE00 <= ord(character) <= 0xFE0F:
        return False
    # Categories C* and Z* are those that print nothing.
    return unicodedata.category(character)[0] not in "CZ"


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _pieces(characters: Iterable[str]) -> Iterator[Piece]:
    for shown, run in groupby(characters, _shown):
        text = "".join(run)
        yield Piece(text if shown else "".join(map(_escape, text)), not shown)


def visible(said: bytes | str) -> tuple[Piece, ...]:
    """Octets, or text that was made of them. No input raises."""
    text = said.decode("utf-8", "surrogateescape") if isinstance(said, bytes) else said
    if text.isascii() and text.isprintable():
        return (Piece(text, False),) if text else ()
    return tuple(_pieces(text))


def visible_text(said: bytes | str) -> str:
    """The same as plain text, where no mark can be set around an escape."""
    return "".join(piece.text for piece in visible(said))


def transcript_lines(exchanges: Iterable[Exchange]) -> tuple[Line, ...]:
    """A transcript line by line, in the order of the wire; what one side said in several segments is put together. The end
    of a line is, where it is as it should be (CR LF), not shown; a bare LF or CR is, since it is a fault of whoever sent it.
    """
    lines = []
    for side, run in groupby(exchanges, lambda exchange: exchange.side):
        said = [exchange.data for exchange in run]
        for spoken in said if side is Side.NOTE else [b"".join(said)]:
            rows = spoken.split(b"\r\n")
            if rows[-1] == b"" and len(rows) > 1:
                rows.pop()
            lines += [
                Line(side=side, pieces=visible(part))
                for row in rows
                for part in row.splitlines(keepends=True) or [b""]
            ]
    return tuple(lines)
