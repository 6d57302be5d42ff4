"""Lines out of a byte stream, bounded. CRLF ends a line; a bare LF does too, since real servers send it."""

from openletter.grammar.violation import RemoteProtocolError, Violation

MAX_LINE = 65_536
"""Octets in a line. RFC 9051 §4 asks for 8,192 at least and RFC 1939 §3 for 512; real capability lines stay below 2,000."""

MAX_TOTAL = 262_144
"""Octets that one connection may say in the clear or inside TLS. An honest dialogue stays below 10,000."""


class LineBuffer:
    """Bytes that came and were not read yet."""

    __slots__ = ("_data", "_looked", "_total")

    def __init__(self) -> None:
        self._data = bytearray()
        self._looked = 0
        self._total = 0

    def receive(self, data: bytes) -> None:
        """Take bytes. Beyond the bound they are dropped: the buffer never holds more than ``MAX_TOTAL`` and one octet."""
        room = MAX_TOTAL + 1 - self._total
        if room > 0:
            self._data += data if len(data) <= room else data[:room]
            self._total += min(len(data), room)

    def line(self) -> bytes | None:
        """One line without its end, or ``None`` when its end has not come yet.

        Raises:
            RemoteProtocolError: the line or the stream is longer than its bound.
        """
        data = self._data
        end = data.find(b"\n", self._looked)
        if end < 0:
            self._looked = len(data)
            if len(data) > MAX_LINE:
                raise RemoteProtocolError(Violation.LINE_TOO_LONG)
            if self._total > MAX_TOTAL:
                raise RemoteProtocolError(Violation.TOO_MUCH_DATA)
            return None
        if end > MAX_LINE:
            raise RemoteProtocolError(Violation.LINE_TOO_LONG)
        line = bytes(data[: end - 1 if data[end - 1 : end] == b"\r" else end])
        del data[: end + 1]
        self._looked = 0
        return line

    def exactly(self, count: int) -> bytes | None:
        """``count`` octets, or ``None`` when they have not all come yet. The caller has held ``count`` to a bound."""
        if len(self._data) < count:
            if self._total > MAX_TOTAL:
                raise RemoteProtocolError(Violation.TOO_MUCH_DATA)
            return None
        taken = bytes(self._data[:count])
        del self._data[:count]
        self._looked = 0
        return taken

    def rest(self) -> bytes:
        """All that came and was not read, without taking it."""
        return bytes(self._data)
