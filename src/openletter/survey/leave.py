"""Until when a survey may ask: to the end of its authorisation's last day."""

import math
from datetime import UTC, date, datetime, time, timedelta

from openletter.survey.error import LeaveEndedError


class Leave:
    """``until``: the last day, in UTC; none where the survey needs no leave."""

    def __init__(self, until: date | None) -> None:
        self._until = until
        self._end = datetime.combine(until + timedelta(days=1), time(), UTC) if until else None

    def left(self) -> float:
        """Seconds, at most 0 where it ended, infinity where it does not end."""
        return math.inf if self._end is None else (self._end - datetime.now(UTC)).total_seconds()

    def require(self) -> None:
        """Raises LeaveEndedError where it ended."""
        if self.left() <= 0:
            raise LeaveEndedError(
                f"the authorisation ended on {self._until}, so nobody is asked any more; go on with one that is renewed"
            )
