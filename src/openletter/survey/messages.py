"""What the processes of a survey say to each other, over a pipe each."""

from pathlib import Path

import msgspec

from openletter.dialogue.observation import Protocol, Tcp
from openletter.survey.effort import Effort
from openletter.survey.plan import Plan
from openletter.survey.said import Said
from openletter.survey.sink import Published, SinkFactory


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """All that a worker needs to begin."""

    plan: Plan
    effort: Effort
    """Its share."""
    sink: SinkFactory
    optout: Path | None
    """The opt-out list, who must not be asked besides what the plan excludes; none where there is none."""
    settle: float
    """Seconds to wait before the first connection: what another run, which may have been killed a moment ago, has done
    to a host or a network is not known any more."""


class WantPass(msgspec.Struct, frozen=True):
    """Worker to parent, while nothing is open; the answer is the number of a pass, once that may begin, or ``None``
    when there is no more."""


class WantShard(msgspec.Struct, frozen=True):
    """Worker to parent; the answer is a ``Task``, or ``None`` when there is no more in this pass."""


class Task(msgspec.Struct, frozen=True):
    """Parent to worker: a shard to go through."""

    number: int
    earlier: tuple[str, ...]
    """Files of the same shard in earlier passes: of those only who kept silent is asked."""


class Share(msgspec.Struct, frozen=True):
    """Parent to worker, at any time: what it may do from now on, since others have begun or ended."""

    rate: float
    network_rate: float


class Sum(msgspec.Struct, frozen=True):
    """Observations that have these two in common."""

    protocol: Protocol
    tcp: Tcp
    probed: int
    exposed: int
    """By the quick look of :mod:`openletter.survey.glance`."""
    stood_before: int = 0
    """Of the probed, those that took a connection in an earlier pass, too."""

    @property
    def answered(self) -> int:
        """Those that took a connection for the first time."""
        return self.probed - self.stood_before if self.tcp is Tcp.OPEN else 0


class Seen(msgspec.Struct, frozen=True):
    """Worker to parent: what was observed since the last of these."""

    sums: tuple[Sum, ...]
    left_out: int
    """Endpoints that may not be asked any more."""
    open: int
    """Connections at this moment."""

    @property
    def probed(self) -> int:
        return sum(part.probed for part in self.sums)

    @property
    def answered(self) -> int:
        return sum(part.answered for part in self.sums)

    @property
    def exposed(self) -> int:
        return sum(part.exposed for part in self.sums)


class Failed(msgspec.Struct, frozen=True):
    """Worker to parent: it cannot go on. The last message."""

    why: str


FromWorker = WantPass | WantShard | Seen | Published | Said | Failed
