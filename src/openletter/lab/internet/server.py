"""The server: one process, one epoll loop, every address of the world on four ports.

It listens on the wildcard address, bound to the loopback device, so no one outside this machine can reach it. The local
address of an accepted connection says whom the client wanted. The kernel completes the TCP handshake before the server
knows that, so a closed port cannot refuse it: the connection is accepted and reset at once, before a byte, which a prober
sees as "reset before data".
"""

import errno
import heapq
import select
import socket
import struct
import time
from collections.abc import Mapping
from itertools import islice

from openletter.lab.internet.connection import READ_SIZE, Connection
from openletter.lab.internet.contexts import TlsPeers
from openletter.lab.internet.population import World
from openletter.lab.internet.speech import Conduct

BACKLOG = 4096
IDLE_S = 60.0
"""A connection that is quiet for longer is dropped."""
SWEEP_S = 5.0
ACCEPTS_AT_ONCE = 64
"""Accepted before those who wait for an answer get theirs."""
EVENTS_AT_ONCE = 512
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, no time: close() resets (socket(7))."""
DROPPED_WHEN_FULL = 100


class NotConfinedError(OSError):
    """The listening socket could not be bound to the loopback device, so the server will not run."""


def listener(port: int) -> socket.socket:
    """A listening socket on every loopback address, and on those only.

    Raises ``NotConfinedError`` where ``SO_BINDTODEVICE`` fails (it needs Linux 5.7 or root), ``OSError`` where the port is
    taken or not allowed.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        except OSError as error:
            raise NotConfinedError(
                error.errno, "cannot bind to the loopback device (SO_BINDTODEVICE needs Linux 5.7 or root)"
            ) from error
        sock.bind(("0.0.0.0", port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


class Server:
    """Answers for ``world`` on ``ports``: a mapping from 110, 143, 993, 995 to the ports listened on.

    ``serve`` returns when ``stop``, a file descriptor, becomes readable or is closed at its other end.
    """

    def __init__(self, world: World, peers: TlsPeers, ports: Mapping[int, int], stop: int) -> None:
        self.world = world
        self.peers = peers
        self.epoll = select.epoll()
        self.stop = stop
        self.listeners: dict[int, tuple[socket.socket, int]] = {}
        self.connections: dict[int, Connection] = {}
        self.timers: list[tuple[float, int, Connection]] = []
        self.serial = 0
        self.now = time.monotonic()
        for canonical, port in ports.items():
            sock = listener(port)
            self.listeners[sock.fileno()] = (sock, canonical)
            self.epoll.register(sock, select.EPOLLIN)
        self.epoll.register(stop, select.EPOLLIN)

    def serve(self) -> None:
        next_sweep = self.now + SWEEP_S
        while True:
            wait = next_sweep if not self.timers else min(next_sweep, self.timers[0][0])
            events = self.epoll.poll(max(0.0, wait - self.now), EVENTS_AT_ONCE)
            self.now = time.monotonic()
            for fd, event in events:
                connection = self.connections.get(fd)
                if connection is not None:
                    self._handle(fd, connection, event)
                elif fd in self.listeners:
                    self._accept(*self.listeners[fd])
                elif fd == self.stop:
                    return
            while self.timers and self.timers[0][0] <= self.now:
                self._tick(heapq.heappop(self.timers)[2])
            if self.now >= next_sweep:
                self._sweep()
                next_sweep = self.now + SWEEP_S

    def close(self) -> None:
        for sock, _ in self.listeners.values():
            sock.close()
        for connection in self.connections.values():
            connection.sock.close()
        self.epoll.close()

    def _accept(self, listening: socket.socket, port: int) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                fd, _peer = listening._accept()  # type: ignore[attr-defined]
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._drop_oldest()
                return
            sock = socket.SocketType(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, 0, fd)
            address = int.from_bytes(socket.inet_aton(sock.getsockname()[0]))
            role = self.world.endpoint(address, port)
            conduct = role.conduct
            if conduct == Conduct.RESET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                sock.close()
                continue
            if conduct == Conduct.HANG_UP:
                sock.close()
                continue
            connection = Connection(sock, role, self.peers, self.now)
            self.connections[fd] = connection
            self.epoll.register(fd, select.EPOLLIN)
            try:
                connection.begin()
            except OSError:
                self._drop(fd, connection)
                continue
            if connection.done or connection.out or connection.later is not None:
                self._settle(fd, connection)

    def _handle(self, fd: int, connection: Connection, event: int) -> None:
        connection.last = self.now
        try:
            if event & select.EPOLLOUT:
                connection.flush()
            if event & ~select.EPOLLOUT:
                data = connection.sock.recv(READ_SIZE, socket.MSG_DONTWAIT)
                if not data:
                    self._drop(fd, connection)
                    return
                connection.feed(data)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(fd, connection)
            return
        if connection.done or connection.out or connection.later is not None or event & select.EPOLLOUT:
            self._settle(fd, connection)

    def _tick(self, connection: Connection) -> None:
        fd = connection.sock.fileno()
        if self.connections.get(fd) is not connection:
            return
        connection.last = self.now
        try:
            connection.tick()
        except OSError:
            self._drop(fd, connection)
            return
        self._settle(fd, connection)

    def _settle(self, fd: int, connection: Connection) -> None:
        """End what is done, and see to what is still to be said."""
        if connection.later is not None:
            self.serial += 1
            heapq.heappush(self.timers, (self.now + connection.later, self.serial, connection))
            connection.later = None
        if connection.done and connection.drained():
            self._drop(fd, connection)
            return
        self.epoll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if connection.out else 0))

    def _drop(self, fd: int, connection: Connection) -> None:
        del self.connections[fd]
        connection.sock.close()

    def _sweep(self) -> None:
        quiet = [(fd, each) for fd, each in self.connections.items() if self.now - each.last > IDLE_S]
        for fd, connection in quiet:
            self._drop(fd, connection)

    def _drop_oldest(self) -> None:
        for fd, connection in list(islice(self.connections.items(), DROPPED_WHEN_FULL)):
            self._drop(fd, connection)
