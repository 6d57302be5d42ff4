"""How long a peer may take. All in seconds."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    connect: float = 5.0
    """To a connection. Linux sends a second SYN after one second and a third after three."""
    greeting: float = 15.0
    """From the connection to the whole greeting: servers that look up our name first take up to ten."""
    reply: float = 15.0
    """From a command to the whole reply; courier and cyrus take three to five for a refusal."""
    handshake: float = 15.0
    quiet: float = 2.0
    """Where we listen without a word, and for the answer to our farewell."""
    total: float = 90.0
    """The whole dialogue with all its connections."""

    def scaled(self, factor: float) -> "Deadlines":
        """All of them times ``factor``."""
        return Deadlines(
            connect=self.connect * factor,
            greeting=self.greeting * factor,
            reply=self.reply * factor,
            handshake=self.handshake * factor,
            quiet=self.quiet * factor,
            total=self.total * factor,
        )

    @property
    def shortest(self) -> float:
        return min(self.connect, self.greeting, self.reply, self.handshake, self.quiet, self.total)


class Clock(Enum):
    """Which deadline runs."""

    GREETING = "greeting"
    REPLY = "reply"
    HANDSHAKE = "handshake"
    QUIET = "quiet"
