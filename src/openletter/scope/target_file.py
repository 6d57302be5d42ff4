"""Files of targets or exclusions: one a line, ``#`` begins a comment."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from openletter.scope.error import ScopeError, at, shown
from openletter.scope.target import Target, parse_target

MAX_LINE = 4096
"""Characters of a line. No target comes near it; a binary file, or one without line ends, does."""


def lines(source: BinaryIO, name: str) -> Iterator[tuple[str, str]]:
    """(text, place) of each line that says something; comments and blanks taken off. Read as a stream.

    Raises :class:`ScopeError` for what is no text and for lines beyond :data:`MAX_LINE`.
    """
    count = 0
    while raw := source.readline(4 * MAX_LINE + 2):
        count += 1
        where = f"{name} line {count}"
        if b"\x00" in raw:
            raise at(where, "holds NUL bytes, so this is no text file; write one target a line")
        try:
            text = raw.decode("utf-8-sig" if count == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            if len(raw) > 4 * MAX_LINE:
                raise _too_long(where) from None
            raise at(where, "is no UTF-8, so this is no text file; write one target a line") from None
        if len(text) > MAX_LINE:
            raise _too_long(where)
        text = text.partition("#")[0].strip()
        if text:
            yield text, where


def _too_long(where: str) -> ScopeError:
    return at(where, f"is longer than {MAX_LINE} characters; write one target a line")


def open_text(path: Path) -> BinaryIO:
    """Open for :func:`lines`. Raises :class:`ScopeError` where that cannot be."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise ScopeError(f"{shown(str(path))}: no such file") from None
    except OSError as error:
        raise ScopeError(f"{shown(str(path))} cannot be read: {error.strerror}") from None


def read_targets(path: Path) -> Iterator[Target]:
    """The targets of a file, in its order. Raises :class:`ScopeError`, which names file and line."""
    with open_text(path) as source:
        try:
            yield from parse_lines(source, path.name)
        except OSError as error:
            raise ScopeError(f"{shown(str(path))} cannot be read: {error.strerror}") from None


def parse_lines(source: BinaryIO, name: str) -> Iterator[Target]:
    """The targets of a stream (standard input, say). Raises :class:`ScopeError`."""
    for text, where in lines(source, name):
        yield parse_target(text, where)


def gather_targets(arguments: Iterable[str], standard_input: BinaryIO) -> list[Target]:
    """The targets of a command line: ``-`` is standard input, ``@file`` and what is there as a file are files of them, the
    rest are targets.

    Raises :class:`ScopeError`; what looks like a path (``./scope``, ``lists/nl``, ``nl.txt``) and is not there is
    called a missing file, not a bad target.
    """
    found: list[Target] = []
    for argument in arguments:
        path = Path(argument)
        if argument == "-":
            found += parse_lines(standard_input, "standard input")
        elif argument.startswith("@"):
            found += read_targets(Path(argument[1:]))
        elif _is_file(path):
            found += read_targets(path)
        elif _looks_like_a_path(argument):
            raise ScopeError(f"{shown(argument)}: no such file")
        else:
            found.append(parse_target(argument))
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):
        return False


def _looks_like_a_path(argument: str) -> bool:
    head, slash, _ = argument.partition("/")
    if slash:
        return not (head.strip(".") and set(head) <= set("0123456789abcdefABCDEF.:"))
    return argument.lower().endswith((".txt", ".list", ".lst", ".csv"))
