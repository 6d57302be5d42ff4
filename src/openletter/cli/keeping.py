"""Writes ``surveys/<id>.json`` as a survey goes on: when a run begins, when it ends, and when it is judged."""

import time

import msgspec

from openletter import __version__
from openletter.report.survey import Run, moment, runs_of, summarise, to_json
from openletter.statistics.overview import Overview
from openletter.store.store import Store
from openletter.survey.effort import Effort


class Keeper:
    """Of one survey. Raises StoreError."""

    def __init__(self, store: Store, survey: str) -> None:
        self._store = store
        self._survey = survey
        self._runs = runs_of(store.summary(survey))

    def begin(self, effort: Effort) -> None:
        record = self._store.survey(self._survey)
        run = Run(attempt=record.runs, began=moment(time.time()), tool_version=__version__, effort=effort)
        self._runs = (*self._runs, run)
        self.write()

    def end(self, outcome: str, *, began: float, probed: int, left_out: int) -> None:
        """``began`` in Unix seconds; the counts are of this run."""
        now = time.time()
        run = msgspec.structs.replace(
            self._runs[-1],
            ended=moment(now),
            outcome=outcome,
            probed=probed,
            left_out=left_out,
            endpoints_a_second=round(probed / max(now - began, 0.001), 1),
        )
        self._runs = (*self._runs[:-1], run)
        self.write()

    def write(self, overview: Overview | None = None) -> None:
        record = self._store.survey(self._survey)
        found = summarise(record, self._store.shards(self._survey), self._runs, overview)
        self._store.keep_summary(self._survey, to_json(found))
