"""The key that cookies and forms are signed with."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from itsdangerous import BadSignature, Signer

from openletter.store.error import StoreError, named

FILE = "web-secret"
VARIABLE = "OPENLETTER_SECRET"
MIN_OCTETS = 32


class Secret:
    """Raises nothing on what a stranger sends."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sessions = Signer(key, salt=b"openletter session", digest_method=sha256)

    def sign(self, session: str) -> str:
        return self._sessions.sign(session).decode()

    def unsign(self, cookie: str) -> str | None:
        """The session of a cookie that this server has made."""
        try:
            return self._sessions.unsign(cookie.encode("utf-8", "surrogatepass")).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def form_token(self, whose: str) -> str:
        """For the forms of a session, or of a reader who is about to begin one."""
        return hmac.new(self._key, b"openletter form\0" + whose.encode(), sha256).hexdigest()

    def is_form_token(self, given: str, whose: str) -> bool:
        return bool(whose) and hmac.compare_digest(
            given.encode("utf-8", "surrogatepass"), self.form_token(whose).encode()
        )


def load(file: Path) -> Secret:
    """From the environment, else from the file, which is made where it is not there. Raises StoreError."""
    given = os.environ.get(VARIABLE, "")
    if given:
        if len(given.encode()) < MIN_OCTETS:
            raise StoreError(f"{VARIABLE} has {len(given.encode())} octets; give at least {MIN_OCTETS}")
        return Secret(given.encode())
    with named(file):
        try:
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            key = file.read_bytes()
        else:
            key = secrets.token_hex(32).encode()
            with os.fdopen(opened, "wb") as made:
                made.write(key)
    if len(key) < MIN_OCTETS:
        raise StoreError(f"{file}: has {len(key)} octets; remove it, and a new key is made")
    return Secret(key)


def fleeting() -> Secret:
    """One that ends with the process: where nobody can sign in, nothing has to last."""
    return Secret(secrets.token_bytes(32))
