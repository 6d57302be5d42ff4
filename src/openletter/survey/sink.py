"""Where observations go: what a survey asks of whoever keeps them. The store is one such; a test may bring its own."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from openletter.dialogue.observation import Endpoint, Observation

FindCertificate = Callable[[str], bytes | None]
"""DER by SHA-256 in lower-case hex; ``None`` where it is not to be had any more."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A shard that is durable as a whole, under a name that is its idempotency key."""

    shard: int
    attempt: int
    """Which run of the survey wrote it, from 1."""
    file: str
    """Path of the observations below the store's root."""
    rows: int
    answered: int
    """Endpoints that took a connection, and had not in an earlier pass: over all passes each counts once."""
    exposed: int
    """By the quick look of :mod:`openletter.survey.glance`."""
    octets: int
    left_out: int = 0
    """Endpoints that were opted out before their turn came, and so have no row."""
    sha256: str = ""
    """Of the file's octets, lower-case hex; empty where that was not written down."""


class Silent(NamedTuple):
    """Who is asked again."""

    endpoint: Endpoint
    stood: bool
    """Whether a connection stood in an earlier pass: then it has been counted as one that answered."""


class ShardSink(Protocol):
    """Takes the observations of one shard."""

    def add(self, observation: Observation, *, stood_before: bool = False) -> None:
        """``stood_before``: see :class:`Silent`."""

    def leave_out(self) -> None:
        """Count an endpoint that was not asked."""

    def publish(self) -> Published:
        """Make all of it durable, or nothing. Raises what the sink calls its errors."""


class Sink(Protocol):
    """What one process writes to; several shards may be open at once."""

    def begin(self, shard: int, certificate: FindCertificate) -> ShardSink: ...

    def silent(self, files: Sequence[str]) -> Sequence[Silent]:
        """Whom to ask again: the endpoints that, by all files of a shard, were silent, timed out or were reset, those
        that were asked last first."""


class SinkFactory(Protocol):
    """Goes to each process by pickle, and makes its sink there."""

    def __call__(self) -> Sink: ...


class Ledger(Protocol):
    """What the parent knows of finished shards, and alone writes down."""

    def finished(self) -> Sequence[Published]:
        """Those of earlier runs."""

    def silent_count(self, files: Sequence[str]) -> int:
        """How many endpoints are to be asked again; ``files`` are all those of one shard."""

    def record(self, published: Published) -> bool:
        """Write it down; ``False`` where the shard had been published before: then that one counts, and not this."""
