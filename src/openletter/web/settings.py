"""What a server is told when it begins."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    store: Path
    host: str = DEFAULT_HOST
    """The address to listen on."""
    port: int = DEFAULT_PORT
    public: bool = False
    """Whether everybody may see the pages of numbers without signing in."""
    base_url: str = ""
    """How readers reach the server, as in ``https://mail.example.org``; empty: at the address that it listens on."""
    behind_proxy: bool = False
    """Whether a proxy in front says who asks (``X-Forwarded-For``)."""
    requests_per_minute: int = 300
    """Of one client to the API: a program that reads a thousand pages takes its time, and a person never meets it."""
    roots: Path | None = None
    """Certificates to trust besides Mozilla's, in PEM: what an endpoint that is asked again is judged by."""
    exclude: tuple[Path, ...] = ()
    """Files of networks that are never asked."""
    secret: Path | None = None
    """File with the key of the cookies; none: one in the store."""

    @property
    def listens_on_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def secure(self) -> bool:
        """Whether cookies go over TLS alone."""
        return self.base_url.startswith("https:")

    @property
    def host_names(self) -> frozenset[str]:
        """By which names the server may be asked, besides the address that it listens on."""
        own = urlsplit(self.base_url).hostname if self.base_url else None
        return frozenset({own.lower()} if own else ())

    @property
    def trusts_loopback(self) -> bool:
        """Whether whoever asks from this machine is taken for its operator, as long as there is no account.

        Behind a proxy everybody asks from this machine.
        """
        return self.listens_on_loopback and not (self.public or self.behind_proxy or self.base_url)


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
