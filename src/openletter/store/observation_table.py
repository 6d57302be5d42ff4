"""Observations as a flat, typed table: a column a fact, the two handshakes flattened into columns of their own.

``ip_sort`` stands beside the address: sixteen octets, IPv4 as ``::ffff:a.b.c.d`` (RFC 4291 §2.5.5.2), so that one
byte order sorts both families and a network is one range.
"""

import socket
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from openletter.dialogue.observation import (
    Confirmation,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.store.columns import (
    ADDRESS_ORDER,
    FLAG,
    LIST,
    OCTETS,
    PORT,
    SECONDS,
    TEXT,
    TRANSCRIPT,
    WORD,
    Column,
    enumeration,
)

SCHEMA_VERSION = "1"

_HANDSHAKES = ("handshake", "legacy")

_HANDSHAKE_FIELDS = {
    "outcome": enumeration(HandshakeOutcome),
    "version": WORD,
    "cipher": WORD,
    "chain": LIST,
    "detail": WORD,
    "plaintext": OCTETS,
    "downgraded": FLAG,
}

COLUMNS: tuple[Column, ...] = (
    Column("ip", TEXT),
    Column("port", PORT),
    Column("protocol", enumeration(Protocol)),
    Column("mode", enumeration(Mode)),
    Column("host", TEXT),
    Column("country", WORD),
    Column("started", SECONDS),
    Column("duration", SECONDS),
    Column("tcp", enumeration(Tcp)),
    Column("greeting", enumeration(Greeting)),
    Column("banner", OCTETS),
    Column("guess", WORD),
    Column("apop", FLAG),
    Column("caps_pre", LIST),
    Column("caps_pre_source", enumeration(ListSource)),
    Column("starttls_reply", enumeration(Reply)),
    Column("starttls_text", OCTETS),
    Column("bytes_after_starttls_ok", OCTETS),
    *(Column(f"{which}.{field}", kind) for which in _HANDSHAKES for field, kind in _HANDSHAKE_FIELDS.items()),
    Column("caps_post", LIST),
    Column("caps_post_source", enumeration(ListSource)),
    Column("server_id", OCTETS),
    Column("confirmation", enumeration(Confirmation)),
    Column("login_proven", FLAG),
    Column("command_injection", FLAG),
    Column("violation", WORD),
    Column("transcript", TRANSCRIPT),
    Column("origin", WORD),
)

SCHEMA: Any = pa.schema(
    [
        pa.field("ip_sort", ADDRESS_ORDER.arrow, nullable=False),
        *(
            pa.field(c.name, c.kind.arrow, nullable=c.path in ("login_proven", "command_injection"))
            for c in COLUMNS
        ),
    ],
    metadata={b"openletter.observations": SCHEMA_VERSION.encode()},
)
"""A ``pyarrow.Schema``."""


def sort_key(ip: str) -> bytes:
    """Sixteen octets that sort as addresses do. Raises OSError for what is no address."""
    if ":" in ip:
        return socket.inet_pton(socket.AF_INET6, ip)
    return b"\0" * 10 + b"\xff\xff" + socket.inet_aton(ip)


def to_batch(observations: Sequence[Observation]) -> Any:
    """Observations as a ``pyarrow.RecordBatch``."""
    keys = pa.array([sort_key(seen.ip) for seen in observations], ADDRESS_ORDER.arrow)
    return pa.RecordBatch.from_arrays([keys, *(c.array(observations) for c in COLUMNS)], schema=SCHEMA)


_PLAIN = tuple(column for column in COLUMNS if "." not in column.path)
_CAME_LATER = {"origin": ""}


def _values(table: Any, column: Column, rows: int) -> list[Any]:
    if column.name in _CAME_LATER and column.name not in table.schema.names:
        return [_CAME_LATER[column.name]] * rows
    return column.values(table.column(column.name))


def from_table(table: Any) -> list[Observation]:
    """The observations of a ``pyarrow.Table`` or batch with this schema, equal to those it was made of.

    A column that was not read (``transcript``, say) leaves what an observation has by default.
    """
    there = set(table.column_names)
    plain = {c.path: c.values(table.column(c.name)) for c in _PLAIN if c.name in there}
    handshakes = {which: _handshakes(table, which) for which in _HANDSHAKES}
    columns = {**plain, **handshakes}
    return [
        Observation(**dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]


def _handshakes(table: Any, which: str) -> list[Handshake]:
    columns = [
        Column(f"{which}.{field}", kind).values(table.column(f"{which}_{field}"))
        for field, kind in _HANDSHAKE_FIELDS.items()
    ]
    return [
        Handshake(**dict(zip(_HANDSHAKE_FIELDS, values, strict=True)))
        for values in zip(*columns, strict=True)
    ]
