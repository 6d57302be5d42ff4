"""TLS 1.2 and 1.3 by the OpenSSL that ``cryptography`` brings, through pyOpenSSL, on memory BIOs.

It is newer than the one that most Python interpreters are built with, and reads a certificate's key several times faster,
which is most of what a handshake costs us (``bench/dialogue.py``). It knows no version before TLS 1.2, so it serves the
modern profile alone.
"""

from contextlib import suppress

from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, dump_certificate

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import iana_name
from openletter.tls.handshaking import Handshaking
from openletter.tls.session import Ended, Progress

GROUPS = b"X25519:P-256:P-384:P-521:X448"
"""What we offer to agree on a key by. Without the hybrids of ML-KEM, which newer releases put first: their share makes a
ClientHello larger than one segment, and a middlebox that stumbles over the second would look like a server without TLS."""

_READ = 16_384
"""Octets read at once, out of TLS and for the wire: a record's worth (RFC 8446 §5.1)."""


def openssl_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    # Level 0: a weak key or digest is a finding, and must not look like a failed handshake.
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_ALL | SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    # A session that waits keeps no buffers, as with the standard library.
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    # pyOpenSSL has no public name for more than one group. Where this one goes, a test says so: the hello grows.
    set_groups = getattr(SSL._lib, "SSL_CTX_set1_curves_list", None)  # type: ignore[attr-defined]
    if set_groups is not None:
        set_groups(context._context, GROUPS)
    return context


class OpensslSession(Handshaking):
    """See ``tls.session.Session``."""

    __slots__ = ("_book", "_tls")

    def __init__(self, context: SSL.Context, name: bytes, book: CertificateBook) -> None:
        super().__init__(offers_tls13=True)
        self._tls = SSL.Connection(context)
        if name:
            self._tls.set_tlsext_host_name(name)
        self._tls.set_connect_state()
        self._book = book

    def handshake(self, data: bytes) -> Progress:
        if data:
            ended = self._heard(data)
            if ended is not None:
                return Progress(b"", ended)
            self._tls.bio_write(data)
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return Progress(self._to_send(), None)
        except SSL.Error as error:
            return Progress(self._to_send(), self._refused(_reason(error)))
        return Progress(self._to_send(), self._done())

    def _done(self) -> Handshake:
        tls, keep = self._tls, self._book.keep
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version=tls.get_protocol_version_name(),
            cipher=iana_name(tls.get_cipher_name() or ""),
            chain=tuple(keep(dump_certificate(FILETYPE_ASN1, c)) for c in tls.get_peer_cert_chain() or ()),
        )

    def encrypt(self, data: bytes) -> bytes:
        # A session that died under our hands says so at the next read.
        with suppress(SSL.Error):
            self._tls.send(data)
        return self._to_send()

    def decrypt(self, data: bytes) -> tuple[bytes, bytes, Ended | None]:
        if self._floods(data):
            return b"", b"", Ended.BROKEN
        tls = self._tls
        if data:
            tls.bio_write(data)
        pieces: list[bytes] = []
        ended: Ended | None = None
        try:
            while True:
                pieces.append(tls.recv(_READ))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            ended = Ended.CLOSED
        except SSL.Error:
            ended = Ended.BROKEN
        return b"".join(pieces), self._to_send(), ended

    def _to_send(self) -> bytes:
        pieces: list[bytes] = []
        try:
            while True:
                piece = self._tls.bio_read(_READ)
                pieces.append(piece)
                if len(piece) < _READ:
                    break
        except SSL.WantReadError:
            pass
        return b"".join(pieces)


def _reason(error: SSL.Error) -> str:
    """The reason of the first error in OpenSSL's queue: what came of it stands behind."""
    queue = error.args[0] if error.args else ()
    return str(queue[0][-1]) if isinstance(queue, list) and queue else ""
