"""The normal form of capability lists.

When one of these fails, equal lists look unequal in the statistics, or a peer's escape sequence reaches a terminal.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.grammar.capability import imap_capabilities, pop3_capabilities, printable


@pytest.mark.parametrize(
    ("payload", "entries"),
    [
        (b"IMAP4rev1 AUTH=PLAIN starttls", ("IMAP4REV1", "AUTH=PLAIN", "STARTTLS")),
        (b"  IMAP4rev1   ID\t", ("IMAP4REV1", "ID")),
        (b"", ()),
        (b"XXXXXXXX", ("XXXXXXXX",)),
        (b"A\x1b[31m \xe2\x80\xae", ("A\\x1b[31M", "\\xe2\\x80\\xae")),
        (b"URLAUTH=BINARY XTLSREQUIRED", ("URLAUTH=BINARY", "XTLSREQUIRED")),
    ],
)
def test_imap(payload: bytes, entries: tuple[str, ...]) -> None:
    assert imap_capabilities(payload) == entries


@pytest.mark.parametrize(
    ("lines", "entries"),
    [
        (
            b"CAPA\nTOP\nUIDL\nRESP-CODES\nPIPELINING\nAUTH-RESP-CODE\nSTLS\nUSER\nSASL PLAIN LOGIN",
            (
                "CAPA",
                "TOP",
                "UIDL",
                "RESP-CODES",
                "PIPELINING",
                "AUTH-RESP-CODE",
                "STLS",
                "USER",
                "SASL PLAIN LOGIN",
            ),
        ),
        (b"sasl\nstls", ("SASL", "STLS")),
        (b"SASL  cram-md5\tplain \n\n", ("SASL CRAM-MD5 PLAIN",)),
        (b"implementation Courier Mail Server", ("IMPLEMENTATION Courier Mail Server",)),
        (b"IMPLEMENTATION a\x1b]0;x\x07", ("IMPLEMENTATION a\\x1b]0;x\\x07",)),
        (b"UTF8 USER\nLANG\nEXPIRE NEVER", ("UTF8 USER", "LANG", "EXPIRE NEVER")),
        (b"", ()),
    ],
)
def test_pop3(lines: bytes, entries: tuple[str, ...]) -> None:
    assert pop3_capabilities(lines) == entries


@pytest.mark.parametrize("normal", [imap_capabilities, pop3_capabilities])
@given(payload=st.binary(max_size=400))
def test_nothing_but_printable_ascii_comes_out(
    normal: Callable[[bytes], tuple[str, ...]], payload: bytes
) -> None:
    for entry in normal(payload):
        assert entry
        assert entry.isascii()
        assert entry.isprintable()
        assert " " not in entry or normal is pop3_capabilities


@given(st.binary(max_size=400))
def test_printable_keeps_ascii_and_escapes_the_rest(text: bytes) -> None:
    shown = printable(text)
    assert shown.isascii()
    assert shown.isprintable()
    if all(32 <= octet < 127 for octet in text):
        assert shown.encode() == text
    assert printable(text) == shown


def test_every_octet_alone() -> None:
    for octet in range(256):
        shown = printable(bytes([octet]))
        assert shown == (chr(octet) if 32 <= octet < 127 else f"\\x{octet:02x}")


def test_equal_short_lists_are_one_object_and_long_ones_are_not_kept() -> None:
    """A survey holds millions of lists; a hostile one must not stay in memory for it."""
    first, second = (b" ".join([b"IMAP4rev1", word]) for word in (b"ID", b"ID"))
    assert first is not second
    assert imap_capabilities(first) is imap_capabilities(second)
    long = b"X" * 3_000
    assert imap_capabilities(long) is not imap_capabilities(long)
