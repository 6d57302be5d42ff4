"""The vocabulary between a dialogue and whoever moves its bytes.

A dialogue is a generator. It yields a ``Step``, and is resumed with a ``Result``:

===================  =====================================================================================
yields               is resumed with
===================  =====================================================================================
``Await.GREETING``   the next bytes of the peer, or why there are none. The greeting's clock starts
``Await.MORE``       the same; the clock that runs goes on, so that a drip cannot outlive its deadline
``Await.QUIETLY``    the same; a short clock of its own starts: we say nothing and hear what the peer does
a ``Command``        the command is sent, the reply's clock starts; then as above
a ``Profile``        TLS is started in that manner; resumed with a ``Handshake``. From then on bytes are
                     what the peer said inside TLS
``NEW_CONNECTION``   ``None``, at once. The connection is closed; the next step opens another one
===================  =====================================================================================

The first step, and the first one behind ``NEW_CONNECTION``, connects; where that fails, the result is a ``Tcp``.
"""

from collections.abc import Generator
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from openletter.dialogue.observation import Handshake, Tcp
from openletter.grammar.command import Command


class Await(Enum):
    GREETING = "greeting"
    MORE = "more"
    QUIETLY = "quietly"


class Profile(StrEnum):
    """What a ClientHello offers."""

    MODERN = "modern"
    """TLS 1.2 and 1.3."""
    LEGACY = "legacy"
    """TLS 1.0 to 1.2 with every cipher suite, anonymous ones too."""
    SSLV3 = "sslv3"
    """A hand-made hello of SSL 3.0 (RFC 6101): enough to see whether the peer speaks it, never a session."""


class NewConnection(Enum):
    NEW_CONNECTION = "new connection"


NEW_CONNECTION: Final = NewConnection.NEW_CONNECTION


class Lost(Enum):
    """Why no bytes came."""

    TIMEOUT = "timeout"
    CLOSED = "closed"
    RESET = "reset"


Step: TypeAlias = Await | Command | Profile | NewConnection
Result: TypeAlias = bytes | Lost | Tcp | Handshake | None
Steps: TypeAlias = Generator[Step, Result, None]
"""A whole dialogue."""
