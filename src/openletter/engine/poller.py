"""Which sockets have something to say. Epoll on Linux; whatever Python selects elsewhere, so that ``check`` works there."""

import select
import selectors
from collections.abc import Iterable
from typing import Protocol

MAX_EVENTS = 512


class Poller(Protocol):
    def watch(self, fd: int, *, write: bool) -> None:
        """Begin to watch a socket for reading and errors, and for room to write."""

    def change(self, fd: int, *, write: bool) -> None:
        """Watch it for room to write, too, or no longer."""

    def forget(self, fd: int) -> None:
        """To be called before it is closed."""

    def poll(self, timeout: float) -> Iterable[tuple[int, bool]]:
        """Wait up to ``timeout`` seconds; descriptors with whether there is room to write."""

    def close(self) -> None: ...


class EpollPoller:
    """Level-triggered. The kernel forgets a descriptor when it is closed."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def watch(self, fd: int, *, write: bool) -> None:
        self._epoll.register(fd, select.EPOLLIN | select.EPOLLOUT if write else select.EPOLLIN)

    def change(self, fd: int, *, write: bool) -> None:
        self._epoll.modify(fd, select.EPOLLIN | select.EPOLLOUT if write else select.EPOLLIN)

    def forget(self, fd: int) -> None:
        pass

    def poll(self, timeout: float) -> Iterable[tuple[int, bool]]:
        out = select.EPOLLOUT
        return [(fd, bool(event & out)) for fd, event in self._epoll.poll(timeout, MAX_EVENTS)]

    def close(self) -> None:
        self._epoll.close()


class SelectorsPoller:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, fd: int, *, write: bool) -> None:
        self._selector.register(fd, selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0))

    def change(self, fd: int, *, write: bool) -> None:
        self._selector.modify(fd, selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0))

    def forget(self, fd: int) -> None:
        self._selector.unregister(fd)

    def poll(self, timeout: float) -> Iterable[tuple[int, bool]]:
        return [(key.fd, bool(mask & selectors.EVENT_WRITE)) for key, mask in self._selector.select(timeout)]

    def close(self) -> None:
        self._selector.close()


def new_poller() -> Poller:
    return EpollPoller() if hasattr(select, "epoll") else SelectorsPoller()
