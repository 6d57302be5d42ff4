"""Keys of the Reports API: a name that is kept as its hash, and a secret that is kept encrypted.

The secret has to come back as it was, since every request carries an HMAC by it; so it cannot be hashed, and is sealed by
AES-256-GCM under a key that is not in the same file. The hash of the key it belongs to is authenticated with it, so that a
row of another subscriber cannot be put in its place.
"""

import hashlib
import os
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from openletter.store.error import StoreError
from openletter.store.key_file import shared_key

VARIABLE = "OPENLETTER_SECRETS_KEY"
FILE = "secrets-key"
_NONCE = 12


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """Shown once, and nowhere to be found afterwards."""

    id: int
    key: str
    secret: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What may be told of a key."""

    id: int
    subscriber_id: int
    label: str
    created: float
    """Unix seconds."""
    last_used: float | None
    """Unix seconds, told to the minute; null where it never was."""
    revoked: float | None
    """Unix seconds; null while it holds."""


def fresh() -> tuple[str, str]:
    """A key and its secret: 128 and 256 bits of chance, as words that can stand in a shell and in JSON."""
    return secrets.token_hex(16), secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What a key is looked up by: it is of chance, so nothing slower than a hash is needed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


class LostSecretError(StoreError):
    """It was sealed under another key than is there now."""


class Seal:
    """Encrypts secrets under the key of the environment's ``OPENLETTER_SECRETS_KEY`` or of the file ``secrets-key``."""

    def __init__(self, store_root: Path) -> None:
        """Raises StoreError."""
        shared = shared_key(store_root / FILE, VARIABLE)
        derived = HKDF(SHA256(), length=32, salt=None, info=b"openletter reports api").derive(shared)
        self._cipher = AESGCM(derived)

    def close(self, secret: str, of: bytes) -> bytes:
        """Encrypt; ``of`` is the digest of its key."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), of)

    def open(self, sealed: bytes, of: bytes) -> bytes:
        """The secret. Raises LostSecretError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], of)
        except (InvalidTag, ValueError):
            raise LostSecretError(
                f"the secret of an API key cannot be read: {VARIABLE} or the file {FILE} is not what it was when the key was "
                "made; bring it back, or make new keys (openletter subscriber key)"
            ) from None
