"""How the truth logs in, against a scripted server and the RFCs' own examples."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from openletter.lab.real.login import Greeted, Imap, Pop3, Way, apop_stamp
from openletter.lab.real.room import Account
from openletter.lab.real.wire import Wire, WireError

TIM = Account("tim", "tanstaaftanstaaf")
"""Of RFC 2195 §2."""


@contextmanager
def scripted(script: Sequence[tuple[bytes, bytes]], greeting: bytes) -> Iterator[tuple[Wire, list[bytes]]]:
    """A server that greets, then answers each expected line; what it heard is in the list."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(greeting)
                for expected, answer in script:
                    heard.append(lines.readline().rstrip(b"\r\n"))
                    if heard[-1] != expected:
                        return
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with Wire("127.0.0.1", listener.getsockname()[1]) as wire:
                yield wire, heard
        finally:
            thread.join(30)


def test_cram_md5_is_answered_as_in_rfc_2195() -> None:
    challenge = b"+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"
    answer = b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"
    script = [(b"t1 AUTHENTICATE CRAM-MD5", challenge), (answer, b"t1 OK CRAM authentication successful\r\n")]
    with scripted(script, b"* OK IMAP4 Server\r\n") as (wire, heard):
        talk = Imap(wire)
        assert talk.greeting()[0] is Greeted.OK
        assert talk.log_in(Way.CRAM_MD5, TIM)
    assert heard[-1] == answer


def test_apop_is_answered_as_in_rfc_1939() -> None:
    greeting = b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"
    script = [
        (b"APOP mrose c4c9334bac560ecc979e58001b3e22fb", b"+OK maildrop has 1 message (369 octets)\r\n")
    ]
    with scripted(script, greeting) as (wire, _):
        talk = Pop3(wire)
        _, line = talk.greeting()
        assert talk.log_in(Way.APOP, Account("mrose", "tanstaaf"), apop_stamp(line))


def test_without_a_stamp_apop_is_not_tried() -> None:
    with scripted([], b"+OK ready\r\n") as (wire, heard):
        talk = Pop3(wire)
        _, line = talk.greeting()
        assert not talk.log_in(Way.APOP, TIM, apop_stamp(line))
    assert heard == []


def test_plain_is_sent_only_after_a_continuation() -> None:
    response = b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm"
    script = [(b"AUTH PLAIN", b"+ \r\n"), (response, b"+OK\r\n")]
    with scripted(script, b"+OK ready\r\n") as (wire, _):
        talk = Pop3(wire)
        talk.greeting()
        assert talk.log_in(Way.PLAIN, TIM)
    with scripted([(b"AUTH PLAIN", b"-ERR no\r\n")], b"+OK ready\r\n") as (wire, heard):
        talk = Pop3(wire)
        talk.greeting()
        assert not talk.log_in(Way.PLAIN, TIM)
    assert heard == [b"AUTH PLAIN"]


def test_a_refused_user_is_not_followed_by_the_password() -> None:
    """Where USER is refused the login does not work, and nothing more is to be learned by sending the password."""
    with scripted([(b"USER tim", b"-ERR TLS first\r\n")], b"+OK ready\r\n") as (wire, heard):
        talk = Pop3(wire)
        talk.greeting()
        assert not talk.log_in(Way.LOGIN, TIM)
    assert heard == [b"USER tim"]


@pytest.mark.parametrize(
    ("protocol", "greeting", "expected"),
    [
        (Imap, b"* OK hello", Greeted.OK),
        (Imap, b"* PREAUTH hello", Greeted.PREAUTH),
        (Imap, b"* BYE busy", Greeted.BYE),
        (Imap, b"* OKAY", Greeted.OTHER),
        (Imap, b"+OK hello", Greeted.OTHER),
        (Pop3, b"+OK hello", Greeted.OK),
        (Pop3, b"+OK", Greeted.OK),
        (Pop3, b"-ERR busy", Greeted.ERR),
        (Pop3, b"SSH-2.0-x", Greeted.OTHER),
    ],
)
def test_greetings(protocol: Callable[[Wire], Imap | Pop3], greeting: bytes, expected: Greeted) -> None:
    with scripted([], greeting + b"\r\n") as (wire, _):
        assert protocol(wire).greeting() == (expected, greeting)


def test_capabilities_are_read_whole_and_nothing_after_them() -> None:
    script = [
        (b"t1 CAPABILITY", b"* CAPABILITY IMAP4rev1 auth=plain\r\n* 3 EXISTS\r\nt1 OK done\r\n"),
        (b"t2 NOOP", b"t2 OK\r\n"),
    ]
    with scripted(script, b"* OK\r\n") as (wire, _):
        talk = Imap(wire)
        talk.greeting()
        assert talk.capabilities() == (b"IMAP4REV1", b"AUTH=PLAIN")
        assert talk.works()
    pop3 = [(b"CAPA", b"+OK list\r\nTOP\r\nsasl PLAIN\r\n.\r\n"), (b"NOOP", b"-ERR no\r\n")]
    with scripted(pop3, b"+OK\r\n") as (wire, _):
        talk3 = Pop3(wire)
        talk3.greeting()
        assert talk3.capabilities() == (b"TOP", b"SASL PLAIN")
        assert not talk3.command(b"NOOP").good


def test_a_peer_that_closes_or_never_ends_its_line_is_an_error_of_its_own() -> None:
    with scripted([], b"* OK without end") as (wire, _), pytest.raises(WireError, match="closed"):
        Imap(wire).greeting()
    with scripted([], b"x" * 200_000) as (wire, _), pytest.raises(WireError, match="without end"):
        Imap(wire).greeting()


def test_the_password_is_not_in_what_the_account_shows_of_itself() -> None:
    account = Account()
    assert account.password not in repr(account)
    assert account.password != Account().password
