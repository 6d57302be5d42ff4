"""The clients: which library speaks which versions."""

import ipaddress

from openletter.dialogue.step import Profile
from openletter.tls.book import CertificateBook
from openletter.tls.openssl import OpensslSession, openssl_context
from openletter.tls.session import Session
from openletter.tls.ssl3 import Ssl3Session
from openletter.tls.standard import StandardSession, standard_context


def server_name(host: str) -> bytes:
    """The name that SNI may carry for a host (RFC 6066 §3), empty where there is none: an address, or what no name of the
    DNS can be (RFC 5890 §2.3.1; a label too long, a NUL)."""
    if not host:
        return b""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return b""
    try:
        name = host.encode("idna")
    except UnicodeError:
        return b""
    return b"" if b"\0" in name or name.startswith(b".") else name


class StandardClient:
    """The standard library for all that OpenSSL speaks. Contexts are made once: loading ciphers costs more than a
    handshake."""

    def __init__(self, book: CertificateBook) -> None:
        self.book = book
        self._contexts = {profile: standard_context(profile) for profile in (Profile.MODERN, Profile.LEGACY)}

    def session(self, profile: Profile, host: str) -> Session:
        if profile is Profile.SSLV3:
            return Ssl3Session(self.book)
        modern = profile is Profile.MODERN
        return StandardSession(self._contexts[profile], server_name(host), self.book, offers_tls13=modern)


class FastClient(StandardClient):
    """The newer OpenSSL for the modern profile, which nearly every server takes; the standard library for older versions."""

    def __init__(self, book: CertificateBook) -> None:
        super().__init__(book)
        self._modern = openssl_context()

    def session(self, profile: Profile, host: str) -> Session:
        if profile is Profile.MODERN:
            return OpensslSession(self._modern, server_name(host), self.book)
        return super().session(profile, host)
