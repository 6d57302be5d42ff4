"""IMAP responses. When one of these fails, a server's words are taken for what it did not say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.grammar.imap import (
    Capability,
    Condition,
    Continuation,
    Data,
    ImapReader,
    Other,
    Status,
    parse,
)


def events(stream: bytes) -> list[Any]:
    reader = ImapReader()
    reader.receive(stream)
    seen = []
    while (event := reader.next()) is not None:
        seen.append(event)
    return seen


@pytest.mark.parametrize(
    ("line", "condition", "code", "argument"),
    [
        (
            b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=LOGIN] "
            b"Dovecot (Debian) ready.",
            Condition.OK,
            b"CAPABILITY",
            b"IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=LOGIN",
        ),
        (
            b"* OK [CAPABILITY IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT STARTTLS] Courier-IMAP ready. "
            b"Copyright 1998-2018 Double Precision, Inc.",
            Condition.OK,
            b"CAPABILITY",
            b"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT STARTTLS",
        ),
        (
            b"* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE STARTTLS LOGINDISABLED] mail Cyrus IMAP 3.6.1 server ready",
            Condition.OK,
            b"CAPABILITY",
            b"IMAP4rev1 LITERAL+ ID ENABLE STARTTLS LOGINDISABLED",
        ),
        (b"* OK IMAP4rev1", Condition.OK, b"", b""),
        (b"* OK The Microsoft Exchange IMAP4 service is ready.", Condition.OK, b"", b""),
        (b"* ok [capability imap4rev1] Hello", Condition.OK, b"CAPABILITY", b"imap4rev1"),
        (b"* PREAUTH [CAPABILITY IMAP4rev1] root", Condition.PREAUTH, b"CAPABILITY", b"IMAP4rev1"),
        (b"* BYE [UNAVAILABLE] TLS initialization failed.", Condition.BYE, b"UNAVAILABLE", b""),
        (b"* OK [ALERT] [x] y", Condition.OK, b"ALERT", b""),
        (b"* OK [never closed", Condition.OK, b"", b""),
        (b"* OK []", Condition.OK, b"", b""),
        (b"* OK", Condition.OK, b"", b""),
        (b"* BAD Unknown command {5}", Condition.BAD, b"", b""),
    ],
)
def test_untagged_status(line: bytes, condition: Condition, code: bytes, argument: bytes) -> None:
    assert parse(line) == Status(b"*", condition, code, argument, line)


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        (b"a1 OK Pre-login capabilities listed, post-login capabilities have more.", Condition.OK),
        (b"a2 BAD TLS support isn't enabled.", Condition.BAD),
        (b"a2 NO Error in IMAP command received by server.", Condition.NO),
        (b"a2 bad Unrecognized command", Condition.BAD),
        (b"a2 OK", Condition.OK),
    ],
)
def test_tagged_status(line: bytes, condition: Condition) -> None:
    event = parse(line)
    assert isinstance(event, Status)
    assert (event.tag, event.condition) == (line[:2], condition)


@pytest.mark.parametrize(
    "line",
    [b"a1 BYE", b"a1 PREAUTH x", b"a1", b"", b"\0\0", b"a-1 OK", b" OK x", b"*", b"* ", b"**", b"SSH-2.0-x"],
)
def test_what_no_response_begins(line: bytes) -> None:
    assert parse(line) == Other(line)


def test_the_capability_response() -> None:
    assert parse(b"* CAPABILITY IMAP4rev1 STARTTLS") == Capability(b"IMAP4rev1 STARTTLS")
    assert parse(b"* Capability IMAP4rev1") == Capability(b"IMAP4rev1")
    assert parse(b"* CAPABILITY") == Capability(b"")


@pytest.mark.parametrize("line", [b"+ ", b"+", b"+ idling", b"+ VXNlcm5hbWU6"])
def test_continuation(line: bytes) -> None:
    """Also without the blank, which courier and others leave out."""
    assert parse(line) == Continuation(line)


def test_a_literal_in_the_middle_is_no_line_of_its_own() -> None:
    """Else a server's ID could be read as the answer to STARTTLS."""
    stream = b'* ID ("name" {14}\r\na2 OK Begin!\r\n "x" {3}\r\na\nb)\r\na2 NO not here\r\n'
    assert events(stream) == [
        Data(b"ID", b'* ID ("name" {14}\r\na2 OK Begin!\r\n "x" {3}\r\na\nb)'),
        Status(b"a2", Condition.NO, b"", b"", b"a2 NO not here"),
    ]


@pytest.mark.parametrize(
    "line", [b"* OK have {5}", b"a1 NO {5}", b"* BYE x {3}", b"+ {4}", b"* CAPABILITY X{9}", b"junk {5}"]
)
def test_braces_at_the_end_of_a_text_announce_nothing(line: bytes) -> None:
    """Else the next reply would be swallowed, and a server that offers TLS would be called one that does not."""
    assert len(events(line + b"\r\na1 OK x\r\n")) == 2


@pytest.mark.parametrize("brace", [b"{}", b"{-1}", b"{a}", b"{12345678901}", b"{5} ", b"5}"])
def test_what_is_no_literal(brace: bytes) -> None:
    assert len(events(b"* ID " + brace + b"\r\n* ID NIL\r\n")) == 2


def test_a_non_synchronising_and_a_binary_literal_count(  # RFC 7888 §3, RFC 3516 §4.4
) -> None:
    assert events(b"* ID {3+}\r\nabc\r\n") == [Data(b"ID", b"* ID {3+}\r\nabc")]
    assert events(b"* 1 FETCH ~{2}\r\n\0\0)\r\n") == [Data(b"1", b"* 1 FETCH ~{2}\r\n\0\0)")]


def test_bare_line_feeds_and_empty_lines() -> None:
    assert [type(e) for e in events(b"* OK x\n\na1 OK y\r\n\r\n")] == [Status, Other, Status, Other]


def test_what_stands_behind_the_last_event_is_kept() -> None:
    """It is how bytes in the clear behind the OK to STARTTLS are found."""
    reader = ImapReader()
    reader.receive(b"a2 OK begin\r\n* BYE not really\r\n")
    reader.next()
    assert reader.rest() == b"* BYE not really\r\n"


@given(st.binary(max_size=300))
def test_no_line_raises(line: bytes) -> None:
    assert parse(line) is not None
