"""What the columns of a table are made of: for each kind of value its Arrow type, and the way there and back."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from openletter.dialogue.observation import Exchange

_WORDS = pa.dictionary(pa.int32(), pa.string())
"""Few distinct words: kept once each."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of value."""

    arrow: Any
    """A ``pyarrow.DataType``."""
    encode: Callable[[Any], Any] | None = None
    """From the value to what Arrow takes, where that is something else."""
    decode: Callable[[Any], Any] | None = None


def enumeration(of: type[StrEnum]) -> Kind:
    members = {str(member): member for member in of}
    return Kind(_WORDS, None, members.__getitem__)


_transcript_encoder = msgspec.msgpack.Encoder()
_transcript_decoder = msgspec.msgpack.Decoder(tuple[Exchange, ...])

WORD = Kind(_WORDS)
TEXT = Kind(pa.string())
OCTETS = Kind(pa.binary())
FLAG = Kind(pa.bool_())
SECONDS = Kind(pa.float64())
PORT = Kind(pa.uint16())
ASN = Kind(pa.uint32())
"""Number of an autonomous system; 0: not known."""
LIST = Kind(pa.list_(pa.string()), None, tuple)
TRANSCRIPT = Kind(pa.binary(), _transcript_encoder.encode, _transcript_decoder.decode)
ADDRESS_ORDER = Kind(pa.binary(16))


class Column(msgspec.Struct, frozen=True):
    """A column that holds one attribute of a record; ``path`` may lead through a record inside it."""

    path: str
    kind: Kind

    @property
    def name(self) -> str:
        return self.path.replace(".", "_")

    def array(self, records: Sequence[Any]) -> Any:
        """The ``pyarrow.Array`` of this attribute of all records."""
        values = list(map(attrgetter(self.path), records))
        if self.kind.encode is not None:
            values = list(map(self.kind.encode, values))
        return pa.array(values, self.kind.arrow)

    def values(self, column: Any) -> list[Any]:
        """The Python values of a column that was read."""
        values: list[Any] = column.to_pylist()
        decode = self.kind.decode
        return values if decode is None else list(map(decode, values))
