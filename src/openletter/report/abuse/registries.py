"""Which registry is to be asked about an address: IANA's lists (RFC 9224), fetched once a week, read by ``whoisit``.

The library's own client follows redirects wherever they lead, reads answers of any size and keeps no pace; so it is given what
was fetched here, and is asked where to go, and nothing else of it talks to anybody.
"""

import json
from urllib.parse import urlsplit

import msgspec
from whoisit.bootstrap import BaseBootstrap
from whoisit.errors import WhoisItError
from whoisit.query import QueryBuilder

from openletter.report.abuse.contact_cache import REGISTRIES_KEPT_S, ContactCache
from openletter.report.bounded_http import HttpError, Reach, read_url, request

DEFAULT_SOURCE = BaseBootstrap.BOOTSTRAP_URLS["ipv4"].rpartition("/")[0] + "/"
"""IANA's folder of lists."""
TIMEOUT_S = 30.0
MAX_OCTETS = 4_000_000
"""Of a list; the longest has some 150 kB."""


class RegistryError(Exception):
    """Nobody can be asked; ``str()`` is one line."""


class Registries:
    """Where to ask."""

    def __init__(self, told: bytes, *, on_loopback: bool) -> None:
        """``told``: the lists as :func:`registries` keeps them. ``on_loopback``: they are those of a server of one's own on this
        machine, and may lead to one like it. Raises ValueError for what makes no sense."""
        self.bootstrap = BaseBootstrap()
        self.reach = Reach.GIVEN if on_loopback else Reach.INTERNET
        try:
            self.bootstrap.load_bootstrap_data(told.decode(), allow_insecure=on_loopback)
        except (WhoisItError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ValueError("the list of registries makes no sense") from None
        self._builder = QueryBuilder(self.bootstrap)

    def url(self, ip: str) -> str | None:
        """Whom to ask about a public address; none where no registry says that it is his."""
        try:
            _, url, exact = self._builder.build("ip", ip)
        except WhoisItError:
            return None
        return str(url) if exact else None


def registries(cache: ContactCache, source: str, now: float) -> Registries:
    """From the cache, or anew; an old list where there is no new one to be had. ``source``: a folder of lists, a URL with a slash
    at its end. Raises RegistryError, StoreError."""
    url = read_url(source)
    kept = cache.registries(source)
    if kept is not None and now - kept[1] < REGISTRIES_KEPT_S:
        return Registries(kept[0], on_loopback=url.on_loopback)
    try:
        told = _fetch(source, now)
        fresh = Registries(told, on_loopback=url.on_loopback)
    except (HttpError, ValueError) as error:
        if kept is not None:
            return Registries(kept[0], on_loopback=url.on_loopback)
        raise RegistryError(f"which registry to ask is not known: {error}") from None
    cache.keep_registries(source, told, now)
    return fresh


def _fetch(source: str, now: float) -> bytes:
    """All lists as one JSON object, as the library keeps them."""
    lists: dict[str, object] = {"timestamp": int(now)}
    for name, original in BaseBootstrap.BOOTSTRAP_URLS.items():
        url = read_url(source + urlsplit(original).path.rpartition("/")[2])
        reply = request("GET", url, headers={}, timeout=TIMEOUT_S, max_octets=MAX_OCTETS)
        if reply.status != 200 or reply.cut:
            raise HttpError(f"{url}: answers {reply.status}, and no list")
        try:
            lists[name] = msgspec.json.decode(reply.body)
        except (msgspec.MsgspecError, RecursionError):
            raise HttpError(f"{url}: its answer is no JSON") from None
    return json.dumps(lists).encode()
