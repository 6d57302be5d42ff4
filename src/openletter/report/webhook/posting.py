"""From the queue to the address: one message at a time, again after a while where the other side says later."""

import random
import ssl
import time
from collections.abc import Callable, Collection

import msgspec

from openletter.report.bounded_http import (
    ForbiddenPlaceError,
    HttpError,
    Reach,
    Reply,
    Url,
    request,
    retry_after,
)
from openletter.report.webhook.queue import Waiting, WebhookQueue
from openletter.report.webhook.signature import signed_headers

ATTEMPTS = 6
"""Of one message in one run, over about a minute; what is left waits for the next run."""
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
"""For which a run waits, also where the other side says how long; who wants more is asked again by the next run."""
TIMEOUT_S = 20.0
"""The specification says 15 to 30."""
_MAX_ANSWER = 4_096
_JITTER = 0.25
_LATER = frozenset({408, 425, 429})
_OF_THE_MESSAGE = frozenset({400, 413, 422})
"""Answers to what one message says, or how long it is: another one may be taken."""
_MOST_REFUSED = 3
"""So many subscribers' messages in a row, and nothing was accepted: it is the address that takes nothing."""


class WebhookError(Exception):
    """The address does not take what is posted; ``str()`` is one line. What was not accepted stays in the queue."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    url: Url
    key: bytes
    reach: Reach = Reach.GIVEN
    context: ssl.SSLContext | None = None
    timeout: float = TIMEOUT_S


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what waited."""

    accepted: int
    """Messages."""
    refused: dict[int, str]
    """By subscriber, why a message about it is not taken. What else is about it waits behind that one, so that nobody hears of
    what came later first."""


def post_all(
    queue: WebhookQueue,
    hook: Hook,
    without: Collection[int] = (),
    *,
    attempts: int = ATTEMPTS,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> Posting:
    """Post what waits for this address, but nothing about the subscribers ``without``. ``watch`` is told how many of how many.
    Raises WebhookError where the address takes nothing, StoreError."""
    url = str(hook.url)
    of = queue.waiting(url, without)
    done = 0
    refused: dict[int, str] = {}
    while (message := queue.next(url, {*without, *refused})) is not None:
        watch(done, of)
        why = _post(queue, hook, message, attempts, clock, sleep)
        if not why:
            done += 1
            continue
        refused[message.subscriber] = f"{message.slug}: {why}"
        if not done and len(refused) == _MOST_REFUSED:
            raise WebhookError(f"{why}, which is no. {_LEFT}")
    watch(done, of)
    return Posting(accepted=done, refused=refused)


def _post(
    queue: WebhookQueue,
    hook: Hook,
    message: Waiting,
    attempts: int,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> str:
    """Why this message is not taken; empty where it is. Raises WebhookError."""
    for attempt in range(1, attempts + 1):
        try:
            reply = _once(hook, message, int(clock()))
        except ForbiddenPlaceError as error:
            raise WebhookError(f"{error}; nothing is posted") from None
        except HttpError as error:
            wait, why = _back_off(attempt), str(error)
        else:
            if 200 <= reply.status < 300:
                queue.tried(message.id, accepted=True)
                return ""
            wait, why = _after(reply, attempt, clock()), f"{hook.url.place}: answers {reply.status}"
            if 300 <= reply.status < 400:
                raise WebhookError(f"{why}, a redirect, which is not followed; give the address itself")
            if reply.status < 500 and reply.status not in _LATER:
                queue.tried(message.id, accepted=False)
                if reply.status in _OF_THE_MESSAGE:
                    return why
                raise WebhookError(f"{why}, which is no. {_LEFT}")
        queue.tried(message.id, accepted=False)
        if attempt == attempts or wait > LONGEST_WAIT_S:
            raise WebhookError(f"{why}. {_LEFT}")
        sleep(wait)
    raise AssertionError("the last attempt ends it")


_LEFT = "What was not accepted waits in the store: run the command again"


def _once(hook: Hook, message: Waiting, now: int) -> Reply:
    return request(
        "POST",
        hook.url,
        headers={
            "Content-Type": "application/json",
            **signed_headers(hook.key, message.id, now, message.body),
        },
        body=message.body,
        reach=hook.reach,
        context=hook.context,
        timeout=hook.timeout,
        max_octets=_MAX_ANSWER,
    )


def _back_off(attempt: int) -> float:
    spread = random.SystemRandom().uniform(1 - _JITTER, 1 + _JITTER)
    return min(FIRST_WAIT_S * 2.0 ** (attempt - 1), LONGEST_WAIT_S) * spread


def _after(reply: Reply, attempt: int, now: float) -> float:
    """Seconds: what the other side says, or, where it says nothing, longer each time."""
    said = retry_after(reply.headers.get("retry-after", ""), now)
    return _back_off(attempt) if said is None else max(said, _back_off(attempt))
