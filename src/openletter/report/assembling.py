"""The second half of making reports: the lines of one subscriber, type and day lie in a file for each file of endpoints, and
are put behind one another into one report."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from openletter.store.error import named

_READ = 1 << 20
"""Octets."""


class Piece(msgspec.Struct, frozen=True, array_like=True):
    file: int
    """Which of the files of lines."""
    start: int
    octets: int


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """One report file."""

    name: str
    header: bytes
    pieces: list[Piece]
    """In their order."""


class Assembly(msgspec.Struct, frozen=True):
    """Some report files."""

    folder: str
    """Where they go."""
    lines: tuple[str, ...]
    """The files of lines."""
    wanted: list[Wanted]


class Assembled(msgspec.Struct, frozen=True, array_like=True):
    octets: int
    sha256: str


def assemble(work: Assembly) -> list[Assembled]:
    """In the order of ``wanted``. Raises StoreError."""
    made = []
    with ExitStack() as opened:
        files: dict[int, BinaryIO] = {}
        for wanted in work.wanted:
            for piece in wanted.pieces:
                if piece.file not in files:
                    path = Path(work.lines[piece.file])
                    with named(path):
                        files[piece.file] = opened.enter_context(path.open("rb"))
            made.append(_assembled(Path(work.folder) / wanted.name, wanted.header, wanted.pieces, files))
    return made


def _assembled(path: Path, header: bytes, pieces: Sequence[Piece], files: dict[int, BinaryIO]) -> Assembled:
    digest = hashlib.sha256(header)
    octets = len(header)
    with named(path), path.open("wb") as out:
        out.write(header)
        for piece in pieces:
            for start in range(piece.start, piece.start + piece.octets, _READ):
                some = os.pread(
                    files[piece.file].fileno(), min(_READ, piece.start + piece.octets - start), start
                )
                digest.update(some)
                out.write(some)
            octets += piece.octets
    return Assembled(octets, digest.hexdigest())
