"""TLS by the standard library, on memory BIOs.

A socket handed to OpenSSL would be shorter, and would swallow what matters here: the plaintext that some servers send
where TLS should begin, the ServerHello of a version that OpenSSL refuses, and any count of octets.
"""

import ssl
from contextlib import suppress
from typing import Any

from openletter.dialogue.notes import MAX_SHOWN
from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Lost, Profile
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import iana_name
from openletter.tls.hello import alert, is_record, server_hello
from openletter.tls.session import Ended, Progress, Session
from openletter.tls.ssl3 import Ssl3Session

MAX_HANDSHAKE = 262_144
"""Octets that a peer may send up to the end of a handshake. OpenSSL takes chains of 100 kB at most."""

MAX_INSIDE = 524_288
"""Octets of the wire that a peer may send in a whole session. Twice what the grammar reads: records cost their share,
and a flood of what is no mail (requests for new keys, say, each of which is answered) ends here."""

MAX_RECORD_READ = 65_536
"""Octets read at once out of TLS; a record holds 16,384 (RFC 8446 §5.1)."""

_FIRST_FLIGHT = 1_024
"""Octets kept of the peer's first flight: a ServerHello has about 100."""

_LOST = {
    Lost.TIMEOUT: HandshakeOutcome.TIMEOUT,
    Lost.CLOSED: HandshakeOutcome.CLOSED,
    Lost.RESET: HandshakeOutcome.RESET,
}


def client_context(profile: Profile) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Level 0: a weak key or digest is a finding, and must not look like a failed handshake.
    if profile is Profile.MODERN:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    else:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def unverified_chain(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates as sent, leaf first. Python has this in public since 3.13, before that one level deeper."""
    get = getattr(tls, "get_unverified_chain", None)
    if get is not None:
        return list(get() or ())
    inner: Any = tls._sslobj  # type: ignore[attr-defined]
    return [certificate.public_bytes(2) for certificate in inner.get_unverified_chain() or ()]  # 2: DER


class StandardSession:
    """See ``tls.session.Session``."""

    __slots__ = ("_book", "_first", "_in", "_offers_tls13", "_out", "_received", "_tls")

    def __init__(
        self, context: ssl.SSLContext, host: str, book: CertificateBook, *, offers_tls13: bool
    ) -> None:
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host or None)
        self._book = book
        self._first = b""
        self._received = 0
        self._offers_tls13 = offers_tls13

    def handshake(self, data: bytes) -> Progress:
        if data:
            if len(self._first) < _FIRST_FLIGHT:
                self._first += data[: _FIRST_FLIGHT - len(self._first)]
                if not is_record(self._first):
                    said = self._first[:MAX_SHOWN]
                    return Progress(b"", Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=said))
            self._received += len(data)
            if self._received > MAX_HANDSHAKE:
                return Progress(b"", self._failed(HandshakeOutcome.INVALID, "too_much_data"))
            self._in.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return Progress(self._out.read(), None)
        except ssl.SSLError as error:
            return Progress(self._out.read(), self._refused(error))
        return Progress(self._out.read(), self._done())

    def _done(self) -> Handshake:
        cipher = self._tls.cipher()
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version=self._tls.version() or "",
            cipher=iana_name(cipher[0]) if cipher else "",
            chain=tuple(self._book.keep(der) for der in unverified_chain(self._tls)),
        )

    def _refused(self, error: ssl.SSLError) -> Handshake:
        name = alert(self._first)
        if name:
            return self._failed(HandshakeOutcome.ALERT, name)
        reason = (error.reason or "unknown").lower()
        _, is_alert, inner = reason.partition("_alert_")
        return self._failed(
            HandshakeOutcome.ALERT if is_alert else HandshakeOutcome.INVALID, inner if is_alert else reason
        )

    def _failed(self, outcome: HandshakeOutcome, detail: str) -> Handshake:
        hello = server_hello(self._first)
        if hello is None:
            return Handshake(outcome=outcome, detail=detail)
        # OpenSSL ends a handshake with the sentinel in it, so only a failed one can show it.
        return Handshake(
            outcome=outcome,
            version=hello.version,
            detail=detail,
            downgraded=self._offers_tls13 and hello.downgrade_sentinel,
        )

    def lost(self, why: Lost) -> Handshake:
        return self._failed(_LOST[why], "" if self._first else "no_data")

    def encrypt(self, data: bytes) -> bytes:
        # A session that died under our hands says so at the next read.
        with suppress(ssl.SSLError):
            self._tls.write(data)
        return self._out.read()

    def decrypt(self, data: bytes) -> tuple[bytes, bytes, Ended | None]:
        self._received += len(data)
        if self._received > MAX_INSIDE:
            return b"", b"", Ended.BROKEN
        waiting = self._in
        waiting.write(data)
        pieces: list[bytes] = []
        ended: Ended | None = None
        # A read takes a whole record, so nothing is left inside when nothing waits: asking once more would only raise.
        while waiting.pending:
            try:
                piece = self._tls.read(MAX_RECORD_READ)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                ended = Ended.CLOSED
                break
            except ssl.SSLError:
                ended = Ended.BROKEN
                break
            if not piece:
                ended = Ended.CLOSED
                break
            pieces.append(piece)
        return b"".join(pieces), self._out.read(), ended


class StandardClient:
    """See ``tls.session.Client``. Contexts are made once: loading ciphers costs more than a handshake."""

    def __init__(self, book: CertificateBook) -> None:
        self.book = book
        self._contexts = {profile: client_context(profile) for profile in (Profile.MODERN, Profile.LEGACY)}

    def session(self, profile: Profile, host: str) -> Session:
        if profile is Profile.SSLV3:
            return Ssl3Session(self.book)
        context, modern = self._contexts[profile], profile is Profile.MODERN
        try:
            return StandardSession(context, host, self.book, offers_tls13=modern)
        except (UnicodeError, TypeError):
            # What no name of the DNS can be (RFC 5890 §2.3.1), no SNI can carry: a label too long, a NUL.
            return StandardSession(context, "", self.book, offers_tls13=modern)
