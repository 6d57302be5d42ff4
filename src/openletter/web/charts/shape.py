"""The data of each kind of chart, as static/js reads them. Words are in the reader's language; numbers within lines are
written out. Names of networks and products are hostile: the charts show all words as text."""

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """A step of the map's scale."""

    low: float
    """Within."""
    high: float | None
    """Not within; none for the last."""
    label: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    value: float
    lines: tuple[str, ...]
    href: str
    small: bool
    """Too few hosts for a rate."""


class WorldMap(msgspec.Struct, frozen=True, kw_only=True):
    pieces: tuple[Piece, ...]
    places: tuple[Place, ...]


class Part(msgspec.Struct, frozen=True):
    key: str
    """Of a colour."""
    name: str


class BarRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    values: tuple[float, ...]
    """One for each part."""
    lines: tuple[str, ...]
    label: str = ""
    href: str = ""
    key: str = ""
    """Of a colour of its own."""


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    parts: tuple[Part, ...]
    rows: tuple[BarRow, ...]
    overlaid: bool = False
    labelled: bool = False


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    at: float
    """Milliseconds since 1970."""
    label: str
    lines: tuple[str, ...]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    name: str
    values: tuple[float, ...]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    shown: bool = True


class OverTime(msgspec.Struct, frozen=True, kw_only=True):
    moments: tuple[Instant, ...]
    series: tuple[Series, ...]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: float
    share: float
    lines: tuple[str, ...]
    href: str = ""
    children: tuple["Node", ...] = ()


class Treemap(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    nodes: tuple[Node, ...]


class CurveStep(msgspec.Struct, frozen=True, kw_only=True):
    day: float
    share: float
    title: str
    lines: tuple[str, ...]


class Curve(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    axis: str
    steps: tuple[CurveStep, ...]
    median: float | None
    median_label: str


Chart = WorldMap | Bars | OverTime | Treemap | Curve
