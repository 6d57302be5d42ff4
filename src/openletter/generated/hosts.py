"""The hosts of a generated store in the order of their addresses, as columns of small numbers: a million of them take some
thirty megabytes."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from openletter.generated.cast import Cast
from openletter.lab.internet.days import UNREACHED_EVERY, Days, Life, turned

_TELL_EVERY = 1 << 16


@dataclass(frozen=True, slots=True)
class Hosts:
    """A column an attribute; all are as long as there are hosts. Pairs are numbers of a :class:`Cast`."""

    ip: "array[int]"
    country: "array[int]"
    """Place in ``World.stretches``."""
    pop3: "array[int]"
    """Pair on day 0, as the next one."""
    imap: "array[int]"
    pop3_turned: "array[int]"
    """Pair while the host is turned, as the next one."""
    imap_turned: "array[int]"
    appears: "array[int]"
    turns: "array[int]"
    returns: "array[int]"
    unreached: "array[int]"

    @property
    def columns(self) -> "tuple[array[int], ...]":
        """In the order of their names above."""
        return tuple(getattr(self, name) for name in self.__slots__)

    def __len__(self) -> int:
        return len(self.ip)

    def slice(self, start: int, end: int) -> "Hosts":
        return Hosts(*(column[start:end] for column in self.columns))

    def life(self, host: int) -> Life:
        return Life(self.appears[host], self.turns[host], self.returns[host], self.unreached[host])

    def changing(self, first: int, end: int) -> dict[int, list[int]]:
        """For each day behind ``first`` and before ``end``: the hosts that may be otherwise than the day before."""
        of: dict[int, list[int]] = {day: [] for day in range(first + 1, end)}
        for column in (self.appears, self.turns, self.returns):
            for host, day in enumerate(column):
                if day in of:
                    of[day].append(host)
        by_turn: list[list[int]] = [[] for _ in range(UNREACHED_EVERY)]
        for host, turn in enumerate(self.unreached):
            by_turn[turn].append(host)
        for day, hosts in of.items():
            hosts += by_turn[day % UNREACHED_EVERY]
            hosts += by_turn[(day - 1) % UNREACHED_EVERY]
        return of

    def pairs(self, host: int, day: int, unreached: tuple[int, int]) -> tuple[int, int] | None:
        """POP3 and IMAP on a day; ``unreached`` is what stands for a host that nobody reaches, ``None`` for none."""
        life = self.life(host)
        if not life.is_there(day):
            return None
        if not life.is_reached(day):
            return unreached
        if life.is_turned(day):
            return self.pop3_turned[host], self.imap_turned[host]
        return self.pop3[host], self.imap[host]


def hosts_of(days: Days, cast: Cast, watch: Callable[[int, int], None] = lambda *_: None) -> Hosts:
    """All that are ever there; whoever plays in them gets a number in ``cast``."""
    world = days.world
    found = Hosts(array("I"), array("B"), *(array("i") for _ in range(4)), *(array("H") for _ in range(4)))
    columns = found.columns
    first = next(iter(world.addresses()))
    for number, stretch in enumerate(world.stretches):
        for ip in range(first + stretch.first, first + stretch.first + stretch.size):
            if ip % _TELL_EVERY == 0:
                watch(ip - first, world.size)
            pop3, imap = days.pair(ip, "pop3"), days.pair(ip, "imap")
            if not (pop3.clear.open or imap.clear.open or pop3.implicit.open or imap.implicit.open):
                continue
            exposed = pop3.wide or imap.wide
            life = days.life(ip, exposed=exposed)
            playing = here = (cast.number("pop3", pop3), cast.number("imap", imap))
            if life.turns:
                playing = (
                    cast.number("pop3", turned(pop3, "pop3", exposed=exposed)),
                    cast.number("imap", turned(imap, "imap", exposed=exposed)),
                )
            for column, value in zip(columns, (ip, number, *here, *playing, *life), strict=True):
                column.append(value)
    return found


def parts(hosts: Hosts, most: int) -> Iterator[tuple[int, int]]:
    """Where the parts of about ``most`` hosts begin and end. None cuts a /24, so that a network is in one file."""
    edges = [0]
    for host in range(1, len(hosts)):
        if host - edges[-1] >= most and hosts.ip[host] >> 8 != hosts.ip[host - 1] >> 8:
            edges.append(host)
    yield from pairwise([*edges, len(hosts)])
