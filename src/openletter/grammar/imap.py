"""What an IMAP server says (RFC 3501 §7 and §9, RFC 9051 §7 and §9)."""

import re
from enum import StrEnum

import msgspec

from openletter.grammar.lines import MAX_LINE, LineBuffer
from openletter.grammar.violation import RemoteProtocolError, Violation


class Condition(StrEnum):
    OK = "OK"
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    PREAUTH = "PREAUTH"


class Status(msgspec.Struct, frozen=True, gc=False):
    """A status response (RFC 9051 §7.1): untagged ones have the tag ``*``."""

    tag: bytes
    condition: Condition
    code: bytes
    """Name of the response code, upper case (``CAPABILITY``); empty where there is none."""
    argument: bytes
    """What follows the name inside the brackets."""
    line: bytes


class Capability(msgspec.Struct, frozen=True, gc=False):
    """Untagged CAPABILITY (RFC 9051 §7.2.2): the words as they stood."""

    payload: bytes


class Continuation(msgspec.Struct, frozen=True, gc=False):
    """``+`` (RFC 9051 §7.6)."""

    line: bytes


class Data(msgspec.Struct, frozen=True, gc=False):
    """Any other untagged response, its literals put where they stood."""

    name: bytes
    """First word, upper case: ``ID``, ``FLAGS``; for a message data response the number."""
    line: bytes


class Other(msgspec.Struct, frozen=True, gc=False):
    """A line that no response of the grammar begins."""

    line: bytes


Event = Status | Capability | Continuation | Data | Other

_CONDITIONS = {c.value.encode(): c for c in Condition}
_TAGGED = {b"OK": Condition.OK, b"NO": Condition.NO, b"BAD": Condition.BAD}
MAX_LITERALS = 64
"""Literals in one response. ID and the like have a handful; each costs a look at the whole response so far."""

_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\Z")


def _status(tag: bytes, condition: Condition, text: bytes, line: bytes) -> Status:
    if text[:1] == b"[":
        # A code may hold a quoted ']' (BADCHARSET); the codes that we read hold none.
        inner, closed, _ = text[1:].partition(b"]")
        if closed:
            name, _, argument = inner.partition(b" ")
            return Status(tag, condition, name.upper(), argument, line)
    return Status(tag, condition, b"", b"", line)


def parse(line: bytes) -> Event:
    """One whole response line, without its end and with its literals inside it. No input raises."""
    first, _, rest = line.partition(b" ")
    if first == b"*":
        word, _, text = rest.partition(b" ")
        word = word.upper()
        condition = _CONDITIONS.get(word)
        if condition is not None:
            return _status(first, condition, text, line)
        if word == b"CAPABILITY":
            return Capability(text)
        return Data(word, line) if word else Other(line)
    if first == b"+":
        return Continuation(line)
    word, _, text = rest.partition(b" ")
    condition = _TAGGED.get(word.upper())
    if condition is not None and first.isalnum():
        return _status(first, condition, text, line)
    return Other(line)


class ImapReader:
    """Bytes of one connection to events."""

    __slots__ = ("_lines", "_literal", "_literals", "_partial")

    def __init__(self) -> None:
        self._lines = LineBuffer()
        self._partial = b""
        self._literal = -1
        self._literals = 0

    def receive(self, data: bytes) -> None:
        self._lines.receive(data)

    def rest(self) -> bytes:
        """What came behind the last event, without taking it: behind the OK to STARTTLS it should be nothing."""
        return self._lines.rest()

    def next(self) -> Event | None:
        """The next response, or ``None`` when it has not all come.

        Raises:
            RemoteProtocolError: a line, a literal or the whole is beyond its bound.
        """
        while True:
            if self._literal >= 0:
                octets = self._lines.exactly(self._literal)
                if octets is None:
                    return None
                self._partial += octets
                self._literal = -1
            line = self._lines.line()
            if line is None:
                return None
            whole = self._partial + line
            if len(whole) > MAX_LINE:
                raise RemoteProtocolError(Violation.LINE_TOO_LONG)
            # Only data can end in a literal; a human-readable text that ends in "{5}" announces nothing.
            literal = _LITERAL.search(line) if line[-1:] == b"}" else None
            event = parse(whole)
            if literal is not None and type(event) is Data:
                size = int(literal[1])
                self._literals += 1
                if len(whole) + size > MAX_LINE or self._literals > MAX_LITERALS:
                    raise RemoteProtocolError(Violation.LITERAL_TOO_LARGE)
                self._partial = whole + b"\r\n"
                self._literal = size
                continue
            self._partial = b""
            self._literals = 0
            return event
