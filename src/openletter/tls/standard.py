"""TLS by the standard library, on memory BIOs: whatever version the OpenSSL of this machine still speaks.

A socket handed to OpenSSL would be shorter, and would swallow what matters here: the plaintext that some servers send
where TLS should begin, the ServerHello of a version that OpenSSL refuses, and any count of octets.
"""

import ssl
from contextlib import suppress
from typing import Any

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.dialogue.step import Profile
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import iana_name
from openletter.tls.handshaking import Handshaking
from openletter.tls.session import Ended, Progress

MAX_RECORD_READ = 65_536
"""Octets read at once out of TLS; a record holds 16,384 (RFC 8446 §5.1)."""


def standard_context(profile: Profile) -> ssl.SSLContext:
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


class StandardSession(Handshaking):
    """See ``tls.session.Session``."""

    __slots__ = ("_book", "_in", "_out", "_tls")

    def __init__(
        self, context: ssl.SSLContext, name: bytes, book: CertificateBook, *, offers_tls13: bool
    ) -> None:
        super().__init__(offers_tls13=offers_tls13)
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name.decode() or None)
        self._book = book

    def handshake(self, data: bytes) -> Progress:
        if data:
            ended = self._heard(data)
            if ended is not None:
                return Progress(b"", ended)
            self._in.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return Progress(self._out.read(), None)
        except ssl.SSLError as error:
            return Progress(self._out.read(), self._refused(error.reason or ""))
        return Progress(self._out.read(), self._done())

    def _done(self) -> Handshake:
        cipher = self._tls.cipher()
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version=self._tls.version() or "",
            cipher=iana_name(cipher[0]) if cipher else "",
            chain=tuple(self._book.keep(der) for der in unverified_chain(self._tls)),
        )

    def encrypt(self, data: bytes) -> bytes:
        # A session that died under our hands says so at the next read.
        with suppress(ssl.SSLError):
            self._tls.write(data)
        return self._out.read()

    def decrypt(self, data: bytes) -> tuple[bytes, bytes, Ended | None]:
        if self._floods(data):
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
