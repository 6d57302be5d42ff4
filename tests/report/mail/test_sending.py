"""From the outbox to the server and, where anything ends in between, from there on. What a user loses when these fail: each
message arrives once, whatever dies when."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from openletter.report.mail.error import NoServerError
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.outbox_message import MessageState
from openletter.report.mail.sending import FIRST_WAIT_S, GIVE_UP_S, LONGEST_WAIT_S, send_out, wait_s
from openletter.report.mail.smtp import Connection
from openletter.report.mail.smtp_server import context_of, read_server


class Clock:
    def __init__(self):
        self.now = 1_795_478_400.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def send(outbox, authority, clock):
    opened = []

    def run(url, **more):
        def connect():
            opened.append(url)
            return Connection(read_server(url), context_of(authority.roots), None, timeout=10, dot_timeout=10)

        more = {"rate": 1e6, "clock": clock, **more}
        return send_out(outbox, connect, bounce_to="bounce@example.org", **more)

    run.opened = opened
    return run


def _arrived(kept):
    return Counter(
        line.decode()
        for _, _, octets in kept.mails
        for line in octets.splitlines()
        if line[:11] == b"Message-ID:"
    )


def test_many_messages_over_one_connection(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    for number in range(1, 6):
        outbox.put(new_message(number), now=clock())
    done = send(kept.url)
    assert len(done.sent) == 5
    assert len(send.opened) == 1
    assert kept.mails[0][2] == new_message(1).octets
    assert kept.mails[0][0] == "bounce@example.org"
    assert len(send(kept.url).sent) == 0, "and not once more"
    assert set(_arrived(kept).values()) == {1}


def test_no_more_than_so_many_a_minute(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    for number in range(1, 4):
        outbox.put(new_message(number), now=clock())
    slept = []
    send(kept.url, rate=30, sleep=slept.append)
    assert len(slept) == 2
    assert all(1.0 < some <= 2.0 for some in slept)


def test_a_slow_pace_is_not_kept_on_an_open_connection(outbox, send, scripted, authority, new_message, clock):
    """A server tires of a silent one: at one message in ten minutes none but the first would ever be sent. And what is not being
    sent yet is not said to be, nor counted as tried, where a person ends the wait."""
    tls = authority.context()
    bye = []

    def script(talk):
        _until_data(tls, talk)
        talk.hear_message()
        talk.say("250 OK")
        bye.append(talk.hear().upper())

    server = scripted(script)
    for number in range(1, 4):
        outbox.put(new_message(number), now=clock())

    def sleep(seconds):
        assert seconds > 500
        assert len(bye) == len(send.opened), "it is closed before the wait, with a word"
        if len(bye) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(f"smtps://127.0.0.1:{server.port}", rate=0.1, sleep=sleep)
    assert bye == [b"QUIT"] * 2
    assert [(one.state, one.attempts) for one in outbox.messages()] == [
        ("sent", 1),
        ("sent", 1),
        ("queued", 0),
    ]


def test_later_is_later_and_longer_each_time(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    kept.answers += ["451 busy", "451 busy", None]
    outbox.put(new_message(), now=clock())
    waits = []
    for _ in range(3):
        assert [one.state for one in send(kept.url).waiting] in ([], ["queued"])
        waits.append(outbox.show(1).next_try - clock())
        send(kept.url)
        assert sum(_arrived(kept).values()) == (len(waits) == 3), "it is not tried before its time"
        clock.now = outbox.show(1).next_try
    assert FIRST_WAIT_S * 0.75 <= waits[0] <= FIRST_WAIT_S * 1.25
    assert waits[0] < waits[1] <= FIRST_WAIT_S * 2.5
    assert outbox.show(1).state is MessageState.SENT
    assert set(_arrived(kept).values()) == {1}
    assert max(wait_s(99) for _ in range(50)) <= LONGEST_WAIT_S * 1.25


def test_what_nobody_takes_for_days_is_given_up(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    kept.answers += ["451 busy", "451 \x1b[31mstill busy"]
    outbox.put(new_message(), now=clock())
    send(kept.url)
    clock.now += GIVE_UP_S
    (message,) = send(kept.url).failed
    assert message.recipients[0].reply.startswith("given up: 451")
    assert message.recipients[0].reply.isprintable()


def test_never_is_never(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    kept.answers += ["554 spam"]
    outbox.put(new_message(1), now=clock())
    outbox.put(new_message(2), now=clock())
    done = send(kept.url)
    assert [one.reply for one in done.failed] == ["554 spam"]
    assert len(done.sent) == 1, "the next one is sent all the same"
    clock.now += GIVE_UP_S
    assert send(kept.url).sent == send(kept.url).failed == ()


@pytest.mark.parametrize("reply", ["530 5.7.0 Authentication required", "553 5.7.1 not your address"])
def test_a_sender_that_is_refused_costs_no_message(
    outbox, send, scripted, mail_server, authority, new_message, clock, reply
):
    """A slip in the set-up would else have failed every report of the day, each to be sent again by hand."""
    tls = authority.context()
    server = scripted(lambda talk: (talk.start_tls(tls), talk.greet("SIZE"), talk.hear(), talk.say(reply)))
    for number in range(1, 4):
        outbox.put(new_message(number), now=clock())
    with pytest.raises(
        NoServerError, match=f"takes no mail from bounce@example.org: {reply}; the rest waits"
    ):
        send(f"smtps://127.0.0.1:{server.port}")
    assert {(one.state, one.attempts) for one in outbox.messages()} == {("queued", 0)}
    assert len(send(mail_server().url).sent) == 3


def test_a_message_that_is_too_large_fails_alone(outbox, send, mail_server, new_message, clock):
    kept = mail_server(data_size_limit=10_000)
    outbox.put(new_message(1, octets=new_message().octets * 1_000), now=clock())
    outbox.put(new_message(2), now=clock())
    done = send(kept.url)
    assert [one.reply[:4] for one in done.failed] == ["552 "]
    assert [one.subscriber for one in done.sent] == [2]


def test_one_recipient_of_two_is_refused_and_one_waits(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    who = ("a@x.example", "gone@x.example", "slow@x.example")
    kept.refused |= {"gone@x.example": ["550 no such user"], "slow@x.example": ["450 later", "250 OK"]}
    outbox.put(new_message(recipients=who), now=clock())
    (message,) = send(kept.url).waiting
    assert [one.state for one in message.recipients] == ["sent", "refused", "pending"]
    kept.refused.clear()
    clock.now = message.next_try
    (message,) = send(kept.url).sent
    assert [one.state for one in message.recipients] == ["sent", "refused", "sent"]
    assert [recipients for _, recipients, _ in kept.mails] == [("a@x.example",), ("slow@x.example",)]


def test_who_wants_no_mail_any_more_gets_none_that_was_queued(outbox, send, mail_server, new_message, clock):
    kept = mail_server()
    outbox.put(new_message(recipients=("a@x.example", "b@x.example")), now=clock())
    outbox.put(new_message(2), now=clock())
    done = send(kept.url, wanted=lambda whose, address: whose == 1 and address == "b@x.example")
    assert [recipients for _, recipients, _ in kept.mails] == [("b@x.example",)]
    assert [one.subscriber for one in done.failed] == [2]


def test_no_tls_no_mail_and_everything_waits(outbox, send, mail_server, new_message, clock):
    kept = mail_server("plain")
    outbox.put(new_message(), now=clock())
    with pytest.raises(NoServerError, match="offers no STARTTLS"):
        send(kept.url.replace("plain", "smtp+starttls"))
    message = outbox.show(1)
    assert (message.state, message.attempts) == ("queued", 0)
    assert kept.mails == []


def _until_data(tls, talk):
    talk.start_tls(tls)
    talk.greet("SIZE")
    talk.take_until_data()


@pytest.mark.parametrize("last_words", [[], ["421 I am dying"]], ids=["silent", "with a word"])
def test_a_server_that_dies_in_the_middle_has_it_once(
    outbox, send, scripted, mail_server, authority, new_message, clock, last_words
):
    """Where it had said nothing, the rest of a message of some megabytes cannot be sent; so it is known that it was not taken."""
    tls = authority.context()

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        while talk.hear().upper() != b"DATA":
            talk.say("250 OK")
        talk.say("354 go on", *last_words)
        talk.hear()

    server = scripted(script)
    octets = new_message().octets + (b"x" * 70 + b"\r\n") * (1 if last_words else 100_000)
    outbox.put(new_message(octets=octets), now=clock())
    (message,) = send(f"smtps://127.0.0.1:{server.port}").waiting
    assert all(word in message.reply for word in last_words)
    clock.now = message.next_try
    kept = mail_server()
    assert len(send(kept.url).sent) == 1
    assert set(_arrived(kept).values()) == {1}


def test_a_server_that_dies_after_the_dot_may_have_it(
    outbox, send, scripted, mail_server, authority, new_message, clock
):
    tls = authority.context()
    taken = []
    server = scripted(lambda talk: (_until_data(tls, talk), taken.append(talk.hear_message())))
    outbox.put(new_message(), now=clock())
    (message,) = send(f"smtps://127.0.0.1:{server.port}").uncertain
    assert len(taken) == 1
    assert taken[0][3] == b"..a dot", "stuffed on the wire"
    clock.now += GIVE_UP_S
    kept = mail_server()
    assert send(kept.url).sent == ()
    outbox.resend(message.id, now=clock())
    assert len(send(kept.url).sent) == 1


def test_a_server_that_tires_of_a_connection_is_asked_again_at_once(
    outbox, send, scripted, authority, new_message, clock
):
    tls = authority.context()
    taken = []

    def script(talk):
        _until_data(tls, talk)
        taken.append(talk.hear_message())
        talk.say("250 OK")

    server = scripted(script)
    for number in range(1, 4):
        outbox.put(new_message(number), now=clock())
    assert len(send(f"smtps://127.0.0.1:{server.port}").sent) == 3
    assert len(taken) == 3
    assert len(send.opened) == 3
    assert {one.attempts for one in outbox.messages()} == {1}


def test_a_server_that_always_dies_is_left_alone(outbox, send, scripted, authority, new_message, clock):
    tls = authority.context()
    server = scripted(lambda talk: (talk.start_tls(tls), talk.greet("SIZE"), talk.hear()))
    for number in range(1, 9):
        outbox.put(new_message(number), now=clock())
    with pytest.raises(NoServerError, match="3 times in a row"):
        send(f"smtps://127.0.0.1:{server.port}")
    assert Counter(one.attempts for one in outbox.messages()) == {1: 3, 0: 5}


SENDER = """
import sys
from pathlib import Path
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.sending import send_out
from openletter.report.mail.smtp import Connection
from openletter.report.mail.smtp_server import context_of, read_server
root, url, roots = sys.argv[1:]
with Outbox(Path(root)) as outbox:
    send_out(
        outbox, lambda: Connection(read_server(url), context_of(Path(roots)), None), bounce_to="b@example.org", rate=1e6
    )
"""


class Killing:
    """A server that takes the first message and kills who sends the second, at a point of the conversation; what it got whole is
    in ``taken``."""

    def __init__(self, tls, point):
        self.tls = tls
        self.point = point
        self.taken = []
        self.pid = 0

    def _at(self, point):
        if point == self.point and (self.taken or point == "hello"):
            while not self.pid:
                time.sleep(0.005)
            os.kill(self.pid, signal.SIGKILL)

    def __call__(self, talk):
        talk.start_tls(self.tls)
        talk.say("220 x")
        talk.hear()
        self._at("hello")
        talk.say("250-x", "250 SIZE")
        while True:
            line = talk.hear().upper()
            if line.startswith(b"QUIT"):
                talk.say("221 bye")
                return
            self._at(line[:4].decode().lower())
            if line != b"DATA":
                talk.say("250 OK")
                continue
            talk.say("354 go on")
            lines = [talk.hear()]
            self._at("middle")
            if self.point == "middle" and self.taken:
                # It may have written the rest into the socket before it died, yet never the dot: that needs an answer first.
                talk.connection.recv(1)
            while (line := talk.hear()) != b".":
                lines.append(line)
            before = len(self.taken)
            self.taken.append(lines)
            if before:
                self._at("dot")
            talk.say("250 OK")
            if before:
                self._at("answer")


@pytest.mark.parametrize("point", ["hello", "mail", "rcpt", "data", "dot", "answer"])
def test_killed_at_any_point_each_message_arrives_once(
    outbox, scripted, mail_server, authority, new_message, point, tmp_path
):
    killing = Killing(authority.context(), point)
    server = scripted(killing)
    for number in range(1, 4):
        outbox.put(new_message(number), now=1.0)
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, tmp_path, f"smtps://127.0.0.1:{server.port}", authority.roots]
    )
    try:
        killing.pid = sender.pid
        assert sender.wait(60) == -signal.SIGKILL
    finally:
        sender.kill()
        sender.wait()
    server.close()
    kept = mail_server()
    with Outbox(tmp_path) as again:
        again.recover(now=time.time())
        send_out(
            again,
            lambda: Connection(read_server(kept.url), context_of(authority.roots), None),
            bounce_to="b@example.org",
            rate=1e6,
        )
        states = Counter(one.state.value for one in again.messages())
    arrived = _arrived(kept)
    arrived.update(
        next(line for line in lines if line[:11] == b"Message-ID:").decode() for lines in killing.taken
    )
    assert len(arrived) == 3
    assert set(arrived.values()) == {1}
    assert states["sent"] + states["uncertain"] == 3
    # After the answer it may have written down that it was heard, or not.
    assert states["uncertain"] in {"dot": (1,), "answer": (0, 1)}.get(point, (0,))
