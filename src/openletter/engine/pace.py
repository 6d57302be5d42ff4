"""How fast connections may be begun: overall, and to any one network.

Overall it is a token bucket. Its burst is a tenth of a second's connections, so that a loop that looks up every few
milliseconds loses nothing; what a longer delay has cost is made up for later, at 3 % above the rate. So in any T seconds
there are at most

    1.03 · rate · T  +  rate / 10  +  1      connections

and over some seconds the achieved rate is within 5 % of the wanted one, as long as there is somebody to ask.

A network (/24 of IPv4, /48 of IPv6) gets its connections an interval apart, which :mod:`openletter.engine.backoff` makes
longer where it begins to refuse. A connection may come up to 20 ms early to make up for a late one before it, so in any
T seconds there are at most network_rate · (T + 0.02) + 1 to one network.
"""

from ipaddress import IPv6Address

from openletter.engine.backoff import BackOff

BURST_SECONDS = 0.1
CATCHING_UP = 0.03
EARLY = 0.02
_LOST_SECONDS = 5.0
"""What is made up for at most: an hour without targets is no credit."""
_MAX_NETWORKS = 65_536


def network_of(ip: str) -> str:
    """The /24 or /48 that an address lies in, as a key."""
    if ":" in ip:
        return IPv6Address(ip).exploded[:14]
    return ip.rpartition(".")[0]


class Pace:
    """Rates in connections a second; 0 is no limit. Times are those of one monotonic clock, in seconds."""

    def __init__(self, rate: float = 0.0, network_rate: float = 0.0) -> None:
        self._tokens = 1.0
        self._lost = 0.0
        self._at = 0.0
        self._back_off = BackOff(0.0)
        self._free_at: dict[str, float] = {}
        self._keep_networks = _MAX_NETWORKS
        self.change(rate, network_rate)

    def change(self, rate: float, network_rate: float) -> None:
        """From now on other rates. What was given away at the old ones stays given away."""
        self._rate = rate
        # More than the one that is spent at once, or each delay of the loop would be lost.
        self._burst = 1.0 + rate * BURST_SECONDS
        self._tokens = min(self._tokens, self._burst)
        self._lost = min(self._lost, rate * _LOST_SECONDS)
        self._interval = 1.0 / network_rate if network_rate else 0.0
        self._back_off.interval = self._interval
        self.by_network = network_rate > 0
        """Whether networks have an interval."""

    @property
    def unlimited(self) -> bool:
        return not self._rate and not self._interval

    def ready_in(self, now: float) -> float:
        """Seconds until one more connection may be begun; 0 when it may be now."""
        rate = self._rate
        if not rate:
            return 0.0
        if self._at:
            gained = (now - self._at) * rate
            if self._lost:
                more = min(self._lost, gained * CATCHING_UP)
                self._lost -= more
                gained += more
            self._tokens += gained
            if self._tokens > self._burst:
                self._lost = min(rate * _LOST_SECONDS, self._lost + self._tokens - self._burst)
                self._tokens = self._burst
        self._at = now
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / rate

    def spend(self) -> None:
        """A connection is begun."""
        self._tokens -= 1.0

    def slot(self, network: str, now: float) -> float:
        """``now`` where a connection to a network (see :func:`network_of`) may be begun, which then counts as begun;
        else when to ask again."""
        interval = self._interval
        if not interval:
            return now
        free_at = self._free_at.get(network, 0.0)
        if free_at > now:
            return free_at
        interval *= self._back_off.factor(network)
        self._free_at[network] = max(free_at, now - EARLY) + interval
        if len(self._free_at) > self._keep_networks:
            self._free_at = {n: t for n, t in self._free_at.items() if t > now}
            # So that many networks with a long interval are not gone through again and again.
            self._keep_networks = max(_MAX_NETWORKS, 2 * len(self._free_at))
        return now

    def free_at(self, network: str) -> float:
        """When it is the turn of a network again, at the earliest."""
        return self._free_at.get(network, 0.0)

    def outcome(self, ip: str, *, refused: bool) -> None:
        """A dialogue has ended; see :meth:`openletter.engine.backoff.BackOff.outcome`."""
        if self._interval:
            self._back_off.outcome(network_of(ip), ip, refused=refused)
