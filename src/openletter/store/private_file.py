"""Files that nobody but their owner can ever read (mode 0600), also for the moment in which they are made."""

import os
import secrets
from pathlib import Path


def make_private_file(path: Path, octets: bytes = b"") -> None:
    """Make one where there is none; one that is there is not touched, not even opened. Raises OSError.

    It is whole before it bears its name: of two programs that make it at once one wins, and both have that one's.
    """
    if path.exists():
        return
    beside = path.with_name(f".{path.name}.{secrets.randbelow(10**8)}")
    try:
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "wb") as made:
            made.write(octets)
            made.flush()
            os.fsync(made.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            return
    finally:
        beside.unlink(missing_ok=True)
