"""Slower where a network begins to refuse: what a firewall that has noticed us does looks like this.

The concept. A closed port refuses as well, and in most networks most addresses do; so it is not the share of refusals that
counts but its rise. For each network (/24, /48), with hosts counted once and called *refusing* where all that was asked of
them was refused or reset:

    r = share of refusing hosts among the last 8
    s = the share before those: the mean over earlier hosts, each one's weight fading (1/32 a host)

The interval between two connections to the network is multiplied by a factor f, at first 1.

    r > (1 + s) / 2  and  r > s + 1/3      more than half of those who used to answer refuse now: f doubles, and
                                           eight other hosts are waited for before it may double again
    a host that does not refuse            f = max(1, f / 2^(1/4)): four of them undo one doubling

f is at most 16, and never makes an interval longer than ten seconds unless the wanted one is, or one network would hold up a
survey for days. The first eight hosts of a network only say what is usual there. Where two thirds of the hosts refuse
anyway, nothing can be told from refusals, and nothing is slowed.

It works where a rate for each network is set, and there alone: a network that may be asked as fast as it goes has no interval
to lengthen. So loopback and private networks, where closed ports are resets and nobody minds, are left as they are.
"""

_HOSTS = 8
_FADING = 1 / 32
_MOST = 16.0
_LONGEST = 10.0
"""Seconds."""
_EASE = 2**-0.25
_MAX_NETWORKS = 16_384
"""About a kilobyte each; the one that was first heard of first is forgotten first."""


class _Network:
    __slots__ = ("factor", "recent", "usual")

    def __init__(self) -> None:
        self.recent: dict[str, bool] = {}
        """The last hosts, the earliest first: whether they refuse."""
        self.usual: float | None = None
        """s, once the first eight hosts have said it."""
        self.factor = 1.0


class BackOff:
    """Of one process. ``interval``: seconds between two connections to a network, as wished."""

    def __init__(self, interval: float) -> None:
        self._networks: dict[str, _Network] = {}
        self.interval = interval

    def factor(self, network: str) -> float:
        """By how much the interval of a network is longer now."""
        known = self._networks.get(network)
        if known is None or known.factor == 1.0:
            return 1.0
        return max(1.0, min(known.factor, _LONGEST / self.interval))

    def outcome(self, network: str, ip: str, *, refused: bool) -> None:
        """A dialogue with a host has ended; ``refused``: by a refusal, or by a reset before the host said anything."""
        known = self._networks.get(network)
        if known is None:
            if len(self._networks) >= _MAX_NETWORKS:
                del self._networks[next(iter(self._networks))]
            known = self._networks[network] = _Network()
        recent = known.recent
        if not refused:
            known.factor = max(1.0, known.factor * _EASE) if recent.get(ip, True) else known.factor
        if ip in recent:
            recent[ip] = recent[ip] and refused
            return
        if len(recent) == _HOSTS:
            self._weigh(known)
        recent[ip] = refused

    @staticmethod
    def _weigh(known: _Network) -> None:
        """Eight hosts are known, and another one comes: make room for it."""
        recent = known.recent
        share = sum(recent.values()) / _HOSTS
        if known.usual is None:
            known.usual = share
            recent.clear()
        elif share > (1 + known.usual) / 2 and share > known.usual + 1 / 3:
            known.factor = min(_MOST, known.factor * 2)
            recent.clear()
        else:
            oldest = next(iter(recent))
            known.usual += (recent.pop(oldest) - known.usual) * _FADING
