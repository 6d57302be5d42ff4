"""The log of a survey: a line of JSON for everything that somebody may ask about later.

No text of a peer and no secret is in it. What came from elsewhere (an authorisation's words, a file name) is escaped,
so that a log on a terminal is text and nothing else, and each line is one event.
"""

import logging
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from openletter.survey.event import (
    Begun,
    Ended,
    Event,
    Progress,
    ShardKept,
    StopAsked,
    WorkerGone,
    WorkerSaid,
)
from openletter.survey.said import Said, said


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in value)
    if isinstance(value, (list, tuple)):
        return [_escaped(part) for part in value]
    return value


def _escape(_: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _escaped(value) for key, value in fields.items()}


class _Lines:
    """A file that is appended to, a line a write, so that programs that rotate logs may cut it at any time.

    A log that cannot be written is no reason to lose a survey: ``lost`` counts the lines.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.lost = 0

    def msg(self, line: str) -> None:
        octets = f"{line}\n".encode(errors="backslashreplace")
        try:
            if os.write(self._descriptor, octets) != len(octets):
                self.lost += 1
        except OSError:
            self.lost += 1

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        os.close(self._descriptor)


class Journal:
    """Writes to one file; raises OSError where that cannot be opened, and nothing later."""

    def __init__(self, path: Path, survey: str) -> None:
        self._lines = _Lines(path)
        self._log = structlog.wrap_logger(
            self._lines,
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _escape,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            survey=survey,
        )

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return self._lines.lost

    def close(self) -> None:
        self._lines.close()

    def note(self, event: str, *, level: int = logging.INFO, **fields: object) -> None:
        """One line. ``fields`` are text, numbers or lists of these."""
        self._log.log(level, event, **fields)

    def tell(self, event: Event) -> None:
        match event:
            case Begun(endpoints=endpoints, shards=shards, done=done, effort=effort):
                self.note(
                    "survey resumed" if done else "survey started",
                    endpoints=endpoints,
                    shards=shards,
                    shards_done=len(done),
                    processes=effort.processes,
                    rate=effort.rate,
                    network_rate=effort.network_rate,
                    concurrency=effort.concurrency,
                )
            case ShardKept(published=kept):
                self.note(
                    "shard published",
                    shard=kept.shard,
                    attempt=kept.attempt,
                    rows=kept.rows,
                    answered=kept.answered,
                    exposed=kept.exposed,
                    left_out=kept.left_out,
                    octets=kept.octets,
                    file=kept.file,
                )
            case WorkerSaid(worker=worker, said=record):
                self._record(record, worker=worker)
            case WorkerGone(worker=worker, why=why):
                self.note("worker died", level=logging.ERROR, worker=worker, why=why)
            case StopAsked():
                self.note("survey asked to stop")
            case Ended(finished=finished):
                self.note("survey finished" if finished else "survey stopped")
            case Progress():
                pass

    def _record(self, record: Said, **fields: object) -> None:
        if record.fault:
            fields = {**fields, "fault": record.fault, "frames": record.frames}
        self.note(record.text, level=record.level, logger=record.logger, **fields)

    @contextmanager
    def records(self) -> Iterator[None]:
        """Records of :mod:`logging` in this process go into it as well, from INFO on, from others' warnings on."""
        handler = _Records(self)
        root, ours = logging.getLogger(), logging.getLogger("openletter")
        level = ours.level
        root.addHandler(handler)
        ours.setLevel(logging.INFO)
        try:
            yield
        finally:
            root.removeHandler(handler)
            ours.setLevel(level)


class _Records(logging.Handler):
    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.INFO)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        self._journal._record(said(record))
