"""The world in the course of time: what is at an address on a day, as a pure function of the address and the day.

Day 0 is the world as ``population`` has it, but for the hosts that are yet to come. After that every host has a life:
it may appear late, an exposed one may be mended and, later, go back to what it was, one that is not exposed may come to
take passwords in the clear and be mended again; and on one day in a hundred, its own, nobody reaches it. So trends,
differences and the time for which servers stay exposed show something, and all of it can be told without a survey.
"""

from bisect import bisect_right
from dataclasses import replace
from hashlib import blake2b
from ipaddress import IPv4Address
from typing import NamedTuple

from openletter.lab.internet.figures import PORTS
from openletter.lab.internet.population import World
from openletter.lab.internet.roles import CLOSED, Role, pair_of
from openletter.lab.internet.truth import Class, Truth

MENDED_A_DAY = 0.003
"""Of the exposed hosts. An assumption, as the next two: a tenth in a month."""
REGRESSED_A_DAY = 0.0005
"""Of the hosts that are not exposed, those that become so; of the mended ones too."""
APPEARED_A_DAY = 0.0004
"""Of all hosts."""
UNREACHED_EVERY = 100
"""Days between two days on which a host is not reached."""
_DRAW = 1 << 32


class Pair(NamedTuple):
    """One protocol of a host."""

    clear: Role
    """On the cleartext port."""
    implicit: Role

    @property
    def wide(self) -> bool:
        return self.clear.truth.wide or self.implicit.truth.wide


class Life(NamedTuple):
    """One host's days, as numbers of days; 0 for what never comes."""

    appears: int
    """There from this day on."""
    turns: int
    """It is mended, or comes to be exposed."""
    returns: int
    """It is again what it was."""
    unreached: int
    """It is not reached on this day, and every ``UNREACHED_EVERY`` days before and after."""

    def is_there(self, day: int) -> bool:
        return day >= self.appears

    def is_reached(self, day: int) -> bool:
        return (day - self.unreached) % UNREACHED_EVERY != 0

    def is_turned(self, day: int) -> bool:
        return 0 < self.turns <= day and not 0 < self.returns <= day


def _waits(share: float, days: int) -> tuple[int, ...]:
    """Below which draw something with this chance a day has come on day 1, 2 ... of the wait."""
    return tuple(round(_DRAW * (1 - (1 - share) ** day)) for day in range(1, days + 1))


class Days:
    """``days`` of a world. Raises ``ValueError`` for less than one."""

    def __init__(self, world: World, days: int) -> None:
        if days < 1:
            raise ValueError(f"days is {days}: it must be 1 or more")
        self.world = world
        self.days = days
        self._mended = _waits(MENDED_A_DAY, days)
        self._regressed = _waits(REGRESSED_A_DAY, days)
        self._appeared = _waits(APPEARED_A_DAY, days)

    def life(self, ip: int, *, exposed: bool) -> Life:
        """Of the host at an address; ``exposed`` says whether a password can cross in the clear on day 0."""
        digest = blake2b(b"%d/%d" % (self.world.seed, ip), digest_size=16).digest()
        first, second, third, fourth = (int.from_bytes(digest[at : at + 4]) for at in (0, 4, 8, 12))
        there, back = (self._mended, self._regressed) if exposed else (self._regressed, self._mended)
        turns = self._wait(first, there)
        returns = self._wait(second, back) if turns else 0
        returns = turns + returns if returns and turns + returns < self.days else 0
        # Counted from the last day on, so that the world is whole then.
        before = self._wait(third, self._appeared)
        return Life(self.days - before if before else 0, turns, returns, fourth % UNREACHED_EVERY)

    def _wait(self, draw: int, thresholds: tuple[int, ...]) -> int:
        """The number of the day on which what was waited for comes; 0 where that is not among the days."""
        day = 1 + bisect_right(thresholds, draw)
        return day if day < self.days else 0

    def pair(self, ip: int, protocol: str) -> Pair:
        """What the host does on day 0."""
        clear, implicit = (110, 995) if protocol == "pop3" else (143, 993)
        return Pair(self.world.endpoint(ip, clear), self.world.endpoint(ip, implicit))

    def roles(self, ip: int, day: int) -> dict[int, Role] | None:
        """What is on each port of a host on a day; ``CLOSED`` on all of them where it is not reached, ``None`` where no
        host is there."""
        pop3, imap = self.pair(ip, "pop3"), self.pair(ip, "imap")
        if not any(role.open for role in (*pop3, *imap)):
            return None
        life = self.life(ip, exposed=pop3.wide or imap.wide)
        if not life.is_there(day):
            return None
        if not life.is_reached(day):
            return dict.fromkeys(PORTS, CLOSED)
        if life.is_turned(day):
            exposed = pop3.wide or imap.wide
            pop3, imap = turned(pop3, "pop3", exposed=exposed), turned(imap, "imap", exposed=exposed)
        return {110: pop3.clear, 143: imap.clear, 993: imap.implicit, 995: pop3.implicit}

    def truths(self, ip: int, day: int) -> tuple[Truth, ...]:
        """What a survey must find at the four ports of an address on a day; nothing where no host is there."""
        roles = self.roles(ip, day)
        if roles is None:
            return ()
        country, address = self.world.country(ip), str(IPv4Address(ip))
        return tuple(
            replace(role.truth, ip=address, port=port, country=country) for port, role in roles.items()
        )


def turned(pair: Pair, protocol: str, *, exposed: bool) -> Pair:
    """What one protocol of a host does after it was mended (where the host was ``exposed``) or came to be exposed: the same
    product with its other setting. A protocol that is on the wanted side already, or that no one can set so, stays."""
    if exposed:
        return Pair(*_set(pair, protocol, "required")) if pair.wide else pair
    if pair.clear.truth.cls is Class.TLS_REQUIRED:
        return Pair(*_set(pair, protocol, "optional"))
    return pair


def _set(pair: Pair, protocol: str, setting: str) -> tuple[Role, Role]:
    spoken = pair.clear if pair.clear.open else pair.implicit
    product = spoken.manner.partition(":")[2].rpartition("-")[0]
    return pair_of(protocol, product, setting, spoken.profile, alone=not pair.implicit.open)
