"""The place for S/MIME or PGP: what a message goes through before it is kept in the outbox."""

from email.message import EmailMessage
from typing import Protocol


class Signer(Protocol):
    """Called once for each message, when it is finished and before it is put into the outbox, with the From address that the key
    should fit. Gives back the message to be sent, which may be the same one: usually a ``multipart/signed`` around its body
    (RFC 1847) that has taken its headers over. ``To``, ``Message-ID`` and ``List-Unsubscribe`` must be left as they are; what
    it raises ends the run, and nothing of that message is sent.
    """

    def __call__(self, message: EmailMessage, sender: str) -> EmailMessage: ...
