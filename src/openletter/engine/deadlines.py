"""How long a peer may take. All in seconds."""

from dataclasses import dataclass
from enum import IntEnum


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
    def by_clock(self) -> tuple[float, float, float, float]:
        """Seconds for each ``Clock``."""
        return self.greeting, self.reply, self.handshake, self.quiet

    @property
    def shortest(self) -> float:
        return min(self.connect, self.greeting, self.reply, self.handshake, self.quiet, self.total)


class Clock(IntEnum):
    """Which deadline runs; a number, to index with."""

    GREETING = 0
    REPLY = 1
    HANDSHAKE = 2
    QUIET = 3
