"""Answers that are computed once, however many ask for them at the same time, and kept as long as there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Once(Generic[Value]):
    """Bounded by octets and by number; what was not asked for the longest goes first. Any thread may use it.

    An error is told to all who waited for it, and not kept.
    """

    def __init__(
        self, executor: Executor, *, octets: int, entries: int, size: Callable[[Value], int]
    ) -> None:
        self._executor = executor
        self._most_octets = octets
        self._most_entries = entries
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Future[Value], int]] = OrderedDict()
        self._octets = 0
        self._under_way: dict[Hashable, Future[Value]] = {}

    def ask(self, key: Hashable, compute: Callable[[], Value]) -> Future[Value]:
        """The value of ``key``, computed in a worker thread where nobody has. Do not cancel it: others may wait for it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
            if key in self._under_way:
                return self._under_way[key]
            future: Future[Value] = Future()
            self._under_way[key] = future
        self._executor.submit(self._carry_out, key, future, compute)
        return future

    def _carry_out(self, key: Hashable, future: Future[Value], compute: Callable[[], Value]) -> None:
        try:
            value = compute()
            octets = self._size(value)
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            future.set_exception(error)
            return
        with self._lock:
            del self._under_way[key]
            self._kept[key] = (future, octets)
            self._octets += octets
            while self._kept and (self._octets > self._most_octets or len(self._kept) > self._most_entries):
                _, (_, gone) = self._kept.popitem(last=False)
                self._octets -= gone
        future.set_result(value)

    def recent(self, most: int) -> list[Hashable]:
        """Keys that were asked for last, the last first."""
        with self._lock:
            return list(reversed(self._kept))[:most]

    @property
    def octets(self) -> int:
        return self._octets

    def __len__(self) -> int:
        return len(self._kept)
