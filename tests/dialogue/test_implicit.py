"""The dialogue on 993 and 995. When one of these fails, an open port without TLS and a closed one look the same."""

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
    Tcp,
)
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Profile, Result, Step
from openletter.grammar.command import Command

Play = Callable[..., Observation]
Script = list[tuple[Step, Result]]
C = Command
BOTH = pytest.mark.parametrize("protocol", list(Protocol))
GREETING = {Protocol.IMAP: b"* OK hi\r\n", Protocol.POP3: b"+OK hi <1@x>\r\n"}
LIST: dict[Protocol, Script] = {
    Protocol.IMAP: [(C.IMAP_CAPABILITY_INSIDE, b"* CAPABILITY X\r\na3 OK\r\n"), (C.IMAP_LOGOUT, b"*")],
    Protocol.POP3: [(C.POP3_CAPA, b"+OK\r\nX\r\n.\r\n"), (C.POP3_QUIT, b"+")],
}
RESET = Handshake(outcome=HandshakeOutcome.RESET, detail="no_data")
OLD = Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.1")


@BOTH
def test_tls_then_greeting_list_and_farewell(whole: Play, works: Handshake, protocol: Protocol) -> None:
    script = [(Profile.MODERN, works), (Await.GREETING, GREETING[protocol]), *LIST[protocol]]
    seen = whole(protocol, Mode.IMPLICIT, script, octets=True)
    assert (seen.greeting, seen.caps_post, seen.caps_post_source) == (Greeting.OK, ("X",), ListSource.COMMAND)
    assert (seen.caps_pre, seen.caps_pre_source) == ((), ListSource.NOT_ASKED)
    assert seen.apop is (protocol is Protocol.POP3)


def test_the_greeting_inside_may_hold_the_list(whole: Play, works: Handshake) -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x\r\n"
    seen = whole(
        Protocol.IMAP,
        Mode.IMPLICIT,
        [(Profile.MODERN, works), (Await.GREETING, greeting), (C.IMAP_LOGOUT, Lost.TIMEOUT)],
    )
    assert (seen.caps_post, seen.caps_post_source) == (("IMAP4REV1", "AUTH=PLAIN"), ListSource.GREETING)


@BOTH
@pytest.mark.parametrize("tcp", [t for t in Tcp if t is not Tcp.OPEN])
def test_no_connection(whole: Play, protocol: Protocol, tcp: Tcp) -> None:
    seen = whole(protocol, Mode.IMPLICIT, [(Profile.MODERN, tcp)])
    assert (seen.tcp, seen.handshake.outcome) == (tcp, HandshakeOutcome.NOT_TRIED)


@BOTH
@pytest.mark.parametrize("lost", list(Lost))
def test_silence_inside_tls(whole: Play, works: Handshake, protocol: Protocol, lost: Lost) -> None:
    seen = whole(protocol, Mode.IMPLICIT, [(Profile.MODERN, works), (Await.GREETING, lost)])
    assert seen.handshake.works
    assert not seen.banner


@BOTH
def test_a_cleartext_greeting_where_tls_should_be(whole: Play, protocol: Protocol) -> None:
    plain = GREETING[protocol]
    seen = whole(
        protocol,
        Mode.IMPLICIT,
        [(Profile.MODERN, Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=plain))],
    )
    assert (seen.greeting, seen.banner) == (Greeting.OK, plain.strip())
    seen = whole(
        protocol,
        Mode.IMPLICIT,
        [
            (Profile.MODERN, Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=plain[:1])),
            (Await.MORE, plain[1:]),
        ],
    )
    assert (seen.greeting, seen.banner) == (Greeting.OK, plain.strip())


@BOTH
def test_another_protocol_where_tls_should_be(whole: Play, protocol: Protocol) -> None:
    plain = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"HTTP/1.1 400 Bad Request\r\n")
    seen = whole(protocol, Mode.IMPLICIT, [(Profile.MODERN, plain)])
    assert (seen.greeting, seen.guess) == (Greeting.OTHER, "http")


@BOTH
def test_a_failed_handshake_is_followed_by_legacy_tls(
    whole: Play, fails: Handshake, protocol: Protocol
) -> None:
    script: Script = [
        (Profile.MODERN, fails),
        (NEW_CONNECTION, None),
        (Profile.LEGACY, OLD),
        (Await.GREETING, GREETING[protocol]),
        *LIST[protocol],
    ]
    seen = whole(protocol, Mode.IMPLICIT, script)
    assert (seen.handshake, seen.legacy, seen.caps_post) == (fails, OLD, ("X",))


@BOTH
def test_a_timeout_is_followed_by_one_more_hello_at_most(whole: Play, protocol: Protocol) -> None:
    late = Handshake(outcome=HandshakeOutcome.TIMEOUT, detail="no_data")
    seen = whole(
        protocol, Mode.IMPLICIT, [(Profile.MODERN, late), (NEW_CONNECTION, None), (Profile.LEGACY, late)]
    )
    assert seen.tcp is Tcp.OPEN


@BOTH
@pytest.mark.parametrize("tcp", [Tcp.REFUSED, Tcp.TIMEOUT])
def test_no_second_connection_leaves_the_first_result(
    whole: Play, fails: Handshake, protocol: Protocol, tcp: Tcp
) -> None:
    script: Script = [(Profile.MODERN, fails), (NEW_CONNECTION, None), (Profile.LEGACY, tcp)]
    seen = whole(protocol, Mode.IMPLICIT, script)
    assert (seen.tcp, seen.handshake) == (Tcp.OPEN, fails)


def quietly(answer: Result, *then: tuple[Step, Result]) -> Script:
    return [(Profile.MODERN, RESET), (NEW_CONNECTION, None), (Await.QUIETLY, answer), *then]


@BOTH
@pytest.mark.parametrize("answer", [Lost.RESET, Tcp.RESET, Tcp.REFUSED, Tcp.TIMEOUT])
def test_reset_twice_is_nobody(whole: Play, protocol: Protocol, answer: Result) -> None:
    assert whole(protocol, Mode.IMPLICIT, quietly(answer)).tcp is Tcp.RESET


@BOTH
def test_reset_then_closed_is_an_open_port_with_dead_tls(whole: Play, protocol: Protocol) -> None:
    seen = whole(protocol, Mode.IMPLICIT, quietly(Lost.CLOSED))
    assert (seen.tcp, seen.handshake.outcome) == (Tcp.OPEN, HandshakeOutcome.CLOSED)


@BOTH
def test_reset_then_a_greeting_is_a_cleartext_server(whole: Play, protocol: Protocol) -> None:
    greeting = GREETING[protocol]
    for then in (quietly(greeting), quietly(greeting[:3], (Await.MORE, greeting[3:]))):
        seen = whole(protocol, Mode.IMPLICIT, then)
        assert (seen.greeting, seen.banner) == (Greeting.OK, greeting.strip())
        assert (seen.tcp, seen.handshake.outcome) == (Tcp.OPEN, HandshakeOutcome.PLAINTEXT)


@BOTH
@pytest.mark.parametrize("answer", [Lost.TIMEOUT, b"\x15\x03\x01\x00\x02\x02\x0a"])
def test_reset_then_silence_or_a_record_waits_for_an_older_hello(
    whole: Play, protocol: Protocol, answer: Result
) -> None:
    script = quietly(
        answer,
        (NEW_CONNECTION, None),
        (Profile.LEGACY, OLD),
        (Await.GREETING, GREETING[protocol]),
        *LIST[protocol],
    )
    seen = whole(protocol, Mode.IMPLICIT, script)
    assert (seen.tls, seen.greeting, seen.handshake) == (OLD, Greeting.OK, RESET)


@BOTH
def test_reset_in_the_middle_of_a_handshake_is_a_failed_one(whole: Play, protocol: Protocol) -> None:
    """The peer has spoken TLS: it need not be listened to in silence."""
    torn = Handshake(outcome=HandshakeOutcome.RESET, version="TLSv1.2")
    script: Script = [
        (Profile.MODERN, torn),
        (NEW_CONNECTION, None),
        (Profile.LEGACY, torn),
        (NEW_CONNECTION, None),
        (Profile.SSLV3, torn),
    ]
    seen = whole(protocol, Mode.IMPLICIT, script)
    assert (seen.tcp, seen.handshake) == (Tcp.OPEN, torn)
