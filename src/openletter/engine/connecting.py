"""A connection on its way: a non-blocking socket, from the local address that was asked for."""

import errno
import socket
import sys
from collections.abc import Sequence

from openletter.dialogue.observation import Tcp

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of a new socket that say nothing of the peer."""

_NO_SOURCE = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL})
"""No port is left at our own address, or it is not ours."""

_BIND_ADDRESS_NO_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
"""Linux: the port is chosen at the connect, so that one port serves many peers."""

TCP_ERRORS = {
    errno.ECONNREFUSED: Tcp.REFUSED,
    errno.ECONNRESET: Tcp.RESET,
    errno.ETIMEDOUT: Tcp.TIMEOUT,
}


_KIND = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC

Socket = socket.SocketType
"""The type beneath ``socket.socket``: what that adds (files, duplicates, enumerations) we have no use for, and it costs as
much as a reply to read."""


class OutOfResourcesError(Exception):
    """This machine, not a peer, cannot open another connection: the survey must not go on and call hosts unreachable."""


def family_of(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


class Connector:
    """``sources``: local addresses to connect from, at most one of each family; the system chooses for the other."""

    def __init__(self, sources: Sequence[str] = ()) -> None:
        self._sources = {family_of(source): source for source in sources}

    def connect(self, ip: str, port: int) -> Socket | Tcp:
        """A socket whose connection is under way, or why there is none.

        Raises OutOfResourcesError.
        """
        family = family_of(ip)
        try:
            sock = Socket(family, _KIND)
        except OSError as error:
            if error.errno in _OURS:
                raise OutOfResourcesError(f"cannot open another socket: {error.strerror}") from error
            return Tcp.UNREACHABLE
        try:
            if self._sources and (source := self._sources.get(family)):
                self._bind(sock, source)
            result = sock.connect_ex((ip, port))
        except OutOfResourcesError:
            sock.close()
            raise
        except OSError as error:
            result = error.errno or errno.EADDRNOTAVAIL
        if result == 0 or result == errno.EINPROGRESS:
            return sock
        sock.close()
        # Without IPv6 on this machine it is the answer for every IPv6 peer; of IPv4 it means that no port is left.
        if result == errno.EADDRNOTAVAIL and family == socket.AF_INET:
            raise OutOfResourcesError("no local port is free for another connection")
        return TCP_ERRORS.get(result, Tcp.UNREACHABLE)

    @staticmethod
    def _bind(sock: Socket, source: str) -> None:
        if sys.platform == "linux":
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        try:
            sock.bind((source, 0))
        except OSError as error:
            if error.errno in _NO_SOURCE:
                raise OutOfResourcesError(f"cannot connect from {source}: {error.strerror}") from error
            raise
