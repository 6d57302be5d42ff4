"""What masscan writes, versions 1.0 to 1.3.2: ``-oJ``, ``-oD`` and ``-oL``. (``-oX`` is read as nmap's XML.)

- ``-oJ`` is a JSON array with a record a line (several where another program wrote it anew). Since 1.0.5 a comma stands before
  each record on a line of its own, earlier it stood behind each, the last one too, and a line ``{finished: 1}`` came before the
  bracket. After a kill the closing bracket is not there. So lines are read, and never the array.
- ``-oD`` is an object a line; ``rec_type`` is ``status`` or ``banner``.
- ``-oL`` is text: ``#masscan``, then ``open tcp 143 192.0.2.1 1700000000`` or, with more words, ``banner tcp 143 192.0.2.1
  1700000000 imap ...``, and ``# end``.

A banner is a port that is open. Timestamps are Unix seconds, in JSON as text.
"""

from collections.abc import Iterator

import msgspec

from openletter.discovery.found import Found, canonical, port_number, unix_seconds
from openletter.discovery.reading import Reading
from openletter.discovery.source import Source, lines


class _Service(msgspec.Struct, gc=False):
    name: str = ""


class _Port(msgspec.Struct, gc=False):
    port: int
    proto: str = "tcp"
    status: str = ""
    service: _Service | None = None

    @property
    def is_open(self) -> bool:
        return self.status == "open" or (not self.status and self.service is not None)


class _Record(msgspec.Struct, gc=False):
    ip: str
    ports: list[_Port]
    timestamp: str | int = 0


def _ports(record: _Record) -> list[tuple[_Port, int, str, float]]:
    """Each with its number, its address and when it was seen. Raises ValueError where any of it is none."""
    ip, seen_at = canonical(record.ip), unix_seconds(record.timestamp)
    return [(port, port_number(str(port.port)), ip, seen_at) for port in record.ports]


def read_json(source: Source, reading: Reading) -> Iterator[Found]:
    """``-oJ``."""
    decode = msgspec.json.Decoder(list[_Record]).decode
    for raw in lines(source, reading, unterminated=True):
        text = raw.strip().removeprefix(b"[").removesuffix(b"]").strip(b" ,\t\r\n")
        if not text or text.replace(b" ", b"") == b"{finished:1}":
            # The brackets and commas between the records, whole or not, hold nothing.
            reading.cut = False
            continue
        try:
            told = [line for record in decode(b"[" + text + b"]") for line in _ports(record)]
        except (ValueError, RecursionError):
            if not reading.cut:
                reading.bad()
            continue
        reading.cut = False
        for port, number, ip, seen_at in told:
            if port.proto != "tcp":
                reading.other += 1
            elif not port.is_open:
                reading.closed += 1
            else:
                reading.found += 1
                yield Found(ip=ip, port=number, seen_at=seen_at)


class _Data(msgspec.Struct, gc=False):
    status: str = ""


class _Line(msgspec.Struct, gc=False):
    ip: str
    port: int
    rec_type: str
    proto: str = "tcp"
    timestamp: str | int = 0
    data: _Data | None = None


def read_ndjson(source: Source, reading: Reading) -> Iterator[Found]:
    """``-oD``."""
    decode = msgspec.json.Decoder(_Line).decode
    for raw in lines(source, reading, unterminated=True):
        try:
            record = decode(raw)
            ip, port, seen_at = (
                canonical(record.ip),
                port_number(str(record.port)),
                unix_seconds(record.timestamp),
            )
        except (ValueError, RecursionError):
            if not reading.cut:
                reading.bad()
            continue
        reading.cut = False
        if record.proto != "tcp":
            reading.other += 1
        elif record.rec_type == "banner" or (record.data is not None and record.data.status == "open"):
            reading.found += 1
            yield Found(ip=ip, port=port, seen_at=seen_at)
        else:
            reading.closed += 1


_STATES = (b"open", b"closed", b"banner", b"arp", b"unknown")


def is_list_line(line: bytes) -> bool:
    """Whether a line is one of ``-oL``."""
    words = line.split(None, 5)
    return line.startswith(b"#masscan") or (
        len(words) >= 5 and words[0] in _STATES and words[2].isdigit() and words[4].isdigit()
    )


def read_list(source: Source, reading: Reading) -> Iterator[Found]:
    """``-oL``."""
    for raw in lines(source, reading, unterminated=False):
        if raw[:1] == b"#":
            continue
        words = raw.split(None, 5)
        try:
            if len(words) < 5 or words[0] not in _STATES:
                raise ValueError(len(words))
            ip, seen_at = canonical(words[3].decode("ascii")), unix_seconds(words[4].decode("ascii"))
            if words[1] != b"tcp":
                reading.other += 1
                continue
            port = port_number(words[2].decode("ascii"))
        except ValueError:
            reading.bad()
            continue
        if words[0] in (b"open", b"banner"):
            reading.found += 1
            yield Found(ip=ip, port=port, seen_at=seen_at)
        else:
            reading.closed += 1
