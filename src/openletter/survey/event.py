"""What happens in the course of a survey, for whoever keeps a log or counts."""

import msgspec

from openletter.survey.effort import Effort
from openletter.survey.messages import Seen
from openletter.survey.said import Said
from openletter.survey.sink import Published


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The workers are about to start."""

    endpoints: int
    shards: int
    done: tuple[Published, ...]
    """By earlier runs."""
    effort: Effort


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A worker has gone on."""

    worker: int
    """Its number, from 0."""
    seen: Seen


class ShardKept(msgspec.Struct, frozen=True, kw_only=True):
    """A shard is durable and written down."""

    published: Published


class WorkerSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a worker's log."""

    worker: int
    said: Said


class WorkerGone(msgspec.Struct, frozen=True, kw_only=True):
    """A worker died or gave up; the survey ends for it."""

    worker: int
    why: str


class StopAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Ctrl-C or SIGTERM."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """No worker is left."""

    finished: bool
    """Whether every shard is done."""


Event = Begun | Progress | ShardKept | WorkerSaid | WorkerGone | StopAsked | Ended
