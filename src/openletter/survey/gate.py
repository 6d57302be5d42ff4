"""The last word before a connect: who must not be asked is not asked, also who said so while the survey runs.

The opt-out list is a small file that is replaced as a whole. It is looked at once a second at most, and read again
where it has changed. Where it cannot be read, nobody is asked any more: a survey can be resumed, and a promise that
was broken cannot be mended.
"""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from openletter.dialogue.observation import Endpoint
from openletter.scope.address import Interval
from openletter.scope.error import ScopeError
from openletter.scope.exclusion import Exclusions
from openletter.scope.optout import OptOut, intervals_of, names_of, read_optouts

LOOK_EVERY = 1.0
"""Seconds between two looks at the file: what its writer may have to wait until every worker keeps to it."""

_log = logging.getLogger(__name__)


class Gate:
    """Of one process. ``shut`` is called once where the list cannot be read any more; ``fault`` then says why."""

    def __init__(
        self,
        excluded: Iterable[Interval],
        optout: Path | None,
        *,
        shut: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ScopeError where the list cannot be read from the start."""
        self._excluded = tuple(excluded)
        self._path = optout
        self._shut = shut
        self._clock = clock
        self._mark = self._signature()
        self._take(read_optouts(optout) if optout is not None else [])
        self._look_at = clock() + LOOK_EVERY
        self.fault: ScopeError | None = None

    def may_connect(self, endpoint: Endpoint) -> bool:
        """Whether this endpoint may be asked at this moment. Raises nothing."""
        if self.fault is not None:
            return False
        if self._path is not None and self._clock() >= self._look_at:
            return self._look() and self._allows(endpoint)
        return self._allows(endpoint)

    def _allows(self, endpoint: Endpoint) -> bool:
        if self._names and endpoint.host in self._names:
            return False
        return self._none or not self._closed.covers(endpoint.ip)

    def _take(self, entries: list[OptOut]) -> None:
        self._names = names_of(entries)
        self._closed = Exclusions((*self._excluded, *intervals_of(entries)))
        self._none = not self._closed.intervals

    def _look(self) -> bool:
        """Whether what the list says is known."""
        assert self._path is not None
        self._look_at = self._clock() + LOOK_EVERY
        mark = self._signature()
        if mark is None or mark == self._mark:
            # Where the file is gone, what it said still holds.
            return True
        try:
            entries = read_optouts(self._path)
        except ScopeError as error:
            self.fault = error
            self._shut()
            return False
        self._mark = mark
        self._take(entries)
        _log.info("opt-out list changed, applied: %d entries hold", sum(entry.holds for entry in entries))
        return True

    def _signature(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
