"""The hosts of a survey, counted, ordered and cut into shards, in memory that grows with what was written only."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from openletter.dialogue.observation import Endpoint
from openletter.scope import address
from openletter.scope.address import covering
from openletter.scope.description import ScopeDescription
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import Exclusions
from openletter.scope.host import Host, NamedHost
from openletter.scope.order import MAX_SIZE, Permutation


class Scope:
    """Which hosts, with which services. Made by :func:`openletter.scope.build.build_scope`, or again from its
    description, and then the same in every respect.

    Raises ScopeError where there are more than 2**64 addresses, ValueError for a description that is none of ours.
    """

    def __init__(self, description: ScopeDescription) -> None:
        self.description = description
        self.plan = description.plan
        self.intervals = tuple(span.interval for span in description.spans)
        """Sorted and disjoint, IPv4 before IPv6 (see :mod:`openletter.scope.address`)."""
        self.exclusions = Exclusions(span.interval for span in description.exclusions)
        self._countries = tuple(span.country for span in description.spans)
        ends = list(accumulate(interval.size for interval in self.intervals))
        self.address_count = ends[-1] if ends else 0
        """Addresses, each once."""
        if self.address_count > MAX_SIZE:
            raise ScopeError(
                f"a scope of {self.address_count:,} addresses; at most 2**64 can be put in an order"
            )
        self._begins = [0, *ends[:-1]]
        self._named: dict[int, list[NamedHost]] = {}
        for host in description.named:
            self._named.setdefault(address.parse(host.ip), []).append(host)

    @property
    def endpoint_count(self) -> int:
        """Endpoints, each (address, port, name) once."""
        plain = self.address_count - len(self._named)
        return plain * len(self.plan.services) + sum(len(host.services) for host in self.description.named)

    def contains(self, ip: str) -> bool:
        """Whether an address is among the hosts."""
        try:
            return covering(self.intervals, address.parse(ip)) is not None
        except ValueError:
            return False

    def hosts(self, shard: int = 0, of: int = 1, *, seed: int, begin: int = 0) -> Iterator[Host]:
        """The hosts of a shard, in the order of the seed, from the shard's position ``begin`` on.

        All shards of one seed together hold every host once. Raises ValueError where there is no such shard.
        """
        order = Permutation(self.address_count, seed)
        for count, element in order.shard(shard, of, begin):
            yield from self._at(count, element)

    def endpoints(self, shard: int = 0, of: int = 1, *, seed: int, begin: int = 0) -> Iterator[Endpoint]:
        """As :meth:`hosts`, host by host and in each one the services in the plan's order."""
        for host in self.hosts(shard, of, seed=seed, begin=begin):
            yield from host.endpoints()

    def _at(self, count: int, element: int) -> Iterator[Host]:
        place = bisect_right(self._begins, element) - 1
        number = self.intervals[place].first + element - self._begins[place]
        named = self._named.get(number)
        if named is None:
            yield Host(
                count=count,
                ip=address.text(number),
                country=self._countries[place],
                name="",
                services=self.plan.services,
            )
            return
        for host in named:
            yield Host(count=count, ip=host.ip, country=host.country, name=host.name, services=host.services)
