"""Messages on their way. What a user loses when these fail: an owner gets the same mail twice, or never, and nobody knows."""

import stat
from datetime import date, timedelta

import pytest

from openletter.report.mail.outbox import KEPT_S, NoMessageError, Outbox
from openletter.report.mail.outbox_message import MessageState, RecipientState

DAY = date(2026, 11, 24)
SENT = (RecipientState.SENT, "250 OK")
LATER = (RecipientState.PENDING, "451 later")
NEVER = (RecipientState.REFUSED, "550 no")


def _settle(outbox, message, *states):
    asked = dict(zip((one.address for one in message.recipients), states, strict=True))
    return outbox.settle(message.id, asked, reply=states[-1][1], next_try=100.0, now=10.0)


def test_one_message_a_subscriber_and_day(outbox, new_message):
    assert outbox.put(new_message(1), now=1.0)
    assert not outbox.put(new_message(1, subject="another"), now=2.0)
    assert outbox.put(new_message(2), now=2.0)
    assert outbox.has(1, DAY)
    assert not outbox.has(1, DAY + timedelta(days=1))
    assert [one.subject for one in outbox.messages()] == ["Report", "Report"]


def test_nobody_else_reads_it(outbox, new_message):
    outbox.put(new_message(), now=1.0)
    for path in outbox.path.parent.glob("outbox.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_message_that_waits_is_replaced_by_that_of_a_later_day(outbox, new_message):
    """Else the same fault is told as new twice on the day on which the server comes back."""
    outbox.put(new_message(1), now=1.0)
    outbox.put(new_message(1, day=DAY + timedelta(days=1)), now=2.0)
    assert [one.state for one in outbox.messages()] == ["replaced", "queued"]
    with pytest.raises(NoMessageError):
        outbox.content(1)


def test_what_somebody_got_already_is_not_replaced(outbox, new_message):
    outbox.put(new_message(1, recipients=("a@x.example", "b@x.example")), now=1.0)
    _settle(outbox, outbox.claim(now=1.0), SENT, LATER)
    outbox.put(new_message(1, day=DAY + timedelta(days=1)), now=2.0)
    assert [one.state for one in outbox.messages()] == ["queued", "queued"]


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ((SENT, SENT), "sent"),
        ((SENT, NEVER), "sent"),
        ((NEVER, NEVER), "failed"),
        ((SENT, LATER), "queued"),
        ((NEVER, LATER), "queued"),
    ],
)
def test_a_message_is_what_its_recipients_are(outbox, new_message, states, state):
    outbox.put(new_message(recipients=("a@x.example", "b@x.example")), now=1.0)
    after = _settle(outbox, outbox.claim(now=1.0), *states)
    assert after.state == state
    assert [one.state for one in after.recipients] == [one for one, _ in states]
    assert bool(outbox.unrecorded()) == (SENT in states)


def test_a_claimed_one_is_not_claimed_twice_and_a_later_one_waits(outbox, new_message):
    outbox.put(new_message(1), now=1.0)
    first = outbox.claim(now=1.0)
    assert outbox.claim(now=1.0) is None
    _settle(outbox, first, LATER)
    assert (outbox.due(now=99.0), outbox.due(now=100.0), outbox.next_try()) == (0, 1, 100.0)
    assert outbox.claim(now=99.0) is None
    assert outbox.claim(now=100.0).attempts == 2


def test_who_died_before_the_dot_has_sent_nothing(outbox, new_message):
    outbox.put(new_message(), now=1.0)
    outbox.claim(now=1.0)
    with Outbox(outbox.path.parent) as other:
        assert [one.id for one in other.recover(now=5.0)] == [1]
        assert other.show(1).state is MessageState.QUEUED
        assert other.claim(now=5.0).id == 1


def test_who_died_after_the_dot_does_not_know_and_a_person_decides(outbox, new_message):
    outbox.put(new_message(recipients=("a@x.example", "b@x.example")), now=1.0)
    message = outbox.claim(now=1.0)
    outbox.before_dot(message.id, ["a@x.example", "b@x.example"])
    outbox.recover(now=5.0)
    assert outbox.show(1).state is MessageState.UNCERTAIN
    assert outbox.claim(now=1e9) is None, "never sent again blindly"
    assert outbox.unrecorded() == (), "and nobody counts as told"
    assert outbox.resend(1, now=6.0).state is MessageState.QUEUED
    again = outbox.claim(now=6.0)
    outbox.before_dot(again.id, ["a@x.example", "b@x.example"])
    outbox.lost(again.id, "the server hung up", next_try=9.0, now=7.0)
    assert outbox.arrived(1, now=8.0).state is MessageState.SENT
    assert [message.id for message, _ in outbox.unrecorded()] == [1]


def test_sent_again_goes_only_to_who_does_not_have_it(outbox, new_message):
    outbox.put(new_message(recipients=("a@x.example", "b@x.example", "c@x.example")), now=1.0)
    message = outbox.claim(now=1.0)
    outbox.settle(
        message.id,
        {"a@x.example": SENT, "b@x.example": LATER, "c@x.example": LATER},
        reply="",
        next_try=1.0,
        now=1.0,
    )
    again = outbox.claim(now=1.0)
    outbox.before_dot(again.id, ["b@x.example"])
    outbox.lost(again.id, "hung up", next_try=1.0, now=2.0)
    assert outbox.show(1).state is MessageState.QUEUED, "one is still to be asked"
    third = outbox.claim(now=2.0)
    outbox.settle(third.id, {"c@x.example": NEVER}, reply="", next_try=1.0, now=2.0)
    outbox.resend(1, now=3.0)
    assert [one.state for one in outbox.show(1).recipients] == ["sent", "pending", "pending"]


def test_what_is_done_with_is_let_go_and_the_thread_is_kept(outbox, new_message):
    outbox.put(new_message(1), now=1.0)
    outbox.put(new_message(2), now=1.0)
    _settle(outbox, outbox.claim(now=1.0), SENT)
    _settle(outbox, outbox.claim(now=1.0), NEVER)
    assert [standings for _, standings in outbox.unrecorded()] == [b""]
    outbox.record([1], now=20.0)
    assert outbox.unrecorded() == ()
    with pytest.raises(NoMessageError):
        outbox.content(1)
    assert outbox.content(2), "what failed is kept for a person to look at"
    outbox.record([], now=11.0 + KEPT_S)
    with pytest.raises(NoMessageError):
        outbox.content(2)
    assert (outbox.thread(1), outbox.thread(2)) == (("<1.2026-11-24@example.org>",), ())


def test_what_may_have_arrived_is_kept_until_a_person_has_looked(outbox, new_message):
    """Else its subscriber cannot count as told any more, and with that no later one."""
    outbox.put(new_message(standings=b"rows"), now=1.0)
    message = outbox.claim(now=1.0)
    outbox.before_dot(message.id, ["owner1@example.net"])
    outbox.recover(now=2.0)
    outbox.record([], now=3.0 + KEPT_S)
    assert outbox.content(message.id)
    outbox.arrived(message.id, now=4.0 + KEPT_S)
    assert [(told.id, standings) for told, standings in outbox.unrecorded()] == [(message.id, b"rows")]


def test_only_what_nobody_got_can_be_dropped(outbox, new_message):
    outbox.put(new_message(1), now=1.0)
    with pytest.raises(NoMessageError, match="neither failed nor is uncertain"):
        outbox.resend(1, now=1.0)
    with pytest.raises(NoMessageError, match="not uncertain"):
        outbox.arrived(1, now=1.0)
    assert outbox.drop(1).slug == "s1"
    assert outbox.put(new_message(1), now=2.0), "another one can be made"
    _settle(outbox, outbox.claim(now=2.0), SENT)
    with pytest.raises(NoMessageError, match="was sent"):
        outbox.drop(2)
    with pytest.raises(NoMessageError, match="no message 7"):
        outbox.show(7)
