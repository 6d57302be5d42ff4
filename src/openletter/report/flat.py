"""Answers as flat tables: what CSV and Parquet can hold.

A struct inside a struct becomes columns (``hosts_wide``), a list of words one column, a list of structs one of JSON. An
answer that is one struct with lists of structs in it becomes a row for each struct in it, ``part`` naming where it stands;
its own numbers stand in a row before them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

PART = "part"

_ARROW: dict[type, Any] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


class Flat(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    types: tuple[Any, ...]
    """``pyarrow.DataType`` of each."""
    rows: tuple[tuple[Any, ...], ...]
    """Plain values: None, bool, int, float, str, or a list of str."""

    def table(self) -> Any:
        """As a ``pyarrow.Table``."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.names)
        arrays = [pa.array(list(values), kind) for values, kind in zip(columns, self.types, strict=True)]
        return pa.table(arrays, names=list(self.names))


def flat(answer: Any, of: Any) -> Flat:
    """``answer``, of the type ``of``: a struct, or a tuple of one kind of struct."""
    kind = msgspec.inspect.type_info(of)
    if isinstance(kind, msgspec.inspect.VarTupleType):
        assert isinstance(kind.item_type, msgspec.inspect.StructType)
        return _of_rows([("", answer, kind.item_type)])
    assert isinstance(kind, msgspec.inspect.StructType)
    if not any(_listed(field.type) for field in kind.fields):
        return _of_rows([("", [answer], kind)])
    parts: list[tuple[str, Sequence[Any], msgspec.inspect.StructType]] = [("", [answer], kind)]
    inner = [(field, _inside(field.type)) for field in kind.fields]
    parts += [
        (field.name, _items(getattr(answer, field.name)), one) for field, one in inner if one is not None
    ]
    leaving_out = frozenset(field.encode_name for field, one in inner if one is not None)
    return _of_rows(parts, leaving_out=leaving_out, named=True)


def _inside(kind: Any) -> msgspec.inspect.StructType | None:
    """The struct that something is, or is a list of."""
    inside = _optional(kind)
    return inside if isinstance(inside, msgspec.inspect.StructType) else _listed(kind)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def tables_of(title: str, answer: Any, of: Any) -> Iterator[tuple[str, Flat]]:
    """The same as a table for each list and each struct of an answer that is one struct with lists in it, each with a title;
    of any other answer one table."""
    kind = msgspec.inspect.type_info(of)
    if not isinstance(kind, msgspec.inspect.StructType) or not any(_listed(one.type) for one in kind.fields):
        yield title, flat(answer, of)
        return
    for field in kind.fields:
        items, item = _items(getattr(answer, field.name)), _inside(field.type)
        if item is not None and items:
            yield f"{title}: {field.encode_name.replace('_', ' ')}", _of_rows([("", items, item)])


def flat_structs(rows: Iterable[msgspec.Struct], of: type[msgspec.Struct]) -> Flat:
    """Structs of one kind."""
    return flat(tuple(rows), tuple[of, ...])  # type: ignore[valid-type]


def _listed(kind: Any) -> msgspec.inspect.StructType | None:
    """The struct that a list is of."""
    inside = kind.item_type if isinstance(kind, msgspec.inspect.VarTupleType) else None
    return inside if isinstance(inside, msgspec.inspect.StructType) else None


def _of_rows(
    parts: Sequence[tuple[str, Sequence[Any], msgspec.inspect.StructType]],
    *,
    leaving_out: frozenset[str] = frozenset(),
    named: bool = False,
) -> Flat:
    columns: dict[str, Any] = {PART: pa.string()} if named else {}
    rows: list[dict[str, Any]] = []
    for part, items, kind in parts:
        names = {}
        # What has rows of its own is no column of the row that it stands in.
        for name, arrow in _columns(kind, leaving_out=frozenset() if part else leaving_out):
            # Two parts may have a column of one name that is not of one type.
            names[name] = name if columns.get(name, arrow) == arrow else f"{part}_{name}"
            columns.setdefault(names[name], arrow)
        for item in items:
            values = {names[name]: value for name, value in _values(item, kind) if name in names}
            if values:
                rows.append({PART: part, **values})
    return Flat(tuple(columns), tuple(columns.values()), tuple(tuple(map(row.get, columns)) for row in rows))


def _optional(kind: Any) -> Any:
    """What a value is where it is not None."""
    if isinstance(kind, msgspec.inspect.UnionType):
        (kind,) = (one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
    return kind


def _columns(
    kind: msgspec.inspect.StructType, prefix: str = "", leaving_out: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Any]]:
    for field in kind.fields:
        if field.encode_name in leaving_out:
            continue
        inside = _optional(field.type)
        name = f"{prefix}{field.encode_name}"
        if isinstance(inside, msgspec.inspect.StructType):
            yield from _columns(inside, f"{name}_")
        elif isinstance(inside, msgspec.inspect.VarTupleType):
            yield name, pa.string() if _listed(inside) else pa.list_(pa.string())
        else:
            yield name, _scalar(inside)


def _scalar(kind: Any) -> Any:
    match kind:
        case msgspec.inspect.BoolType():
            return _ARROW[bool]
        case msgspec.inspect.IntType():
            return _ARROW[int]
        case msgspec.inspect.FloatType():
            return _ARROW[float]
        case _:
            return _ARROW[str]


def _values(item: Any, kind: msgspec.inspect.StructType, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in kind.fields:
        inside, value = _optional(field.type), getattr(item, field.name)
        name = f"{prefix}{field.encode_name}"
        if isinstance(inside, msgspec.inspect.StructType):
            if value is not None:
                yield from _values(value, inside, f"{name}_")
        elif isinstance(inside, msgspec.inspect.VarTupleType):
            yield name, msgspec.json.encode(value).decode() if _listed(inside) else list(map(str, value))
        else:
            yield name, str(value) if isinstance(value, str) else value
