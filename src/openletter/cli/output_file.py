"""A file that a user named for what a verb writes: all of it, or nothing of that name."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from openletter.cli.failure import CouldNotRunError, describe


@contextmanager
def output_file(path: Path, option: str) -> Iterator[BinaryIO]:
    """Open it to be written. A link is followed; a pipe or a device is written to and stays what it is.

    Raises CouldNotRunError for what the system says, naming ``option``; other exceptions pass, and leave what was there.
    """
    try:
        # Not path.resolve(): a descriptor's name (/dev/fd/63, as a shell hands out for a program) resolves to none.
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        place = path.resolve()
        beside = place.with_name(f".{place.name}.part")
        try:
            with beside.open("wb") as file:
                yield file
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        error.filename = path
        raise CouldNotRunError(f"{option} {describe(error)}") from error
