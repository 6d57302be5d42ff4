"""A manner of speech: what a peer says first, what it answers, and what it does then.

Everything is said from tables made at start: a server that is to be cheap looks up a word and sends bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from openletter.lab.internet.truth import Facts

TAG = b"\0"
"""Stands in an IMAP answer where the command's tag goes."""


class Act(IntEnum):
    """What follows an answer, beside waiting for the next command."""

    CLOSE = 1
    START_TLS = 2
    ALERT = 3
    """Answer a ClientHello by a TLS alert."""
    PLAINTEXT = 4
    """Answer a ClientHello by a line in the clear."""
    GARBAGE = 5
    """Answer a ClientHello by a TLS record that holds none."""
    FLOOD = 6
    """Say ``Speech.flood`` again and again."""
    CANCEL = 7
    """IMAP: wait for the client's ``*`` (RFC 9051 §6.2.2) and answer BAD."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly something is said."""

    before_s: float
    piece: int
    """Bytes sent together."""
    gap_s: float

    def cut(self, data: bytes) -> list[bytes]:
        return [data[start : start + self.piece] for start in range(0, len(data), self.piece)]


class Conduct(IntEnum):
    """How a peer behaves from the moment a connection stands."""

    SPEAK = 0
    SAY_AND_CLOSE = 1
    SILENT = 2
    HANG_UP = 3
    RESET = 4
    FLOOD = 5
    TLS = 6
    """TLS first, then speech."""
    ALERT = 7
    """Answer a ClientHello by a TLS alert."""


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    greeting: bytes
    answers: Mapping[bytes, bytes] = field(default_factory=dict)
    """By the command's first word (IMAP: after the tag), in upper case."""
    acts: Mapping[bytes, Act] = field(default_factory=dict)
    otherwise: bytes = b""
    """Answer to every other line."""
    tagged: bool = False
    """IMAP: the first word of a line is its tag."""
    greeting_pace: Pace | None = None
    answer_pace: Pace | None = None
    flood: bytes = b""
    plaintext: bytes = b""
    """What ``Act.PLAINTEXT`` says."""


SILENCE = Speech(b"")


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How one product, so configured, speaks one protocol."""

    name: str
    protocol: str
    """imap or pop3; empty for what is neither."""
    facts: Facts
    clear: Speech
    """On the cleartext port."""
    inside: Speech = SILENCE
    """Inside TLS, after STARTTLS."""
    implicit: Speech = SILENCE
    """Inside TLS, on the implicit-TLS port; its greeting is said there."""
    conduct: Conduct = Conduct.SPEAK
