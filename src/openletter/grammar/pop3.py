"""What a POP3 server says (RFC 1939 §3, RFC 2449 §3, RFC 5034 §4)."""

import re

import msgspec

from openletter.grammar.lines import LineBuffer
from openletter.grammar.violation import RemoteProtocolError, Violation

MAX_LISTING = 512
"""Lines of a multi-line reply. CAPA has some ten (RFC 2449 §6 knows twelve)."""

_APOP_STAMP = re.compile(rb"<[^\s<>@]+@[^\s<>@]+>")


class Status(msgspec.Struct, frozen=True, gc=False):
    """``+OK`` or ``-ERR``."""

    ok: bool
    line: bytes


class Continuation(msgspec.Struct, frozen=True, gc=False):
    """``+`` and a challenge (RFC 5034 §4)."""

    line: bytes


class Listing(msgspec.Struct, frozen=True, gc=False):
    """The lines of a multi-line reply behind its ``+OK``, joined by LF, dot-stuffing undone (RFC 1939 §3)."""

    lines: bytes


class Other(msgspec.Struct, frozen=True, gc=False):
    """A line that begins no reply of the grammar."""

    line: bytes


Event = Status | Continuation | Other


def parse(line: bytes) -> Event:
    """One status line without its end. The words are upper case by RFC 1939 §3; real ones are not always. No input raises."""
    word, _, _ = line.partition(b" ")
    word = word.upper()
    if word == b"+OK":
        return Status(True, line)
    if word == b"-ERR":
        return Status(False, line)
    if word == b"+":
        return Continuation(line)
    return Other(line)


def has_apop_stamp(greeting: bytes) -> bool:
    """Whether a greeting carries a msg-id to digest (RFC 1939 §7)."""
    return _APOP_STAMP.search(greeting) is not None


class Pop3Reader:
    """Bytes of one connection to events. The caller knows which reply has many lines: the grammar of POP3 does not."""

    __slots__ = ("_lines", "_listing")

    def __init__(self) -> None:
        self._lines = LineBuffer()
        self._listing: list[bytes] = []

    def receive(self, data: bytes) -> None:
        self._lines.receive(data)

    def rest(self) -> bytes:
        """What came behind the last event, without taking it: behind the +OK to STLS it should be nothing."""
        return self._lines.rest()

    def next(self) -> Event | None:
        """The next status line, or ``None`` when it has not all come.

        Raises:
            RemoteProtocolError: a line or the whole is beyond its bound.
        """
        line = self._lines.line()
        return None if line is None else parse(line)

    def next_listing(self) -> Listing | None:
        """The lines up to the lone dot, or ``None`` when it has not come.

        Raises:
            RemoteProtocolError: a line, the number of lines or the whole is beyond its bound.
        """
        while True:
            line = self._lines.line()
            if line is None:
                return None
            if line == b".":
                lines = b"\n".join(self._listing)
                self._listing = []
                return Listing(lines)
            self._listing.append(line[1:] if line[:1] == b"." else line)
            if len(self._listing) > MAX_LISTING:
                raise RemoteProtocolError(Violation.LIST_TOO_LONG)
