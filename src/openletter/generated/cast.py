"""Who plays in a generated store: each distinct way to be one protocol of a host has a number, and two *specimens*, one for
its cleartext and one for its implicit-TLS port. A host is then two numbers, a day is a choice among them, and a row of a
table is a specimen's row with another address."""

from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import REGISTERED_PORTS, Endpoint, Mode, Observation, Protocol, Tcp
from openletter.engine.conversation import Conversation
from openletter.engine.deadlines import Deadlines
from openletter.generated.speaking import speak
from openletter.lab.internet.contexts import TlsPeers
from openletter.lab.internet.days import Pair
from openletter.lab.internet.population import FIRST
from openletter.lab.internet.roles import CLOSED, Role
from openletter.lab.internet.speech import SILENCE, Conduct
from openletter.scope.address import text
from openletter.store.observation_table import SCHEMA, to_batch
from openletter.tls.session import Client

NOT_REACHED = Pair(CLOSED, CLOSED)
"""A host that is there and answers nobody today."""
_BATCH = 1_024
"""Observations that wait as Python objects."""
_PORTS = {(of, mode): port for port, (of, mode) in REGISTERED_PORTS.items()}


class Cast:
    """Numbers for pairs of roles, from 0 in the order in which they are met; 0 is ``NOT_REACHED`` on POP3, 1 on IMAP."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.pairs: list[tuple[Protocol, Pair]] = []
        self.unreached = {str(of): self._new(of, NOT_REACHED) for of in (Protocol.POP3, Protocol.IMAP)}

    def _new(self, of: Protocol, pair: Pair) -> int:
        self.pairs.append((of, pair))
        return len(self.pairs) - 1

    def number(self, of: str, pair: Pair) -> int:
        # Roles are shared objects, and compared as such.
        key = (of, id(pair.clear), id(pair.implicit))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._new(Protocol(of), pair)
        return number


def _manner_of(endpoint: Endpoint, role: Role) -> tuple[object, ...]:
    """What a dialogue depends on: roles that agree in it are spoken to once."""
    tls = role.inside is not SILENCE or role.conduct == Conduct.TLS
    return endpoint.port, role.conduct, id(role.speech), id(role.inside), role.profile if tls else None


def specimens(
    cast: Cast,
    peers: TlsPeers,
    client: Client,
    *,
    started: float,
    deadlines: Deadlines,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> Any:
    """A ``pyarrow.Table`` of observations: of the pair with the number n, row 2n is its cleartext port and row 2n + 1 its
    implicit-TLS port. Each pair has an address of its own, so that verdicts see what belongs together.

    Every distinct manner is really spoken to, in memory. ``started`` in Unix seconds.
    """
    spoken: dict[tuple[object, ...], Observation] = {}
    seen = []
    for number, (of, pair) in enumerate(cast.pairs):
        watch(number, len(cast.pairs))
        for mode, role in ((Mode.CLEARTEXT, pair.clear), (Mode.IMPLICIT, pair.implicit)):
            endpoint = Endpoint(ip=text(FIRST + number), port=_PORTS[of, mode], protocol=of, mode=mode)
            if pair is NOT_REACHED:
                seen.append(_unreached(endpoint, client, started, deadlines))
                continue
            key = _manner_of(endpoint, role)
            if key not in spoken:
                spoken[key] = speak(endpoint, role, peers, client, started=started, deadlines=deadlines)
            seen.append(msgspec.structs.replace(spoken[key], ip=endpoint.ip))
    batches = [to_batch(seen[start : start + _BATCH]) for start in range(0, len(seen), _BATCH)]
    return pa.Table.from_batches(batches, SCHEMA).unify_dictionaries().combine_chunks()


def _unreached(endpoint: Endpoint, client: Client, started: float, deadlines: Deadlines) -> Observation:
    conversation = Conversation(endpoint, client)
    conversation.begin()
    conversation.not_connected(Tcp.TIMEOUT)
    return conversation.notes.observation(started=started, duration=deadlines.connect)
