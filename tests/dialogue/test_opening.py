"""First words. When one of these fails, a host is counted as a mail server that is none, or the other way round."""

from collections.abc import Callable

import pytest

from openletter.dialogue.guess import guess, may_become_greeting
from openletter.dialogue.observation import Greeting, Mode, Observation, Protocol, Tcp
from openletter.dialogue.step import Await, Lost, Result, Step

Play = Callable[..., Observation]
BOTH = pytest.mark.parametrize("protocol", list(Protocol))


@BOTH
@pytest.mark.parametrize("octets", [False, True])
@pytest.mark.parametrize(
    ("said", "word"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"),
        (b"HTTP/1.1 400 Bad Request\r\n", "http"),
        (b"<html><body>\r\n", "http"),
        (b"220 mx.example.org ESMTP Postfix\r\n", "smtp"),
        (b"220 ProFTPD FTP Server ready\r\n", "ftp"),
        (b"220-Welcome to Pure-FTPd\r\n", "ftp"),
        (b"554 no\r\n", "smtp"),
        (b"RFB 003.008\n", "vnc"),
        (b"Hello, who are you?\r\n", "text"),
        (b"\0\1\2\3\n", "binary"),
        (b"\xff\xfb\x01\n", "binary"),
        (b"\x1b[31mred\r\n", "binary"),
        (b"\r\n", "text"),
    ],
)
def test_another_protocol(whole: Play, protocol: Protocol, octets: bool, said: bytes, word: str) -> None:
    seen = whole(protocol, Mode.CLEARTEXT, [(Await.GREETING, said)], octets=octets)
    assert (seen.greeting, seen.guess) == (Greeting.OTHER, word)


def test_the_sister_protocol(whole: Play) -> None:
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, [(Await.GREETING, b"+OK ready\r\n")])
    assert (seen.greeting, seen.guess) == (Greeting.OTHER, "pop3")
    seen = whole(Protocol.POP3, Mode.CLEARTEXT, [(Await.GREETING, b"* OK ready\r\n")])
    assert (seen.greeting, seen.guess) == (Greeting.OTHER, "imap")


@pytest.mark.parametrize(
    "said", [b"a1 OK tagged\r\n", b"* CAPABILITY X\r\n", b"* NO x\r\n", b"* BAD x\r\n", b"+ \r\n"]
)
def test_responses_that_are_no_greeting(whole: Play, said: bytes) -> None:
    assert whole(Protocol.IMAP, Mode.CLEARTEXT, [(Await.GREETING, said)]).greeting is Greeting.OTHER


def test_an_imap_server_that_turns_us_away(whole: Play) -> None:
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, [(Await.GREETING, b"* BYE too many connections\r\n")])
    assert (seen.greeting, seen.banner) == (Greeting.BYE, b"* BYE too many connections")


@BOTH
@pytest.mark.parametrize("record", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x16\x03\x03\x00\x04\n\n\n\n"])
def test_a_tls_record_on_a_cleartext_port(whole: Play, protocol: Protocol, record: bytes) -> None:
    """Also when its first octet came alone."""
    seen = whole(protocol, Mode.CLEARTEXT, [(Await.GREETING, record)])
    assert (seen.greeting, seen.banner) == (Greeting.TLS_RECORD, record)
    seen = whole(protocol, Mode.CLEARTEXT, [(Await.GREETING, record[:1]), (Await.MORE, record[1:])])
    assert (seen.greeting, seen.banner) == (Greeting.TLS_RECORD, record)


@BOTH
def test_silence_closing_and_reset_are_told_apart(whole: Play, protocol: Protocol) -> None:
    def opened(lost: Lost) -> Observation:
        return whole(protocol, Mode.CLEARTEXT, [(Await.GREETING, lost)])

    assert (opened(Lost.TIMEOUT).tcp, opened(Lost.TIMEOUT).greeting) == (Tcp.OPEN, Greeting.SILENT)
    assert (opened(Lost.CLOSED).tcp, opened(Lost.CLOSED).greeting) == (Tcp.OPEN, Greeting.CLOSED)
    assert (opened(Lost.RESET).tcp, opened(Lost.RESET).greeting) == (Tcp.RESET, Greeting.NOT_REACHED)


@pytest.mark.parametrize("length", range(1, len(b"* OK [CAPABILITY IMAP4rev1] hi")))
def test_a_greeting_cut_short_is_not_another_protocol(whole: Play, length: int) -> None:
    part = b"* OK [CAPABILITY IMAP4rev1] hi"[:length]
    for lost, greeting in ((Lost.TIMEOUT, Greeting.SILENT), (Lost.RESET, Greeting.CLOSED)):
        steps: list[tuple[Step, Result]] = [(Await.GREETING, part), (Await.MORE, lost)]
        seen = whole(Protocol.IMAP, Mode.CLEARTEXT, steps)
        assert (seen.greeting, seen.tcp, seen.banner) == (greeting, Tcp.OPEN, part)


@pytest.mark.parametrize("part", [b"SSH-2.0-x", b"\xff\xfb", b"login: "])
def test_what_can_become_no_greeting_is_another_protocol(whole: Play, part: bytes) -> None:
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, [(Await.GREETING, part), (Await.MORE, Lost.TIMEOUT)])
    assert (seen.greeting, seen.banner) == (Greeting.OTHER, part)


@BOTH
def test_an_endless_greeting(whole: Play, protocol: Protocol) -> None:
    start = b"* OK " if protocol is Protocol.IMAP else b"+OK "
    seen = whole(protocol, Mode.CLEARTEXT, [(Await.GREETING, start + b"A" * 70_000)])
    assert (seen.greeting, seen.violation) == (Greeting.OTHER, "line_too_long")
    assert len(seen.banner) == 512


def test_a_long_greeting_is_kept_in_part(whole: Play) -> None:
    seen = whole(Protocol.POP3, Mode.CLEARTEXT, [(Await.GREETING, b"-ERR " + b"x" * 2_000 + b"\r\n")])
    assert seen.banner == b"-ERR " + b"x" * 507


def test_guesses_never_raise_and_have_one_word() -> None:
    for octet in range(256):
        assert guess(bytes([octet]) * 3).isalpha()
    assert guess(b"") == "text"
    assert may_become_greeting(b"", Protocol.IMAP)
