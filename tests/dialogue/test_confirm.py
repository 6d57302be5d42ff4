"""The credential-free confirmation, which only a caller who says ``confirm`` gets.

When one of these fails, an owner is told that passwords cross in the clear where they cannot, or a stranger's server
is asked what it must not be asked.
"""

from collections.abc import Callable

import pytest

from openletter.dialogue.observation import Confirmation, Mode, Observation, Protocol
from openletter.dialogue.refusal import speaks_of_tls
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Result, Step
from openletter.grammar.command import Command

Play = Callable[..., Observation]
Script = list[tuple[Step, Result]]
C = Command


def imap_before(list_: bytes) -> Script:
    return [
        (Await.GREETING, b"* OK [CAPABILITY " + list_ + b"] x\r\n"),
        (C.IMAP_STARTTLS, b"a2 NO\r\n"),
        (C.IMAP_LOGOUT, Lost.CLOSED),
        (NEW_CONNECTION, None),
        (Await.GREETING, b"* OK again\r\n"),
    ]


POP3_BEFORE: Script = [
    (Await.GREETING, b"+OK\r\n"),
    (C.POP3_CAPA, b"+OK\r\nUSER\r\n.\r\n"),
    (C.POP3_STLS, b"-ERR\r\n"),
    (C.POP3_QUIT, Lost.CLOSED),
    (NEW_CONNECTION, None),
    (Await.GREETING, b"+OK again\r\n"),
]


@pytest.mark.parametrize("continuation", [b"+ \r\n", b"+\r\n", b"* OK still here\r\n+ \r\n"])
def test_imap_a_continuation_is_cancelled(imap: Play, continuation: bytes) -> None:
    seen = imap(
        [
            *imap_before(b"IMAP4rev1"),
            (C.IMAP_AUTHENTICATE_PLAIN, continuation),
            (C.CANCEL, b"a"),
            (C.IMAP_LOGOUT, b"*"),
        ],
        confirm=True,
    )
    assert seen.confirmation is Confirmation.ACCEPTED


@pytest.mark.parametrize(
    ("list_", "refusal", "confirmation"),
    [
        (
            b"IMAP4rev1",
            b"a4 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
            Confirmation.REFUSED,
        ),
        (b"IMAP4rev1", b"a4 NO [PRIVACYREQUIRED] no", Confirmation.REFUSED),
        (b"IMAP4rev1", b"a4 BAD STARTTLS first", Confirmation.REFUSED),
        (b"IMAP4rev1", b"a4 NO Use encryption", Confirmation.REFUSED),
        (b"IMAP4rev1", b"a4 NO Login failed.", Confirmation.UNCLEAR),
        (b"IMAP4rev1", b"a4 BAD Unknown command", Confirmation.UNCLEAR),
        (b"IMAP4rev1 LOGINDISABLED", b"a4 NO no", Confirmation.REFUSED),
        (b"IMAP4rev1 AUTH=PLAIN", b"a4 NO no", Confirmation.REFUSED),
        (
            b"IMAP4rev1 AUTH=CRAM-MD5",
            b"a4 NO Unsupported authentication mechanism.",
            Confirmation.MECHANISM_REFUSED,
        ),
    ],
)
def test_imap_a_refusal_tells_only_where_it_can(
    imap: Play, list_: bytes, refusal: bytes, confirmation: Confirmation
) -> None:
    seen = imap(
        [*imap_before(list_), (C.IMAP_AUTHENTICATE_PLAIN, refusal + b"\r\n"), (C.IMAP_LOGOUT, b"*")],
        confirm=True,
    )
    assert seen.confirmation is confirmation


@pytest.mark.parametrize("lost", list(Lost))
def test_imap_no_answer_is_unclear(imap: Play, lost: Lost) -> None:
    seen = imap([*imap_before(b"X"), (C.IMAP_AUTHENTICATE_PLAIN, lost)], confirm=True)
    assert seen.confirmation is Confirmation.UNCLEAR


@pytest.mark.parametrize(
    ("answer", "confirmation"),
    [
        (b"+OK Password required.", Confirmation.ACCEPTED),
        (b"+OK", Confirmation.ACCEPTED),
        (
            b"-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
            Confirmation.REFUSED,
        ),
        (b"-ERR TLS required to log in.", Confirmation.REFUSED),
        (b"-ERR Cleartext login on this server requires the use of a POP3 STLS", Confirmation.REFUSED),
        (b"-ERR no such user", Confirmation.UNCLEAR),
        (b"-ERR Invalid command.", Confirmation.UNCLEAR),
    ],
)
def test_pop3_a_bare_user(pop3: Play, answer: bytes, confirmation: Confirmation) -> None:
    seen = pop3([*POP3_BEFORE, (C.POP3_USER, answer + b"\r\n"), (C.POP3_QUIT, b"+")], confirm=True)
    assert seen.confirmation is confirmation


@pytest.mark.parametrize("lost", list(Lost))
def test_pop3_no_answer_is_unclear(pop3: Play, lost: Lost) -> None:
    assert pop3([*POP3_BEFORE, (C.POP3_USER, lost)], confirm=True).confirmation is Confirmation.UNCLEAR


def test_a_second_connection_that_is_turned_away_is_unclear(imap: Play, pop3: Play) -> None:
    seen = imap([*imap_before(b"X")[:-1], (Await.GREETING, b"* BYE enough\r\n")], confirm=True)
    assert seen.confirmation is Confirmation.UNCLEAR
    seen = pop3([*POP3_BEFORE[:-1], (Await.GREETING, Lost.RESET)], confirm=True)
    assert seen.confirmation is Confirmation.UNCLEAR


@pytest.mark.parametrize("greeting", [b"* PREAUTH x\r\n", b"* BYE x\r\n", b"HTTP/1.1 400\r\n"])
def test_nothing_to_confirm_where_there_is_no_login(whole: Play, greeting: bytes) -> None:
    script: Script = [(Await.GREETING, greeting)]
    if b"PREAUTH" in greeting:
        script += [(C.IMAP_CAPABILITY, Lost.CLOSED)]
    seen = whole(Protocol.IMAP, Mode.CLEARTEXT, script, confirm=True)
    assert seen.confirmation is Confirmation.NOT_TRIED


def test_not_without_being_asked(imap: Play) -> None:
    assert imap(imap_before(b"IMAP4rev1")[:3]).confirmation is Confirmation.NOT_TRIED


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        (b"a4 NO [PRIVACYREQUIRED] x", True),
        (b"-ERR SSL required", True),
        (b"-ERR use a secure connection", True),
        (b"-ERR plain text not allowed", True),
        (b"-ERR bottles", False),
        (b"-ERR unknown user hassler", False),
        (b"", False),
    ],
)
def test_refusals_that_speak_of_tls(line: bytes, speaks: bool) -> None:
    assert speaks_of_tls(line) is speaks


CHALLENGE_ONLY: Script = [
    (Await.GREETING, b"+OK hi\r\n"),
    (C.POP3_CAPA, b"+OK\r\nUSER\r\nSASL CRAM-MD5\r\n.\r\n"),
    *POP3_BEFORE[2:],
]


@pytest.mark.parametrize(
    ("then", "confirmation"),
    [
        ([(C.POP3_AUTH_PLAIN, b"+ \r\n"), (C.CANCEL, b"-ERR cancelled\r\n")], Confirmation.ACCEPTED),
        ([(C.POP3_AUTH_PLAIN, b"-ERR TLS first\r\n")], Confirmation.REFUSED),
        (
            [(C.POP3_AUTH_PLAIN, b"-ERR Unsupported mechanism\r\n"), (C.POP3_USER, b"+OK\r\n")],
            Confirmation.MECHANISM_REFUSED,
        ),
        (
            [(C.POP3_AUTH_PLAIN, b"-ERR Unsupported mechanism\r\n"), (C.POP3_USER, b"-ERR Use STLS\r\n")],
            Confirmation.REFUSED,
        ),
        (
            [(C.POP3_AUTH_PLAIN, b"-ERR no\r\n"), (C.POP3_USER, b"-ERR no such user\r\n")],
            Confirmation.UNCLEAR,
        ),
    ],
)
def test_pop3_plain_is_asked_first_where_the_list_has_others(
    pop3: Play, then: Script, confirmation: Confirmation
) -> None:
    """A server that takes USER from everybody, and then no password, would be said to take passwords in the clear."""
    script = [*CHALLENGE_ONLY, *then, (C.POP3_QUIT, b"+OK\r\n")]
    assert pop3(script, confirm=True).confirmation is confirmation
