"""Of several observations of one endpoint in one survey, the one that counts: an answer beats silence.

A survey may ask an endpoint again that kept silent (:func:`worth_another_try`), and both observations stay in the spool.
Whoever reads them takes one row for each endpoint (address, port, name), by this rule alone:

grade 2  the peer said something: a greeting, any TLS record;
grade 1  the connection stood, and nothing was said on it, or TLS did not come about in time;
grade 0  there was no connection.

The higher grade wins; of equal ones the later observation.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openletter.dialogue.observation import Greeting, HandshakeOutcome, Mode, Tcp

KEY = ("ip_sort", "port", "host")
"""Columns that make an endpoint."""
RULE_COLUMNS = (*KEY, "mode", "tcp", "greeting", "handshake_outcome")
"""Columns that the rule looks at."""

_MUTE = (Greeting.SILENT, Greeting.CLOSED)
_BROKEN_OFF = (HandshakeOutcome.TIMEOUT, HandshakeOutcome.RESET)
_LOST = (Tcp.TIMEOUT, Tcp.RESET)


def _is(table: Any, column: str, *values: str) -> Any:
    words = table.column(column)
    if pa.types.is_dictionary(words.type):
        words = words.cast(pa.string())
    return pc.is_in(words, value_set=pa.array([str(value) for value in values], pa.string()))


def _broken_off(table: Any) -> Any:
    """TLS from the first octet, and the handshake ended by silence or a reset."""
    broken = pc.and_(_is(table, "mode", Mode.IMPLICIT), _is(table, "handshake_outcome", *_BROKEN_OFF))
    # Older TLS may have worked where the first handshake did not.
    return pc.and_(broken, _is(table, "greeting", Greeting.NOT_REACHED))


def worth_another_try(table: Any) -> Any:
    """Which rows of a ``pyarrow.Table`` with the rule's columns were silent, timed out or were reset: a Boolean array.

    A refusal is an answer; so is a connection that the peer closed without a word.
    """
    return pc.or_(
        pc.or_(_is(table, "tcp", *_LOST), _is(table, "greeting", Greeting.SILENT)), _broken_off(table)
    )


def grades(table: Any) -> Any:
    """How good each row of a ``pyarrow.Table`` with the rule's columns is."""
    stood = _is(table, "tcp", Tcp.OPEN)
    spoke = pc.and_(stood, pc.invert(pc.or_(_is(table, "greeting", *_MUTE), _broken_off(table))))
    return pc.add(stood.cast(pa.int8()), spoke.cast(pa.int8()))


def _keys(table: Any) -> Any:
    """An endpoint in one value. The name is last and an address has sixteen octets, so no two read alike."""
    address, port, name = (table.column(column) for column in KEY)
    return pc.binary_join_element_wise(
        address.cast(pa.binary()),
        port.cast(pa.string()).cast(pa.binary()),
        name.cast(pa.string()).cast(pa.binary()),
        pa.scalar(b"/", pa.binary()),
    )


def best_of(tables: Sequence[Any]) -> Any:
    """One row for each endpoint of some ``pyarrow.Table`` with the same columns, the rule's among them, the earlier
    observations first. Within one table an endpoint has one row. Rows keep the order of their first observation."""
    best = tables[0]
    for later in tables[1:]:
        if later.num_rows:
            best = _better(best, later)
    return best


def _better(before: Any, later: Any) -> Any:
    rows = pc.index_in(_keys(before), value_set=_keys(later).combine_chunks())
    seen_again = pc.invert(pc.is_null(rows))
    places = pc.indices_nonzero(seen_again)
    of_later = rows.filter(seen_again).cast(pa.int64())
    wins = pc.greater_equal(grades(later).take(of_later), grades(before).take(places))
    take = list(range(before.num_rows))
    for place, row in zip(places.filter(wins).to_pylist(), of_later.filter(wins).to_pylist(), strict=True):
        take[place] = before.num_rows + row
    known = set(of_later.to_pylist())
    take += [before.num_rows + row for row in range(later.num_rows) if row not in known]
    return pa.concat_tables([before, later]).take(pa.array(take, pa.int64()))
