"""After a modern handshake has failed. When one of these fails, a server of old TLS is called one without TLS."""

from collections.abc import Callable

import pytest

from openletter.dialogue.observation import (
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
)
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Profile, Result, Step
from openletter.grammar.command import Command

Play = Callable[..., Observation]
Script = list[tuple[Step, Result]]
C = Command

OLD = Handshake(
    outcome=HandshakeOutcome.OK, version="TLSv1", cipher="TLS_RSA_WITH_AES_128_CBC_SHA", chain=("ab",)
)
SSL3 = Handshake(outcome=HandshakeOutcome.OK, version="SSLv3", cipher="TLS_RSA_WITH_RC4_128_SHA")
NO = Handshake(outcome=HandshakeOutcome.INVALID, detail="wrong_version_number")

IMAP_HELLO: Script = [
    (Await.GREETING, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\n"),
    (C.IMAP_STARTTLS, b"a2 OK\r\n"),
]
POP3_HELLO: Script = [
    (Await.GREETING, b"+OK\r\n"),
    (C.POP3_CAPA, b"+OK\r\nSTLS\r\n.\r\n"),
    (C.POP3_STLS, b"+OK\r\n"),
]
POP3_AGAIN: Script = [(Await.GREETING, b"+OK\r\n"), (C.POP3_STLS, b"+OK\r\n")]
IMAP_INSIDE: Script = [
    (C.IMAP_CAPABILITY_INSIDE, b"* CAPABILITY IMAP4rev1\r\na3 OK\r\n"),
    (C.IMAP_LOGOUT, b"x"),
]
POP3_INSIDE: Script = [(C.POP3_CAPA, b"+OK\r\nUSER\r\n.\r\n"), (C.POP3_QUIT, b"x")]
AGAIN: Script = [(NEW_CONNECTION, None)]

CASES = {
    Protocol.IMAP: (IMAP_HELLO, IMAP_HELLO, IMAP_INSIDE),
    Protocol.POP3: (POP3_HELLO, POP3_AGAIN, POP3_INSIDE),
}
BOTH = pytest.mark.parametrize("protocol", list(Protocol))


@BOTH
def test_legacy_tls_on_a_new_connection_and_the_list_inside(
    whole: Play, fails: Handshake, protocol: Protocol
) -> None:
    first, again, inside = CASES[protocol]
    seen = whole(
        protocol,
        Mode.CLEARTEXT,
        [*first, (Profile.MODERN, fails), *AGAIN, *again, (Profile.LEGACY, OLD), *inside],
    )
    assert (seen.handshake, seen.legacy, seen.tls) == (fails, OLD, OLD)
    assert seen.caps_post_source is ListSource.COMMAND


@BOTH
def test_ssl3_is_seen_and_not_spoken(whole: Play, fails: Handshake, protocol: Protocol) -> None:
    first, again, _ = CASES[protocol]
    seen = whole(
        protocol,
        Mode.CLEARTEXT,
        [
            *first,
            (Profile.MODERN, fails),
            *AGAIN,
            *again,
            (Profile.LEGACY, NO),
            *AGAIN,
            *again,
            (Profile.SSLV3, SSL3),
        ],
    )
    assert seen.tls is SSL3
    assert seen.caps_post_source is ListSource.NOT_ASKED


@BOTH
def test_all_three_fail_and_the_first_failure_of_the_old_ones_is_kept(
    whole: Play, fails: Handshake, protocol: Protocol
) -> None:
    first, again, _ = CASES[protocol]
    seen = whole(
        protocol,
        Mode.CLEARTEXT,
        [
            *first,
            (Profile.MODERN, fails),
            *AGAIN,
            *again,
            (Profile.LEGACY, NO),
            *AGAIN,
            *again,
            (Profile.SSLV3, Handshake(outcome=HandshakeOutcome.CLOSED)),
        ],
    )
    assert (seen.handshake, seen.legacy) == (fails, NO)


@BOTH
@pytest.mark.parametrize("outcome", [HandshakeOutcome.TIMEOUT, HandshakeOutcome.PLAINTEXT])
def test_no_third_hello_after_a_second_that_was_left_waiting(
    whole: Play, fails: Handshake, protocol: Protocol, outcome: HandshakeOutcome
) -> None:
    """Each would cost a stranger one more connection, and tell nothing."""
    first, again, _ = CASES[protocol]
    late = Handshake(outcome=outcome)
    seen = whole(
        protocol, Mode.CLEARTEXT, [*first, (Profile.MODERN, fails), *AGAIN, *again, (Profile.LEGACY, late)]
    )
    assert seen.legacy is late


@BOTH
def test_plaintext_where_tls_should_begin_ends_it(whole: Play, protocol: Protocol) -> None:
    plain = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* BYE [UNAVAILABLE] TLS")
    seen = whole(protocol, Mode.CLEARTEXT, [*CASES[protocol][0], (Profile.MODERN, plain)])
    assert seen.handshake is plain
    assert seen.legacy.outcome is HandshakeOutcome.NOT_TRIED


@BOTH
@pytest.mark.parametrize(
    "turn",
    [
        [(Await.GREETING, Lost.CLOSED)],
        [(Await.GREETING, Lost.TIMEOUT)],
        [(Await.GREETING, b"-ERR too many\r\n")],
        [(Await.GREETING, b"* BYE too many\r\n")],
    ],
)
def test_a_peer_that_does_not_come_as_far_again(
    whole: Play, fails: Handshake, protocol: Protocol, turn: Script
) -> None:
    """What the first connection saw stays as it was."""
    seen = whole(protocol, Mode.CLEARTEXT, [*CASES[protocol][0], (Profile.MODERN, fails), *AGAIN, *turn])
    assert seen.handshake is fails
    assert seen.legacy.outcome is HandshakeOutcome.NOT_TRIED
    assert seen.greeting.value == "ok"


@pytest.mark.parametrize("answer", [b"a2 NO not twice\r\n", Lost.CLOSED, Lost.TIMEOUT])
def test_starttls_refused_the_second_time(whole: Play, fails: Handshake, answer: bytes | Lost) -> None:
    seen = whole(
        Protocol.IMAP,
        Mode.CLEARTEXT,
        [*IMAP_HELLO, (Profile.MODERN, fails), *AGAIN, IMAP_HELLO[0], (C.IMAP_STARTTLS, answer)],
    )
    assert seen.starttls_reply.value == "ok"
    assert seen.handshake is fails
