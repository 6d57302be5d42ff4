"""How fast connections may be begun: overall, and to any one network.

Overall it is a token bucket with a short burst, so that the achieved rate is the wanted one whatever the loop's delays.
A network (/24 of IPv4, /48 of IPv6) gets its connections a fixed interval apart: a slot is given away when it is asked
for, and whoever asks may have to wait for it.
"""

from ipaddress import IPv6Address

_BURST_SECONDS = 0.05
_MAX_NETWORKS = 65_536


def network_of(ip: str) -> str:
    """The /24 or /48 that an address lies in, as a key."""
    if ":" in ip:
        return IPv6Address(ip).exploded[:14]
    return ip.rpartition(".")[0]


class Pace:
    """Rates in connections a second; 0 is no limit. Times are those of one monotonic clock, in seconds."""

    def __init__(self, rate: float = 0.0, network_rate: float = 0.0) -> None:
        self._rate = rate
        # More than the one that is spent at once, or each delay of the loop would be lost.
        self._burst = 1.0 + rate * _BURST_SECONDS
        self._tokens = 1.0
        self._at = 0.0
        self._interval = 1.0 / network_rate if network_rate else 0.0
        self._free_at: dict[str, float] = {}

    def ready_in(self, now: float) -> float:
        """Seconds until one more connection may be begun; 0 when it may be now."""
        if not self._rate:
            return 0.0
        if self._at:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self._rate

    def spend(self) -> None:
        """A connection is begun."""
        self._tokens -= 1.0

    def slot(self, ip: str, now: float) -> float:
        """When a connection to this address may be begun, for its network's sake; the slot is taken."""
        if not self._interval:
            return now
        network = network_of(ip)
        at = max(now, self._free_at.get(network, 0.0))
        self._free_at[network] = at + self._interval
        if len(self._free_at) > _MAX_NETWORKS:
            self._free_at = {n: t for n, t in self._free_at.items() if t > now}
        return at
