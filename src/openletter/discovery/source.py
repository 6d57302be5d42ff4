"""Where a scanner's output comes from: a file or standard input, plain or compressed, read as a stream.

gzip (RFC 1952) and Zstandard (RFC 8878) are known by their first octets. A compressed file that ends too early, or is
damaged on the way, gives what could be read; that it was cut is said.
"""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from openletter.discovery.reading import Reading
from openletter.scope.error import ScopeError, shown

MAX_LINE = 4 << 20
"""Octets. A zgrab2 record with a long certificate chain has a few hundred thousand."""
PEEK = 65_536
"""Octets at the beginning by which a format is recognised."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BUFFER = 1 << 20
_STEP = 8_192
"""Octets that are unpacked at once: where the data end in the middle, what the last step had is lost."""


class _Unpacked(io.RawIOBase):
    """What a decompressor gives. Its end is the stream's end, also where it ends in an error."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            data: bytes = b"" if self.cut else self._inner.read1(min(len(buffer), _STEP))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.cut, data = True, b""
        except OSError as error:
            if error.errno is not None:
                raise
            # Arrow's codec has no error number: it is the data that is wrong.
            self.cut, data = True, b""
        buffer[: len(data)] = data
        return len(data)


class Source:
    """A stream with a name. It may be looked into before it is read."""

    def __init__(self, name: str, stream: io.RawIOBase | io.BytesIO) -> None:
        self.name = name
        packed: io.BufferedReader[Any] = io.BufferedReader(stream, _BUFFER)
        magic = _begins_with(packed, 4)
        self._unpacked: _Unpacked | None = None
        if magic.startswith(_GZIP):
            self._unpacked = _Unpacked(gzip.GzipFile(fileobj=packed))
        elif magic == _ZSTD:
            self._unpacked = _Unpacked(pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd"))
        self.stream: io.BufferedReader[Any] = (
            packed if self._unpacked is None else io.BufferedReader(self._unpacked, _BUFFER)
        )

    @property
    def cut(self) -> bool:
        """Whether what was compressed ended in an error."""
        return self._unpacked is not None and self._unpacked.cut

    def beginning(self) -> bytes:
        """The first octets, at most :data:`PEEK`, without taking them."""
        return _begins_with(self.stream, PEEK)


def _begins_with(stream: "io.BufferedReader[Any]", octets: int) -> bytes:
    # One peek may give less than there is, as a pipe's writer pleases; it gives nothing only at the end.
    return stream.peek(octets)[:octets]


def _standard_input() -> io.FileIO | io.BytesIO:
    """A stream of its own: what is built upon it is closed with it, and standard input is not ours to close."""
    try:
        return io.FileIO(os.dup(sys.stdin.fileno()), "rb")
    except (OSError, ValueError):
        return io.BytesIO(sys.stdin.buffer.read())


@contextmanager
def open_source(argument: str) -> Iterator[Source]:
    """Open a path, or ``-`` for standard input. Raises ScopeError."""
    if argument == "-":
        with _standard_input() as stream:
            yield Source("standard input", stream)
        return
    try:
        file = io.FileIO(argument, "rb")
    except FileNotFoundError:
        raise ScopeError(f"{shown(argument)}: no such file") from None
    except OSError as error:
        raise ScopeError(f"{shown(argument)} cannot be read: {error.strerror}") from None
    with file:
        yield Source(Path(argument).name, file)


def lines(source: Source, reading: Reading, *, unterminated: bool) -> Iterator[bytes]:
    """The lines of a source, each with its end; overlong ones are malformed, blank ones left out.

    A last line without an end may be half of one: ``reading.cut`` is set, and it is given only if ``unterminated``.
    A reader that can tell that it was whole takes the mark back. Raises ScopeError where the file cannot be read.
    """
    stream = source.stream
    try:
        while raw := stream.readline(MAX_LINE):
            reading.lines += 1
            if raw[-1:] != b"\n":
                if len(raw) >= MAX_LINE:
                    while (rest := stream.readline(MAX_LINE)) and rest[-1:] != b"\n":
                        pass
                    reading.bad()
                    continue
                reading.cut = True
                if unterminated and not source.cut and not raw.isspace():
                    yield raw
                return
            if not raw.isspace():
                yield raw
    except OSError as error:
        raise ScopeError(f"{shown(source.name)} cannot be read: {error.strerror}") from None
    finally:
        reading.cut = reading.cut or source.cut
