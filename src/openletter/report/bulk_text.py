"""Millions of texts of which few need care: those that fit a pattern stay as they are, the others are looked at one by one,
each distinct one once."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def where_odd(texts: Any, plain: str, change: Callable[[str], str]) -> Any:
    """A ``pyarrow.Array`` of texts, each changed that does not fit ``plain``, a regular expression of RE2; null and the empty
    text stay as they are."""
    fits = pc.or_(pc.equal(texts, ""), pc.match_substring_regex(texts, plain))
    if pc.all(fits).as_py() is not False:
        return texts
    odd = texts.filter(pc.invert(fits)).dictionary_encode()
    changed = pa.array(map(change, odd.dictionary.to_pylist()), texts.type).take(odd.indices)
    return pc.replace_with_mask(texts, pc.fill_null(pc.invert(fits), False), changed)
