"""The endpoints of a survey one by one: page by page, each page beginning where the one before ended.

A page's place is its last endpoint (a *cursor*), not a number of rows to pass over: so the thousandth page costs what the
first one does, and a row is neither shown twice nor missed.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain, repeat
from typing import Annotated

import msgspec
from msgspec import Meta

from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint_filter import Condition, EndpointFilter
from openletter.statistics.error import BadQuestionError
from openletter.statistics.rolled_up import at_most
from openletter.statistics.walk import END, windows
from openletter.store.database import quoted
from openletter.verdict.classes import Class, Severity

MAX_PAGE = 1_000
COUNTED = 10_000
"""More are not counted: who sees ten thousand narrows the filter."""


class Sort(StrEnum):
    ADDRESS = "address"
    SEVERITY = "severity"
    """The worst first, and then by address, as the next two."""
    CLASS = "class"
    COUNTRY = "country"


class EndpointRow(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint in a list. What is not known is empty, of ``asn`` 0; of a survey that was not enriched that is all from
    ``asn`` on."""

    ip: str
    port: int
    host: str
    """The name it was asked for by, where one was given."""
    country: str
    protocol: str
    mode: str
    class_: str = msgspec.field(name="class")
    severity: str
    worst: str
    """Of the class and the findings."""
    unknown: bool
    evidence: str
    strict: bool
    wide: bool
    findings: tuple[str, ...]
    asn: int
    network_name: str
    hostname: str
    hostname_source: str
    product: str
    product_version: str
    tls_version: str


class Total(msgspec.Struct, frozen=True):
    """How many endpoints a filter fits."""

    count: int
    exact: bool
    """Otherwise there are more."""


class EndpointPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[EndpointRow, ...]
    next: str | None
    """The cursor of the next page; none where this is the last one."""
    total: Total | None
    """Of all pages; none where nobody wanted it counted."""


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    sort: Sort
    value: Annotated[str, Meta(max_length=64)]
    """Of the column that is sorted by."""
    ip_sort: Annotated[bytes, Meta(min_length=16, max_length=16)]
    port: Annotated[int, Meta(ge=0, le=65_535)]
    host: str


class _Key(msgspec.Struct, frozen=True):
    ip_sort: bytes
    port: int
    host: str
    values: dict[str, object] | None = None
    """The whole row, where it was read at once."""


class _Row(msgspec.Struct, frozen=True):
    ip_sort: bytes
    values: dict[str, object]


class _Number(msgspec.Struct, frozen=True):
    value: int


class _Text(msgspec.Struct, frozen=True):
    value: str


_ENRICHED = (
    "asn",
    "network_name",
    "hostname",
    "hostname_source",
    "product",
    "product_version",
    "tls_version",
)
_COLUMNS = tuple(field.encode_name for field in msgspec.structs.fields(EndpointRow))
_SORTED_BY = {Sort.SEVERITY: "worst", Sort.CLASS: "class", Sort.COUNTRY: "country"}
_KEY = "ip_sort, port, host"
_FAR_APART = 0.05
"""Of all rows, from which on a page's endpoints are spread over many row groups."""
_MAX_CURSOR = 1_024


def _encode(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def _decode(text: str, sort: Sort) -> _Cursor:
    wrong = BadQuestionError("after: is no place in this list; leave it out to begin with the first page")
    if len(text) > _MAX_CURSOR or not text.isascii():
        raise wrong
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.msgpack.decode(octets, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise wrong from None
    if cursor.sort is not sort:
        raise BadQuestionError(
            f"after: is a place in a list sorted by {cursor.sort}, and this one is by {sort}"
        )
    return cursor


def _values(verdicts: Verdicts, sort: Sort) -> list[str]:
    """What the column holds that is sorted by, in the order of the list."""
    if sort is Sort.SEVERITY:
        # The counts have the severity of the class alone, which findings can surpass.
        return [str(one) for one in Severity]
    if sort is Sort.CLASS:
        return [str(one) for one in Class]
    rows = verdicts.ask("SELECT DISTINCT country FROM endpoints ORDER BY country = '', country", _Text)
    return [row.value for row in rows]


def _union(
    conditions: Sequence[Condition], source: str, tail: str, rest: Condition, columns: str = _KEY
) -> Condition:
    """SQL: the ``columns`` of what fits one of the conditions, and ``rest``; ``tail`` stands behind each."""
    parts = [condition.and_(rest.sql, *rest.parameters) for condition in conditions]
    sql = " UNION ".join(
        f"(SELECT {columns} FROM {source} WHERE {part.sql} {tail})"  # noqa: S608 - our own words
        for part in parts
    )
    return Condition(sql, tuple(value for part in parts for value in part.parameters))


def _keys(
    verdicts: Verdicts,
    conditions: Sequence[Condition],
    span: tuple[bytes, bytes],
    after: _Key | None,
    most: int,
    share: float,
) -> list[_Key]:
    """The first ``most`` endpoints that fit, behind ``after``; ``share``: of all rows, where they are likely to be."""
    low, last = span
    # The address behind the last one: one octet more sorts behind it and before every other.
    high = min(END, last + b"\0")
    found: list[_Key] = []
    behind = Condition("true")
    if after is not None:
        low = max(low, after.ip_sort)
        behind = Condition(
            "(ip_sort > ? OR port > ? OR port = ? AND host > ?)",
            (after.ip_sort, after.port, after.port, after.host),
        )
    # Where little fits, row groups are read for a row each: then it is cheaper to read all of that row with its key.
    columns = f"{_KEY}, {_selected(verdicts)}" if share >= _FAR_APART and len(conditions) == 1 else _KEY
    # What is behind the first window is behind the place as well.
    places = chain([behind], repeat(Condition("true")))
    for window, inside in zip(windows(verdicts.files, low, high, share=share), places, strict=False):
        source = f"read_parquet([{', '.join(map(quoted, window.files))}])"
        tail = f"ORDER BY ip_sort, port, host LIMIT {most - len(found)}"
        # Only where it is needed: else the address of every row would have to be read.
        if window.low is not None:
            inside = inside.and_("ip_sort >= ?", window.low)
        if window.high is not None:
            inside = inside.and_("ip_sort < ?", window.high)
        union = _union(conditions, source, tail, inside, columns)
        found += verdicts.ask(f"{union.sql} {tail}", _Key, union.parameters)
        if len(found) >= most:
            break
    return found


def _selected(verdicts: Verdicts) -> str:
    """SQL: the columns of a row as a struct."""
    empty = {name: "0" if name == "asn" else "''" for name in _ENRICHED}
    columns = (
        f"'{name}': {empty[name] if name in empty and not verdicts.enriched else chr(34) + name + chr(34)}"
        for name in _COLUMNS
    )
    return "{" + ", ".join(columns) + "}"


def rows_of(verdicts: Verdicts, keys: Sequence[_Key]) -> tuple[EndpointRow, ...]:
    """The whole rows of endpoints, in the order of ``keys``."""
    addresses = sorted({key.ip_sort for key in keys if key.values is None})
    found: dict[tuple[bytes, object, object], dict[str, object]] = {}
    if addresses:
        marks = ", ".join("?" * len(addresses))
        sql = f"""
SELECT ip_sort, {_selected(verdicts)} FROM verdict WHERE ip_sort BETWEEN ? AND ? AND ip_sort IN ({marks})
"""  # noqa: S608 - our own words
        rows = verdicts.ask_endpoints(sql, _Row, [addresses[0], addresses[-1], *addresses])
        found = {(row.ip_sort, row.values["port"], row.values["host"]): row.values for row in rows}
    return tuple(
        msgspec.convert(key.values or found[key.ip_sort, key.port, key.host], EndpointRow) for key in keys
    )


def _walks(
    verdicts: Verdicts, conditions: Sequence[Condition], sort: Sort, cursor: _Cursor | None
) -> Iterator[tuple[str, list[Condition], _Key | None]]:
    """The list as parts that are each sorted by address: the value of each, its conditions, and where it begins."""
    place = None if cursor is None else _Key(cursor.ip_sort, cursor.port, cursor.host)
    if sort is Sort.ADDRESS:
        yield "", list(conditions), place
        return
    values = _values(verdicts, sort)
    if cursor is not None:
        if cursor.value not in values:
            raise BadQuestionError(
                "after: is no place in this list; leave it out to begin with the first page"
            )
        values = values[values.index(cursor.value) :]
    for value in values:
        here = place if cursor is not None and value == cursor.value else None
        column = f'"{_SORTED_BY[sort]}" = ?'
        yield value, [condition.and_(column, value) for condition in conditions], here


def list_endpoints(
    verdicts: Verdicts,
    fitting: EndpointFilter,
    *,
    after: str | None = None,
    limit: int = 50,
    sort: Sort = Sort.ADDRESS,
    counted: bool = True,
) -> EndpointPage:
    """A page of at most ``limit`` endpoints, the first or that ``after`` a cursor; ``counted``: whether the total is wanted,
    which costs as much as the page where little fits.

    Raises BadQuestionError, NoSurveyError (it was pruned), NotEnrichedError, StoreError.
    """
    verdicts.need_endpoints()
    if not 1 <= limit <= MAX_PAGE:
        raise BadQuestionError(f"limit: {limit}: give how many endpoints a page has, 1 to {MAX_PAGE:,}")
    cursor = None if after is None else _decode(after, sort)
    fitting.check(verdicts)
    bound = at_most(verdicts, fitting)
    if not bound.count:
        return EndpointPage(rows=(), next=None, total=Total(0, True) if counted else None)
    alternatives = fitting.alternatives(verdicts)
    share = 2 * limit / bound.count
    span = fitting.span or (b"", END)
    keys: list[tuple[str, _Key]] = []
    for value, conditions, place in _walks(verdicts, alternatives, sort, cursor):
        some = _keys(verdicts, conditions, span, place, limit + 1 - len(keys), share)
        keys += ((value, key) for key in some)
        if len(keys) > limit:
            break
    following = None
    if len(keys) > limit:
        value, last = keys[limit - 1]
        following = _encode(_Cursor(sort, value, last.ip_sort, last.port, last.host))
    total = None
    if counted:
        whole = cursor is None and following is None
        total = Total(len(keys), True) if whole else count_endpoints(verdicts, fitting)
    return EndpointPage(rows=rows_of(verdicts, [key for _, key in keys[:limit]]), next=following, total=total)


def count_endpoints(verdicts: Verdicts, fitting: EndpointFilter) -> Total:
    """From the roll-ups where they cut so; else by looking, which ends at ``COUNTED``. Raises NotEnrichedError, StoreError."""
    fitting.check(verdicts)
    known = at_most(verdicts, fitting)
    if known.exact:
        return Total(known.count, True)
    enough = f"LIMIT {COUNTED + 1}"
    rest = Condition("true") if fitting.span is None else Condition("ip_sort BETWEEN ? AND ?", fitting.span)
    alternatives = [one.and_(rest.sql, *rest.parameters) for one in fitting.alternatives(verdicts)]
    counts = []
    for one in alternatives:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM verdict WHERE {one.sql} {enough})"  # noqa: S608 - our own words
        (found,) = verdicts.ask_endpoints(sql, _Number, one.parameters)
        if found.value > COUNTED:
            return Total(COUNTED, False)
        counts.append(found.value)
    count = sum(counts)
    if count > max(counts):
        # Some may fit several of them.
        union = _union(alternatives, "verdict", "", Condition("true"))
        sql = f"SELECT count(*) FROM (SELECT 1 FROM ({union.sql}) {enough})"  # noqa: S608
        (found,) = verdicts.ask_endpoints(sql, _Number, union.parameters)
        count = found.value
    return Total(min(count, COUNTED), count <= COUNTED)
