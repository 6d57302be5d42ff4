"""Passwords as they are kept: hashed by scrypt (RFC 7914), with the parameters beside the hash so that they can grow."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

MIN_LENGTH = 12
"""Characters. NIST SP 800-63B-4 §3.1.1.2 asks for length and against rules about kinds of characters."""
MAX_LENGTH = 1_024

_N, _R, _P = 1 << 15, 8, 3
"""32 MiB and some 0.2 seconds: one of the settings that OWASP's Password Storage Cheat Sheet names."""
_MAX_N, _MAX_RP = 1 << 20, 64
"""What a stored hash may ask for."""


class PasswordError(ValueError):
    """``str()`` is one line that says what would be right."""


def check(password: str) -> None:
    """Raises PasswordError for one that is too short or too long."""
    if len(password) < MIN_LENGTH:
        raise PasswordError(f"this password has {len(password)} characters; give at least {MIN_LENGTH}")
    if len(password) > MAX_LENGTH:
        raise PasswordError(f"this password has {len(password)} characters; give at most {MAX_LENGTH:,}")


def _hashed(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    memory = 128 * r * (n + p + 2)
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=2 * memory, dklen=32
    )


def hashed(password: str) -> str:
    """Parameters, salt and hash in one word."""
    salt = secrets.token_bytes(16)
    found = _hashed(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(found).decode()}"


def fits(password: str, kept: str) -> bool:
    """Whether it is the password that :func:`hashed` made ``kept`` of. Takes as long whether it is or not."""
    try:
        scheme, n, r, p, salt, wanted = kept.split("$")
        numbers = int(n), int(r), int(p)
        octets = b64decode(salt, validate=True), b64decode(wanted, validate=True)
    except ValueError:
        return False
    if scheme != "scrypt" or numbers[0] > _MAX_N or numbers[1] * numbers[2] > _MAX_RP:
        return False
    found = _hashed(password[: MAX_LENGTH + 1], octets[0], *numbers)
    return hmac.compare_digest(found, octets[1])


NOBODYS = f"scrypt${_N}${_R}${_P}${b64encode(bytes(16)).decode()}${b64encode(bytes(32)).decode()}"
"""That no password fits; checked where there is no such account, so that the answer takes as long."""
