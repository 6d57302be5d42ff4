"""JSON Lines that a terminal can be shown: what does not print stands as an escape of JSON, and reads back as it was."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from openletter.report.visible import visible_text

_encoder = msgspec.json.Encoder()
_ODD = re.compile(r"[^ -~\n]")


@lru_cache(maxsize=4_096)
def _shown(character: str) -> str:
    if visible_text(character) == character:
        return character
    utf16 = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{utf16[n]:02x}{utf16[n + 1]:02x}" for n in range(0, len(utf16), 2))


def json_lines(values: Iterable[Any]) -> bytes:
    """A line, with its end, for each of what msgspec can encode."""
    octets: bytes = _encoder.encode_lines(values)
    if octets.isascii() and b"\x7f" not in octets:
        return octets
    return _ODD.sub(lambda found: _shown(found[0]), octets.decode()).encode()
