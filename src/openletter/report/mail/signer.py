"""The place for S/MIME or PGP: what a message goes through before it is kept in the outbox."""

from typing import Protocol


class Signer(Protocol):
    """Called once for each message, when it is finished and before it is put into the outbox, with its octets (CR LF at each
    line's end) and the From address that the key should fit. Gives back the octets to be sent: usually a ``multipart/signed``
    around the body (RFC 1847) below the same headers. ``To``, ``Message-ID`` and ``List-Unsubscribe`` must be left as they are;
    what it raises ends the run, and nothing of that message is sent.
    """

    def __call__(self, message: bytes, sender: str) -> bytes: ...
