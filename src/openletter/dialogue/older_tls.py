"""A modern handshake has failed: does the peer speak older TLS? Legacy TLS is TLS, and is never called "no TLS"."""

from collections.abc import Callable, Generator, Iterator
from typing import TypeAlias

from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Profile, Result, Step, Steps

Attempt: TypeAlias = Callable[[Profile], Generator[Step, Result, Handshake | None]]
"""A new connection up to its handshake in that manner; ``None`` where the peer does not come as far again."""


def _profiles_left(notes: Notes) -> Iterator[Profile]:
    """The manners that are worth a connection, each given when the one before has failed.

    Plaintext instead of TLS is an answer: older TLS would change nothing. A peer that lets a second hello time out
    would let the third one do so, too.
    """
    if notes.handshake.outcome is HandshakeOutcome.PLAINTEXT:
        return
    yield Profile.LEGACY
    if notes.legacy.outcome not in (HandshakeOutcome.PLAINTEXT, HandshakeOutcome.TIMEOUT):
        yield Profile.SSLV3


def try_older_tls(notes: Notes, attempt: Attempt, inside: Callable[[], Steps]) -> Steps:
    """Try legacy TLS, then SSLv3's hello, a new connection each; ``inside`` is what is said where one works."""
    for profile in _profiles_left(notes):
        handshake = yield from attempt(profile)
        if handshake is None:
            return
        # The first failure says more than a later one.
        if handshake.works or notes.legacy.outcome is HandshakeOutcome.NOT_TRIED:
            notes.legacy = handshake
        if handshake.works:
            # What is seen of SSLv3 is a hello: there is no session to speak in.
            if profile is Profile.LEGACY:
                yield from inside()
            return
