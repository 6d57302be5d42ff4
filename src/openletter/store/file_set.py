"""Sets of files that are published together: sorted observations, verdicts, roll-ups, the state, what was reported.

A set is a folder below the store's root. It is written under a name that nobody reads, then published by one UPDATE,
which also makes its forerunner ``previous``. Readers may still hold that one, so its files stay until a later
publication or a prune makes it ``leaving``; only then are they removed, and after them the rows that name them. A
process that dies anywhere in between leaves a set of which everybody knows what it is.
"""

import secrets
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    OBSERVATIONS = "observations"
    """One survey's, an endpoint once, sorted by address and port."""
    VERDICTS = "verdicts"
    """One survey's, a file for each file of observations."""
    ENDPOINTS = "endpoints"
    """One survey's verdicts again, with what else is known of each endpoint; a file for each file of verdicts."""
    ROLLUPS = "rollups"
    """One survey's counts; they outlive its files."""
    STATE = "state"
    """The latest verdict on every endpoint, over all surveys."""
    REPORTED = "reported"
    """What subscribers were told of, and when."""

    @property
    def of_all(self) -> bool:
        """Whether there is one for all surveys together."""
        return self in (Kind.STATE, Kind.REPORTED)


class Standing(StrEnum):
    CURRENT = "current"
    PREVIOUS = "previous"
    """Replaced, and still there for who reads it."""
    LEAVING = "leaving"
    """Its files are being removed, or were when a process died."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """In the set's folder."""
    rows: int
    octets: int
    sha256: str
    """Of its octets, lower-case hex."""


class FileSet(msgspec.Struct, frozen=True, kw_only=True):
    folder: str
    """Below the store's root."""
    kind: Kind
    survey: str
    """Whose it is; of one for all: the survey that came to it last."""
    shards: int = 0
    """Of observations: how many published shards it was made of."""
    standing: Standing = Standing.CURRENT
    files: tuple[StoredFile, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def octets(self) -> int:
        return sum(file.octets for file in self.files)


def base_of(kind: Kind, survey: str) -> str:
    """The folder that holds one survey's sets of a kind, below the store's root."""
    return str(kind) if kind.of_all else f"{kind}/{survey}"


def new_folder(kind: Kind, survey: str, label: str = "") -> str:
    """A name that was never used, for a set that is about to be written."""
    return f"{base_of(kind, survey)}/{label}{'-' if label else ''}{secrets.token_hex(4)}"


def part_name(number: int) -> str:
    return f"{number:06d}.parquet"
