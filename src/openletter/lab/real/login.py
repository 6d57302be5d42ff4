"""Logging in for truth's sake, with the lab's own account: IMAP and POP3, each way that the RFCs know."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from openletter.lab.real.room import Account
from openletter.lab.real.wire import Wire, WireError


class Greeted(StrEnum):
    OK = "ok"
    PREAUTH = "preauth"
    BYE = "bye"
    ERR = "err"
    OTHER = "other"
    NONE = "none"


class Way(StrEnum):
    """A way to log in."""

    LOGIN = "LOGIN"
    """IMAP `LOGIN`, POP3 `USER` and `PASS`."""
    PLAIN = "PLAIN"
    """SASL PLAIN (RFC 4616)."""
    CRAM_MD5 = "CRAM-MD5"
    """RFC 2195."""
    APOP = "APOP"
    """RFC 1939 §7; POP3 alone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A server's answer to one command."""

    status: bytes
    """`OK`, `NO`, `BAD` or `BYE`; `+OK` or `-ERR`; `+` where it asks for more."""
    lines: tuple[bytes, ...]

    @property
    def good(self) -> bool:
        return self.status in (b"OK", b"+OK")


class Imap:
    """An IMAP session as far as its truth needs it (RFC 9051). Literals in answers are not read: none come here."""

    protocol = "imap"
    start = b"STARTTLS"
    goodbye = b"z LOGOUT"

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._count = 0

    def greeting(self) -> tuple[Greeted, bytes]:
        line = self.wire.read_line()
        word = line[2:].split(b" ")[0].upper() if line.startswith(b"* ") else b""
        known = {b"OK": Greeted.OK, b"PREAUTH": Greeted.PREAUTH, b"BYE": Greeted.BYE}
        return known.get(word, Greeted.OTHER), line

    def command(self, text: bytes) -> Said:
        self._count += 1
        tag = b"t%d" % self._count
        self.wire.write_line(tag + b" " + text)
        return self._answer(tag)

    def _answer(self, tag: bytes) -> Said:
        lines: list[bytes] = []
        while True:
            line = self.wire.read_line()
            lines.append(line)
            if line.startswith(tag + b" "):
                return Said(line.split(b" ")[1].upper(), tuple(lines))
            if line == b"+" or line.startswith(b"+ "):
                return Said(b"+", tuple(lines))

    def capabilities(self) -> tuple[bytes, ...]:
        said = self.command(b"CAPABILITY")
        listed = [
            line.upper().split()[2:] for line in said.lines if line.upper().startswith(b"* CAPABILITY ")
        ]
        return tuple(listed[0]) if said.good and listed else ()

    def log_in(self, way: Way, account: Account, _stamp: bytes = b"") -> bool:
        if way is Way.LOGIN:
            user, password = account.user.encode(), account.password.encode()
            return self.command(b'LOGIN "%s" "%s"' % (user, password)).good
        if way is Way.APOP:
            return False
        said = self.command(b"AUTHENTICATE " + way.value.encode())
        if said.status != b"+":
            return False
        self.wire.write_line(_response(way, account, said.lines[-1]))
        return self._answer(b"t%d" % self._count).good

    def works(self) -> bool:
        """Whether a command is answered."""
        return self.command(b"NOOP").good


class Pop3:
    """A POP3 session as far as its truth needs it (RFC 1939, 2449, 5034)."""

    protocol = "pop3"
    start = b"STLS"
    goodbye = b"QUIT"

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def greeting(self) -> tuple[Greeted, bytes]:
        line = self.wire.read_line()
        known = {b"+OK": Greeted.OK, b"-ERR": Greeted.ERR}
        return known.get(line.split(b" ")[0], Greeted.OTHER), line

    def command(self, text: bytes) -> Said:
        self.wire.write_line(text)
        line = self.wire.read_line()
        return Said(line.split(b" ")[0].upper(), (line,))

    def capabilities(self) -> tuple[bytes, ...]:
        if not self.command(b"CAPA").good:
            return ()
        lines = []
        while (line := self.wire.read_line()) != b".":
            lines.append(line.upper())
        return tuple(lines)

    def log_in(self, way: Way, account: Account, stamp: bytes = b"") -> bool:
        user, password = account.user.encode(), account.password.encode()
        if way is Way.LOGIN:
            return self.command(b"USER " + user).good and self.command(b"PASS " + password).good
        if way is Way.APOP:
            digest = hashlib.md5(stamp + password, usedforsecurity=False).hexdigest()
            return bool(stamp) and self.command(b"APOP %s %s" % (user, digest.encode())).good
        said = self.command(b"AUTH " + way.value.encode())
        if said.status != b"+":
            return False
        return self.command(_response(way, account, said.lines[-1])).good

    def works(self) -> bool:
        """Whether a command is answered, by whatever; CAPA is allowed before the login, NOOP is not (RFC 1939 §5)."""
        self.capabilities()
        return True


def session(protocol: str, wire: Wire) -> Imap | Pop3:
    return Imap(wire) if protocol == "imap" else Pop3(wire)


def apop_stamp(greeting: bytes) -> bytes:
    """The time stamp of a POP3 greeting, with its angle brackets; empty where there is none."""
    found = re.search(rb"<[^<>@ ]+@[^<>@ ]+>", greeting)
    return found[0] if found else b""


def _response(way: Way, account: Account, continuation: bytes) -> bytes:
    if way is Way.PLAIN:
        return base64.b64encode(b"\0%s\0%s" % (account.user.encode(), account.password.encode()))
    try:
        challenge = base64.b64decode(continuation.removeprefix(b"+").strip(), validate=True)
    except binascii.Error as error:
        raise WireError("a challenge that is not base64") from error
    digest = hmac.new(account.password.encode(), challenge, "md5").hexdigest()
    return base64.b64encode(f"{account.user} {digest}".encode())
