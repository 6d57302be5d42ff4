"""One connection to a mail server (RFC 5321) that begins with verified TLS, or is none.

The danger is the one that this program is about. Between the server's greeting and the handshake of STARTTLS everything is said
in the clear, and whoever stands between can say it: that there is no STARTTLS, or replies that are meant to be taken for those
of the session inside (CVE-2011-0411 and its kin). So TLS is demanded before any name of a user or a subscriber is said; what
came in the clear before the handshake is forgotten, and if there is anything behind the server's go-ahead the connection ends.

A message counts as handed over when the server has answered the dot that ends it. Whoever is told ``before_dot`` writes down
that the dot is about to be said: before that the server has taken nothing, after it only its answer tells.
"""

import base64
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import msgspec

from openletter.report.mail.error import NoServerError
from openletter.report.mail.smtp_server import SmtpServer, Way
from openletter.report.visible import visible_text

TIMEOUT_S = 60.0
"""To connect, and for a reply. RFC 5321 §4.5.3.2 allows minutes; a relay that is one's own takes seconds."""
DOT_TIMEOUT_S = 600.0
"""For the reply to the dot (RFC 5321 §4.5.3.2.6): whoever gives up early does not know whether it was taken."""
_MAX_LINE = 4_096
_MAX_LINES = 200
_MAX_SHOWN = 300
_GO_ON = 354
"""To DATA: the message may come (RFC 5321 §4.2.3)."""
_TOO_LARGE = 552
"""This message (RFC 1870 §6.1); what else is refused for good before it has a recipient is its sender."""
_CLOSING = 421
"""The server will hang up now (same place)."""


class Reply(msgspec.Struct, frozen=True):
    code: int
    text: str
    """Made safe, on one line; with its code."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Of one message."""

    refused: dict[str, Reply]
    """Recipients that were refused when they were named, for now or for good."""
    reply: Reply | None
    """To the message itself; none where nobody was left to get it."""


class LostError(Exception):
    """The connection is gone, or its other side makes no sense; ``str()`` is one line. Whether the dot was said before that is
    what ``before_dot`` was told."""


class _Bounded(smtplib.SMTP):
    """With replies of a bounded size that take a bounded time, however slowly they come, and nothing read ahead of them."""

    patience_s = 0.0
    """For the next reply; 0: as long as for any."""
    _rest = b""

    def getreply(self) -> tuple[int, bytes]:
        until = time.monotonic() + (self.patience_s or self.timeout)
        said: list[bytes] = []
        while True:
            line = self._line(until)
            said.append(line[4:].strip())
            if not line[:3].isdigit() or len(said) > _MAX_LINES:
                self.close()
                raise smtplib.SMTPServerDisconnected("what was answered is no reply of SMTP")
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._rest:
            sock: socket.socket | None = self.sock
            left = until - time.monotonic()
            try:
                if sock is None or left <= 0 or len(self._rest) > _MAX_LINE:
                    raise smtplib.SMTPServerDisconnected("no reply came in time" if left <= 0 else "no reply")
                sock.settimeout(left)
                some = sock.recv(_MAX_LINE)
                sock.settimeout(self.timeout)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"no reply ({_why(error)})") from None
            if not some:
                self.close()
                raise smtplib.SMTPServerDisconnected("the server hung up")
            self._rest += some
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def nothing_waits(self) -> bool:
        """Whether nothing was said beyond the last reply."""
        return not self._rest

    def demand_silence(self) -> None:
        """Where a message is about to be ended: a server that has hung up by now, or says something, has not taken it, and that
        is known for sure. Raises SMTPServerDisconnected."""
        sock: socket.socket | None = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("the server hung up")
        some = self._rest
        if not some:
            sock.settimeout(0)
            try:
                some = sock.recv(_MAX_LINE)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            finally:
                sock.settimeout(self.timeout)
        said = f"the server broke in: {_shown(0, some)[2:]}" if some else "the server hung up"
        raise smtplib.SMTPServerDisconnected(said)


class _Clear(_Bounded):
    """STARTTLS comes next."""


class _Tls(_Bounded, smtplib.SMTP_SSL):
    """TLS from the first octet."""


class Connection:
    """To a server that takes mail from us now. A context; raises NoServerError, after which nothing was sent."""

    def __init__(
        self,
        server: SmtpServer,
        context: ssl.SSLContext,
        password: str | None,
        *,
        timeout: float = TIMEOUT_S,
        dot_timeout: float = DOT_TIMEOUT_S,
    ) -> None:
        self._server = server
        self._timeout = timeout
        self._dot_timeout = dot_timeout
        try:
            self._smtp = self._opened(context)
        except smtplib.SMTPResponseException as error:
            raise self._error(f"turned us away: {_reply(error).text}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._error(_why(error)) from None
        try:
            self._begin(context)
            if server.user:
                self._log_in(password)
        except smtplib.SMTPResponseException as error:
            self._smtp.close()
            raise self._error(f"turned us away: {_reply(error).text}") from None
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise self._error(_why(error)) from None
        except BaseException:
            self._smtp.close()
            raise

    def _error(self, what: str) -> NoServerError:
        return NoServerError(f"{self._server}: {what}; nothing is sent")

    def _opened(self, context: ssl.SSLContext) -> _Bounded:
        place: dict[str, Any] = {"host": self._server.host, "port": self._server.port}
        # The name is replaced below: the standard library would ask DNS for ours.
        place |= {"local_hostname": "localhost", "timeout": self._timeout}
        return _Tls(context=context, **place) if self._server.way is Way.IMPLICIT else _Clear(**place)

    def _begin(self, context: ssl.SSLContext) -> None:
        smtp = self._smtp
        assert smtp.sock is not None
        address = smtp.sock.getsockname()[0]
        smtp.local_hostname = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        self._hello()
        if self._server.way is Way.STARTTLS:
            if not smtp.has_extn("starttls"):
                raise self._error("offers no STARTTLS, or someone in between has taken it away")
            code, said = smtp.docmd("STARTTLS")
            if code != 220:
                raise self._error(f"refuses STARTTLS: {_shown(code, said)}")
            if not smtp.nothing_waits():
                raise self._error("or someone in between, has spoken in the clear after its go-ahead for TLS")
            smtp.sock = context.wrap_socket(smtp.sock, server_hostname=self._server.host)
            self._hello()

    def _hello(self) -> None:
        code, said = self._smtp.ehlo()
        if code != 250:
            raise self._error(f"does not know EHLO: {_shown(code, said)}")

    def _log_in(self, password: str | None) -> None:
        smtp = self._smtp
        assert isinstance(smtp.sock, ssl.SSLSocket)
        if password is None:
            raise self._error(f"there is no password for {visible_text(self._server.user)}")
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        user, secret = self._server.user.encode(), password.encode()
        both = b"\0".join((b"", user, secret))
        if "PLAIN" in offered:
            code, said = smtp.docmd("AUTH", "PLAIN " + _base64(both))
        elif "LOGIN" in offered:
            code, said = smtp.docmd("AUTH", "LOGIN")
            for word in (user, secret):
                if code == 334:
                    code, said = smtp.docmd(_base64(word))
        else:
            raise self._error("offers none of the logins AUTH PLAIN and AUTH LOGIN")
        if code != 235:
            # A server may repeat what it was sent.
            for told in (_base64(both).encode(), _base64(secret).encode(), secret):
                said = said.replace(told, b"...")
            raise self._error(f"does not let {visible_text(self._server.user)} in: {_shown(code, said)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(
        self,
        message: bytes,
        recipients: Sequence[str],
        *,
        sender: str,
        envelope_id: str,
        before_dot: Callable[[Sequence[str]], None],
    ) -> Outcome:
        """One transaction. ``sender`` gets what bounces; ``message`` has CR LF at each line's end; ``before_dot`` is told who
        will have it, and what it raises ends the connection before the dot. Raises LostError; NoServerError where the server
        takes nothing from this sender, or not without a log-in: what it refuses then is no message."""
        smtp = self._smtp
        try:
            options = []
            dsn = smtp.has_extn("dsn")
            if dsn:
                options += ["RET=HDRS", f"ENVID={envelope_id}"]
            if smtp.has_extn("size"):
                options.append(f"SIZE={len(message)}")
            reply = _answer(smtp.mail(sender, options))
            if reply.permanent and reply.code != _TOO_LARGE:
                raise NoServerError(
                    f"{self._server}: takes no mail from {sender}: {reply.text}; the rest waits"
                )
            if not reply.accepted:
                return self._refused(Outcome(refused={}, reply=reply))
            asked = [f"ORCPT=rfc822;{_xtext(one)}" for one in recipients]
            refused: dict[str, Reply] = {}
            for one, original in zip(recipients, asked, strict=True):
                reply = _answer(smtp.rcpt(one, ["NOTIFY=FAILURE,DELAY", original] if dsn else []))
                if not reply.accepted:
                    refused[one] = reply
            taken = [one for one in recipients if one not in refused]
            if not taken:
                return self._refused(Outcome(refused=refused, reply=None))
            reply = _answer(smtp.docmd("DATA"))
            if reply.accepted:
                # It is an answer too far ahead: to go on would take that to RCPT for the one to the message.
                raise smtplib.SMTPServerDisconnected(f"answers DATA with {reply.text}")
            if reply.code != _GO_ON:
                return self._refused(Outcome(refused=refused, reply=reply))
            smtp.send(_stuffed(message))
            smtp.demand_silence()
            before_dot(taken)
            smtp.patience_s = self._dot_timeout
            smtp.send(b".\r\n")
            reply = _answer(smtp.getreply())
            smtp.patience_s = 0.0
            return Outcome(refused=refused, reply=reply)
        except (smtplib.SMTPException, OSError) as error:
            smtp.close()
            raise LostError(f"{self._server}: {_why(error)}") from None
        except BaseException:
            # Whoever hears no dot has no message; whoever hears QUIT now would take it for a line of one.
            smtp.close()
            raise

    def _refused(self, outcome: Outcome) -> Outcome:
        if outcome.reply is not None and outcome.reply.code == _CLOSING:
            self._smtp.close()
            return outcome
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            # What was refused stays refused; the connection is over.
            self._smtp.close()
        return outcome

    @property
    def alive(self) -> bool:
        return self._smtp.sock is not None

    def close(self) -> None:
        try:
            if self._smtp.sock is not None:
                self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            pass
        finally:
            self._smtp.close()


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _xtext(text: str) -> str:
    """RFC 3461 §4."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def _stuffed(message: bytes) -> bytes:
    """Whole lines, none of which is a dot alone (RFC 5321 §4.5.2)."""
    lines = b"\r\n".join(message.splitlines())
    stuffed = lines.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b"\r\n"


def _shown(code: int, said: bytes) -> str:
    text = visible_text(b" ".join(said.split()))
    return f"{code} {text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + '…'}"


def _answer(answer: tuple[int, bytes]) -> Reply:
    code, said = answer
    return Reply(code, _shown(code, said))


def _reply(error: smtplib.SMTPResponseException) -> Reply:
    said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
    return Reply(error.smtp_code, _shown(error.smtp_code, said))


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {visible_text(error.verify_message)}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {visible_text(error.reason or 'the connection ended')}"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return visible_text((error.strerror or str(error)).lower())
    return visible_text(str(error))[:_MAX_SHOWN]
