"""The dialogue on 143, step by step. When one of these fails, a server is judged by what it did not say."""

from collections.abc import Callable

import pytest

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Profile, Result, Step
from openletter.grammar.command import Command

Play = Callable[..., Observation]
C = Command

GREETING = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"
BARE_GREETING = b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n"
BEGIN = b"a2 OK Begin TLS negotiation now.\r\n"
INSIDE = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done\r\n"
BYE = b"* BYE Logging out\r\na9 OK Logout completed.\r\n"
LISTED = ("IMAP4REV1", "STARTTLS", "LOGINDISABLED")


def test_greeting_starttls_list_inside_logout(imap: Play, works: Handshake) -> None:
    seen = imap(
        [
            (Await.GREETING, GREETING),
            (C.IMAP_STARTTLS, BEGIN),
            (Profile.MODERN, works),
            (C.IMAP_CAPABILITY_INSIDE, INSIDE),
            (C.IMAP_LOGOUT, BYE),
        ]
    )
    assert (seen.greeting, seen.banner) == (Greeting.OK, GREETING.strip())
    assert (seen.caps_pre, seen.caps_pre_source) == (LISTED, ListSource.GREETING)
    assert (seen.starttls_reply, seen.starttls_text) == (Reply.OK, BEGIN.strip())
    assert (seen.caps_post, seen.caps_post_source) == (("IMAP4REV1", "AUTH=PLAIN"), ListSource.COMMAND)
    assert seen.tls is works
    assert seen.bytes_after_starttls_ok == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"* CAPABILITY IMAP4rev1 ID\r\na1 OK done\r\n",
        b"* capability IMAP4rev1 ID\na1 ok done\n",
        b'* ID ("name" "x")\r\n* 3 EXISTS\r\n+ odd\r\n* CAPABILITY IMAP4rev1 ID\r\n* OK hm\r\na1 OK done\r\n',
        b"* OK [CAPABILITY IMAP4rev1 ID] here\r\na1 OK done\r\n",
        b"a1 OK [CAPABILITY IMAP4rev1 ID] done\r\n",
        b"* CAPABILITY OLD\r\n* CAPABILITY IMAP4rev1 ID\r\na1 OK done\r\n",
        b"a7 OK not ours\r\n* CAPABILITY IMAP4rev1 ID\r\na1 OK done\r\n",
        b"* ID ({20}\r\na1 NO not an answer\r\n)\r\n* CAPABILITY IMAP4rev1 ID\r\na1 OK done\r\n",
    ],
)
def test_the_list_is_asked_for_and_starttls_tried_though_not_advertised(imap: Play, answer: bytes) -> None:
    seen = imap(
        [
            (Await.GREETING, BARE_GREETING),
            (C.IMAP_CAPABILITY, answer),
            (C.IMAP_STARTTLS, b"a2 BAD TLS support isn't enabled.\r\n"),
            (C.IMAP_LOGOUT, Lost.TIMEOUT),
        ]
    )
    assert (seen.caps_pre, seen.caps_pre_source) == (("IMAP4REV1", "ID"), ListSource.COMMAND)
    assert seen.starttls_advertised is False
    assert seen.starttls_reply is Reply.BAD
    assert not seen.tls.works


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (b"a2 BAD TLS support isn't enabled.", Reply.BAD),
        (b"a2 NO Error in IMAP command received by server.", Reply.NO),
        (b"a2 BAD Unrecognized command", Reply.BAD),
        (b"a2 BAD STARTTLS Invalid command", Reply.BAD),
        (b"a2 NO Error initializing TLS", Reply.NO),
    ],
)
def test_the_refusals_of_known_servers(imap: Play, text: bytes, reply: Reply) -> None:
    seen = imap([(Await.GREETING, GREETING), (C.IMAP_STARTTLS, text + b"\r\n"), (C.IMAP_LOGOUT, BYE)])
    assert (seen.starttls_reply, seen.starttls_text) == (reply, text)


@pytest.mark.parametrize(
    ("lost", "reply"),
    [(Lost.TIMEOUT, Reply.TIMEOUT), (Lost.CLOSED, Reply.CLOSED), (Lost.RESET, Reply.CLOSED)],
)
@pytest.mark.parametrize("before", [b"", b"a2 O", b"* BYE so long\r\n", b"* CAPABILITY X\r\n"])
def test_starttls_without_an_answer(imap: Play, before: bytes, lost: Lost, reply: Reply) -> None:
    steps: list[tuple[Step, Result]] = (
        [(C.IMAP_STARTTLS, before), (Await.MORE, lost)] if before else [(C.IMAP_STARTTLS, lost)]
    )
    seen = imap([(Await.GREETING, GREETING), *steps])
    assert seen.starttls_reply is reply


def test_an_untagged_bad_is_an_answer_where_nothing_follows(imap: Play) -> None:
    seen = imap(
        [
            (Await.GREETING, GREETING),
            (C.IMAP_STARTTLS, b"* BAD Unknown command\r\n"),
            (Await.MORE, Lost.TIMEOUT),
            (C.IMAP_LOGOUT, Lost.CLOSED),
        ]
    )
    assert (seen.starttls_reply, seen.starttls_text) == (Reply.BAD, b"* BAD Unknown command")


def test_bytes_in_the_clear_behind_the_ok_are_caught(whole: Play, works: Handshake) -> None:
    """A man in the middle, or a broken server, puts them there (dovecot with a certificate it cannot use does)."""
    script = [
        (Await.GREETING, GREETING),
        (C.IMAP_STARTTLS, BEGIN + b"* BYE [UNAVAILABLE] TLS initialization failed.\r\n"),
        (Profile.MODERN, Handshake(outcome=HandshakeOutcome.CLOSED)),
        (NEW_CONNECTION, None),
        (Await.GREETING, Lost.CLOSED),
    ]
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, script)
    assert seen.bytes_after_starttls_ok == b"* BYE [UNAVAILABLE] TLS initialization failed.\r\n"
    assert seen.starttls_reply is Reply.OK


@pytest.mark.parametrize("answer", [b"a1 BAD what?\r\n", b"a1 NO not for you\r\n"])
def test_a_refused_list_is_not_an_empty_one(imap: Play, answer: bytes) -> None:
    seen = imap(
        [
            (Await.GREETING, BARE_GREETING),
            (C.IMAP_CAPABILITY, answer),
            (C.IMAP_STARTTLS, b"a2 NO\r\n"),
            (C.IMAP_LOGOUT, BYE),
        ]
    )
    assert seen.caps_pre_source is ListSource.REFUSED
    assert seen.starttls_advertised is None


@pytest.mark.parametrize("lost", list(Lost))
@pytest.mark.parametrize("before", [b"", b"* CAPABILITY IMAP4rev1", b"* CAPABILITY IMAP4rev1\r\n"])
def test_no_list_and_nothing_said_after_it(imap: Play, before: bytes, lost: Lost) -> None:
    steps: list[tuple[Step, Result]] = (
        [(C.IMAP_CAPABILITY, before), (Await.MORE, lost)] if before else [(C.IMAP_CAPABILITY, lost)]
    )
    seen = imap([(Await.GREETING, BARE_GREETING), *steps])
    assert seen.caps_pre_source is ListSource.NO_ANSWER
    assert seen.starttls_reply is Reply.NOT_TRIED


@pytest.mark.parametrize(
    ("flood", "violation"),
    [
        (b"* CAPABILITY " + b"X" * 70_000, "line_too_long"),
        (b"* ID ({4294967295}\r\n", "literal_too_large"),
        (b"* FLAGS ()\r\n" * 30_000, "too_much_data"),
    ],
)
def test_beyond_the_bounds(whole: Play, flood: bytes, violation: str) -> None:
    script = [(Await.GREETING, BARE_GREETING), (C.IMAP_CAPABILITY, flood)]
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, script)
    assert (seen.caps_pre_source, seen.violation) == (ListSource.NO_ANSWER, violation)
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, [(Await.GREETING, GREETING), (C.IMAP_STARTTLS, flood)])
    assert (seen.starttls_reply, seen.violation) == (Reply.GARBAGE, violation)


def test_preauth_goes_on_so_that_its_tls_is_known(imap: Play) -> None:
    seen = imap(
        [
            (Await.GREETING, b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] root\r\n"),
            (C.IMAP_STARTTLS, b"a2 BAD already logged in\r\n"),
            (C.IMAP_LOGOUT, BYE),
        ]
    )
    assert (seen.greeting, seen.starttls_reply) == (Greeting.PREAUTH, Reply.BAD)


def test_an_id_given_unasked_is_kept(imap: Play) -> None:
    seen = imap(
        [
            (Await.GREETING, BARE_GREETING),
            (C.IMAP_CAPABILITY, b'* ID ("name" "Dovecot")\r\n* CAPABILITY X\r\na1 OK\r\n'),
            (C.IMAP_STARTTLS, b"a2 NO\r\n"),
            (C.IMAP_LOGOUT, Lost.RESET),
        ]
    )
    assert seen.server_id == b'* ID ("name" "Dovecot")'


@pytest.mark.parametrize(
    ("answer", "source"),
    [(b"a3 NO\r\n", ListSource.REFUSED), (b"a3 OK but no list\r\n", ListSource.NO_ANSWER)],
)
def test_the_list_inside_may_be_refused(
    imap: Play, works: Handshake, answer: bytes, source: ListSource
) -> None:
    script: list[tuple[Step, Result]] = [
        (Await.GREETING, GREETING),
        (C.IMAP_STARTTLS, BEGIN),
        (Profile.MODERN, works),
        (C.IMAP_CAPABILITY_INSIDE, answer),
    ]
    if source is ListSource.REFUSED:
        script.append((C.IMAP_LOGOUT, Lost.TIMEOUT))
    seen = imap(script)
    assert seen.caps_post_source is source


@pytest.mark.parametrize("tcp", [t for t in Tcp if t is not Tcp.OPEN])
def test_no_connection(imap: Play, tcp: Tcp) -> None:
    seen = imap([(Await.GREETING, tcp)])
    assert (seen.tcp, seen.greeting) == (tcp, Greeting.NOT_REACHED)
