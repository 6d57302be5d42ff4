"""The one interface that TLS stands behind, so that a faster client can take the place of the standard library's.

Sans I/O: octets of the wire go in, octets for the wire come out. A session never raises for what a peer sent.
"""

from enum import Enum
from typing import Protocol

import msgspec

from openletter.dialogue.observation import Handshake
from openletter.dialogue.step import Lost, Profile


class Progress(msgspec.Struct, frozen=True, gc=False):
    """What a handshake has come to."""

    to_send: bytes
    result: Handshake | None
    """``None`` while it needs more from the peer."""


class Ended(Enum):
    """Why nothing more can be read inside TLS."""

    CLOSED = "closed"
    """close_notify (RFC 8446 §6.1)."""
    BROKEN = "broken"
    """A record that our TLS does not accept, or a fatal alert."""


class Session(Protocol):
    """One TLS session on one connection."""

    def handshake(self, data: bytes, /) -> Progress:
        """Go on with what the peer sent; the first call takes ``b""`` and gives the ClientHello."""

    def lost(self, why: Lost, /) -> Handshake:
        """The handshake's result where the connection ended in the middle of it."""

    def encrypt(self, data: bytes, /) -> bytes:
        """Octets for the wire that carry ``data`` (small: a command)."""

    def decrypt(self, data: bytes, /) -> tuple[bytes, bytes, Ended | None]:
        """What the peer said inside TLS; octets that must go back to it; why no more can come, if so."""


class Client(Protocol):
    """Makes sessions; one for each process."""

    def session(self, profile: Profile, host: str) -> Session:
        """A new session. ``host`` is the name for SNI (RFC 6066 §3), empty for a bare address."""
