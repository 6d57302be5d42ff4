"""The normal form of capability lists: upper-case printable ASCII, anything else backslash-escaped.

Lists repeat (an Internet has a few thousand of them), so short ones are kept: the same list is the same tuple.
"""

from collections.abc import Callable
from functools import lru_cache

_CACHED_LENGTH = 2_048
_CACHED_LISTS = 4_096


def printable(text: bytes) -> str:
    """ASCII as it stands; every other octet and every control character as ``\\xNN``. No input raises.

    >>> printable(b"A\\x1b[31m\\xff")
    'A\\\\x1b[31m\\\\xff'
    """
    shown = text.decode("ascii", "backslashreplace")
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def _imap(payload: bytes) -> tuple[str, ...]:
    return tuple(printable(word.upper()) for word in payload.split())


def _pop3_line(line: bytes) -> str:
    keyword, _, arguments = line.strip().partition(b" ")
    if keyword.upper() == b"IMPLEMENTATION":
        return printable(b"IMPLEMENTATION " + arguments.strip())
    return printable(b" ".join(line.upper().split()))


def _pop3(payload: bytes) -> tuple[str, ...]:
    return tuple(entry for line in payload.split(b"\n") if (entry := _pop3_line(line)))


_imap_kept = lru_cache(_CACHED_LISTS)(_imap)
_pop3_kept = lru_cache(_CACHED_LISTS)(_pop3)


def _of(
    payload: bytes, kept: Callable[[bytes], tuple[str, ...]], plain: Callable[[bytes], tuple[str, ...]]
) -> tuple[str, ...]:
    # A hostile list could be large; only short ones may stay in memory.
    return kept(payload) if len(payload) <= _CACHED_LENGTH else plain(payload)


def imap_capabilities(payload: bytes) -> tuple[str, ...]:
    """What follows the word CAPABILITY (RFC 9051 §7.2.2), an entry for each atom, in the order of the peer."""
    return _of(payload, _imap_kept, _imap)


def pop3_capabilities(lines: bytes) -> tuple[str, ...]:
    """CAPA's lines joined by LF (RFC 2449 §5), an entry for each line. Runs of blanks become one; the words of
    IMPLEMENTATION keep their case, since they name the product."""
    return _of(lines, _pop3_kept, _pop3)
