"""Signatures of the Standard Webhooks specification (version 1.0.0, symmetric): HMAC-SHA256 over ``<id>.<timestamp>.<body>``."""

import binascii
import hmac
import os
from base64 import b64decode, b64encode
from pathlib import Path
from stat import S_IMODE

from openletter.scope.error import shown

VARIABLE = "OPENLETTER_WEBHOOK_SECRET"
PREFIX = "whsec_"
MIN_OCTETS = 24
MAX_OCTETS = 64
"""Of the key, as the specification has it."""
_HOW = f"give {PREFIX} and {MIN_OCTETS} to {MAX_OCTETS} random octets in base64, as `openssl rand -base64 32` makes them"


class SecretError(Exception):
    """``str()`` is one line, in which the secret is not."""


def read_secret(file: Path | None) -> bytes:
    """The key: from a file that its owner alone can read, else from the environment. Raises SecretError."""
    if file is None:
        text = os.environ.get(VARIABLE, "")
        if not text:
            raise SecretError(f"there is no secret to sign with: set {VARIABLE}, or name a file; {_HOW}")
        return key_of(text, VARIABLE)
    where = shown(str(file))
    try:
        mode = S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise SecretError(f"{where}: others can read the secret (mode {mode:03o}); chmod 600 it")
        text = file.read_text("ascii")
    except OSError as error:
        raise SecretError(f"{where}: {(error.strerror or 'cannot be read').lower()}") from None
    except UnicodeDecodeError:
        raise SecretError(f"{where}: holds no secret; {_HOW}") from None
    return key_of(text, where)


def key_of(text: str, where: str) -> bytes:
    """Raises SecretError that names ``where``."""
    try:
        key = b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not MIN_OCTETS <= len(key) <= MAX_OCTETS:
        raise SecretError(f"{where}: holds no secret of a webhook; {_HOW}")
    return key


def signed_headers(key: bytes, number: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers. ``number``: of the message, the same in every attempt; ``timestamp``: of this attempt, Unix seconds."""
    mac = hmac.digest(key, f"{number}.{timestamp}.".encode() + body, "sha256")
    return {
        "Webhook-Id": number,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": f"v1,{b64encode(mac).decode()}",
    }
