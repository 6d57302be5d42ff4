"""What a survey is to do: fixed when it begins, kept with it, and the same whenever it is resumed."""

import msgspec

from openletter.scope.authorisation import Authorisation
from openletter.scope.description import ScopeDescription

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
    """Local address that connections come from; empty for the system's choice."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What an observation depends on besides the peer. A resumed survey goes on under those it began with."""

    timeout: float = 1.0
    """Factor on all deadlines of the engine."""
    host_gap: float = 0.0
    """Seconds between two connections to a host."""
    confirm: bool = False
    """Whether the credential-free confirmation is taken (VERDICTS §4); only with the owners' leave."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    scope: ScopeDescription
    endpoints: int
    """How many the scope has."""
    seed: int
    """Of the order."""
    shards: int
    conditions: Conditions
    vantage: Vantage
    authorisation: Authorisation | None = None
    """Who allowed it, where that was said."""


def shard_count(endpoints: int, processes: int) -> int:
    """Into how many shards a scope is cut: full ones where it is large, at least four a process where it is small,
    yet none below 200 endpoints; never none."""
    full = -(-endpoints // SHARD_ENDPOINTS)
    for_progress = min(processes * SHARDS_FOR_EACH_PROCESS, endpoints // MIN_SHARD_ENDPOINTS)
    return max(1, full, for_progress)
