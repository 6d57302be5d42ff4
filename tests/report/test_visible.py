"""What strangers say, shown on a page."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.dialogue.observation import Exchange, Side
from openletter.report.visible import Line, Piece, transcript_lines, visible, visible_text


@given(st.binary(max_size=200))
def test_nothing_gets_through_that_does_not_print(octets: bytes) -> None:
    """A control, a bidi mark or a broken octet in a banner would act on the page or on the terminal it is copied to."""
    for character in visible_text(octets):
        assert character in " \u3000" or unicodedata.category(character)[0] not in "CZ"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"a\x00b\x7f", "a\\x00b\\x7f"),
        ("pay\u202egpj.exe\u2066x".encode(), "pay\\u202egpj.exe\\u2066x"),
        (b"\xff\xfe caf\xe9", "\\xff\\xfe caf\\xe9"),
        ("\u200bzero\ufeffwidth\u00a0blank".encode(), "\\u200bzero\\ufeffwidth\\u00a0blank"),
        ("ようこそ\u3000メール é".encode(), "ようこそ\u3000メール é"),
        ("\u3164\ufe0f\U000e0001".encode(), "\\u3164\\ufe0f\\U000e0001"),
        (b"<script>alert('1')</script> \"&", "<script>alert('1')</script> \"&"),
        (b"", ""),
    ],
)
def test_only_what_cannot_be_shown_is_escaped(said: bytes, shown: str) -> None:
    """A Japanese banner would be a wall of escapes, or a hostile one would hide what it says."""
    assert visible_text(said) == shown


def test_a_typed_escape_is_told_from_a_real_one() -> None:
    """A peer could make a harmless banner look like an attack, or an attack like a typed one."""
    assert visible(b"\\x1b") == (Piece("\\x1b", False),)
    assert visible(b"\x1b") == (Piece("\\x1b", True),)


def test_text_of_a_certificate_may_hold_lone_surrogates() -> None:
    """A name in a broken encoding would be an error page."""
    assert visible_text("\ud800") == "\\ud800"


def test_a_transcript_is_split_at_the_line_ends_of_the_protocol_alone() -> None:
    """A bare LF, with which a peer smuggles a second reply, would be invisible."""
    said = (
        Exchange(Side.SERVER, b"* OK hi\r\n* BYE\n+OK x\r\n"),
        Exchange(Side.CLIENT, b"a CAPABILITY\r\n"),
        Exchange(Side.NOTE, b"TLS TLSv1.3"),
        Exchange(Side.NOTE, b"TLS closed"),
        Exchange(Side.SERVER, b"+O"),
        Exchange(Side.SERVER, b"K\r"),
        Exchange(Side.SERVER, b"\n\r\n"),
    )
    lines = transcript_lines(said)
    assert [(line.side, "".join(piece.text for piece in line.pieces)) for line in lines] == [
        (Side.SERVER, "* OK hi"),
        (Side.SERVER, "* BYE\\x0a"),
        (Side.SERVER, "+OK x"),
        (Side.CLIENT, "a CAPABILITY"),
        (Side.NOTE, "TLS TLSv1.3"),
        (Side.NOTE, "TLS closed"),
        (Side.SERVER, "+OK"),
        (Side.SERVER, ""),
    ]
    assert lines[-1] == Line(side=Side.SERVER, pieces=())
