"""The dialogue on 110, step by step. When one of these fails, a server is judged by what it did not say."""

from collections.abc import Callable

import pytest

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.dialogue.step import Await, Lost, Profile, Result, Step
from openletter.grammar.command import Command

Play = Callable[..., Observation]
C = Command

GREETING = b"+OK Dovecot ready.\r\n"
LIST = b"+OK\r\nTOP\r\nSTLS\r\nSASL PLAIN LOGIN\r\n.\r\n"
LISTED = ("TOP", "STLS", "SASL PLAIN LOGIN")
BEGIN = b"+OK Begin TLS negotiation now.\r\n"


def test_greeting_capa_stls_list_inside_quit(pop3: Play, works: Handshake) -> None:
    seen = pop3(
        [
            (Await.GREETING, GREETING),
            (C.POP3_CAPA, LIST),
            (C.POP3_STLS, BEGIN),
            (Profile.MODERN, works),
            (C.POP3_CAPA, b"+OK\r\nUSER\r\n.\r\n"),
            (C.POP3_QUIT, b"+OK bye\r\n"),
        ]
    )
    assert (seen.caps_pre, seen.caps_pre_source) == (LISTED, ListSource.COMMAND)
    assert seen.starttls_advertised is True
    assert (seen.starttls_reply, seen.starttls_text) == (Reply.OK, BEGIN.strip())
    assert (seen.caps_post, seen.caps_post_source) == (("USER",), ListSource.COMMAND)
    assert seen.tls is works


def test_stls_is_tried_though_not_advertised(pop3: Play, works: Handshake) -> None:
    seen = pop3(
        [
            (Await.GREETING, GREETING),
            (C.POP3_CAPA, b"+OK\r\nUSER\r\n.\r\n"),
            (C.POP3_STLS, BEGIN),
            (Profile.MODERN, works),
            (C.POP3_CAPA, Lost.CLOSED),
        ]
    )
    assert seen.starttls_advertised is False
    assert seen.starttls_reply is Reply.OK
    assert seen.caps_post_source is ListSource.NO_ANSWER


def test_capa_refused_is_a_server_older_than_rfc_2449(pop3: Play) -> None:
    seen = pop3(
        [
            (Await.GREETING, b"+OK POP3 <1896.697170952@dbc.mtview.ca.us>\r\n"),
            (C.POP3_CAPA, b"-ERR unknown command\r\n"),
            (C.POP3_STLS, b"-ERR unknown command\r\n"),
            (C.POP3_QUIT, Lost.TIMEOUT),
        ]
    )
    assert (seen.caps_pre_source, seen.starttls_reply) == (ListSource.REFUSED, Reply.ERR)
    assert seen.apop
    assert seen.starttls_advertised is None


@pytest.mark.parametrize("lost", list(Lost))
@pytest.mark.parametrize("before", [b"+OK\r\n", b"+OK\r\nUSER\r\n", b"+OK\r\nUSER\r\n."])
def test_half_a_list_is_no_list(pop3: Play, before: bytes, lost: Lost) -> None:
    """Half a list would call a server exposed, or safe, by the half that came."""
    seen = pop3([(Await.GREETING, GREETING), (C.POP3_CAPA, before), (Await.MORE, lost)])
    assert (seen.caps_pre, seen.caps_pre_source) == ((), ListSource.NO_ANSWER)
    assert seen.starttls_reply is Reply.NOT_TRIED


@pytest.mark.parametrize("answer", [b"* OK\r\n", b"\r\n", b"+ go on\r\n", b"500 what\r\n"])
def test_what_is_no_reply_is_garbage(pop3: Play, answer: bytes) -> None:
    seen = pop3([(Await.GREETING, GREETING), (C.POP3_CAPA, LIST), (C.POP3_STLS, answer)])
    assert (seen.starttls_reply, seen.starttls_text) == (Reply.GARBAGE, answer.strip())


@pytest.mark.parametrize(
    ("lost", "reply"),
    [(Lost.TIMEOUT, Reply.TIMEOUT), (Lost.CLOSED, Reply.CLOSED), (Lost.RESET, Reply.CLOSED)],
)
@pytest.mark.parametrize("before", [b"", b"+O"])
def test_stls_without_an_answer(pop3: Play, before: bytes, lost: Lost, reply: Reply) -> None:
    steps: list[tuple[Step, Result]] = (
        [(C.POP3_STLS, before), (Await.MORE, lost)] if before else [(C.POP3_STLS, lost)]
    )
    assert pop3([(Await.GREETING, GREETING), (C.POP3_CAPA, LIST), *steps]).starttls_reply is reply


def test_bytes_in_the_clear_behind_the_ok_are_caught(whole: Play, works: Handshake) -> None:
    seen = whole(
        Protocol.POP3,
        Mode.CLEARTEXT,
        [
            (Await.GREETING, GREETING),
            (C.POP3_CAPA, LIST),
            (C.POP3_STLS, BEGIN + b"-ERR injected\r\n"),
            (Profile.MODERN, works),
            (C.POP3_CAPA, LIST),
            (C.POP3_QUIT, Lost.CLOSED),
        ],
    )
    assert seen.bytes_after_starttls_ok == b"-ERR injected\r\n"
    assert seen.caps_post == LISTED


@pytest.mark.parametrize(
    ("flood", "violation"),
    [
        (b"+OK\r\n" + b"X" * 70_000, "line_too_long"),
        (b"+OK\r\n" + b"X\r\n" * 600, "list_too_long"),
        (b"+OK\r\n" + (b"X" * 1_000 + b"\r\n") * 400, "too_much_data"),
        (b"+OK" + b"X" * 70_000, "line_too_long"),
    ],
)
def test_beyond_the_bounds(whole: Play, flood: bytes, violation: str) -> None:
    script = [(Await.GREETING, GREETING), (C.POP3_CAPA, flood)]
    seen = whole(Protocol.POP3, Mode.CLEARTEXT, script)
    assert (seen.caps_pre_source, seen.violation) == (ListSource.NO_ANSWER, violation)


def test_turned_away(pop3: Play) -> None:
    seen = pop3([(Await.GREETING, b"-ERR too many connections\r\n")])
    assert (seen.greeting, seen.banner) == (Greeting.ERR, b"-ERR too many connections")


@pytest.mark.parametrize("tcp", [t for t in Tcp if t is not Tcp.OPEN])
def test_no_connection(pop3: Play, tcp: Tcp) -> None:
    seen = pop3([(Await.GREETING, tcp)])
    assert (seen.tcp, seen.greeting) == (tcp, Greeting.NOT_REACHED)
