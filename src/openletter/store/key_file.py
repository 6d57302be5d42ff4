"""A key that programs of one store share: from the environment, or from a file beside it that its owner alone can read."""

import os
import secrets
from pathlib import Path

from openletter.store.error import StoreError, named
from openletter.store.private_file import make_private_file

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
        make_private_file(file, secrets.token_hex(32).encode())
        key = file.read_bytes()
    if len(key) < MIN_OCTETS:
        raise StoreError(f"{file}: has {len(key)} octets; remove it, and a new key is made")
    return key
