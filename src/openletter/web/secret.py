"""The key that cookies and forms are signed with."""

import hmac
import secrets
from hashlib import sha256
from pathlib import Path

from itsdangerous import BadSignature, Signer

from openletter.store.key_file import shared_key

FILE = "web-secret"
VARIABLE = "OPENLETTER_SECRET"


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

    def mac(self, purpose: bytes, told: bytes) -> bytes:
        """HMAC-SHA256, of which one purpose's are no other's; ``purpose`` is a word, and not ``form``."""
        return hmac.new(self._key, b"openletter " + purpose + b"\0" + told, sha256).digest()

    def form_token(self, whose: str) -> str:
        """For the forms of a session, or of a reader who is about to begin one."""
        return hmac.new(self._key, b"openletter form\0" + whose.encode(), sha256).hexdigest()

    def is_form_token(self, given: str, whose: str) -> bool:
        return bool(whose) and hmac.compare_digest(
            given.encode("utf-8", "surrogatepass"), self.form_token(whose).encode()
        )


def load(file: Path) -> Secret:
    """From the environment, else from the file, which is made where it is not there. Raises StoreError."""
    return Secret(shared_key(file, VARIABLE))


def fleeting() -> Secret:
    """One that ends with the process: where nobody can sign in, nothing has to last."""
    return Secret(secrets.token_bytes(32))
