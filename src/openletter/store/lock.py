"""One process at a time: an advisory lock on a file, which the system takes back when its holder dies, however it dies."""

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from openletter.store.error import SurveyBusyError, named


class Lock:
    """A context that holds the lock of ``path``. Raises ``SurveyBusyError(message)`` where another one holds it."""

    def __init__(self, path: Path, message: str) -> None:
        self._path = path
        self._message = message
        self._descriptor = -1

    def __enter__(self) -> Self:
        with named(self._path):
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self._descriptor)
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    raise SurveyBusyError(self._message) from error
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
