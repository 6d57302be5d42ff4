"""The JSON of a request, read without trust: one object, no name twice, not nested deep; and its fields by their kind.

Clients write numbers as words and words as lists of one; both are taken.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from openletter.scope.error import shown
from openletter.web.reports_api.refusal import BadRequestError

MAX_DEPTH = 6
MAX_TEXT = 1_000
"""Characters of a text."""
MAX_WORDS = 200
"""Of a list."""

Fields = Mapping[str, Any]


def read_body(body: bytes) -> dict[str, Any]:
    """Raises BadRequestError."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except BadRequestError:
        raise
    except UnicodeDecodeError:
        raise BadRequestError("The body of the request is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise BadRequestError("The body of the request is no JSON; send an object.") from None
    if not isinstance(found, dict):
        raise BadRequestError("The body of the request is JSON, but no object.")
    if _deeper_than(found, MAX_DEPTH):
        raise BadRequestError("The body of the request is nested too deep.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of the two counts is what two readers of the same octets would not agree on.
        raise BadRequestError("The body of the request has a name twice in one object.")
    return found


def _constant(word: str) -> NoReturn:
    raise BadRequestError(f"The body of the request has {word}, which JSON has not.")


def _deeper_than(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    else:
        return False
    return depth == 0 or any(_deeper_than(one, depth - 1) for one in inner)


def text_of(name: str, value: object) -> str:
    """A text that a person or a program wrote. Raises BadRequestError."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise BadRequestError(f"{name}: give a text of at most {MAX_TEXT} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise BadRequestError(f"{name}: half a character (a surrogate) is no text.")
    return value


def text(fields: Fields, name: str) -> str:
    """Empty where it is not there."""
    value = fields.get(name)
    return "" if value is None else text_of(name, value)


def whole_number(value: object) -> int | None:
    """Of a number, or of digits; none for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        digits = value.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= 18:
            return int(digits)
    return None


def number(fields: Fields, name: str, default: int, most: int) -> int:
    """From 1 to ``most``."""
    given = fields.get(name)
    if given is None or given == "":
        return default
    value = whole_number(given)
    if value is None or not 1 <= value <= most:
        raise BadRequestError(f"{name}: give a number from 1 to {most}.")
    return value


def words(fields: Fields, name: str) -> frozenset[str] | None:
    """A list of words, or some with commas between them, in lower case; none where it is not there, which is no choice."""
    given = fields.get(name)
    if given is None or given in ("", []):
        return None
    listed = given.split(",") if isinstance(given, str) else given
    if not isinstance(listed, list) or len(listed) > MAX_WORDS:
        raise BadRequestError(f"{name}: give a list of at most {MAX_WORDS} texts.")
    return frozenset(text_of(name, one).strip().lower() for one in listed)


def flag(fields: Fields, name: str) -> bool:
    given = fields.get(name, False)
    if isinstance(given, bool):
        return given
    if given in (0, 1, "0", "1", "true", "false", "", None):
        return given in (1, "1", "true")
    raise BadRequestError(f"{name}: give true or false, not {shown(str(given))}.")
