"""The opening of 993 and 995 (RFC 8314 §3): we speak first, with a ClientHello, and hear what the peer makes of it.

A peer that resets the connection without a byte may be no server at all, may close every connection, or may dislike
this ClientHello. To tell them apart, a second connection says nothing and listens:

- reset again: nobody is there (``Tcp.RESET``)
- closed: a port that is open and whose TLS is dead
- a greeting: a cleartext server on a TLS port
- silence, or a TLS record: it waits for a ClientHello, so the older ones are tried
"""

from collections.abc import Callable, Generator

from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Greeting, Handshake, HandshakeOutcome, Protocol, Tcp
from openletter.dialogue.older_tls import try_older_tls
from openletter.dialogue.opening import Reader, hear, write_down
from openletter.dialogue.step import NEW_CONNECTION, Await, Lost, Profile, Result, Step, Steps


def _speaks_in_the_clear(notes: Notes, reader: Reader, protocol: Protocol, data: Result) -> Steps:
    opening = yield from hear(reader, protocol, data)
    write_down(notes, opening)


def _waits_for_hello(notes: Notes, new_reader: Callable[[], Reader]) -> Generator[Step, Result, bool]:
    """After a reset without a byte. Whether older hellos are worth trying; writes down what was heard if not."""
    yield NEW_CONNECTION
    data = yield Await.QUIETLY
    if data is Lost.TIMEOUT:
        return True
    if data is Lost.RESET or isinstance(data, Tcp):
        notes.tcp = Tcp.RESET
    elif data is Lost.CLOSED:
        notes.handshake = Handshake(outcome=HandshakeOutcome.CLOSED, detail="no_data")
    else:
        yield from _speaks_in_the_clear(notes, new_reader(), notes.endpoint.protocol, data)
        if notes.greeting is Greeting.TLS_RECORD:
            # An alert against our silence, say: it speaks TLS, and the reset stands as what became of our hello.
            return True
        notes.handshake = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=notes.banner)
    return False


def _hello_again(profile: Profile) -> Generator[Step, Result, Handshake | None]:
    yield NEW_CONNECTION
    result = yield profile
    return result if isinstance(result, Handshake) else None


def implicit(notes: Notes, new_reader: Callable[[], Reader], inside: Callable[[Notes], Steps]) -> Steps:
    """The dialogue on 993 or 995; ``inside`` is what is said once TLS stands."""
    result = yield Profile.MODERN
    if isinstance(result, Tcp):
        notes.tcp = result
        return
    assert isinstance(result, Handshake)
    notes.handshake = result
    if result.works:
        yield from inside(notes)
        return
    if result.outcome is HandshakeOutcome.PLAINTEXT:
        yield from _speaks_in_the_clear(notes, new_reader(), notes.endpoint.protocol, result.plaintext)
        return
    told_nothing = result.outcome is HandshakeOutcome.RESET and result.detail == "no_data"
    if not told_nothing or (yield from _waits_for_hello(notes, new_reader)):
        yield from try_older_tls(notes, _hello_again, lambda: inside(notes))
