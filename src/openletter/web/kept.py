"""Values kept as long as there is room; what was not asked for the longest goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Bounded by octets. For one event loop: it holds no lock."""

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self._most = most
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._octets = 0

    def get(self, key: Hashable) -> Value | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Value) -> None:
        before = self._values.pop(key, None)
        self._octets += self._size(value) - (self._size(before) if before is not None else 0)
        self._values[key] = value
        while self._octets > self._most:
            _, gone = self._values.popitem(last=False)
            self._octets -= self._size(gone)

    @property
    def octets(self) -> int:
        return self._octets

    def __len__(self) -> int:
        return len(self._values)
