"""The link of a finding: whoever has it sees that one endpoint, without a log-in, until a day; nobody can make one up.

Its last part is a token, base64url of

.. code-block:: text

    version 1 · subscriber 4 · last day 2 (days since 1970) · port 2 · octets of the address 1 · address 4 or 16 · name 0-255
    HMAC-SHA256 of all that, its first 20 octets

so a link for IPv4 has 46 characters behind ``/finding/``. It tells what stands beside it in the report anyway, and nothing of
other findings. The same finding, day and key make the same link, so a report that is made again has the same octets.
"""

import binascii
import hmac
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openletter.store.key_file import shared_key
from openletter.subscriber.api_key import FILE, VARIABLE

PATH = "/finding/"
DEFAULT_DAYS = 90
"""So long a report's links lead somewhere: a quarter, in which an owner was reminded several times."""
MAX_DAYS = 3_650
MAX_TOKEN = 600
"""Characters. The longest that can be made is shorter."""

_VERSION = 1
_HEAD = struct.Struct(">BIHHB")
_MAC = 20
_EPOCH = date(1970, 1, 1)
_MAX_NAME = 255
_PURPOSE = b"openletter finding links 1"


class FindingLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is for."""

    subscriber_id: int
    ip: str
    port: int
    host: str
    """The name that it was asked for by; empty where none was given."""
    until: date
    """The last day (UTC) on which it leads anywhere."""


def link_secret(store_root: Path) -> bytes:
    """The key of a store's links: derived from ``OPENLETTER_SECRETS_KEY`` or the file ``secrets-key``, as the API keys' is.
    Whoever writes reports and whoever serves their pages must have the same. Raises StoreError."""
    shared = shared_key(store_root / FILE, VARIABLE)
    return HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(shared)


def known_secret(store_root: Path) -> bytes | None:
    """The same; none where no link can have been made yet. Makes nothing. Raises StoreError."""
    there = bool(os.environ.get(VARIABLE)) or (store_root / FILE).exists()
    return link_secret(store_root) if there else None


def finding_token(secret: bytes, subscriber_id: int, ip: str, port: int, host: str, until: date) -> str:
    """The last part of a link. Raises ValueError for what is no address, no port, or no name."""
    address = ip_address(ip).packed
    name = host.encode()
    days = (until - _EPOCH).days
    if not (0 <= subscriber_id < 1 << 32 and 0 < port < 1 << 16 and 0 <= days < 1 << 16):
        raise ValueError(f"no link can be made for subscriber {subscriber_id}, port {port}, until {until}")
    if len(name) > _MAX_NAME:
        raise ValueError(f"a name of {len(name)} octets is longer than any in DNS")
    said = _HEAD.pack(_VERSION, subscriber_id, days, port, len(address)) + address + name
    mac = hmac.digest(secret, said, "sha256")[:_MAC]
    return urlsafe_b64encode(said + mac).rstrip(b"=").decode()


def finding_link(
    base_url: str, secret: bytes, subscriber_id: int, ip: str, port: int, host: str, until: date
) -> str:
    """The address of a finding's page. ``base_url``: how readers reach ``openletter serve``, ``https://mail.example.org``;
    ``secret``: of :func:`link_secret`. Raises ValueError as :func:`finding_token`."""
    return f"{base_url.rstrip('/')}{PATH}{finding_token(secret, subscriber_id, ip, port, host, until)}"


def read_link(secret: bytes, token: str) -> FindingLink | None:
    """What a token is for; none where it was not made with this key. Whether its day is over is the caller's to ask."""
    if not token.isascii() or len(token) > MAX_TOKEN:
        return None
    try:
        octets = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    said, mac = octets[:-_MAC], octets[-_MAC:]
    if not hmac.compare_digest(mac, hmac.digest(secret, said, "sha256")[:_MAC]):
        return None
    # Base64 has several spellings of the same octets; a link has one.
    if urlsafe_b64encode(octets).rstrip(b"=").decode() != token or len(said) < _HEAD.size:
        return None
    version, subscriber, days, port, size = _HEAD.unpack_from(said)
    if version != _VERSION:
        return None
    address, name = said[_HEAD.size : _HEAD.size + size], said[_HEAD.size + size :]
    return FindingLink(
        subscriber_id=subscriber,
        ip=str(ip_address(address)),
        port=port,
        host=name.decode(),
        until=_EPOCH + timedelta(days=days),
    )


class Links:
    """Makes the links of a report."""

    def __init__(self, base_url: str, secret: bytes, *, days: int = DEFAULT_DAYS) -> None:
        """``days``: for so long after the report's day they hold."""
        self._base_url = base_url
        self._secret = secret
        self._days = days

    def of(self, subscriber_id: int, ip: str, port: int, host: str | None, day: date) -> str:
        """``day``: of the report. Raises ValueError as :func:`finding_token`."""
        until = day + timedelta(days=self._days)
        return finding_link(self._base_url, self._secret, subscriber_id, ip, port, host or "", until)

    def column(self, rows: Any, day: date) -> Any:
        """Links for a table that has ``subscriber``, ``ip``, ``port`` and ``host``, as those of ``subscriber_rows`` and of
        ``standings`` do: a ``pyarrow`` array of text, a link for each row."""
        columns = (rows.column(name).to_pylist() for name in ("subscriber", "ip", "port", "host"))
        made = [self.of(whose, ip, port, host, day) for whose, ip, port, host in zip(*columns, strict=True)]
        return pa.array(made, pa.string())


def links_of(store_root: Path, base_url: str, *, days: int = DEFAULT_DAYS) -> Links | None:
    """The links of a store's reports; none where there is no server to lead to (``base_url`` is empty). Raises StoreError."""
    return Links(base_url, link_secret(store_root), days=days) if base_url else None
