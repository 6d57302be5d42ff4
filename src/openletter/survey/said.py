"""Records of :mod:`logging`, as a worker sends them to the parent: no text of a peer is in them.

A traceback says where a fault of ours is. Its exception's message may repeat what a peer sent, so it is left behind;
the exception's kind and the places in the code are kept.
"""

import logging
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import PurePath

import msgspec


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One record."""

    level: int
    """Of :mod:`logging`."""
    logger: str
    text: str
    fault: str = ""
    """The exception's kind, where there was one."""
    frames: tuple[str, ...] = ()
    """Where it was raised, the innermost place last: ``openletter/engine/engine.py:184 _loop``."""


def said(record: logging.LogRecord) -> Said:
    """What is kept of a record."""
    kind, fault = (record.exc_info or (None, None))[:2]
    return Said(
        level=record.levelno,
        logger=record.name,
        text=record.getMessage(),
        fault=kind.__name__ if kind is not None else "",
        frames=frames_of(fault) if fault is not None else (),
    )


def frames_of(fault: BaseException) -> tuple[str, ...]:
    """The places through which an exception came."""
    return tuple(
        f"{'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(fault.__traceback__, limit=-12)
    )


class ToParent(logging.Handler):
    """Sends records through a pipe. Its process must write to the pipe from one thread only."""

    def __init__(self, pipe: "Connection[object, object]") -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        # The parent may be gone: then the next thing that the worker has to say ends it. And a record that does not
        # fit its own format is no reason to lose a dialogue.
        with suppress(OSError, TypeError, ValueError):
            self._pipe.send(said(record))


def send_records(pipe: "Connection[object, object]") -> None:
    """From now on this process's records of ``openletter`` go to the parent, from INFO on, and others' warnings."""
    root = logging.getLogger()
    root.addHandler(ToParent(pipe))
    root.setLevel(logging.WARNING)
    logging.getLogger("openletter").setLevel(logging.INFO)
