"""How hard a survey works, and its share for each process.

All limits are those of the survey as a whole. Every process gets an equal part of each and keeps to it alone, with
nothing to ask the others: so the sum never exceeds the limit. What a process leaves when it has nothing to do any more,
the parent gives to the others. The rate of one network is shared in the same way: when its hosts happen to lie in one
process, a part of the limit is the most it gets.
"""

import os
import resource

import msgspec

from openletter.survey.hours import Hours

ENDPOINTS_A_SECOND_FOR_EACH_PROCESS = 1_000
"""One process does this with room to spare; below it a second one only makes the parts smaller."""

RESERVED_DESCRIPTORS = 64
"""Files that a process has open besides its connections, with room."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    processes: int
    rate: float
    """Connections begun a second; 0 is no limit."""
    network_rate: float
    """The same to any one /24 or /48; 0 is no limit."""
    concurrency: int
    """Connections open at once."""
    hours: tuple[Hours, ...] = ()
    """When dialogues may be begun; empty for around the clock."""

    def share(self) -> "Effort":
        """What each process gets."""
        return Effort(
            processes=1,
            rate=self.rate / self.processes,
            network_rate=self.network_rate / self.processes,
            concurrency=max(1, self.concurrency // self.processes),
            hours=self.hours,
        )


def suitable_processes(endpoints: int, rate: float) -> int:
    """As many as there are cores to run on, fewer where the rate or the scope has no work for them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    by_rate = max(1, round(rate / ENDPOINTS_A_SECOND_FOR_EACH_PROCESS)) if rate else cores
    return max(1, min(cores, by_rate, endpoints // 100))


def affordable(effort: Effort) -> Effort:
    """The same with as many connections as the system lets a process have open (RLIMIT_NOFILE); the soft limit is
    raised to the hard one first, for this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = effort.share().concurrency + RESERVED_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return effort
    each = max(1, soft - RESERVED_DESCRIPTORS)
    return msgspec.structs.replace(effort, concurrency=each * effort.processes)
