"""What a survey is to do: fixed when it begins, kept with it, and the same whenever it is resumed."""

from collections.abc import Iterable
from typing import Self

import msgspec

from openletter.scope.address import Interval
from openletter.scope.authorisation import Authorisation
from openletter.scope.description import ScopeDescription
from openletter.survey.effort import Effort

SHARD_ENDPOINTS = 32_768
"""Endpoints of a full shard: a file of some megabytes, and what a crash may cost at most for each one that is open."""
MIN_SHARD_ENDPOINTS = 200
"""Below that a file costs more than what it keeps safe."""
SHARDS_FOR_EACH_PROCESS = 4
"""At least, so that a small survey keeps some progress when it is killed, and processes end together."""


class Vantage(msgspec.Struct, frozen=True, kw_only=True):
    """From where it is looked."""

    name: str = ""
    """Host name of the machine."""
    source: str = ""
    """Local IPv4 address that connections are bound to; empty for the system's choice."""
    source_v6: str = ""
    """The same of IPv6."""
    seen_as: tuple[str, ...] = ()
    """Local addresses that connections came from when the survey began, one of each family that the scope has."""
    networks: tuple[str, ...] = ()
    """The /24 and /48 that those lie in."""

    @property
    def sources(self) -> tuple[str, ...]:
        """What is bound."""
        return tuple(source for source in (self.source, self.source_v6) if source)


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What an observation depends on besides the peer. A resumed survey goes on under those it began with."""

    timeout: float = 1.0
    """Factor on all deadlines of the engine."""
    host_gap: float = 0.0
    """Seconds between two connections to a host."""
    confirm: bool = False
    """Whether the credential-free confirmation is taken (VERDICTS §4); only with the owners' leave."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One machine's slice of a scope that several of them share: all parts of one seed together are the whole."""

    index: int = 0
    """From 0."""
    of: int = 1


class ListedTargets(msgspec.Struct, frozen=True, kw_only=True):
    """A list of hosts in the place of a scope; see :mod:`openletter.discovery.target_list`."""

    id: str
    file: str
    """Absolute path."""
    addresses: int = 0
    public: int = 0
    """Of the addresses."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A survey goes through its shards once, and then again through each one for the endpoints that kept silent: once
    for each retry, from the last shard to the first. A shard of a later pass has a number of its own, behind those of
    the passes before: shard s of pass p (from 1) has the number (p-1) · shards + s."""

    scope: ScopeDescription
    """Of a survey of listed targets: without addresses, with the ports."""
    endpoints: int
    """How many are asked; about so many in a part of a scope."""
    seed: int
    """Of the order."""
    shards: int
    """Of one pass."""
    conditions: Conditions
    vantage: Vantage
    authorisation: Authorisation | None = None
    """Who allowed it, where that was said."""
    targets: ListedTargets | None = None
    part: Part = Part()
    retries: int = 0
    """How often an endpoint is asked again that was silent, timed out or was reset."""
    retry_after: float = 0.0
    """Seconds between the end of one pass and the beginning of the next."""
    effort: Effort | None = None
    """How hard it was to work when it began: what holds for a resumed run that does not say otherwise."""

    def renewed(self, *, authorisation: Authorisation | None, excluded: Iterable[Interval] = ()) -> Self:
        """What is gone on with: by this leave, and without these addresses; the order stays."""
        return msgspec.structs.replace(
            self, authorisation=authorisation, scope=self.scope.excluding(excluded)
        )

    @property
    def passes(self) -> int:
        return 1 + self.retries

    def pass_of(self, number: int) -> int:
        """To which pass a shard of that number belongs, from 1."""
        return 1 + number // self.shards

    def earlier(self, number: int) -> range:
        """The numbers of the same shard in earlier passes, the first one first."""
        return range(number % self.shards, number, self.shards)

    def numbers(self, which: int) -> range:
        """The shards of a pass, in the order in which they are begun."""
        first = (which - 1) * self.shards
        return (
            range(first, first + self.shards) if which == 1 else range(first + self.shards - 1, first - 1, -1)
        )


SHARDS_OF_A_PART = 8
"""At least, of one machine's part. It does not depend on the machine's processors: all machines must cut alike."""


def part_shard_count(endpoints: int, of: int) -> int:
    """The same for each of ``of`` parts of a scope, on whatever machine it is computed."""
    share = -(-endpoints // of)
    return max(1, -(-share // SHARD_ENDPOINTS), min(SHARDS_OF_A_PART, share // MIN_SHARD_ENDPOINTS))


def shard_count(endpoints: int, processes: int) -> int:
    """Into how many shards a scope is cut: full ones where it is large, at least four a process where it is small,
    yet none below 200 endpoints; never none."""
    full = -(-endpoints // SHARD_ENDPOINTS)
    for_progress = min(processes * SHARDS_FOR_EACH_PROCESS, endpoints // MIN_SHARD_ENDPOINTS)
    return max(1, full, for_progress)
