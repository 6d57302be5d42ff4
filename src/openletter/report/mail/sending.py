"""From the outbox to the server: over one connection, at a pace, again later where the server says later."""

import random
import time
from collections.abc import Callable

import msgspec

from openletter.report.mail.error import NoServerError
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.outbox_message import Message, MessageState, RecipientState
from openletter.report.mail.smtp import Connection, LostError, Outcome

DEFAULT_RATE = 60.0
"""Messages a minute: what a provider's relay takes from anybody."""
FIRST_WAIT_S = 900.0
"""After the first 4xx: who lets strangers wait on purpose lets them in after minutes."""
LONGEST_WAIT_S = 6 * 3_600.0
GIVE_UP_S = 5 * 86_400.0
"""RFC 5321 §4.5.4.1: four to five days."""
_JITTER = 0.25
_MESSAGES_A_CONNECTION = 100
_LONGEST_SILENCE_S = 10.0
"""On a connection. Servers wait for five minutes (RFC 5321 §4.5.3.2.7), under load some for no more than this."""
_LOSSES = 3
"""In a row, after which the server is left alone."""

_NOT_WANTED = "is not to get mail any more"


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has done."""

    sent: tuple[Message, ...] = ()
    failed: tuple[Message, ...] = ()
    waiting: tuple[Message, ...] = ()
    """Tried, and to be tried again."""
    uncertain: tuple[Message, ...] = ()


def wait_s(attempts: int) -> float:
    """Until the next attempt, after so many: twice as long each time, and not the same for all."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 16))
    return longest * random.SystemRandom().uniform(1 - _JITTER, 1 + _JITTER)


def send_out(
    outbox: Outbox,
    connect: Callable[[], Connection],
    *,
    bounce_to: str,
    wanted: Callable[[int, str], bool] = lambda *_: True,
    rate: float = DEFAULT_RATE,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> Sending:
    """Send everything that is due. For who holds the outbox's lock, after ``recover``.

    ``bounce_to``: the envelope's sender. ``wanted``: whether a subscriber (by id) still wants mail to an address. ``rate``:
    messages a minute. ``watch`` is told how many of how many are done. Raises NoServerError where the server cannot be talked
    to, or takes nothing from us; what was not sent stays where it is.
    """
    done: list[Message] = []
    connection: Connection | None = None
    used = lost_in_a_row = 0
    last: float | None = None
    try:
        while waiting := outbox.due(now=clock()):
            watch(len(done), len(done) + waiting)
            left = 0.0 if last is None else 60.0 / rate - (time.monotonic() - last)
            if connection is not None and (left > _LONGEST_SILENCE_S or used >= _MESSAGES_A_CONNECTION):
                connection.close()
            if left > 0:
                sleep(left)
            if connection is None or not connection.alive:
                connection, used = connect(), 0
            message = outbox.claim(now=clock())
            if message is None:
                continue
            last = time.monotonic()
            try:
                after = _send(outbox, connection, message, bounce_to=bounce_to, wanted=wanted, clock=clock)
            except NoServerError:
                outbox.release(message.id, now=clock())
                raise
            except LostError as error:
                if used and not _dotted(outbox, message):
                    # A server may tire of a connection; that is no fault of the message.
                    outbox.release(message.id, now=clock())
                    connection = None
                    continue
                now = clock()
                after = outbox.lost(message.id, str(error), next_try=now + wait_s(message.attempts), now=now)
                if after.state is MessageState.QUEUED and now - after.queued >= GIVE_UP_S:
                    after = _give_up(outbox, after, now)
                connection = None
                lost_in_a_row += 1
                if lost_in_a_row >= _LOSSES:
                    raise NoServerError(
                        f"{error}; that was {_LOSSES} times in a row, the rest waits"
                    ) from None
            else:
                used += 1
                lost_in_a_row = 0
            done.append(after)
            watch(len(done), len(done) + waiting - 1)
    finally:
        if connection is not None:
            connection.close()
    return Sending(
        sent=tuple(one for one in done if one.state is MessageState.SENT),
        failed=tuple(one for one in done if one.state is MessageState.FAILED),
        waiting=tuple(one for one in done if one.state is MessageState.QUEUED),
        uncertain=tuple(one for one in done if one.state is MessageState.UNCERTAIN),
    )


def _dotted(outbox: Outbox, message: Message) -> bool:
    return any(one.state is RecipientState.DOT for one in outbox.show(message.id).recipients)


def _give_up(outbox: Outbox, message: Message, now: float) -> Message:
    states = {
        one.address: (RecipientState.REFUSED, f"given up: {message.reply}")
        for one in message.recipients
        if one.state is RecipientState.PENDING
    }
    return outbox.settle(message.id, states, reply=f"given up: {message.reply}", next_try=now, now=now)


def _send(
    outbox: Outbox,
    connection: Connection,
    message: Message,
    *,
    bounce_to: str,
    wanted: Callable[[int, str], bool],
    clock: Callable[[], float],
) -> Message:
    pending = [one.address for one in message.recipients if one.state is RecipientState.PENDING]
    asked = [one for one in pending if wanted(message.subscriber, one)]
    states = {one: (RecipientState.REFUSED, _NOT_WANTED) for one in pending if one not in asked}
    outcome = Outcome(refused={}, reply=None)
    if asked:
        outcome = connection.send(
            outbox.content(message.id),
            asked,
            sender=bounce_to,
            envelope_id=message.message_id.strip("<>").partition("@")[0],
            before_dot=lambda taken: outbox.before_dot(message.id, taken),
        )
    now = clock()
    given_up = now - message.queued >= GIVE_UP_S
    for one in asked:
        reply = outcome.refused.get(one, outcome.reply)
        assert reply is not None
        if reply.accepted:
            states[one] = (RecipientState.SENT, reply.text)
        elif reply.permanent or given_up:
            said = reply.text if reply.permanent else f"given up: {reply.text}"
            states[one] = (RecipientState.REFUSED, said)
        else:
            states[one] = (RecipientState.PENDING, reply.text)
    last = outcome.reply or next(iter(outcome.refused.values()), None)
    return outbox.settle(
        message.id,
        states,
        reply=last.text if last is not None else _NOT_WANTED,
        next_try=now + wait_s(message.attempts),
        now=now,
    )
