"""What time it is for the server; tests have another."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime


class Today:
    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """``clock``: Unix seconds."""
        self._clock = clock

    def now(self) -> float:
        """Unix seconds."""
        return self._clock()

    def date(self) -> date:
        """In UTC."""
        return datetime.fromtimestamp(self._clock(), UTC).date()
