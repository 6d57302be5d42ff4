"""What the outbox knows of a message, and how it and each of its recipients stand."""

from datetime import date
from enum import StrEnum

import msgspec


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    REPLACED = "replaced"
    """By that of a later day, before anybody got it."""


class RecipientState(StrEnum):
    PENDING = "pending"
    DOT = "dot"
    """The dot is about to be said, or was."""
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    state: RecipientState
    reply: str
    """The server's last word on it, made safe; may be empty."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    subscriber: int
    slug: str
    day: date
    survey: str
    message_id: str
    subject: str
    octets: int
    state: MessageState
    attempts: int
    queued: float
    """Unix seconds, as the next two are."""
    next_try: float
    changed: float
    reply: str
    recorded: bool
    """Whether the account says that the subscriber was told."""
    recipients: tuple[Recipient, ...] = ()


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    subscriber: int
    slug: str
    day: date
    survey: str
    message_id: str
    subject: str
    recipients: tuple[str, ...]
    octets: bytes
    standings: bytes
    """What it tells, to be written into the account once it was handed over; whatever the caller reads again."""
