"""A plain client for finding the truth: lines over a socket, TLS when asked. It shares nothing with the prober."""

import contextlib
import socket
import ssl
import warnings
from types import TracebackType
from typing import Self

STEP_SECONDS = 20.0
"""For each connect, read and handshake. The slowest answer known is courier's to a failed login, after 5 s."""
LONGEST_LINE = 65_536


class WireError(Exception):
    """The peer closed, reset, kept silent or broke TLS."""


def modern_context() -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with OpenSSL's usual ciphers; the certificate is not judged here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Security level 0 admits weak certificates, not old versions.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def legacy_context() -> ssl.SSLContext:
    """From TLS 1.0 up, with every cipher that OpenSSL still has."""
    context = modern_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class Wire:
    """One connection. Every failure of the peer is a WireError."""

    def __init__(self, address: str, port: int) -> None:
        try:
            self._socket: socket.socket = socket.create_connection((address, port), STEP_SECONDS)
        except OSError as error:
            raise WireError(f"no connection: {error}") from error
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def start_tls(self, context: ssl.SSLContext) -> str:
        """Handshake; returns the version in force (`TLSv1.3`)."""
        try:
            wrapped = context.wrap_socket(self._socket, server_hostname=None)
        except (OSError, ValueError) as error:
            raise WireError(f"no handshake: {error}") from error
        self._socket = wrapped
        self._buffer = b""
        return wrapped.version() or ""

    def certificate(self) -> bytes:
        """The server's certificate as it sent it, in DER; WireError where there is none."""
        der = self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None
        if der is None:
            raise WireError("no certificate")
        return der

    def read_line(self) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST_LINE:
                raise WireError("a line without end")
            try:
                data = self._socket.recv(4096)
            except OSError as error:
                raise WireError(f"no line: {error}") from error
            if not data:
                raise WireError("closed")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def write_line(self, line: bytes) -> None:
        try:
            self._socket.sendall(line + b"\r\n")
        except OSError as error:
            raise WireError(f"not sent: {error}") from error

    def leave(self, command: bytes) -> None:
        """Sends the last command and waits for the peer to close, for at most two seconds."""
        with contextlib.suppress(WireError, OSError):
            self.write_line(command)
            self._socket.settimeout(2.0)
            while self._socket.recv(4096):
                pass
