"""What the processes of a survey say to each other, over a pipe each."""

import msgspec

from openletter.survey.effort import Effort
from openletter.survey.plan import Plan
from openletter.survey.sink import Published, SinkFactory


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """All that a worker needs to begin."""

    plan: Plan
    effort: Effort
    """Its share."""
    sink: SinkFactory


class WantShard(msgspec.Struct, frozen=True):
    """Worker to parent; the answer is the number of a shard, or ``None`` when there is no more."""


class Seen(msgspec.Struct, frozen=True):
    """Worker to parent: what was observed since the last of these."""

    probed: int
    answered: int
    exposed: int


class Failed(msgspec.Struct, frozen=True):
    """Worker to parent: it cannot go on. The last message."""

    why: str


FromWorker = WantShard | Seen | Published | Failed
