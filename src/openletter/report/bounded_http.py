"""One HTTP request with bounds: to an address that was looked at first, for so long, for so many octets, and nowhere else.

A name is resolved once, what it leads to is judged, and the connection goes to the very address that was judged: so a name that
leads somewhere else a moment later (DNS rebinding) leads nowhere. No redirect is followed, no proxy asked, no credential or
cookie kept; what is compressed is not taken. The whole exchange has one deadline, however slowly octets come.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import msgspec

from openletter import __version__
from openletter.report.visible import visible_text
from openletter.scope import address
from openletter.scope.address import Interval
from openletter.scope.special import block_around, is_public

USER_AGENT = f"openletter/{__version__}"
_MAX_URL = 2_000
_OF_CLOUDS = frozenset({"fd00:ec2::254", "100.100.100.200"})
"""Where two of them keep what a machine may do, outside the link-local range."""


class HttpError(Exception):
    """``str()`` is one printable line."""


class ForbiddenPlaceError(HttpError):
    """The URL, or what its name leads to, is not to be asked; nothing was sent."""


class Reach(StrEnum):
    """Which addresses may be asked."""

    INTERNET = "internet"
    """Public ones: for what a stranger names."""
    GIVEN = "given"
    """Those of the Internet; and loopback where the URL itself names it: for what the user has written."""
    PRIVATE = "private"
    """Private ones and loopback as well; never link-local ones, where clouds keep their secrets."""


class Url(msgspec.Struct, frozen=True, kw_only=True):
    tls: bool
    host: str
    port: int
    target: str
    """Path and query, as they go into the request line."""

    @property
    def place(self) -> str:
        """``host`` or ``host:port``, as the header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def on_loopback(self) -> bool:
        """Whether it says itself that it is of this machine."""
        return self.host == "localhost" or _is_loopback(self.host)

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.place}{self.target}"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    headers: dict[str, str]
    """By lower-case name; the first of each."""
    body: bytes
    cut: bool
    """Whether there was more than the bound allows."""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_url(text: str) -> Url:
    """Raises ForbiddenPlaceError for what is no URL of HTTPS, or of HTTP on this machine."""
    wrong = ForbiddenPlaceError(
        f"{visible_text(text[:200])}: is no address of a server; write it as https://host/path"
    )
    if len(text) > _MAX_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise wrong
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("http", "https") or not host or port == 0 or "%" in host:
        raise wrong
    if parts.username is not None:
        raise ForbiddenPlaceError(
            "an address with a user or a password in it would be shown to everybody; leave them out"
        )
    url = Url(
        tls=parts.scheme == "https",
        host=host,
        port=port or (443 if parts.scheme == "https" else 80),
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    if not url.tls and not url.on_loopback:
        raise ForbiddenPlaceError(
            f"http://{visible_text(url.place)}: without TLS nothing is sent; give an https address"
        )
    return url


def client_context(roots: Path | None = None) -> ssl.SSLContext:
    """Mozilla's roots and those of a file; name and chain are verified. Raises OSError."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if roots is not None:
        context.load_verify_locations(cafile=roots)
    return context


def addresses_of(url: Url, reach: Reach) -> list[str]:
    """Where to connect to. Raises HttpError; ForbiddenPlaceError where one of its addresses must not be asked."""
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise HttpError(f"{visible_text(url.host)}: has no address") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for one in addresses:
        # One bad address is enough: whoever owns the name chooses which of them we would take.
        if not _allowed(one, url, reach):
            raise ForbiddenPlaceError(f"{visible_text(url.host)}: leads to {one}, which is no public address")
    return addresses


def _allowed(text: str, url: Url, reach: Reach) -> bool:
    ip = ip_address(text.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    number = address.number(ip)
    # Of IPv6 nothing but 2000::/3 is given to anybody (RFC 4291 §2.4).
    if is_public(number) and (ip.version == 4 or int(ip) >> 125 == 0b001):
        return True
    block = block_around(Interval(number, number))
    if block is None or not block.on_purpose or ip.is_link_local or str(ip) in _OF_CLOUDS:
        return False
    return reach is Reach.PRIVATE or (reach is Reach.GIVEN and ip.is_loopback and url.on_loopback)


def request(
    method: str,
    url: Url,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    reach: Reach = Reach.GIVEN,
    context: ssl.SSLContext | None = None,
    timeout: float,
    max_octets: int,
) -> Reply:
    """``timeout``: seconds for all of it. ``max_octets``: of the answer's body; the rest is not read. Raises HttpError."""
    until = time.monotonic() + timeout
    error: OSError | None = None
    for one in addresses_of(url, reach):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            sock = socket.create_connection((one, url.port), timeout=left)
        except OSError as failed:
            error = failed
            continue
        return _Exchange(url, sock, until).run(
            method, headers=headers, body=body, context=context, max_octets=max_octets
        )
    raise HttpError(f"{visible_text(url.place)}: {_why(error) if error else 'no answer in time'}")


class _Exchange:
    """On one connection, which a timer ends at the deadline whatever it is doing."""

    def __init__(self, url: Url, sock: socket.socket, until: float) -> None:
        self._url = url
        self._sock = sock
        self._until = until
        self._over = threading.Event()

    def _end(self) -> None:
        self._over.set()
        # Not SSLSocket.shutdown: that gives up its TLS first, and what another thread sends then goes out in the clear.
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def run(
        self,
        method: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        context: ssl.SSLContext | None,
        max_octets: int,
    ) -> Reply:
        place = visible_text(self._url.place)
        timer = threading.Timer(max(0.0, self._until - time.monotonic()), self._end)
        timer.daemon = True
        timer.start()
        try:
            if self._url.tls:
                self._sock = (context or client_context()).wrap_socket(
                    self._sock, server_hostname=self._url.host, do_handshake_on_connect=False
                )
                self._sock.do_handshake()
            return self._talk(method, headers, body, max_octets)
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = "no answer in time" if self._over.is_set() else _why(error)
            raise HttpError(f"{place}: {said}") from None
        finally:
            timer.cancel()
            self._sock.close()

    def _talk(self, method: str, headers: Mapping[str, str], body: bytes | None, max_octets: int) -> Reply:
        connection = http.client.HTTPConnection(self._url.host, self._url.port)
        connection.sock = self._sock
        sent: dict[str, Any] = {
            "Host": self._url.place,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        connection.request(method, self._url.target, body=body, headers=sent)
        with connection.getresponse() as answer:
            promised = answer.length
            read = answer.read(max_octets + 1)
            if self._over.is_set():
                raise TimeoutError
            if promised is not None and len(read) < min(promised, max_octets + 1):
                raise http.client.IncompleteRead(read)
            given: dict[str, str] = {}
            for name, value in answer.getheaders():
                given.setdefault(name.lower(), value)
            return Reply(
                status=answer.status, headers=given, body=read[:max_octets], cut=len(read) > max_octets
            )


def retry_after(text: str, now: float) -> float | None:
    """The header of that name (RFC 9110 §10.2.3), in seconds from ``now``; none where it says nothing that makes sense."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    moment = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {visible_text(error.verify_message)}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {visible_text(error.reason or 'the connection ended')}"
    if isinstance(error, http.client.HTTPException):
        return f"what it answers is no HTTP ({type(error).__name__})"
    if isinstance(error, OSError):
        return visible_text((error.strerror or str(error)).lower()) or "the connection broke"
    return "the request cannot be made"
