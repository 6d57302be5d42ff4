"""What a client wants of its rows, as SQL over them: our own words, and the client's as parameters alone.

``{"geo": "NL"}``, one of several ``{"port": [110, 143]}``, ``{"severity": {"gte": "medium"}}``, ``{"tag": {"not": "no-tls"}}``;
what stands side by side holds all together. Texts are compared whatever the case of their letters, and ``*`` is any text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_network

import msgspec

from openletter.report.shadowserver.columns import COLUMNS, Form
from openletter.scope.error import shown
from openletter.store.observation_table import sort_key
from openletter.verdict.classes import Severity
from openletter.web.reports_api.refusal import BadRequestError
from openletter.web.reports_api.request_body import MAX_WORDS, text_of, whole_number

MAX_VALUES = 1_000
"""In all that is asked for at once."""
MAX_STARS = 4
"""In one text: each one more is work for every row."""
_BESIDE = ("type", "product", "product_version", "network_name", "mode", "evidence", "clause")
"""Fields that are no column of the reports, and can be asked for all the same."""
_NUMBERS = frozenset(column.name for column in COLUMNS if column.form is Form.NUMBER)
_TEXTS = frozenset((*(column.name for column in COLUMNS), *_BESIDE)) - _NUMBERS
FIELDS: tuple[str, ...] = (*(column.name for column in COLUMNS), *_BESIDE)
"""All that can be asked for."""
_ORDER = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NOT = "not"
OPERATORS = (_NOT, *_ORDER)
_WORD = re.compile(r"[;,\s]+")


class RowFilter(msgspec.Struct, frozen=True):
    sql: str
    """A condition."""
    parameters: tuple[object, ...]

    def __invert__(self) -> "RowFilter":
        # Of what is not known, too, it is true that it is not so.
        return RowFilter(f"({self.sql}) IS NOT TRUE", self.parameters)


def _joined(word: str, nothing: str, some: Iterable[RowFilter]) -> RowFilter:
    conditions = tuple(some)
    sql = f" {word} ".join(f"({one.sql})" for one in conditions) or nothing
    return RowFilter(sql, tuple(parameter for one in conditions for parameter in one.parameters))


def all_of(some: Iterable[RowFilter]) -> RowFilter:
    return _joined("AND", "true", some)


def any_of(some: Iterable[RowFilter]) -> RowFilter:
    return _joined("OR", "false", some)


def read_filter(query: object) -> RowFilter:
    """Raises BadRequestError."""
    if query is None:
        return all_of(())
    if not isinstance(query, dict):
        raise BadRequestError('query: give an object of fields and values, as in {"geo": "NL"}.')
    found = all_of(_field(name, wanted) for name, wanted in query.items())
    if len(found.parameters) > MAX_VALUES:
        raise BadRequestError(f"query: give at most {MAX_VALUES} values in all.")
    return found


def _field(name: str, wanted: object) -> RowFilter:
    field = "ip" if name == "cidr" else name
    if field not in _NUMBERS and field not in _TEXTS:
        raise BadRequestError(
            f'query: there is no field {shown(name)}; {{"help": true}} lists those that are.'
        )
    if not isinstance(wanted, dict):
        return _any(field, wanted)
    return all_of(_compared(field, word, value) for word, value in wanted.items())


def _compared(field: str, word: str, value: object) -> RowFilter:
    if word == _NOT:
        return ~_any(field, value)
    if word in _ORDER:
        return _ordered(field, word, value)
    raise BadRequestError(f"{field}: {shown(word)} is none of {', '.join(OPERATORS)}.")


def _any(field: str, wanted: object) -> RowFilter:
    values = wanted if isinstance(wanted, list) else [wanted]
    if len(values) > MAX_WORDS:
        raise BadRequestError(f"{field}: give at most {MAX_WORDS} values.")
    one = _ONE.get(field) or (_number if field in _NUMBERS else _text)
    return any_of(one(field, value) for value in values)


def _integer(field: str, value: object) -> int:
    digits = value.strip().upper().removeprefix("AS") if field == "asn" and isinstance(value, str) else value
    number = whole_number(digits)
    if number is None or number >= 1 << 63 or number < -(1 << 63):
        raise BadRequestError(f"{field}: give a number.")
    return number


def _number(field: str, value: object) -> RowFilter:
    return RowFilter(f'"{field}" = ?', (_integer(field, value),))


def _text(field: str, value: object) -> RowFilter:
    # A client may write the number that a text looks like.
    text = text_of(field, str(value) if isinstance(value, int) else value)
    if "*" not in text:
        return RowFilter(f'lower("{field}") = lower(?)', (text,))
    if text.count("*") > MAX_STARS:
        raise BadRequestError(f"{field}: give at most {MAX_STARS} of * in a text.")
    pattern = re.sub(r"([\\%_])", r"\\\1", text).replace("*", "%")
    return RowFilter(f"lower(\"{field}\") LIKE lower(?) ESCAPE '\\'", (pattern,))


def _address(field: str, value: object) -> RowFilter:
    text = text_of(field, value).strip()
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise BadRequestError(
            f"{field}: {shown(text)} is no address and no network; write it as 192.0.2.1 or 192.0.2.0/24."
        ) from None
    ends = (sort_key(str(network[0])), sort_key(str(network[-1])))
    # IPv4 lies in the midst of IPv6, and is none of it.
    return RowFilter("ip_sort BETWEEN ? AND ? AND contains(ip, ':') = ?", (*ends, network.version == 6))


def _tag(field: str, value: object) -> RowFilter:
    """All of its words, in any order."""
    text = text_of(field, value).strip().lower()
    if "*" in text:
        return _text(field, text)
    words = filter(None, _WORD.split(text))
    return all_of(RowFilter("list_contains(string_split(tag, ';'), ?)", (word,)) for word in words)


def _protocol(field: str, value: object) -> RowFilter:
    """Of the reports that is ``tcp``; who asks for ``imap`` means what is spoken over it."""
    spoken = RowFilter("split_part(tag, ';', 1) = ?", (text_of(field, value).lower(),))
    return any_of((_text(field, value), spoken))


_ONE: Mapping[str, Callable[[str, object], RowFilter]] = {
    "ip": _address,
    "tag": _tag,
    "protocol": _protocol,
}


def _ordered(field: str, word: str, value: object) -> RowFilter:
    if field in _NUMBERS:
        return RowFilter(f'"{field}" {_ORDER[word]} ?', (_integer(field, value),))
    if field == "timestamp":
        return RowFilter(f'"timestamp" {_ORDER[word]} ?', (text_of(field, value),))
    if field != "severity":
        raise BadRequestError(f"{field}: {word} is for numbers, timestamp and severity.")
    try:
        bound = Severity(text_of(field, value).lower())
    except ValueError:
        raise BadRequestError(
            f"severity: give {', '.join(one for one in Severity if one is not Severity.NONE)}."
        ) from None
    return any_of(RowFilter("severity = ?", (one,)) for one in _severities(word, bound))


def _severities(word: str, bound: Severity) -> Iterator[str]:
    for one in Severity:
        if {"gt": one > bound, "gte": one >= bound, "lt": one < bound, "lte": one <= bound}[word]:
            yield str(one)
