"""A query string as a typed struct, or in words what is wrong with it.

Everybody can send anything: more than a filter can hold, octets that are no text, names that nobody knows, the same name
twice. What a form sends for a field that was left empty is the same as not sending it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from openletter.statistics import parameters
from openletter.statistics.error import BadQuestionError

Shape = TypeVar("Shape", bound=msgspec.Struct)

MAX_OCTETS = 4_096
"""Of a whole query string. The longest that our own forms and cursors make has some 600."""
MAX_VALUE = 512
"""Characters of one value: twice what the longest host name has."""
MAX_FIELDS = 64


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request."""

    parameter: str
    """Empty where it is about the whole of it."""
    detail: str


class BadQueryError(Exception):
    """``str()`` is all of ``wrong`` in one line."""

    def __init__(self, wrong: Iterable[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__(" ".join(one.detail for one in self.wrong))


def bad(parameter: str, detail: str) -> BadQueryError:
    return BadQueryError([Wrong(parameter, detail)])


def fields_of(shape: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names that a query string for this struct may have, in their order."""
    return tuple(field.encode_name for field in msgspec.structs.fields(shape))


def pairs(query: bytes) -> list[tuple[str, str]]:
    """Names and values, those without a value left out. Raises BadQueryError."""
    if len(query) > MAX_OCTETS:
        raise bad("", f"The query has {len(query):,} octets; at most {MAX_OCTETS:,} are read.")
    try:
        # Starlette hands over what came, percent-encoded; an octet above 127 has no business there.
        found = parse_qsl(query.decode("ascii"), errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise bad("", "The query is not UTF-8 in percent encoding.") from None
    except ValueError:
        raise bad("", f"The query has more than {MAX_FIELDS} parameters.") from None
    for name, value in found:
        if len(value) > MAX_VALUE:
            raise bad(
                _named(name), f"{_named(name)} has {len(value):,} characters; at most {MAX_VALUE} are read."
            )
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name + value):
            raise bad(_named(name), f"{_named(name)} holds a control character.")
    return [(name, value.strip()) for name, value in found if value.strip()]


def _named(name: str) -> str:
    """A name that a stranger chose, fit for a sentence."""
    return name[:40].encode("ascii", "backslashreplace").decode() if name.isprintable() else "A parameter"


def read(query: bytes, shape: type[Shape], *, ignoring: frozenset[str] = frozenset()) -> Shape:
    """The query as ``shape``, all of whose fields have defaults. Names in ``ignoring`` are others' business.

    Raises BadQueryError with all that is wrong.
    """
    known = fields_of(shape)
    values: dict[str, str] = {}
    wrong = []
    for name, value in pairs(query):
        if name in ignoring:
            continue
        if name not in known:
            also = ", ".join(sorted({*known, *ignoring})) or "none"
            wrong.append(Wrong(_named(name), f"There is no parameter {_named(name)}; known are: {also}."))
        elif name in values:
            wrong.append(Wrong(name, f"{name} is given more than once."))
        values[name] = value
    for field in msgspec.structs.fields(shape):
        name = field.encode_name
        if name in values:
            try:
                parameters.read(shape, {name: values[name]})
            except (BadQuestionError, msgspec.ValidationError) as error:
                members = _members(field.type)
                said = f"{name}: give one of: {', '.join(members)}" if members else str(error)
                wrong.append(Wrong(name, _sentence(said)))
    if wrong:
        raise BadQueryError(wrong)
    try:
        return parameters.read(shape, {name: values[name] for name in known if name in values})
    except (BadQuestionError, msgspec.ValidationError) as error:
        raise bad("", _sentence(str(error))) from None


def _members(kind: object) -> list[str]:
    """What a parameter may be, where that is one of a few words."""
    of_union = [kind, *getattr(kind, "__args__", ())]
    return [
        str(member.value)
        for one in of_union
        if isinstance(one, type) and issubclass(one, StrEnum)
        for member in one
    ]


def read_place(values: Mapping[str, object], shape: type[Shape]) -> Shape:
    """The parameters of a path as ``shape``. Raises BadQueryError."""
    for name, value in values.items():
        if len(str(value)) > MAX_VALUE or not str(value).isprintable():
            raise bad(name, f"{name} is too long, or holds characters that do not print.")
    try:
        return parameters.read(shape, values)
    except (BadQuestionError, msgspec.ValidationError) as error:
        raise bad("", _sentence(str(error))) from None


def _sentence(said: str) -> str:
    """Nothing in it that does not print."""
    said = said.partition(" - at `$")[0]
    text = said[:600].encode("ascii", "backslashreplace").decode()
    return text if text.endswith(".") else f"{text}."
