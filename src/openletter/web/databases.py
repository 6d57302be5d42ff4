"""Open databases over the files of surveys: opening one costs more than most questions asked of it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from openletter.statistics.database import Verdicts


class _Opened:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.verdicts: Verdicts | None = None
        self.users = 0


class Databases:
    """At most ``most`` that nobody uses are kept; one that is in use stays until it is not. Any thread may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._opened: OrderedDict[Hashable, _Opened] = OrderedDict()

    @contextmanager
    def borrow(self, key: Hashable, make: Callable[[], Verdicts]) -> Iterator[Verdicts]:
        """The database of ``key``, opened by ``make`` where it is not. Raises what ``make`` raises."""
        with self._lock:
            one = self._opened.setdefault(key, _Opened())
            one.users += 1
            self._opened.move_to_end(key)
        try:
            with one.lock:
                if one.verdicts is None:
                    one.verdicts = make()
                verdicts = one.verdicts
            yield verdicts
        finally:
            with self._lock:
                one.users -= 1
                leaving = self._superfluous()
            for verdicts in leaving:
                verdicts.__exit__(None, None, None)

    def _superfluous(self) -> list[Verdicts]:
        idle = [key for key, one in self._opened.items() if one.users == 0]
        # What could not be opened is no database, and is tried again.
        empty = [key for key in idle if self._opened[key].verdicts is None]
        too_many = [key for key in idle if key not in empty][: max(0, len(self._opened) - self._most)]
        gone = [self._opened.pop(key).verdicts for key in [*empty, *too_many]]
        return [verdicts for verdicts in gone if verdicts is not None]

    def close(self) -> None:
        """Those that nobody uses."""
        with self._lock:
            self._most, most = 0, self._most
            leaving = self._superfluous()
            self._most = most
        for verdicts in leaving:
            verdicts.__exit__(None, None, None)

    def __len__(self) -> int:
        return len(self._opened)
