"""A key that programs of one store share: from the environment, or from a file beside it that its owner alone can read."""

import os
import secrets
from pathlib import Path

from openletter.store.error import StoreError, named

MIN_OCTETS = 32


def shared_key(file: Path, variable: str) -> bytes:
    """What the environment's ``variable`` says, else what the file holds, which is made where it is not there.

    Raises StoreError, also for one that is too short.
    """
    given = os.environ.get(variable, "").encode()
    if given:
        if len(given) < MIN_OCTETS:
            raise StoreError(f"{variable} has {len(given)} octets; give at least {MIN_OCTETS}")
        return given
    with named(file):
        if not file.exists():
            _make(file)
        key = file.read_bytes()
    if len(key) < MIN_OCTETS:
        raise StoreError(f"{file}: has {len(key)} octets; remove it, and a new key is made")
    return key


def _make(file: Path) -> None:
    """Whole before it bears its name; of two programs that make it at once one wins, and both read that one's."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(opened, "wb") as made:
            made.write(secrets.token_hex(32).encode())
            made.flush()
            os.fsync(made.fileno())
        try:
            os.link(beside, file)
        except FileExistsError:
            return
    finally:
        beside.unlink(missing_ok=True)
