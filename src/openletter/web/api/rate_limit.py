"""How often one client may ask: a bucket of tokens each (the generic cell rate algorithm, ITU-T I.371 Annex A), told in
the fields ``RateLimit-Policy`` and ``RateLimit`` of the IETF's draft and in ``Retry-After`` (RFC 9110 §10.2.3)."""

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from time import monotonic

import msgspec

MAX_CLIENTS = 50_000
"""Clients that are remembered, some 150 octets each; the longest unseen are forgotten first."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What the limit says to one request."""

    allowed: bool
    left: int
    """Requests that the client may send at once."""
    wait: int
    """Seconds until it may send one: 0 where it may."""
    full: int
    """Seconds until its bucket is full again."""


class RateLimit:
    """``requests`` within ``seconds``, as a burst or evenly. For one event loop: it holds no lock."""

    def __init__(self, requests: int, seconds: int, clock: Callable[[], float] = monotonic) -> None:
        self._requests = requests
        self._seconds = seconds
        self._each = seconds / requests
        self._clock = clock
        self._due: OrderedDict[str, float] = OrderedDict()
        """When the bucket of a client will be full again."""

    def take(self, client: str) -> Allowance:
        """Take a token of this client, where there is one."""
        now = self._clock()
        due = max(self._due.pop(client, now), now)
        allowed = due + self._each - now <= self._seconds
        if allowed:
            due += self._each
        self._due[client] = due
        if len(self._due) > MAX_CLIENTS:
            self._due.popitem(last=False)
        behind = due - now
        return Allowance(
            allowed=allowed,
            left=max(0, math.floor((self._seconds - behind) / self._each + 1e-9)),
            wait=0 if allowed else max(1, math.ceil(behind + self._each - self._seconds)),
            full=math.ceil(behind),
        )

    def headers(self, of: Allowance) -> dict[str, str]:
        told = {
            "RateLimit-Policy": f'"default";q={self._requests};w={self._seconds}',
            "RateLimit": f'"default";r={of.left};t={of.wait or of.full}',
        }
        return told if of.allowed else {**told, "Retry-After": str(of.wait)}


def client_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or a /64, since that is what one network has to choose from."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or f"{ip_address(int(ip) >> 64 << 64)}/64")
